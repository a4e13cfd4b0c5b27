"""The household's limits: what requests of a month and of a chat may take, in money and in tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import set_setting, setting
from tuppence.llm import PRESETS
from tuppence.store.tables import llm_usage, now
from tuppence.usage.log import CostOf, Gate, NotAdmitted, UsageLog
from tuppence.usage.pricing import dollars, picodollars
from tuppence.usage.row import Purpose, Reservation, UsageRow
from tuppence.usage.spending import Spending, Spent, month_begin, spending
from tuppence.usage.worst_case import most_output_for, worst_cost

Scope: TypeAlias = Literal["month", "chat"]
Measure: TypeAlias = Literal["cost", "tokens"]

USUAL_OUTPUT = 8_192
"""Tokens that an answer may have when its request names no number."""
LEAST_OUTPUT = 256
"""Tokens: an answer for which there is room for fewer is not asked for, unless fewer are wanted."""
MOST_DOLLARS = 1_000_000
MOST_TOKENS = 10**11
NEARLY = 80
"""From so many percent on it is said that a limit is nearly reached."""

_SETTING = "limits"
_DECIMALS = 6  # of amounts of money that a limit can have
_LONGEST_NUMBER = 20  # digits


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What requests may take; None: as much as they like. Months are calendar months (UTC)."""

    month_cost: Decimal | None = None
    """US dollars for all requests of a month, whatever they are for."""
    month_tokens: int | None = None
    """Of input and output together, for all requests of a month."""
    chat_cost: Decimal | None = None
    """US dollars for all requests of a chat."""
    chat_tokens: int | None = None
    """Of input and output together, for all requests of a chat."""


class LimitReached(NotAdmitted):
    """One more request could take more than is allowed; the message says how much is used, and what to do."""

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        """may_pass: whether requests under way hold what is missing, so that there may be room when they have ended."""
        super().__init__(message)
        self.may_pass = may_pass


class Limit(msgspec.Struct, frozen=True):
    """One limit that is set."""

    scope: Scope
    measure: Measure
    amount: int
    """Picodollars, or tokens."""

    @property
    def name(self) -> str:
        """As the field of `Limits` is called."""
        return f"{self.scope}_{self.measure}"

    @property
    def words(self) -> str:
        """Within a sentence."""
        whose = "this month" if self.scope == "month" else "this chat"
        return f"the limit of {_words(self.amount, self.measure)} for {whose}"


class LimitUse(msgspec.Struct, frozen=True):
    """One limit, and how much of it is gone. Numbers are picodollars or tokens, as the limit's."""

    limit: Limit
    spent: Spent

    @property
    def left(self) -> int:
        """What is neither used nor reserved; below nothing when the limit was lowered."""
        return self.limit.amount - self.spent.used - self.spent.reserved

    @property
    def room(self) -> int:
        """What one more request can reserve. Those under way that reserved nothing count as much as that one."""
        return self.left // (self.spent.open_unreserved + 1)

    @property
    def percent(self) -> int:
        """How much of the limit is used or reserved; rounded down, and over 100 when the limit was lowered."""
        return 100 * (self.limit.amount - self.left) // self.limit.amount

    @property
    def is_nearly_reached(self) -> bool:
        """Whether people should know before it is."""
        return self.percent >= NEARLY

    def value(self, amount: int) -> Decimal | int:
        """A number of this limit as US dollars or tokens."""
        return dollars(amount).normalize() if self.limit.measure == "cost" else amount

    @property
    def words(self) -> str:
        """One sentence."""
        used, reserved, left = (
            _words(amount, self.limit.measure) for amount in (self.spent.used, self.spent.reserved, max(self.left, 0))
        )
        under_way = f", {reserved} are reserved by requests under way" if self.spent.reserved else ""
        return f"Of {self.limit.words} {used} are used{under_way}, {left} are left."


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """With what a request may begin. Nothing where no limit is set."""

    max_output_tokens: int | None = None
    """None: as many as the request wants."""
    reservation: Reservation | None = None
    gate: Gate | None = None


# ------------------------------------------------------------------------------------------------------------ settings


async def limits(ledger: Ledger) -> Limits:
    """The household's limits. Raises StoreUnusable."""
    return await setting(ledger, _SETTING, Limits, Limits())


async def set_limits(ledger: Ledger, wanted: Limits) -> None:
    """From now on these hold, for what was used already as well.

    Raises ValueError, whose message says what is wrong, and StoreUnusable.
    """
    for cost in (wanted.month_cost, wanted.chat_cost):
        if cost is not None:
            _check_cost(cost)
    for tokens in (wanted.month_tokens, wanted.chat_tokens):
        if tokens is not None:
            _check_tokens(tokens)
    await set_setting(ledger, _SETTING, None if wanted == Limits() else wanted)


def checked_cost(text: str) -> Decimal:
    """A limit in US dollars as programs write it, with a point before its decimals. Raises ValueError, which says what
    is wrong."""
    try:
        cost = Decimal(text)
    except InvalidOperation:
        cost = Decimal(0)
    _check_cost(cost)
    return cost


def checked_tokens(text: str) -> int:
    """A limit in tokens. Raises ValueError, which says what is wrong."""
    tokens = int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0
    _check_tokens(tokens)
    return tokens


def _check_cost(cost: Decimal) -> None:
    if not (cost.is_finite() and 0 < cost <= MOST_DOLLARS and cost == round(cost, _DECIMALS)):
        raise ValueError(
            f"A limit in money is an amount of US dollars above 0, such as 5.00: at most {MOST_DOLLARS:,}, with at "
            f"most {_DECIMALS} decimals."
        )


def _check_tokens(tokens: int) -> None:
    if not 0 < tokens <= MOST_TOKENS:
        raise ValueError(f"A limit in tokens is a whole number above 0, such as 500000: at most {MOST_TOKENS:,}.")


# ----------------------------------------------------------------------------------------------------------- admission


async def admission(
    log: UsageLog,
    ledger: Ledger,
    purpose: Purpose,
    provider: str,
    model: str,
    *,
    input_tokens: int,
    max_output_tokens: int | None,
) -> Admission:
    """With what a request may begin so that no limit is exceeded, whatever it takes.

    input_tokens: the most that its input can be. max_output_tokens: what it wants; None: whatever is usual. An answer
    is granted as many tokens as it wants, or as can still be paid; its gate looks again when the row is written, as
    others may have been quicker. Raises LimitReached when not even a short answer can be paid, StoreUnusable.
    """
    set_now = await limits(ledger)
    chat = purpose.chat_id
    if not any(_set_limits(set_now, chat)):
        return Admission()
    costs = await log.costs(ledger.household, provider, [model], now())
    wanted = max_output_tokens or USUAL_OUTPUT
    most = _reservation(costs, provider, input_tokens, wanted)
    binding = _binding(set_now, chat, most, f"{provider}/{model}")
    if not binding:
        return Admission(max_output_tokens=max_output_tokens, reservation=most)
    async with ledger.store.reading() as connection:
        uses = await _uses(connection, ledger.household, binding, chat)
    granted = [_output_within(use, costs, input_tokens, wanted) for use in uses]
    output = min(granted)
    if output < min(wanted, LEAST_OUTPUT):
        tightest = uses[granted.index(output)]
        raise _reached(tightest, _reservation(costs, provider, input_tokens, min(wanted, LEAST_OUTPUT)))
    return Admission(
        max_output_tokens=output,
        reservation=_reservation(costs, provider, input_tokens, output),
        gate=_gate(binding, chat),
    )


def _reservation(costs: CostOf, provider: str, input_tokens: int, output_tokens: int) -> Reservation:
    """What a request can take at most. A server that needs no key and has no price costs nothing."""
    cost = worst_cost(costs, input_tokens, output_tokens)
    preset = PRESETS.get(provider)
    if cost is None and preset is not None and not preset.needs_key:
        cost = 0
    return Reservation(cost, input_tokens + output_tokens)


def _binding(wanted: Limits, chat: str | None, most: Reservation, model: str) -> list[Limit]:
    """The limits that hold for a request which can take `most`: those in money do not for one that costs nothing.

    Raises LimitReached for one of unknown cost.
    """
    found = list(_set_limits(wanted, chat))
    in_money = [each for each in found if each.measure == "cost"]
    if in_money and most.picodollars is None:
        raise LimitReached(
            f"What {model} costs is not known, so {in_money[0].words} cannot be kept. Say what it costs with "
            f"`tuppence usage price {model} --input … --output …` or under Usage > Own prices, choose a model whose "
            "price is known, or take the limit away under Usage > Limits."
        )
    return [each for each in found if each.measure == "tokens"] if most.picodollars == 0 else found


def _output_within(use: LimitUse, costs: CostOf, input_tokens: int, wanted: int) -> int:
    """So many of the wanted tokens of output does the limit leave room for; below nothing: not even for the input."""
    if use.limit.measure == "tokens":
        return min(wanted, use.room - input_tokens)
    return most_output_for(costs, input_tokens, wanted, use.room)


def _gate(binding: Sequence[Limit], chat: str | None) -> Gate:
    async def gate(connection: AsyncConnection, row: UsageRow) -> None:
        assert row.reservation is not None, "what passes this gate has a reservation"
        for use in await _uses(connection, row.purpose.household_id, binding, chat):
            if _needed(row.reservation, use.limit.measure) > use.room:
                raise _reached(use, row.reservation)

    return gate


def _needed(reservation: Reservation, measure: Measure) -> int:
    return reservation.tokens if measure == "tokens" else reservation.picodollars or 0


# ---------------------------------------------------------------------------------------------------------------- uses


async def limit_uses(ledger: Ledger, chat: str | None = None) -> list[LimitUse]:
    """How much of each of the household's limits is gone; of those for chats when a chat is named. Raises
    StoreUnusable."""
    wanted = await limits(ledger)
    async with ledger.store.reading() as connection:
        return await _uses(connection, ledger.household, list(_set_limits(wanted, chat)), chat)


def _set_limits(wanted: Limits, chat: str | None) -> Iterator[Limit]:
    """Those that are set and hold for requests of the chat; None: for requests of none."""
    scopes: tuple[Scope, ...] = ("month",) if chat is None else ("month", "chat")
    for scope in scopes:
        cost, tokens = (
            (wanted.month_cost, wanted.month_tokens) if scope == "month" else (wanted.chat_cost, wanted.chat_tokens)
        )
        if cost is not None:
            yield Limit(scope, "cost", picodollars(cost))
        if tokens is not None:
            yield Limit(scope, "tokens", tokens)


async def _uses(
    connection: AsyncConnection, household_id: int, those: Sequence[Limit], chat: str | None
) -> list[LimitUse]:
    found: dict[Scope, Spending] = {}
    for scope in dict.fromkeys(each.scope for each in those):
        found[scope] = await spending(connection, household_id, _within(scope, chat))
    return [LimitUse(each, getattr(found[each.scope], each.measure)) for each in those]


def _within(scope: Scope, chat: str | None) -> ColumnElement[bool]:
    return llm_usage.c.started_at >= month_begin(now()) if scope == "month" else llm_usage.c.chat_id == chat


# --------------------------------------------------------------------------------------------------------------- words

_WAYS_ON: dict[Scope, str] = {
    "month": "Raise it under Usage > Limits or with `tuppence usage limits`; with the next month (UTC) it begins anew.",
    "chat": "Begin a new chat, or raise it under Usage > Limits or with `tuppence usage limits`.",
}


def _reached(use: LimitUse, reservation: Reservation) -> LimitReached:
    """Why a request is not admitted that needs the reservation."""
    limit, spent, measure = use.limit, use.spent, use.limit.measure
    needed = _needed(reservation, measure)
    may_pass = needed <= limit.amount - spent.used
    said = f"One more request could exceed {limit.words}: {_words(spent.used, measure)} are used"
    if spent.reserved:
        said += f", {_words(spent.reserved, measure)} are reserved by requests under way"
    said += f", and it could take {_words(needed, measure)}."
    if may_pass:
        said += " Ask again when those under way have ended."
    return LimitReached(f"{said} {_WAYS_ON[limit.scope]}", may_pass=may_pass)


def _words(amount: int, measure: Measure) -> str:
    if measure == "tokens":
        return f"{amount:,} tokens"
    exact = dollars(amount)
    rounded = round(exact, 4) if exact >= 1 or not exact else round(exact, 6)
    whole, _, decimals = f"{rounded:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2} US dollars"

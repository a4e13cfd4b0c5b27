"""Usage: what requests may take in a month and in a chat, and how much of it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol
from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.money import decimal_amount
from tuppence.usage import Limits, LimitUse, checked_cost, limit_uses, limits, set_limits
from tuppence.usage.limits import MOST_TOKENS
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats, Unreadable
from tuppence.web.pages import page
from tuppence.web.problems import told
from tuppence.web.run_forms import limit_reader
from tuppence.web.visitor import Owning, Visitor

router = APIRouter(include_in_schema=False, prefix="/usage/limits")


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit of this month, as it is shown."""

    of: str
    """What is limited: "money" or "tokens"."""
    most: str
    used: str
    reserved: str
    """By requests under way; empty for nothing."""
    left: str
    percent: int
    """Used or reserved."""
    is_nearly_reached: bool
    unknown: int
    """Requests in no number, as nobody can tell what they took."""


@router.get("")
async def show_limits(request: Request, visitor: Owning) -> Response:
    """The form, and how much is gone."""
    typed = Typed(_values(await limits(visitor.ledger), visitor.formats))
    return page(request, "usage/limits.html", **await _form(visitor, typed))


@router.post("")
async def save_limits(request: Request, visitor: Owning) -> Response:
    """Keep what was entered, all of it or nothing."""
    typed = Typed.of(await request.form())
    wanted = _read(typed, visitor.formats)
    if typed.errors:
        return page(request, "usage/limits_form.html", status=422, **await _form(visitor, typed))
    await set_limits(visitor.ledger, wanted)
    return told(page(request, "usage/limits_form.html", **await _form(visitor, typed)), "Saved.", changed=False)


async def limit_lines(visitor: Visitor) -> list[LimitLine]:
    """How much of each of the household's limits for this month is gone."""
    return [_line(use, visitor.formats) for use in await limit_uses(visitor.ledger)]


async def _form(visitor: Visitor, typed: Typed) -> dict[str, Any]:
    return {"typed": typed, "limit_lines": await limit_lines(visitor)}


def _line(use: LimitUse, formats: Formats) -> LimitLine:
    def shown(amount: int) -> str:
        value = use.value(amount)
        return formats.dollars(value) if isinstance(value, Decimal) else formats.number(value)

    return LimitLine(
        of="money" if use.limit.measure == "cost" else "tokens",
        most=shown(use.limit.amount),
        used=shown(use.spent.used),
        reserved=shown(use.spent.reserved) if use.spent.reserved else "",
        left=shown(max(use.left, 0)),
        percent=use.percent,
        is_nearly_reached=use.is_nearly_reached,
        unknown=use.spent.ended_unknown,
    )


def _values(kept: Limits, formats: Formats) -> dict[str, str]:
    """What stands in the form before anything is typed."""
    symbol = get_decimal_symbol(formats.locale)
    costs = {"month_cost": kept.month_cost, "chat_cost": kept.chat_cost}
    tokens = {"month_tokens": kept.month_tokens, "chat_tokens": kept.chat_tokens}
    return {
        **{name: "" if cost is None else f"{cost:f}".replace(".", symbol) for name, cost in costs.items()},
        **{name: "" if count is None else formats.number(count) for name, count in tokens.items()},
    }


def _read(typed: Typed, formats: Formats) -> Limits:
    """What was entered; good only when there are no errors."""
    return Limits(
        month_cost=typed.read("month_cost", lambda text: _cost(text, formats), None),
        month_tokens=typed.read("month_tokens", limit_reader(formats, most=MOST_TOKENS), None),
        chat_cost=typed.read("chat_cost", lambda text: _cost(text, formats), None),
        chat_tokens=typed.read("chat_tokens", limit_reader(formats, most=MOST_TOKENS), None),
    )


def _cost(text: str, formats: Formats) -> Decimal | None:
    """US dollars as people type them, or to the fraction of a cent; None for nothing. Raises ValueError."""
    if not text:
        return None
    try:
        exact = f"{decimal_amount(formats.typed_amount(text, 'USD'), 'USD'):f}"
    except Unreadable:
        exact = text.replace("$", "").strip().replace(get_decimal_symbol(formats.locale), ".")
    return checked_cost(exact)

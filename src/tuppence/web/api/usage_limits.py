"""What requests may take in a month and in a chat."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field

from tuppence.assistant.chats import open_chat
from tuppence.usage import LimitUse, checked_cost, limit_uses, limits, set_limits
from tuppence.usage.limits import MOST_TOKENS
from tuppence.web.api.runs import Dollars, Model, dollars
from tuppence.web.problems import Problem
from tuppence.web.visitor import Owning, Visiting, Visitor

router = APIRouter(prefix="/api/limits", tags=["usage"])

Tokens = Annotated[int, Field(ge=1, le=MOST_TOKENS)]


class KeptLimits(Model):
    """What requests may take; null: as much as they like."""

    month_cost: str | None
    """US dollars for all requests of a calendar month (UTC)."""
    month_tokens: int | None
    """Of input and output together; so with `chat_tokens`."""
    chat_cost: str | None
    """US dollars for all requests of a chat."""
    chat_tokens: int | None


class ChangedLimits(Model):
    """What to change; what is left out stays as it is."""

    month_cost: Dollars | None = None
    """Null: no limit; so with the others."""
    month_tokens: Tokens | None = None
    chat_cost: Dollars | None = None
    chat_tokens: Tokens | None = None


class Use(Model):
    """How much of one limit is gone; US dollars as texts, or numbers of tokens."""

    name: str
    """Of the limit, such as "month_cost"."""
    limit: str | int
    used: str | int
    """What ended requests took. One of which that is not known counts what it could take at most."""
    reserved: str | int
    """What requests under way can take at most."""
    left: str | int
    percent: int
    """Used or reserved; over 100 when the limit was lowered."""
    unknown: int
    """Requests in no number: they are from before there was a limit, and nobody can tell what they took."""


class LimitsInUse(Model):
    """The limits, and how much of them is gone."""

    limits: KeptLimits
    uses: list[Use]
    """Of the limits for months, this month's; of those for chats the chat's that was named."""


@router.get("")
async def get_limits(visitor: Visiting, chat: Annotated[str | None, Query()] = None) -> LimitsInUse:
    """The household's limits, and how much of them is gone."""
    named = None if chat is None else (await open_chat(visitor.ledger, chat, visitor.reader)).id
    return await _limits(visitor, named)


@router.patch("")
async def patch_limits(visitor: Owning, change: ChangedLimits) -> LimitsInUse:
    """Change them; they hold at once, for what was used already as well. Only for owners."""
    wanted: dict[str, Any] = change.model_dump(exclude_unset=True)
    try:
        for name in ("month_cost", "chat_cost"):
            if wanted.get(name) is not None:
                wanted[name] = checked_cost(wanted[name])
        await set_limits(visitor.ledger, msgspec.structs.replace(await limits(visitor.ledger), **wanted))
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    return await _limits(visitor, None)


async def _limits(visitor: Visitor, chat: str | None) -> LimitsInUse:
    kept = await limits(visitor.ledger)
    return LimitsInUse(
        limits=KeptLimits(
            month_cost=dollars(kept.month_cost),
            month_tokens=kept.month_tokens,
            chat_cost=dollars(kept.chat_cost),
            chat_tokens=kept.chat_tokens,
        ),
        uses=[_use(use) for use in await limit_uses(visitor.ledger, chat)],
    )


def _use(use: LimitUse) -> Use:
    def told(amount: int) -> str | int:
        value = use.value(amount)
        return f"{value:f}" if isinstance(value, Decimal) else value

    return Use(
        name=use.limit.name,
        limit=told(use.limit.amount),
        used=told(use.spent.used),
        reserved=told(use.spent.reserved),
        left=told(max(use.left, 0)),
        percent=use.percent,
        unknown=use.spent.ended_unknown,
    )

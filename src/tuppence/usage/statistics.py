"""Usage rows added up: how many requests, how many tokens, how much money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Row, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.llm import TokenUsage
from tuppence.store.tables import chats, llm_usage, runs
from tuppence.store.tables.metadata import EPOCH
from tuppence.usage.columns import TOKEN_KINDS, of_household
from tuppence.usage.pricing import dollars
from tuppence.usage.row import COSTLY

By: TypeAlias = Literal["total", "day", "model", "operation", "chat", "member"]
"""What the rows are added up by."""

_QUARTER = 15 * 60  # seconds; the clocks of all time zones differ by whole quarters of an hour


class UsageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Some requests added up. What was not reported is in no sum; `unreported` and `unknown_costs` say how often."""

    key: str | date | int | None
    """The day, model, operation, chat or the id of a member; None for requests outside chats, for those of nobody who
    is known, and for the total."""
    requests: int
    """Attempts, failed ones included."""
    failed: int
    """Those that failed before an answer."""
    open: int
    """Those that have not ended yet."""
    tokens: TokenUsage
    """Sums of what was reported; None for a kind that no request reported."""
    unreported: int
    """Requests that providers charge for whose tokens were not reported in full (input or output is missing)."""
    cost: Decimal | None
    """US dollars of the requests whose cost is known; None when it is of none."""
    unknown_costs: int
    """Requests that have cost something that nobody can tell: `cost` is without them."""
    estimated_costs: int
    """Requests in `cost` whose tokens are estimated."""


async def summaries(
    connection: AsyncConnection,
    household_id: int,
    by: By,
    since: datetime | None,
    until: datetime | None,
    zone: tzinfo | None,
) -> list[UsageSummary]:
    """See `UsageLog.summaries`."""
    query = select(*_SUMS) if by == "total" else select(_KEYS[by].label("key"), *_SUMS).group_by(_KEYS[by])
    if by == "member":
        query = query.select_from(_with_askers)
    query = of_household(query, household_id, since, until)
    found = [_summary(row) for row in await connection.execute(query)]
    if by == "day":
        return _by_day(found, zone)
    return sorted(found, key=lambda summary: (-(summary.cost or 0), -summary.requests, str(summary.key)))


_KEYS: dict[By, ColumnElement[Any]] = {
    "day": type_coerce(llm_usage.c.started_at, BigInteger) // (_QUARTER * 1_000_000),
    "model": llm_usage.c.model,
    "operation": llm_usage.c.operation,
    "chat": llm_usage.c.chat_id,
    # Whose chat it is, or who began the run; nobody at the command line, after imports and when the chat is deleted.
    "member": func.coalesce(chats.c.author_id, runs.c.user_id),
}
_with_askers = llm_usage.outerjoin(
    chats, (chats.c.household_id == llm_usage.c.household_id) & (chats.c.id == llm_usage.c.chat_id)
).outerjoin(runs, (runs.c.household_id == llm_usage.c.household_id) & (runs.c.id == llm_usage.c.run_id))
_costly = llm_usage.c.outcome.in_(COSTLY)
_SUMS = (
    func.count().label("requests"),
    func.count().filter(llm_usage.c.outcome == "failed").label("failed"),
    func.count().filter(llm_usage.c.outcome == "open").label("open"),
    *(func.sum(llm_usage.c[kind]).label(kind) for kind in TOKEN_KINDS),
    func.count()
    .filter(_costly, or_(llm_usage.c.input_tokens.is_(None), llm_usage.c.output_tokens.is_(None)))
    .label("unreported"),
    func.sum(llm_usage.c.cost_picodollars).label("cost"),
    func.count().filter(_costly, llm_usage.c.cost_picodollars.is_(None)).label("unknown_costs"),
    func.count().filter(llm_usage.c.cost_estimated).label("estimated_costs"),
)
_COUNTS = ("requests", "failed", "open", "unreported", "unknown_costs", "estimated_costs")


def _summary(row: Row[Any]) -> UsageSummary:
    columns = row._mapping
    cost = columns["cost"]
    return UsageSummary(
        key=columns.get("key"),
        tokens=TokenUsage(**{kind: _whole(columns[kind]) for kind in TOKEN_KINDS}),
        cost=None if cost is None else dollars(int(cost)),
        **{name: columns[name] for name in _COUNTS},
    )


def _whole(number: int | Decimal | None) -> int | None:
    return None if number is None else int(number)  # PostgreSQL's sums of big integers are of type numeric


def _by_day(quarters: Iterable[UsageSummary], zone: tzinfo | None) -> list[UsageSummary]:
    """Summaries of quarters of an hour, whose keys count them from 1970, as those of a zone's days; latest first."""
    days: dict[date, list[UsageSummary]] = {}
    for quarter in quarters:
        assert isinstance(quarter.key, int)
        begins = EPOCH + quarter.key * timedelta(seconds=_QUARTER)
        days.setdefault(begins.astimezone(zone).date(), []).append(quarter)
    return [_sum(day, days[day]) for day in sorted(days, reverse=True)]


def _sum(day: date, parts: list[UsageSummary]) -> UsageSummary:
    costs = [part.cost for part in parts if part.cost is not None]
    return UsageSummary(
        key=day,
        tokens=TokenUsage(**{kind: _known_sum(getattr(part.tokens, kind) for part in parts) for kind in TOKEN_KINDS}),
        cost=sum(costs, Decimal(0)) if costs else None,
        **{name: sum(getattr(part, name) for part in parts) for name in _COUNTS},
    )


def _known_sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None

"""What requests have taken so far, and what they may take yet: what limits are kept by."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Label, Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.store import living_processes
from tuppence.store.tables import llm_usage
from tuppence.usage.row import COSTLY


class Spent(msgspec.Struct, frozen=True):
    """Of one measure: picodollars, or tokens of input and output together."""

    used: int
    """What ended requests took. One of which that is not known counts what it could take at most."""
    reserved: int
    """What requests under way can take at most."""
    open_unreserved: int
    """So many requests under way reserved nothing, and are in neither number."""
    ended_unknown: int
    """So many ended requests reserved nothing and took what nobody can tell, and are in neither number."""


class Spending(msgspec.Struct, frozen=True):
    """What some requests took, and may take yet."""

    cost: Spent
    """In picodollars."""
    tokens: Spent


async def spending(connection: AsyncConnection, household_id: int, which: ColumnElement[bool]) -> Spending:
    """What those of the household's requests took for which `which` holds. Requests that failed before an answer took
    nothing; those whose process died in between have ended."""
    ours = (_columns.household_id == household_id) & which
    ended = (await connection.execute(_ENDED.where(ours))).one()
    there = (await connection.execute(_under_way(ours, await living_processes(connection)))).one()
    return Spending(
        Spent(int(ended.cost + there.left_cost), int(there.cost), there.no_cost, ended.no_cost + there.no_left_cost),
        Spent(
            int(ended.tokens + there.left_tokens),
            int(there.tokens),
            there.no_tokens,
            ended.no_tokens + there.no_left_tokens,
        ),
    )


def month_begin(at: datetime) -> datetime:
    """The first moment of the calendar month (UTC)."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


_columns = llm_usage.c


def _sums(name: str, taken: ColumnElement[Any], reserved: ColumnElement[Any]) -> tuple[Label[Any], Label[Any]]:
    """Of ended requests: what they took or could take, and how many there are of which neither is known.

    What is known already is asked first in both, so that it alone is looked at in nearly all rows.
    """
    costly = _columns.outcome.in_(COSTLY)
    amount = case((taken.is_not(None), taken), (costly, reserved))
    unknown = func.count().filter(taken.is_(None), reserved.is_(None), costly)
    return func.coalesce(func.sum(amount), 0).label(name), unknown.label(f"no_{name}")


_ENDED = select(
    *_sums("cost", _columns.cost_picodollars, _columns.reserved_picodollars),
    *_sums("tokens", _columns.input_tokens + _columns.output_tokens, _columns.reserved_tokens),
)


def _under_way(ours: ColumnElement[bool], living: Collection[str]) -> Select[Any]:
    """Few requests are under way, and their partial index finds them at once; hence the only condition is a literal."""
    is_living = _columns.process_id.in_(living)
    return select(
        *_reserved("cost", _columns.reserved_picodollars, ours & is_living),
        *_reserved("tokens", _columns.reserved_tokens, ours & is_living),
        *_reserved("left_cost", _columns.reserved_picodollars, ours & ~is_living),
        *_reserved("left_tokens", _columns.reserved_tokens, ours & ~is_living),
    ).where(_columns.outcome == literal_column("'open'"))


def _reserved(name: str, reserved: ColumnElement[Any], which: ColumnElement[bool]) -> tuple[Label[Any], Label[Any]]:
    """What open requests reserved, and how many of them reserved nothing."""
    amount = func.coalesce(func.sum(reserved).filter(which), 0)
    return amount.label(name), func.count().filter(reserved.is_(None), which).label(f"no_{name}")

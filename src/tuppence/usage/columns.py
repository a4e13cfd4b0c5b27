"""Between usage rows and the columns of their table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row, Select

from tuppence.llm import TokenUsage
from tuppence.store.tables import llm_usage
from tuppence.usage.pricing import Cost, dollars, picodollars
from tuppence.usage.row import Purpose, Reservation, UsageRow

TOKEN_KINDS = TokenUsage.__struct_fields__
"""The names of the columns that count tokens: the same as in TokenUsage."""

_PURPOSE = Purpose.__struct_fields__
_OPENING = (
    "id",
    "attempt",
    "provider",
    "model",
    "streaming",
    "started_at",
    "outcome",
    "tokens_estimated",
    "cost_estimated",
)
_CLOSING = (
    "outcome",
    "status",
    "error",
    "answered_model",
    "request_id",
    "ended_at",
    "microseconds",
    "first_chunk_microseconds",
    "tokens_estimated",
    "cost_estimated",
)
_prices = msgspec.json.Decoder(dict[str, Decimal])
_T = TypeVar("_T", bound=tuple[Any, ...])


def opening_values(row: UsageRow, process_id: str) -> dict[str, Any]:
    """The columns of a row that is opened."""
    reserved = row.reservation
    return {
        **{name: getattr(row, name) for name in _OPENING},
        **{name: getattr(row.purpose, name) for name in _PURPOSE},
        "process_id": process_id,
        "reserved_picodollars": None if reserved is None else reserved.picodollars,
        "reserved_tokens": None if reserved is None else reserved.tokens,
    }


def closing_values(row: UsageRow) -> dict[str, Any]:
    """The columns that change when `row` is closed."""
    cost = row.cost
    return {
        **{name: getattr(row, name) for name in _CLOSING},
        **{kind: getattr(row.usage, kind) for kind in TOKEN_KINDS},
        "cost_picodollars": None if cost is None else picodollars(cost.amount),
        "prices": None if cost is None else msgspec.json.encode(cost.prices).decode(),
        "price_source": None if cost is None else cost.source,
        "price_date": None if cost is None else cost.date,
    }


def row_of(found: Row[Any]) -> UsageRow:
    """The usage row that the columns hold."""
    columns = found._mapping
    return UsageRow(
        purpose=Purpose(**{name: columns[name] for name in _PURPOSE}),
        usage=TokenUsage(**{kind: columns[kind] for kind in TOKEN_KINDS}),
        cost=_cost(found),
        reservation=_reservation(found),
        **{name: columns[name] for name in dict.fromkeys(_OPENING + _CLOSING)},
    )


def of_household(query: Select[_T], household_id: int, since: datetime | None, until: datetime | None) -> Select[_T]:
    """`query` for one household and for requests begun from `since` (included) to `until` (not); None: no border."""
    query = query.where(llm_usage.c.household_id == household_id)
    if since is not None:
        query = query.where(llm_usage.c.started_at >= since)
    if until is not None:
        query = query.where(llm_usage.c.started_at < until)
    return query


def _reservation(found: Row[Any]) -> Reservation | None:
    if found.reserved_tokens is None:
        return None
    return Reservation(found.reserved_picodollars, found.reserved_tokens)


def _cost(found: Row[Any]) -> Cost | None:
    if found.cost_picodollars is None:
        return None
    return Cost(
        amount=dollars(found.cost_picodollars),
        prices=_prices.decode(found.prices),
        source=found.price_source,
        date=found.price_date,
    )

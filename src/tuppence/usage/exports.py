"""Usage rows as a file, for spreadsheets and for programs. It holds no words of anybody's."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import select, tuple_

from tuppence.ledger.household import Ledger
from tuppence.store.tables import llm_usage
from tuppence.usage.columns import TOKEN_KINDS, of_household, row_of
from tuppence.usage.row import UsageRow

ExportFormat: TypeAlias = Literal["csv", "json"]
Readable: TypeAlias = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these chats may be named."""

MEDIA_TYPES: Mapping[ExportFormat, str] = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
PRICES = (
    "input_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "output_mtok",
    "output_reasoning_mtok",
    "requests_kcount",
)
"""The prices that have a column of their own, by the price list's keys."""

_PAGE = 500  # rows that are read at once
_ORDERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula."""


async def exported_usage(
    ledger: Ledger,
    kind: ExportFormat,
    since: datetime | None = None,
    until: datetime | None = None,
    readable: Readable | None = None,
) -> AsyncIterator[bytes]:
    """The household's requests, oldest first, as the pieces of a file; never more than a page of them in memory.

    since: included, until: not. readable: which chats are named, with their messages and turns; None: all of them. JSON
    is one array of objects; CSV begins with the names of its columns. Raises StoreUnusable.
    """
    first = True
    async for rows in _pages(ledger, since, until):
        records = await _records(rows, readable)
        yield _csv(records, with_names=first) if kind == "csv" else _json(records, first=first)
        first = False
    if kind == "json":
        yield b"[]\n" if first else b"\n]\n"
    elif first:
        yield _csv([], with_names=True)


async def _pages(ledger: Ledger, since: datetime | None, until: datetime | None) -> AsyncIterator[Sequence[UsageRow]]:
    """Each read by itself, so that a slow reader keeps nobody from writing."""
    key = tuple_(llm_usage.c.started_at, llm_usage.c.id)
    query = of_household(select(llm_usage), ledger.household, since, until).order_by(*key).limit(_PAGE)
    last: UsageRow | None = None
    while True:
        following = query if last is None else query.where(key > (last.started_at, last.id))
        async with ledger.store.reading() as connection:
            rows = [row_of(found) for found in await connection.execute(following)]
        if rows:
            yield rows
        if len(rows) < _PAGE:
            return
        last = rows[-1]


async def _records(rows: Sequence[UsageRow], readable: Readable | None) -> list[dict[str, Any]]:
    chats = {row.purpose.chat_id for row in rows if row.purpose.chat_id is not None}
    named = chats if readable is None else await readable(chats)
    return [_record(row, is_named=row.purpose.chat_id in named) for row in rows]


def _record(row: UsageRow, *, is_named: bool) -> dict[str, Any]:
    return {name: value_of(row) if is_named or name not in _OF_CHATS else None for name, value_of in _COLUMNS.items()}


def _seconds(microseconds: int | None) -> Decimal | None:
    return None if microseconds is None else Decimal(microseconds).scaleb(-6)


def _price(key: str) -> Callable[[UsageRow], Decimal | None]:
    return lambda row: None if row.cost is None else row.cost.prices.get(key)


_COLUMNS: Mapping[str, Callable[[UsageRow], Any]] = {
    "id": lambda row: row.id,
    "started_at": lambda row: row.started_at,
    "ended_at": lambda row: row.ended_at,
    "operation": lambda row: row.purpose.operation,
    "chat": lambda row: row.purpose.chat_id,
    "message": lambda row: row.purpose.message_id,
    "turn": lambda row: row.purpose.turn_id,
    "round": lambda row: row.purpose.round,
    "run": lambda row: row.purpose.run_id,
    "attempt": lambda row: row.attempt,
    "provider": lambda row: row.provider,
    "model": lambda row: row.model,
    "answered_model": lambda row: row.answered_model,
    "streaming": lambda row: row.streaming,
    "outcome": lambda row: row.outcome,
    "status": lambda row: row.status,
    "error": lambda row: row.error,
    "request_id": lambda row: row.request_id,
    "seconds": lambda row: _seconds(row.microseconds),
    "seconds_to_first_chunk": lambda row: _seconds(row.first_chunk_microseconds),
    **{kind: attrgetter(f"usage.{kind}") for kind in TOKEN_KINDS},
    "tokens_estimated": lambda row: row.tokens_estimated,
    "cost_usd": lambda row: None if row.cost is None else row.cost.amount.normalize(),
    "cost_estimated": lambda row: row.cost_estimated,
    **{f"price_{key}": _price(key) for key in PRICES},
    "price_source": lambda row: None if row.cost is None else row.cost.source,
    "price_date": lambda row: None if row.cost is None else row.cost.date,
}
"""What stands under which name."""
_OF_CHATS = frozenset({"chat", "message", "turn"})

# --------------------------------------------------------------------------------------------------------------- JSON


def _json(records: Sequence[Mapping[str, Any]], *, first: bool) -> bytes:
    lines = (msgspec.json.encode({name: _plain(value) for name, value in record.items()}) for record in records)
    return (b"[\n" if first else b",\n") + b",\n".join(lines)


def _plain(value: Any) -> Any:
    """Decimals as texts without an exponent, so that nothing rounds them."""
    return f"{value:f}" if isinstance(value, Decimal) else value


# ---------------------------------------------------------------------------------------------------------------- CSV


def _csv(records: Sequence[Mapping[str, Any]], *, with_names: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if with_names:
        writer.writerow(_COLUMNS)
    writer.writerows([cell_of(value) for value in record.values()] for record in records)
    return text.getvalue().encode()


def cell_of(value: object) -> str:
    """`value` as a cell: a number as a number, and no text that a spreadsheet would calculate; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case datetime():
            return value.isoformat()
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_ORDERS) else text

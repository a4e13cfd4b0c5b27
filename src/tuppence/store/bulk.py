"""Many rows in few calls, past what SQLAlchemy does for each row, which costs more than the database's own work."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Table,
    Text,
    Update,
    cast,
    func,
    insert,
    literal,
    select,
    tuple_,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

ROWS_PER_STATEMENT = 200


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all name the same columns. Defaults of the table are not filled in.

    Many rows go into one statement: row by row the triggers of the search index would open a savepoint each, at which
    FTS5 writes out what it has gathered, which takes five times the time.
    """
    columns = tuple(column.name for column in table.columns if rows and column.name in rows[0])  # as they are compiled
    stored = _as_stored(connection.dialect, table, columns, rows)
    for first in range(0, len(stored), ROWS_PER_STATEMENT):
        some = stored[first : first + ROWS_PER_STATEMENT]
        statement = _insert_statement(connection.dialect, table, columns, len(some))
        await connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


async def execute_rows(
    connection: AsyncConnection, statement: Update | Delete, rows: Sequence[Mapping[str, int]]
) -> None:
    """Execute `statement` for each of `rows`, which give its bindparams their values, whole numbers only."""
    if not rows:
        return
    compiled = statement.compile(dialect=connection.dialect)
    common = compiled.params
    names = getattr(compiled, "positiontup", None) or tuple(common)
    await connection.exec_driver_sql(
        str(compiled), [tuple(row[name] if name in row else common[name] for name in names) for row in rows]
    )


def many_keys(dialect: str, keys: Sequence[Sequence[int]]) -> FromClause:
    """The keys, of some whole numbers each, as rows to select from, whose columns are part_0, part_1 ...

    They are handed over as one value: a statement takes only so many, and each costs more than the database's work.
    """
    parts = range(len(keys[0]) if keys else 1)
    listed = literal(msgspec.json.encode(keys).decode(), Text)
    if dialect == "sqlite":
        each = func.json_each(listed).table_valued("value")
        columns: list[ColumnElement[int]] = [
            func.json_extract(each.c.value, f"$[{part}]", type_=BigInteger) for part in parts
        ]
    else:
        each = func.json_array_elements(cast(listed, JSON)).table_valued("value")
        columns = [cast(each.c.value.op("->>")(part), BigInteger) for part in parts]
    return select(*(column.label(f"part_{part}") for part, column in enumerate(columns))).subquery()


def is_among(dialect: str, columns: Sequence[ColumnElement[int]], keys: Sequence[Sequence[int]]) -> ColumnElement[bool]:
    """True for rows whose `columns` are one of `keys`."""
    found = select(*many_keys(dialect, keys).c)
    return columns[0].in_(found) if len(columns) == 1 else tuple_(*columns).in_(found)


def _as_stored(
    dialect: Dialect, table: Table, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """The values of `columns` of each row, as the driver takes them."""
    by_column: list[list[Any]] = []
    for name in columns:
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        by_column.append(values if process is None else [process(value) for value in values])
    return list(zip(*by_column, strict=True))


@lru_cache(maxsize=8)
def _insert_statement(dialect: Dialect, table: Table, columns: tuple[str, ...], rows: int) -> str:
    values = [dict.fromkeys(columns)] * rows
    return str(insert(table).values(values).compile(dialect=dialect))

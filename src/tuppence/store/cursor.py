"""A cursor that runs each statement in one trip to the connection's thread."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util import EMPTY_DICT


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """A statement, its rows and the cursor's end are one order to the thread.

    SQLAlchemy's own makes four of them, each with two changes of thread: most of what a small statement costs.
    """

    __slots__ = ("_told",)

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection, self._connection = adapt_connection, adapt_connection._connection
        self._rows: deque[Any] = deque()
        self._soft_closed_memoized = EMPTY_DICT
        self._told: tuple[Any, int, int | None] = (None, -1, None)

    @property
    def description(self) -> Any:
        """Of the columns; None when the statement gives no rows."""
        return self._told[0]

    @property
    def rowcount(self) -> int:
        """How many rows were changed; -1 when it was no change."""
        return self._told[1]

    @property
    def lastrowid(self) -> Any:
        """Of the row that was inserted last."""
        return self._told[2]

    def close(self) -> None:
        """Drop the rows that nobody fetched."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        pass

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        given = () if parameters is None else parameters
        await self._run(lambda cursor: cursor.execute(operation, given))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> Any:
        await self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        async with self._adapt_connection._execute_mutex:
            connection = self._connection
            rows, self._told = await connection._execute(_done, connection._conn, statement)
            self._rows = deque(rows)


def _done(
    connection: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]
) -> tuple[list[Any], tuple[Any, int, int | None]]:
    """Run a statement: its rows, and what the cursor says of it."""
    cursor = connection.cursor()
    try:
        statement(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return rows, (cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    """A connection with such cursors."""

    __slots__ = ()
    _cursor_cls = OneTripCursor

"""The Store: one database, opened once per process, read and written in short transactions."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aiosqlite
import anyio
from anyio import to_thread
from sqlalchemy import URL, Connection, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tuppence.store.cursor import OneTripConnection
from tuppence.store.schema import BUSY_SECONDS, is_failure_of_the_file, prepare_database, unusable

FILENAME = "tuppence.db"
PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = NORMAL",
    "cache_size = -16384",  # KiB, when it needs so much; SQLite's own 2 MiB make a large import half as slow again
)
_WRITES = "tuppence_writes"  # an execution option of connections that are going to write


class Store:
    """One open database.

    Transactions are short and never wait for a network; so a cancelled scope lets one that has begun come to its end.
    """

    def __init__(self, path: Path, engine: AsyncEngine) -> None:
        self.path = path
        self._engine = engine
        self._writing_engine = engine.execution_options(**{_WRITES: True})
        self._turn_to_write = anyio.Lock()

    @classmethod
    async def open(cls, folder: Path) -> "Store":
        """The store in `folder`, which is made (readable by its owner only) and brought up to date where needed.

        Raises StoreUnusable, whose message says what to do.
        """
        path = folder / FILENAME
        await to_thread.run_sync(prepare_database, path)
        return cls(path, _engine(path))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one moment of the database, however long it is used. Nothing it writes would stay.

        Raises StoreUnusable when the file cannot be used.
        """
        with anyio.CancelScope(shield=True), _FileFailures(self.path):
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose changes are committed when the block ends, and rolled back when it raises or is cancelled.

        The write lock is taken at the start: what is read inside cannot change before it is written. Writers of this
        process take turns; one of another process is waited for 5 s. Raises StoreBusy after that, StoreUnusable when
        the file cannot be used.
        """
        async with self._turn_to_write:
            with anyio.CancelScope(shield=True), _FileFailures(self.path):
                async with self._writing_engine.begin() as connection:
                    yield connection

    async def aclose(self) -> None:
        """Close every connection, and wait for those that are being given up."""
        await self._engine.dispose()
        if ending := {end for end in _ending if end.get_loop() is asyncio.get_running_loop()}:
            await asyncio.wait(ending, timeout=BUSY_SECONDS)

    async def __aenter__(self) -> "Store":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _FileFailures:
    """Turns errors of the file itself, wherever in a transaction they surface, into StoreUnusable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DBAPIError) and is_failure_of_the_file(error.orig):
            assert isinstance(error.orig, sqlite3.Error)
            raise unusable(error.orig, self._path) from error


class SQLiteDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's dialect, but for how a connection ends whose task was cancelled in the midst of a statement."""

    supports_statement_cache = True

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """A new connection, whose statements are one trip to its thread each."""
        made = super().connect(*arguments, **options)
        return OneTripConnection(made.dbapi, made.driver_connection)

    def on_connect(self) -> Any:
        """What is called with each new connection: its settings, and a switch that stops whatever statement it runs."""
        prepare = super().on_connect()

        def connected(connection: Any) -> None:
            driver: aiosqlite.Connection = connection.driver_connection
            abandoned = _abandoned[driver] = threading.Event()
            try:
                if prepare is not None:
                    prepare(connection)
                cursor = connection.cursor()
                for pragma in PRAGMAS:
                    cursor.execute(f"PRAGMA {pragma}")
                cursor.close()
                connection.run_async(lambda driver: driver.set_progress_handler(abandoned.is_set, STEPS_BETWEEN_LOOKS))
            except BaseException:  # a cancellation too: nobody else knows of the connection yet
                _stop(driver)
                raise

        return connected

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Stop the statement, roll back, close.

        All of it is put into the driver's queue at once and nothing is awaited, as a cancellation may strike again.
        Closing alone would wait for the statement to finish, and leave the write lock taken for as long as anything
        still refers to a cursor (sqlite3_close_v2). An interrupt would, while there is one, hit the rollback too.
        """
        driver: aiosqlite.Connection = dbapi_connection.driver_connection
        if (abandoned := _abandoned.get(driver)) is None:
            return
        abandoned.set()
        with suppress(ValueError):  # it was closed already
            _begin_running(driver.set_progress_handler(None, 0))  # type: ignore[arg-type]  # None removes it
            _begin_running(driver.rollback())
        _stop(driver)


_abandoned: WeakKeyDictionary[aiosqlite.Connection, threading.Event] = WeakKeyDictionary()
STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's virtual machine, which takes some 50 million a second."""


_ending: set[asyncio.Future[Any]] = set()


def _stop(driver: aiosqlite.Connection) -> None:
    """Have the driver close its connection and end its thread when it has done what it was told before.

    Only once: an order given to a thread that has ended is never carried out.
    """
    if _abandoned.pop(driver, None) is not None and (end := driver.stop()) is not None:
        _ending.add(end)
        end.add_done_callback(_ending.discard)


def _begin_running(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine to where it first waits, by when the driver has its order, and leave it there."""
    with closing(coroutine), suppress(StopIteration):
        coroutine.send(None)


registry.register("sqlite.tuppence", __name__, SQLiteDialect.__name__)


def _engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+tuppence", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},  # None: transactions begin where we say
        hide_parameters=True,  # errors name statements, not what people bought
    )
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

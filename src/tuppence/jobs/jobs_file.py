"""`jobs.db`: the file in which DBOS keeps what is to be done, and what we ask of it ourselves. Blocking."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, bindparam, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from tuppence.store import StoreUnusable
from tuppence.store.private_file import make_private_file
from tuppence.store.schema import BUSY_SECONDS, is_failure_of_the_file, switch_to_wal, unusable

FILENAME = "jobs.db"

# name: workers, the processes that hold a job
_WORKERS = text("SELECT DISTINCT executor_id FROM workflow_status WHERE status = 'PENDING'")
# name: held_by, the jobs that a process holds
_HELD_BY = text("SELECT workflow_uuid FROM workflow_status WHERE status = 'PENDING' AND executor_id = :process_id")
# name: put_back. One statement: of two processes that do it at once, the second finds nothing left to put back.
_PUT_BACK = text(
    "UPDATE workflow_status SET status = 'ENQUEUED', owner_xid = NULL, started_at_epoch_ms = NULL"
    " WHERE status = 'PENDING' AND executor_id IN :process_ids"
).bindparams(bindparam("process_ids", expanding=True))


class JobsFile:
    """The open file. Everything raises StoreUnusable when the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_closed = False
        with self._failures():
            make_private_file(path)
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
                switch_to_wal(database)
        self.engine = self._engine()

    def _engine(self) -> Engine:
        """For DBOS as for ourselves."""
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            connect_args={"timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "do_connect", self._refuse_when_closed)
        return engine

    def _refuse_when_closed(self, *_: object) -> None:
        """Threads of DBOS that wait for something in the file end, instead of opening it again."""
        if self._is_closed:
            raise JobsClosed

    def close(self) -> None:
        self._is_closed = True
        self.engine.dispose()

    def workers(self) -> frozenset[str]:
        """The ids of all processes that hold a job, alive or dead."""
        with self._failures(), self.engine.connect() as connection:
            return frozenset(connection.scalars(_WORKERS))

    def held_by(self, process_id: str) -> frozenset[str]:
        """The ids of the jobs that a process has taken and not ended."""
        with self._failures(), self.engine.connect() as connection:
            return frozenset(connection.scalars(_HELD_BY, {"process_id": process_id}))

    def put_back(self, process_ids: Collection[str]) -> int:
        """Let anybody take what these processes hold; how many jobs that were."""
        if not process_ids:
            return 0
        with self._failures(), self.engine.begin() as connection:
            return connection.execute(_PUT_BACK, {"process_ids": list(process_ids)}).rowcount

    @contextmanager
    def _failures(self) -> Iterator[None]:
        with failures_of(self.path):
            yield


@contextmanager
def opened_file(path: Path) -> Iterator[JobsFile]:
    """The file, made where there is none (readable by its owner only)."""
    with closing(JobsFile(path)) as file:
        yield file


class JobsClosed(Exception):
    """The jobs have been left."""


@contextmanager
def failures_of(path: Path) -> Iterator[None]:
    """Turns errors of the file itself into StoreUnusable."""
    try:
        yield
    except OSError as error:
        raise StoreUnusable(
            f"{path} cannot be written. Check the permissions of the file and its folder, or choose another folder."
        ) from error
    except sqlite3.Error as error:
        raise unusable(error, path) from error
    except DBAPIError as error:
        cause = error.orig
        if not isinstance(cause, sqlite3.Error) or not is_failure_of_the_file(cause):
            raise
        raise unusable(cause, path) from error


def _prepare(connection: Any, _: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")

"""The file of the turn log: its schema, and the few statements that write and read it. Blocking: used from threads."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tuppence.assistant.events import TerminalEvent
from tuppence.assistant.logged_event import LoggedEvent, logged
from tuppence.store import StoreBusy, StoreUnusable
from tuppence.store.private_file import make_private_file
from tuppence.store.schema import BUSY_SECONDS, switch_to_wal, unusable

FILENAME = "turns.db"
_VERSION = 1
_TRIES = 4  # to write a batch, each waiting as long as any other statement
_PAGES_BEFORE_CHECKPOINT = 32_000  # 128 MB: the last resort, as it keeps the writer waiting for the disk
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS events (
    turn_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (turn_id, n)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stops (turn_id TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
"""
# name: add_event
_ADD = "INSERT INTO events (turn_id, n, name, data, at) VALUES (?, ?, ?, ?, ?)"
# name: events_after, all of one turn that follow a number
_AFTER = "SELECT n, name, data FROM events WHERE turn_id = ? AND n > ? ORDER BY n"
# name: last_event, of one turn
_LAST = "SELECT n, name, data FROM events WHERE turn_id = ? ORDER BY n DESC LIMIT 1"
# name: delete_old, all events of the turns in which nothing has happened since a moment
_DELETE_OLD = (
    "DELETE FROM events WHERE turn_id IN (SELECT turn_id FROM events GROUP BY turn_id HAVING max(at) < :moment)"
)


@dataclass(frozen=True, slots=True)
class NewEvents:
    """What a process adds to the log of one of its turns."""

    turn_id: str
    events: Sequence[LoggedEvent]
    """Their numbers follow one another, and the number of the last event that the process wrote before."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a batch."""

    fenced: frozenset[str] = frozenset()
    """Turns to which another process has written, and which are therefore not ours any more: nothing was added."""
    stops: frozenset[str] = frozenset()
    """Turns that somebody asked to stop."""


class TurnLogFile:
    """One open connection, to be used by one thread at a time. Everything raises StoreUnusable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._failures():
            make_private_file(path)
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def close(self) -> None:
        with self._failures():
            self._database.close()

    def _prepare(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise StoreUnusable(
                f"{self.path} was written by a newer Tuppence. Update Tuppence, or choose another folder."
            )
        if version < _VERSION:
            switch_to_wal(self._database)
            self._database.executescript(_SCHEMA)
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")

    # ------------------------------------------------------------------------------------------------------- writing

    def write(self, batch: Sequence[NewEvents], ours: Collection[str]) -> Written:
        """Add a batch in one transaction, and look for stops that were asked of `ours`, which are thereby taken.

        Of several processes that write at once SQLite serves none in turn: whoever had to wait too long asks again.
        """
        for _ in range(_TRIES - 1):
            with suppress(StoreBusy):
                return self._write(batch, ours)
        return self._write(batch, ours)

    def _write(self, batch: Sequence[NewEvents], ours: Collection[str]) -> Written:
        at = _now()
        fenced: frozenset[str] = frozenset()
        try:
            with self._transaction():
                self._add(batch, at)
                return Written(stops=self._taken_stops(ours))
        except sqlite3.IntegrityError:
            pass
        with self._transaction():
            fenced = frozenset(one.turn_id for one in batch if self._last_number(one.turn_id) >= one.events[0].n)
            self._add([one for one in batch if one.turn_id not in fenced], at)
            return Written(fenced, self._taken_stops(ours))

    def end(self, turn_id: str, event: TerminalEvent) -> int:
        """Give a turn whose process died its last event, unless it has one; the number of the last event.

        If the process lives after all, the next thing that it writes is refused.
        """
        with self._transaction():
            last = self.last_event(turn_id)
            if last is not None and last.is_last:
                return last.n
            ending = logged(last.n + 1 if last else 1, event)
            self._add([NewEvents(turn_id, [ending])], _now())
            return ending.n

    def ask_to_stop(self, turn_id: str) -> None:
        """Leave word for the process that runs the turn."""
        with self._failures():
            self._database.execute("INSERT OR IGNORE INTO stops (turn_id, at) VALUES (?, ?)", (turn_id, _now()))

    def taken_stops(self, ours: Collection[str]) -> frozenset[str]:
        """The turns among `ours` that somebody asked to stop; asked again, they are not named any more."""
        with self._failures():
            if self._database.execute("SELECT 1 FROM stops LIMIT 1").fetchone() is None:
                return frozenset()
            with self._transaction():
                return self._taken_stops(ours)

    def delete_old(self, seconds: float) -> None:
        """Delete the events of turns in which nothing has happened for so long, and stops that nobody took."""
        moment = {"moment": _now() - int(seconds * 1000)}
        with self._transaction():
            self._database.execute(_DELETE_OLD, moment)
            self._database.execute("DELETE FROM stops WHERE at < :moment", moment)

    def forget(self, turn_ids: Sequence[str]) -> None:
        """Delete everything about these turns."""
        with self._transaction():
            for table in ("events", "stops"):
                self._database.executemany(
                    f"DELETE FROM {table} WHERE turn_id = ?",  # noqa: S608  # one of two literals
                    [(one,) for one in turn_ids],
                )

    def checkpoint(self) -> None:
        """Carry what was committed over into the main file, beside others who write."""
        with self._failures():
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _add(self, batch: Sequence[NewEvents], at: int) -> None:
        self._database.executemany(
            _ADD, [(one.turn_id, event.n, event.name, event.data, at) for one in batch for event in one.events]
        )

    def _taken_stops(self, ours: Collection[str]) -> frozenset[str]:
        found = frozenset(turn_id for (turn_id,) in self._database.execute("SELECT turn_id FROM stops"))
        stops = frozenset(turn_id for turn_id in found if turn_id in ours)
        if stops:
            self._database.executemany("DELETE FROM stops WHERE turn_id = ?", [(one,) for one in stops])
        return stops

    # ------------------------------------------------------------------------------------------------------- reading

    def events_after(self, turn_id: str, after: int) -> list[LoggedEvent]:
        """What is committed of a turn and follows number `after`, in order."""
        with self._failures():
            return [LoggedEvent(*row) for row in self._database.execute(_AFTER, (turn_id, after))]

    def events_named(self, turn_id: str, names: Collection[str]) -> list[LoggedEvent]:
        """What is committed of a turn under one of `names`, in order."""
        marks = ", ".join("?" * len(names))
        query = f"SELECT n, name, data FROM events WHERE turn_id = ? AND name IN ({marks}) ORDER BY n"  # noqa: S608
        with self._failures():
            return [LoggedEvent(*row) for row in self._database.execute(query, (turn_id, *names))]

    def last_event(self, turn_id: str) -> LoggedEvent | None:
        """The latest event of a turn; None when there is none."""
        with self._failures():
            row = self._database.execute(_LAST, (turn_id,)).fetchone()
        return LoggedEvent(*row) if row else None

    def data_version(self) -> int:
        """A number that changes whenever another connection has committed something."""
        with self._failures():
            (version,) = self._database.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _last_number(self, turn_id: str) -> int:
        last = self.last_event(turn_id)
        return last.n if last else 0

    # ------------------------------------------------------------------------------------------------------ failures

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._failures():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise unusable(error, self.path) from error
        except OSError as error:
            raise StoreUnusable(
                f"Cannot use {self.path}: {error.strerror or error}. Check the folder's permissions."
            ) from error


def _now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)

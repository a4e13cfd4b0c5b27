"""Files that only their owner can read; and databases whose locks hold while somebody else comes and goes."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tuppence.jobs.jobs_file import JobsFile
from tuppence.store import Store
from tuppence.store.engine import FILENAME
from tuppence.store.private_file import make_private_file

pytestmark = pytest.mark.anyio

_COMES_AND_GOES = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM sqlite_master").fetchall()
database.close()
"""


def somebody_comes_and_goes(path: Path) -> None:
    """Another process opens the database, reads and closes it: the last one to do so removes the write-ahead log."""
    subprocess.run([sys.executable, "-c", _COMES_AND_GOES, str(path)], check=True)


def log_of(path: Path) -> int:
    """Which write-ahead log there is."""
    return path.with_name(f"{path.name}-wal").stat().st_ino


def test_a_new_file_is_its_owners_and_one_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "new"
    make_private_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("kept")
    make_private_file(path)
    assert path.read_text() == "kept"
    with pytest.raises(FileNotFoundError):
        make_private_file(tmp_path / "nowhere" / "new")


def test_an_open_database_keeps_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "open.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE words (word TEXT)")
        before = log_of(path)
        make_private_file(path)
        somebody_comes_and_goes(path)
        assert log_of(path) == before


async def test_the_ledgers_log_outlives_whoever_comes_and_goes(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store, store.reading():
        before = log_of(tmp_path / FILENAME)
        async with await Store.open(tmp_path):  # the same process opens it once more
            somebody_comes_and_goes(tmp_path / FILENAME)
            assert log_of(tmp_path / FILENAME) == before


async def test_the_log_of_jobs_outlives_whoever_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    file = JobsFile(path)
    with file.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE words (word TEXT)")
        before = log_of(path)
        again = JobsFile(path)
        somebody_comes_and_goes(path)
        assert log_of(path) == before
        again.engine.dispose()
    file.engine.dispose()

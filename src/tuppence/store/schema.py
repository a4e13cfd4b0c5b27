"""Makes the database file ready: new, older and current ones; says plainly what is wrong with any other."""

import sqlite3
import time
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event

from tuppence.store.private_file import make_private_file

APPLICATION_ID = 0x54505043  # "TPPC" in the file's header marks it as ours; see SQLite's `PRAGMA application_id`
RESTORED = ".restored"
"""The folder within the data folder that holds what was restored until it has taken its place; see restoration.py."""

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5.0
MIGRATION_SECONDS = 120.0  # how long to wait for another process that is migrating the same file


class StoreUnusable(Exception):
    """The database cannot be used. The message says why and what to do about it."""


class StoreBusy(StoreUnusable):
    """Another process has been writing to the database for longer than we are willing to wait."""


def revisions() -> list[str]:
    """The numbers of all migrations, oldest first. The last one is what the code of today expects to find.

    They are read from the names of the files, as importing Alembic to ask it takes over a second.
    """
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def prepare_database(path: Path) -> None:
    """Leave a database of the newest revision at `path`, making it, and its private folder, when there is none.

    One of an older revision is backed up before it is brought up to date, and a restore that was killed is finished.
    Safe to be called by several processes at once. Raises StoreUnusable.
    """
    try:
        if (path.parent / RESTORED).exists():
            from tuppence.store.restoration import finish_restoration

            finish_restoration(path.parent)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_file(path)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            if stored_revision(database, path) == revisions()[-1]:
                return
            switch_to_wal(database)
        _migrate(path)
    except sqlite3.Error as error:
        raise unusable(error, path) from error
    except OSError as error:
        raise StoreUnusable(
            f"Cannot use {path}: {error.strerror or error}. Check the folder's permissions or choose another one."
        ) from error


def stored_revision(database: sqlite3.Connection, path: Path) -> str | None:
    """The revision of the tables in an open database, None when it is still empty.

    Raises StoreUnusable when the file belongs to another program or to a newer Tuppence, sqlite3.Error when it cannot
    be read.
    """
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == 0 and tables == 0:
        return None
    if application != APPLICATION_ID:
        raise StoreUnusable(f"{path} is another program's database. Move it away or choose another folder.")
    (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision not in revisions():
        raise StoreUnusable(f"{path} was written by a newer Tuppence. Update Tuppence, or choose another folder.")
    return str(revision)


def switch_to_wal(database: sqlite3.Connection) -> None:
    """Set the journal mode, which stays with the file.

    SQLite answers "locked" at once, whatever the timeout, when two processes do this together: so ask again.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _migrate(path: Path) -> None:
    """Bring the tables to the newest revision in one transaction, unless another process did so while we waited."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": MIGRATION_SECONDS, "isolation_level": None},
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            stored = stored_revision(driver, path)
            if stored != revisions()[-1]:
                with nullcontext() if stored is None else _backed_up(path):
                    run_migrations(connection)
                    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    finally:
        engine.dispose()


def _backed_up(path: Path) -> AbstractContextManager[None]:
    from tuppence.store.backup import backed_up_before_migration

    return backed_up_before_migration(path)


def run_migrations(connection: Connection) -> None:
    """Run every migration that the database behind `connection` lacks, within its open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def is_busy(error: BaseException | None) -> bool:
    """Whether SQLite gave up because another connection held the lock."""
    return isinstance(error, sqlite3.OperationalError) and _result_code(error) in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite found what is no sound database."""
    return isinstance(error, sqlite3.Error) and _result_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _result_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code (its extended codes carry it in the low byte), -1 when it gave none."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code if code < 0 else code & 0xFF


def unusable(error: sqlite3.Error, path: Path) -> StoreUnusable:
    """The exception for a failure of the file itself, with what a person can do about it."""
    if is_busy(error):
        return StoreBusy(f"Another program is writing to {path} and does not finish. Close it, then try again.")
    match _result_code(error):
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            advice = (
                "is damaged or no database at all. Restore a backup (tuppence restore), or move it away to start anew."
            )
        case sqlite3.SQLITE_FULL:
            advice = "cannot grow because the disk is full. Free some space, then try again."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            advice = "cannot be written. Check the permissions of the file and its folder, or choose another folder."
        case _:
            advice = f"cannot be used ({error}). Check the disk, or restore a backup."
    return StoreUnusable(f"{path} {advice}")


def is_failure_of_the_file(error: BaseException | None) -> bool:
    """Whether `error` says something about the file, its lock or its disk, and nothing about a statement."""
    if not isinstance(error, sqlite3.Error):
        return False
    return is_busy(error) or _result_code(error) in (
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR,
    )

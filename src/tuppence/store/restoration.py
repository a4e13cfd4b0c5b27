"""Restoring a backup: everything is made ready beside the data, one rename decides, and then it takes its place.

Killed before the rename, it has done nothing. Killed after it, whoever opens the folder next finishes it.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tuppence.store.backup import Progress, copy_database, free_name, is_sound, make_backup
from tuppence.store.backup_archive import (
    DATABASES,
    FILES,
    LEDGER,
    ArchiveReader,
    BackupFailed,
    Manifest,
    check_room,
    sync_folder,
)
from tuppence.store.private_file import make_private_file
from tuppence.store.processes import living_processes, machine
from tuppence.store.schema import (
    APPLICATION_ID,
    BUSY_SECONDS,
    MIGRATION_SECONDS,
    RESTORED,
    StoreBusy,
    StoreUnusable,
    is_busy,
    is_damage,
    stored_revision,
    unusable,
)
from tuppence.store.tables import processes

_UNPACKED = ".restoring"
_DONE = ".restored-before"
_LOCK = ".restore.lock"

_OUTLIVED = ("sessions", "links", "processes", "uploads")
"""Tables whose rows are not restored: nobody is signed in by, and no process lives in, what was long ago."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was restored."""

    manifest: Manifest
    kept: Path | None
    """A backup of what was there before; None when there was nothing."""


def restore_backup(home: Path, file: Path, *, progress: Progress | None = None) -> Restoration:
    """Make the data folder `home`, there or not, what it was when the backup `file` was made. All of it, or nothing.

    What is there is backed up into the folder first. A turn log and jobs that the backup lacks are removed; keys and an
    `.env` that it lacks stay. Everybody has to sign in again, as sessions and one-time links that were ended since must
    not come back. Turns that were running belong to nobody alive, and the next sweep ends them as interrupted.

    Raises BackupFailed, with nothing changed, when the backup is damaged or newer than this Tuppence or when a process
    uses the folder; StoreUnusable when the folder cannot be used; OSError when `file` cannot be read.
    """
    with ArchiveReader(file) as archive:
        is_new = not home.exists()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone_in(home, BUSY_SECONDS):
                _finish(home)
                _check_unused(home)
                return Restoration(archive.manifest, _replaced(home, archive, progress))
        except BaseException as error:
            if is_new and not (home / RESTORED).exists():
                shutil.rmtree(home, ignore_errors=True)
            if isinstance(error, OSError):
                raise _stopped(home, (error.strerror or str(error)).lower()) from error
            raise


def _stopped(home: Path, reason: str) -> StoreUnusable:
    if (home / RESTORED).exists():
        return StoreUnusable(f"{home}: {reason}. See to that; the next command then finishes the restore.")
    return BackupFailed(f"{home}: {reason}. See to that, then restore again. Nothing was changed.")


def finish_restoration(home: Path) -> None:
    """Let what was restored take its place, if a restoration was killed while it did. Raises StoreUnusable, OSError."""
    with _alone_in(home, MIGRATION_SECONDS):
        _finish(home)


@contextmanager
def _alone_in(home: Path, patience: float) -> Iterator[None]:
    """No other process restores anything in `home` during the block. The lock goes with the process."""
    path = home / _LOCK
    make_private_file(path)
    with closing(sqlite3.connect(path, timeout=patience, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if is_busy(error):
                raise StoreBusy(f"Another restore is going on in {home}. Wait for it, then try again.") from error
            raise unusable(error, path) from error
        yield


def _replaced(home: Path, archive: ArchiveReader, progress: Progress | None) -> Path | None:
    """Unpack and check the archive, keep what is there, decide, and replace it; the backup of what was there."""
    unpacked, kept = home / _UNPACKED, None
    shutil.rmtree(unpacked, ignore_errors=True)  # of one that was killed
    try:
        unpacked.mkdir(mode=0o700)
        _unpack(archive, unpacked, progress)
        if any((home / name).exists() for name in (*DATABASES, *FILES)):
            kept = free_name(home, "before-restore")
            make_backup(home, kept, as_it_is=True)
        _check_unused(home)
        sync_folder(unpacked)
        unpacked.rename(home / RESTORED)
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        if kept is not None:
            kept.unlink(missing_ok=True)
        raise
    sync_folder(home)
    _finish(home)
    return kept


def _unpack(archive: ArchiveReader, folder: Path, progress: Progress | None) -> None:
    manifest = archive.manifest
    check_room(folder, manifest.size)
    done = 0

    def told(size: int) -> None:
        nonlocal done
        done += size
        if progress is not None:
            progress(done, manifest.size)

    archive.unpack(folder, told)
    for name in DATABASES:
        if (folder / name).exists() and not is_sound(folder / name, thoroughly=True):
            raise BackupFailed(f"The backup holds a damaged {name}. Nothing was changed; try another backup.")
    _forget_the_living(folder / LEDGER, manifest)


def _forget_the_living(path: Path, manifest: Manifest) -> None:
    """Remove the rows that are not restored. Raises BackupFailed unless it is a database of that revision."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            if stored_revision(database, path) != manifest.revision:
                raise BackupFailed("The backup does not hold what its manifest says. Nothing was changed.")
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if table in _OUTLIVED:
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 - one of our own names
    except sqlite3.Error as error:
        raise BackupFailed("The backup does not hold a database of Tuppence. Nothing was changed.") from error


def _check_unused(home: Path) -> None:
    """Raises BackupFailed when a process uses `home`, or when the database in it is not ours to replace."""
    path = home / LEDGER
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            (application,) = database.execute("PRAGMA application_id").fetchone()
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        if is_damage(error):
            return  # nobody can use it, and it is kept as it is
        raise unusable(error, path) from error
    if tables and application != APPLICATION_ID:
        raise BackupFailed(f"{path} is another program's database. Move it away or choose another folder.")
    if processes.name in tables and (living := asyncio.run(_living(path))):
        named = ", ".join(living)
        raise BackupFailed(f"Tuppence is running in {home} ({named}). Stop it, then restore. Nothing was changed.")


async def _living(path: Path) -> list[str]:
    """What people know the living processes by. The database may be of any revision."""
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            living = await living_processes(connection)
            rows = (await connection.execute(select(processes).where(processes.c.id.in_(living)))).all()
    finally:
        await engine.dispose()
    return sorted({f"process {row.pid}" if row.machine == machine() else "on another machine" for row in rows})


def _finish(home: Path) -> None:
    """Put what was decided upon in its place; does nothing when there is nothing. May be repeated from any point.

    The databases are not swapped but written to: a command that has one open goes on with what it has become, where a
    swap would leave it writing to a file without a name.
    """
    restored, done = home / RESTORED, home / _DONE
    shutil.rmtree(done, ignore_errors=True)  # of one that was killed
    if not restored.exists():
        return
    for name in FILES:
        if (restored / name).exists():
            (restored / name).replace(home / name)
    for name in DATABASES:
        if (restored / name).exists():
            _put(restored / name, home / name)
        else:
            _remove(home / name)
    sync_folder(home)
    restored.rename(done)
    shutil.rmtree(done)


def _put(new: Path, path: Path) -> None:
    """Make the database at `path`, whatever there is, the one at `new`."""
    if not path.exists():
        _remove(path)
    make_private_file(path)
    try:
        copy_database(new, path, lambda size: None)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise unusable(error, path) from error
        _remove(path)
        make_private_file(path)
        copy_database(new, path, lambda size: None)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

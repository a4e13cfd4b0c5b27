"""Backups of the data folder, consistent while everything runs, and the one that is taken before a migration."""

import itertools
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

from tuppence.store.backup_archive import (
    DATABASES,
    FILES,
    FORMAT,
    LEDGER,
    BackupFailed,
    Manifest,
    Told,
    member_of,
    sync_folder,
    write_archive,
)
from tuppence.store.schema import (
    APPLICATION_ID,
    BUSY_SECONDS,
    StoreBusy,
    StoreUnusable,
    is_damage,
    revisions,
    unusable,
)
from tuppence.store.tables import now

BACKUPS = "backups"
"""The folder within the data folder for what is taken before migrations."""

KEPT = 5
"""So many of these are kept, the latest ones."""

SUFFIX = ".tar.gz"
_UNFINISHED = ".tuppence-backup-"
_LONGEST = 24 * 60 * 60  # seconds that a backup takes
_PAGES = 1024  # copied at once; between two such steps progress is told, and Ctrl-C is heard

Progress = Callable[[int, int], None]
"""Is told how much is done of how much, in bytes."""


def make_backup(home: Path, file: Path, *, progress: Progress | None = None, as_it_is: bool = False) -> Manifest:
    """Back up the data folder `home` into `file`, which appears only when it is whole.

    Everything may go on meanwhile: nobody waits for the copy, and what was committed before the call is in it. Each
    database is one moment of it. The turn log and the jobs are copied first, `tuppence.db` afterwards, as it is the one
    that decides: a log that is a little behind has its end derived from the turn, and work that is done twice does no
    harm, whereas a log ahead of its turns would show as said what they do not know of. A turn that runs is in the copy
    as one whose process died: it will end as interrupted, with its text up to then. The keys come last, since nothing
    is encrypted with a key that is not in its file yet. Files about to be imported (`uploads`) and older backups are
    left out.

    as_it_is: whether a damaged database is taken along as well, and a folder without `tuppence.db`.
    Raises BackupFailed, StoreBusy.
    """
    if not as_it_is and not (home / LEDGER).is_file():
        raise _nothing_in(home)
    if file.parent.resolve() == home.resolve() and file.name.startswith((*DATABASES, *FILES)):
        raise BackupFailed(f"{file} belongs to the data itself. Choose another name.")
    try:
        _remove_leftovers(file.parent)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=file.parent) as folder:
            copies = _Copies(home, Path(folder), progress)
            damaged = copies.make(as_it_is=as_it_is)
            manifest = copies.manifest(damaged)
            if manifest.revision is None and not as_it_is:
                raise _nothing_in(home)
            packed = Path(folder) / "packed"
            write_archive(packed, Path(folder), manifest, copies.told)
            packed.replace(file)
        sync_folder(file.parent)
        return manifest
    except OSError as error:
        raise BackupFailed(
            f"{file} cannot be written: {(error.strerror or str(error)).lower()}. "
            "Check the folder and the space in it, or choose another one."
        ) from error


def _remove_leftovers(folder: Path) -> None:
    """Remove what backups that were killed left in `folder`: older than any that may still be going on."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        if left.stat().st_mtime < time.time() - _LONGEST:
            shutil.rmtree(left, ignore_errors=True)


def _nothing_in(home: Path) -> BackupFailed:
    return BackupFailed(f"There is no data of Tuppence in {home}, and so nothing to back up.")


class _Copies:
    """Copies of what is in the data folder, made beside the archive that they are packed into."""

    def __init__(self, home: Path, folder: Path, progress: Progress | None) -> None:
        self._home = home
        self._folder = folder
        self._progress = progress
        self._done = 0
        present = [home / name for name in (*DATABASES, *FILES) if (home / name).is_file()]
        self._total = 2 * sum(path.stat().st_size for path in present)  # copied, then packed

    def told(self, size: int) -> None:
        """So many more bytes are done."""
        self._done += size
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)

    def make(self, *, as_it_is: bool) -> list[str]:
        """Copy everything; the names of databases that are damaged, of which the very files are copied."""
        damaged = []
        for name in DATABASES:
            if (self._home / name).is_file() and not self._copied(name):
                if not as_it_is:
                    raise BackupFailed(f"{self._home / name} is damaged, so it was not backed up. Restore a backup.")
                damaged.append(name)
                for path in (self._home / name, self._home / f"{name}-wal"):
                    self._copy_file(path)
        for name in FILES:
            self._copy_file(self._home / name)
        return damaged

    def _copied(self, name: str) -> bool:
        """Whether the database could be copied; what there is of a damaged one is removed."""
        copy = self._folder / name
        try:
            copy_database(self._home / name, copy, self.told)
            sound = is_sound(copy, thoroughly=False)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise unusable(error, self._home / name) from error
            sound = False
        if not sound:
            copy.unlink(missing_ok=True)
        return sound

    def _copy_file(self, path: Path) -> None:
        if path.is_file():
            try:
                content = path.read_bytes()
            except OSError as error:
                raise BackupFailed(f"{path} cannot be read. Check its permissions.") from error
            (self._folder / path.name).write_bytes(content)
            self.told(len(content))

    def manifest(self, damaged: list[str]) -> Manifest:
        """What was copied."""
        ledger = self._folder / LEDGER
        return Manifest(
            format=FORMAT,
            version=version("tuppence"),
            revision=_revision(ledger) if ledger.is_file() and LEDGER not in damaged else None,
            created=now(),
            members=tuple(member_of(path) for path in sorted(self._folder.iterdir())),
            damaged=tuple(damaged),
        )


def copy_database(source: Path, target: Path, told: Told) -> None:
    """Make the database at `target`, there or not, what that at `source` is at one moment.

    Neither readers nor writers of `source` wait. Those of `target` see either what it was or what it becomes, whenever
    this ends. Raises sqlite3.Error, StoreBusy when somebody else keeps writing to `target`.
    """
    with closing(_opened(source)) as reading, closing(_opened(target)) as copy:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master")  # now the moment is fixed: no commit makes it begin anew
        (page_size,) = reading.execute("PRAGMA page_size").fetchone()
        left: int | None = None
        deadline = time.monotonic() + BUSY_SECONDS

        def progress(status: int, remaining: int, total: int) -> None:
            nonlocal left, deadline
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                if time.monotonic() > deadline:
                    raise StoreBusy(f"Another program is writing to {target} and does not finish. Close it.")
                return
            told(((total if left is None else left) - remaining) * page_size)
            left, deadline = remaining, time.monotonic() + BUSY_SECONDS

        reading.backup(copy, pages=_PAGES, progress=progress, sleep=0.02)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)


def is_sound(path: Path, *, thoroughly: bool) -> bool:
    """Whether the database is undamaged. thoroughly: whether indexes are compared with their tables as well."""
    try:
        with closing(_opened(path)) as database:
            (found,) = database.execute(f"PRAGMA {'integrity' if thoroughly else 'quick'}_check(1)").fetchone()
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return False
    return bool(found == "ok")


def _revision(path: Path) -> str | None:
    """The revision of the tables, also one that is newer than this Tuppence; None when there are none of ours."""
    with closing(_opened(path)) as database:
        if database.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            return None
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(revision)


@contextmanager
def backed_up_before_migration(database: Path) -> Iterator[None]:
    """A backup of the folder of `database` is there before the block migrates it, of which the latest few are kept.

    Whoever calls it holds the write lock, so that there is one backup whoever else wants to migrate. A migration that
    fails leaves the database as it was, and so no backup. Raises StoreUnusable.
    """
    backups = database.parent / BACKUPS
    try:
        backups.mkdir(mode=0o700, exist_ok=True)
        file = free_name(backups, f"before-{revisions()[-1]}")
        make_backup(database.parent, file)
    except (OSError, StoreUnusable) as error:
        reason = str(error) if isinstance(error, StoreUnusable) else f"{backups} cannot be made a folder."
        raise StoreUnusable(
            f"This version of Tuppence has to change {database}, and first could not back it up: {reason} "
            "Nothing was changed."
        ) from error
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    for old in sorted(backups.glob(f"before-*{SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        old.unlink(missing_ok=True)


def free_name(folder: Path, what: str) -> Path:
    """A name in `folder` that nothing has, with the present second (UTC) in it."""
    stem = f"{what}-{now():%Y-%m-%d-%H%M%S}"
    names = (f"{stem}{'' if count == 1 else f'-{count}'}{SUFFIX}" for count in itertools.count(1))
    return next(folder / name for name in names if not (folder / name).exists())

"""The file of a backup: a gzipped tar whose first member, a manifest, vouches for all others.

A tar and no zip: it is written and read in one go, and every system unpacks it without Tuppence, permissions included.
The hashes find damage. They prove no origin: whoever can write the file can write a manifest, too.
"""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from tuppence.store.schema import StoreUnusable, revisions

LEDGER = "tuppence.db"
DATABASES = ("turns.db", "jobs.db", LEDGER)
"""In the order in which they are copied; see `make_backup`."""

FILES = ("secret.key", ".env")
MANIFEST = "manifest.json"
FORMAT = 1
_LONGEST_MANIFEST = 1_000_000  # bytes
_PIECE = 1 << 20  # bytes read at once
_GZIP_LEVEL = 1  # of databases the highest level makes a tenth less, in three times the time

Told = Callable[[int], None]
"""Is told of every so many bytes that were worked through."""


class BackupFailed(StoreUnusable):
    """A backup could not be made, or not be restored. The message says why and what to do; nothing was changed."""


class Member(msgspec.Struct, frozen=True):
    """One file of the data folder within a backup."""

    name: str
    size: int
    """In bytes."""
    sha256: str
    """In hexadecimal."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds."""

    format: int
    version: str
    """Of the Tuppence that made it."""
    revision: str | None
    """Of the tables of `tuppence.db`; None when it is missing or damaged."""
    created: datetime
    members: tuple[Member, ...]
    """In the order in which they are in the archive."""
    damaged: tuple[str, ...] = ()
    """Databases that could only be kept as they were; such a backup cannot be restored."""

    @property
    def size(self) -> int:
        """The bytes of all members."""
        return sum(member.size for member in self.members)


class _Format(msgspec.Struct, frozen=True):
    format: int


def member_of(path: Path) -> Member:
    """What a manifest says of the file at `path`."""
    with path.open("rb") as file:
        return Member(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def write_archive(file: Path, folder: Path, manifest: Manifest, told: Told) -> None:
    """Pack what `manifest` names from `folder` into the new `file`, which only its owner may read. Raises OSError."""
    described = msgspec.json.encode(manifest)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        with tarfile.open(file.name, "w:gz", fileobj=stream, compresslevel=_GZIP_LEVEL) as archive:
            archive.addfile(_header(MANIFEST, len(described), manifest), io.BytesIO(described))
            for member in manifest.members:
                with _Counted(folder / member.name, told) as content:
                    archive.addfile(_header(member.name, member.size, manifest), content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` survive a loss of power, where the system can promise that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _header(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(manifest.created.timestamp())
    return header


class _Counted(io.BufferedReader):
    """A file that tells how much is read of it."""

    def __init__(self, path: Path, told: Told) -> None:
        super().__init__(io.FileIO(path))
        self._told = told

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self._told(len(piece))
        return piece


class ArchiveReader:
    """A backup that is being read, for `with`. Whatever is wrong with it is BackupFailed; OSError is the disk's."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> "ArchiveReader":
        self._stream = self._file.open("rb")
        try:
            with self._told_as_damage():
                self._archive = tarfile.open(fileobj=self._stream, mode="r:gz")
            self.manifest = self._read_manifest()
            """What it should hold: only files that belong into a data folder, each once."""
        except BaseException:
            self._stream.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        self._stream.close()

    def unpack(self, folder: Path, told: Told) -> None:
        """Put every member into `folder`, safe from a loss of power. Raises BackupFailed unless each is as it was."""
        with self._told_as_damage():
            for member in self.manifest.members:
                header = self._archive.next()
                if header is None or (header.name, header.size) != (member.name, member.size):
                    raise self._damaged()
                self._unpack(header, member, folder / member.name, told)
            if self._archive.next() is not None:
                raise self._damaged()

    def _unpack(self, header: tarfile.TarInfo, member: Member, path: Path, told: Told) -> None:
        hashed = hashlib.sha256()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as unpacked:
            content = self._content(header)
            while piece := content.read(_PIECE):
                hashed.update(piece)
                unpacked.write(piece)
                told(len(piece))
            unpacked.flush()
            os.fsync(unpacked.fileno())
        if hashed.hexdigest() != member.sha256:
            raise self._damaged()

    def _content(self, header: tarfile.TarInfo) -> IO[bytes]:
        content = self._archive.extractfile(header) if header.type == tarfile.REGTYPE else None
        if content is None:
            raise self._damaged()
        return content

    def _read_manifest(self) -> Manifest:
        with self._told_as_damage():
            header = self._archive.next()
            if header is None or header.name != MANIFEST or header.size > _LONGEST_MANIFEST:
                raise BackupFailed(f"{self._file} is no backup of Tuppence. Name a file that `tuppence backup` made.")
            described = self._content(header).read()
            if msgspec.json.decode(described, type=_Format).format > FORMAT:
                raise self._newer()
            manifest = msgspec.json.decode(described, type=Manifest)
        if manifest.damaged:
            raise BackupFailed(
                f"{self._file} keeps what was there before a restore, a damaged database among it: it cannot be "
                "restored. Any program for .tar.gz files unpacks it."
            )
        names = [member.name for member in manifest.members]
        if (
            len(set(names)) < len(names)
            or not {LEDGER} <= set(names) <= {*DATABASES, *FILES}
            or manifest.revision is None
        ):
            raise self._damaged()
        if manifest.revision not in revisions():
            raise self._newer()
        return manifest

    @contextmanager
    def _told_as_damage(self) -> Iterator[None]:
        try:
            yield
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, msgspec.MsgspecError) as error:
            raise self._damaged() from error

    def _damaged(self) -> BackupFailed:
        return BackupFailed(f"{self._file} is damaged or no backup of Tuppence. Nothing was changed; try another one.")

    def _newer(self) -> BackupFailed:
        return BackupFailed(f"{self._file} was made by a newer Tuppence. Update Tuppence, then restore it.")


def check_room(folder: Path, size: int) -> None:
    """Raises BackupFailed when the disk of `folder` has no room for `size` bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BackupFailed(
            f"There is no room in {folder}: {size / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free. "
            "Free some space, then try again. Nothing was changed."
        )

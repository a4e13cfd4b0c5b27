"""Files that are about to be imported: kept in the data folder, with what was answered about them, for a week."""

import os
import re
import secrets
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from time import time
from typing import Any, BinaryIO

import anyio
import msgspec
from anyio import to_thread
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.import_places import Place
from tuppence.ledger.imports import ReadOptions
from tuppence.store import Store, living_processes
from tuppence.store.tables import now, uploads

LARGEST = 100_000_000
"""Bytes of one file."""
KEPT = timedelta(days=7)
LONGEST_NAME = 200
_WRITTEN_AT_ONCE = 1024 * 1024
# Control characters, and those that turn the direction of writing around.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ID = re.compile(r"[0-9a-f]{32}")


class UnknownUpload(LookupError):
    """There is no such file, or it was removed."""

    def __init__(self) -> None:
        super().__init__("There is no such file, or it was removed. Drop it on the import page again.")


class UploadTooLarge(ValueError):
    """The file is larger than what is taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The file is larger than {limit // 1_000_000} MB. Download shorter times from the bank, each as a file."
        )


class UploadBusy(Exception):
    """The file is being imported, so nothing about it can change."""

    def __init__(self) -> None:
        super().__init__("The file is being imported just now. Wait until that has ended.")


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about a file."""

    read: ReadOptions = ReadOptions()
    places: dict[str, Place] = {}
    """Where its accounts go: see import_places."""
    without_bad_rows: bool = False
    """Whether rows that cannot be read are left out, instead of importing nothing."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    process: str | None = None
    """The presence of the process that is importing it."""
    imports: tuple[str, ...] = ()
    """The tokens of the imports that it was brought in by the last time; one of each account."""
    transfers: int = 0
    """So many pairs of transfers these recognised."""
    failure: str | None = None
    """Why the last attempt brought nothing."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The column `options`."""

    answers: Answers = Answers()
    outcome: Outcome = Outcome()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded."""

    id: str
    """128 random bits in hexadecimal."""
    filename: str
    """As its owner calls it, but for what could mislead: for showing, and a hint at its format."""
    size: int
    """Bytes."""
    user_id: int | None
    created_at: datetime
    answers: Answers
    outcome: Outcome
    importing: bool
    """Whether a living process is importing it."""

    @property
    def is_interrupted(self) -> bool:
        """Whether the process ended that was importing it; nothing of that import is left."""
        return self.outcome.process is not None and not self.importing


async def receive_upload(
    ledger: Ledger, filename: str, chunks: AsyncIterable[bytes], *, user_id: int | None = None, limit: int = LARGEST
) -> Upload:
    """Write what comes to disk as it comes, and keep it as a file to be imported.

    limit: bytes. Raises UploadTooLarge; then, and when cancelled, nothing is left of it.
    """
    identity = secrets.token_hex(16)
    path = _folder(ledger.store) / identity
    try:
        size = await _written(path, chunks, limit)
        async with ledger.store.writing() as connection:
            values = {"filename": shown_filename(filename), "size": size, "user_id": user_id}
            await connection.execute(
                insert(uploads).values(
                    id=identity, household_id=ledger.household, options=_json(_Kept()), created_at=now(), **values
                )
            )
    except BaseException:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(partial(path.unlink, missing_ok=True))
        raise
    return await upload_of(ledger, identity)


async def _written(path: Path, chunks: AsyncIterable[bytes], limit: int) -> int:
    """The number of bytes written. Raises UploadTooLarge."""
    file = await to_thread.run_sync(_created, path)
    size, waiting = 0, bytearray()
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise UploadTooLarge(limit)
            waiting += chunk
            if len(waiting) >= _WRITTEN_AT_ONCE:
                await to_thread.run_sync(file.write, bytes(waiting))
                waiting.clear()
        await to_thread.run_sync(file.write, bytes(waiting))
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(file.close)
    return size


def _created(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _folder(store: Store) -> Path:
    return store.path.parent / "uploads"


def shown_filename(filename: str) -> str:
    """The name of a file without folders and without characters that are not seen; never empty."""
    bare = PurePosixPath(_UNSAFE.sub("", filename).replace("\\", "/")).name.strip()
    stem, dot, suffix = bare.rpartition(".")
    if len(bare) > LONGEST_NAME and dot and len(suffix) <= 8:
        bare = f"{stem[: LONGEST_NAME - len(suffix) - 2]}….{suffix}"
    return bare[:LONGEST_NAME] or "file"


async def upload_of(ledger: Ledger, identity: str) -> Upload:
    """The file of this id. Raises UnknownUpload, also for one of another household."""
    async with ledger.store.reading() as connection:
        return await _upload_on(connection, ledger, identity)


async def list_uploads(ledger: Ledger) -> list[Upload]:
    """The files that are kept, the latest first."""
    query = select(uploads).where(uploads.c.household_id == ledger.household)
    async with ledger.store.reading() as connection:
        living = await living_processes(connection)
        rows = await connection.execute(query.order_by(uploads.c.created_at.desc(), uploads.c.id))
        return [_upload(row, living) for row in rows]


def upload_bytes(ledger: Ledger, identity: str) -> bytes:
    """The content of a file. Raises UnknownUpload when it is no longer on the disk. Not for the event loop."""
    try:
        return (_folder(ledger.store) / identity).read_bytes()
    except FileNotFoundError as error:
        raise UnknownUpload from error


async def answer_upload(ledger: Ledger, identity: str, answered: Callable[[Answers], Answers]) -> Upload:
    """Keep what `answered` makes of the answers about a file. Raises UnknownUpload, UploadBusy."""
    async with ledger.store.writing() as connection:
        upload = await _idle_upload(connection, ledger, identity)
        answers = answered(upload.answers)
        outcome = msgspec.structs.replace(upload.outcome, failure=None, process=None)
        await _keep(connection, ledger, identity, _Kept(answers=answers, outcome=outcome))
        return await _upload_on(connection, ledger, identity)


async def claim_upload(ledger: Ledger, identity: str, process: str) -> Upload:
    """Say that the presence `process` is importing a file, as nobody else may meanwhile.

    Raises UnknownUpload, UploadBusy.
    """
    async with ledger.store.writing() as connection:
        upload = await _idle_upload(connection, ledger, identity)
        outcome = msgspec.structs.replace(upload.outcome, process=process, failure=None)
        await _keep(connection, ledger, identity, _Kept(answers=upload.answers, outcome=outcome))
        return await _upload_on(connection, ledger, identity)


async def end_upload(
    ledger: Ledger, identity: str, outcome: Outcome, places: Mapping[str, Place] | None = None
) -> None:
    """Keep what became of a file that was claimed, and where its accounts went. Nothing happens when it is gone."""
    async with ledger.store.writing() as connection:
        with suppress(UnknownUpload):
            upload = await _upload_on(connection, ledger, identity)
            answers = msgspec.structs.replace(upload.answers, places={**upload.answers.places, **(places or {})})
            await _keep(connection, ledger, identity, _Kept(answers=answers, outcome=outcome))


async def delete_upload(ledger: Ledger, identity: str) -> None:
    """Remove a file. What was imported from it stays. Raises UnknownUpload, UploadBusy."""
    async with ledger.store.writing() as connection:
        await _idle_upload(connection, ledger, identity)
        await connection.execute(
            delete(uploads).where(uploads.c.household_id == ledger.household, uploads.c.id == identity)
        )
    await to_thread.run_sync(partial((_folder(ledger.store) / identity).unlink, missing_ok=True))


async def delete_old_uploads(store: Store) -> None:
    """Remove every household's files after KEPT, and what uploads that broke off have left on the disk."""
    async with store.writing() as connection:
        old = uploads.c.created_at < now() - KEPT
        await connection.execute(delete(uploads).where(old))
        kept = frozenset(await connection.scalars(select(uploads.c.id)))
    await to_thread.run_sync(_delete_files, _folder(store), kept)


def _delete_files(folder: Path, kept: Iterable[str]) -> None:
    """Delete the files of other uploads than those `kept`; one that has no row yet may still be coming in."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _ID.fullmatch(path.name) and path.name not in kept:
            with suppress(FileNotFoundError):
                if time() - path.stat().st_mtime > timedelta(hours=1).total_seconds():
                    path.unlink()


async def _idle_upload(connection: AsyncConnection, ledger: Ledger, identity: str) -> Upload:
    """The file, of which nobody is importing anything. Raises UnknownUpload, UploadBusy."""
    upload = await _upload_on(connection, ledger, identity)
    if upload.importing:
        raise UploadBusy
    return upload


async def _upload_on(connection: AsyncConnection, ledger: Ledger, identity: str) -> Upload:
    query = select(uploads).where(uploads.c.household_id == ledger.household, uploads.c.id == identity)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownUpload
    return _upload(row, await living_processes(connection))


def _upload(row: Row[Any], living: frozenset[str]) -> Upload:
    kept = msgspec.json.decode(row.options, type=_Kept)
    values = (row.id, row.filename, row.size, row.user_id, row.created_at, kept.answers, kept.outcome)
    return Upload(*values, importing=kept.outcome.process in living)


async def _keep(connection: AsyncConnection, ledger: Ledger, identity: str, kept: _Kept) -> None:
    row = update(uploads).where(uploads.c.household_id == ledger.household, uploads.c.id == identity)
    await connection.execute(row.values(options=_json(kept)))


def _json(kept: _Kept) -> str:
    return msgspec.json.encode(kept).decode()

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, update

from tuppence.ledger.household import Ledger
from tuppence.ledger.imports import ReadOptions
from tuppence.ledger.uploads import (
    KEPT,
    Answers,
    Outcome,
    UnknownUpload,
    UploadBusy,
    UploadTooLarge,
    answer_upload,
    claim_upload,
    delete_old_uploads,
    delete_upload,
    end_upload,
    list_uploads,
    receive_upload,
    shown_filename,
    upload_bytes,
    upload_of,
)
from tuppence.store import Presence
from tuppence.store.tables import households, now, uploads

pytestmark = pytest.mark.anyio


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(ledger: Ledger) -> list[Path]:
    folder = ledger.store.path.parent / "uploads"
    return sorted(folder.iterdir()) if folder.exists() else []


async def another(ledger: Ledger) -> Ledger:
    """The ledger of another household of the same store."""
    async with ledger.store.writing() as connection:
        values = {"name": "Others", "language": "en", "created_at": now()}
        made = await connection.execute(insert(households).values(values).returning(households.c.id))
        return Ledger(ledger.store, made.scalar_one())


async def test_what_comes_is_kept_for_its_household_alone(ledger: Ledger) -> None:
    kept = await receive_upload(ledger, "march.csv", pieces(b"Date,", b"Amount\n"), user_id=7)
    assert (kept.filename, kept.size, kept.user_id, kept.answers) == ("march.csv", 12, 7, Answers())
    assert upload_bytes(ledger, kept.id) == b"Date,Amount\n"
    assert await list_uploads(ledger) == [kept]
    others = await another(ledger)
    assert await list_uploads(others) == []
    for forbidden in (
        upload_of(others, kept.id),
        delete_upload(others, kept.id),
        claim_upload(others, kept.id, "p"),
        answer_upload(others, kept.id, lambda answers: answers),
    ):
        with pytest.raises(UnknownUpload):
            await forbidden
    assert await upload_of(ledger, kept.id) == kept


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
async def test_nobody_else_on_the_machine_reads_it(ledger: Ledger) -> None:
    await receive_upload(ledger, "march.csv", pieces(b"x"))
    [path] = files(ledger)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_one_too_large_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(UploadTooLarge, match="2 MB"):
        await receive_upload(ledger, "march.csv", pieces(*[b"x" * 700_000] * 3), limit=2_000_000)
    assert files(ledger) == []
    assert await list_uploads(ledger) == []


async def test_one_that_breaks_off_leaves_nothing(ledger: Ledger) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        begun.set()
        await asyncio.Event().wait()

    coming = asyncio.create_task(receive_upload(ledger, "march.csv", endless()))
    await begun.wait()
    coming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await coming
    assert files(ledger) == []
    assert await list_uploads(ledger) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\march.csv", "march.csv"),
        ("a\x00b\x1b[31m\u202ecsv.exe", "ab[31mcsv.exe"),
        ("<script>.csv", "<script>.csv"),
        ("   ", "file"),
        ("..", ".."),
        ("x" * 500 + ".csv", "x" * 195 + "….csv"),
        ("\ud800.csv", ".csv"),
    ],
)
def test_filenames_are_shown_without_what_misleads(given: str, shown: str) -> None:
    assert shown_filename(given) == shown


async def test_answers_are_kept(ledger: Ledger) -> None:
    kept = await receive_upload(ledger, "march.csv", pieces(b"x"))
    said = Answers(read=ReadOptions(day_first=True, columns={"date": "Booked"}), without_bad_rows=True)
    await answer_upload(ledger, kept.id, lambda _: said)
    assert (await upload_of(ledger, kept.id)).answers == said


async def test_only_one_imports_it_and_nobody_changes_it_meanwhile(ledger: Ledger) -> None:
    kept = await receive_upload(ledger, "march.csv", pieces(b"x"))
    async with Presence(ledger.store) as presence:
        assert (await claim_upload(ledger, kept.id, presence.id)).importing
        for forbidden in (
            claim_upload(ledger, kept.id, presence.id),
            answer_upload(ledger, kept.id, lambda answers: answers),
            delete_upload(ledger, kept.id),
        ):
            with pytest.raises(UploadBusy):
                await forbidden
        done = Outcome(imports=("a",), transfers=2)
        await end_upload(ledger, kept.id, done)
        ended = await upload_of(ledger, kept.id)
        assert (ended.importing, ended.is_interrupted, ended.outcome) == (False, False, done)


async def test_what_a_dead_process_was_importing_is_interrupted_and_can_be_imported_again(ledger: Ledger) -> None:
    kept = await receive_upload(ledger, "march.csv", pieces(b"x"))
    async with Presence(ledger.store) as presence:
        await claim_upload(ledger, kept.id, presence.id)
    left = await upload_of(ledger, kept.id)
    assert (left.importing, left.is_interrupted) == (False, True)
    async with Presence(ledger.store) as presence:
        assert (await claim_upload(ledger, kept.id, presence.id)).importing


async def test_a_file_that_was_removed_is_gone(ledger: Ledger) -> None:
    kept = await receive_upload(ledger, "march.csv", pieces(b"x"))
    await delete_upload(ledger, kept.id)
    assert files(ledger) == []
    with pytest.raises(UnknownUpload):
        upload_bytes(ledger, kept.id)


async def test_files_go_after_a_week_and_so_does_what_broke_off(ledger: Ledger) -> None:
    old = await receive_upload(ledger, "old.csv", pieces(b"x"))
    fresh = await receive_upload(ledger, "fresh.csv", pieces(b"y"))
    folder = ledger.store.path.parent / "uploads"
    broken, coming, foreign = folder / ("0" * 32), folder / ("1" * 32), folder / "notes.txt"
    long_ago = time.time() - timedelta(days=8).total_seconds()
    for path in (broken, coming, foreign):
        path.write_bytes(b"z")
    for path in (broken, foreign, folder / old.id, folder / fresh.id):
        os.utime(path, (long_ago, long_ago))
    async with ledger.store.writing() as connection:
        aged = update(uploads).where(uploads.c.id == old.id)
        await connection.execute(aged.values(created_at=now() - KEPT - timedelta(minutes=1)))
    await delete_old_uploads(ledger.store)
    assert [one.id for one in await list_uploads(ledger)] == [fresh.id]
    assert files(ledger) == sorted([folder / fresh.id, coming, foreign])


def test_answers_survive_writing_and_reading() -> None:
    said = Answers(read=ReadOptions(decimal=",", year=2026, delimiter="\t"))
    assert msgspec.json.decode(msgspec.json.encode(said), type=Answers) == said

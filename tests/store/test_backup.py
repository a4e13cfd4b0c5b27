"""A backup holds one moment, whatever goes on; a restore is all or nothing, wherever it is killed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from anyio import to_thread

from tuppence.store import Presence, Store
from tuppence.store.backup import BACKUPS, make_backup
from tuppence.store.backup_archive import DATABASES, BackupFailed
from tuppence.store.restoration import restore_backup
from tuppence.store.schema import prepare_database, revisions

OLD_REVISION = "0005"
SEVERAL_STEPS = 6_000_000  # bytes: more than is copied at once


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    """A data folder with something of everything."""
    return filled(tmp_path / "home", migrated, "first")


def filled(folder: Path, migrated: Path, words: str) -> Path:
    folder.mkdir(mode=0o700)
    shutil.copy(migrated, folder / "tuppence.db")
    with closing(sqlite3.connect(folder / "tuppence.db")) as database, database:
        database.execute("INSERT INTO households (id, name, language, created_at) VALUES (1, ?, 'en', 0)", (words,))
        database.execute(
            "INSERT INTO users (id, household_id, name, name_key, role, created_at) VALUES (1, 1, 'A', 'a', 'owner', 0)"
        )
        database.execute("INSERT INTO sessions VALUES ('s', 1, 1, 'a browser', 0, 0, 9e15)")
    with closing(sqlite3.connect(folder / "turns.db")) as log, log:
        log.execute("PRAGMA journal_mode = WAL")
        log.execute("CREATE TABLE events (n INTEGER PRIMARY KEY, data)")
        log.execute("INSERT INTO events (data) VALUES (?)", (words,))
    (folder / "secret.key").write_text(f"key of {words}")
    (folder / ".env").write_text(f"ANTHROPIC_API_KEY={words}")
    for left_out in ("uploads", BACKUPS):
        (folder / left_out).mkdir()
        (folder / left_out / "file").write_text("left out")
    return folder


def content(home: Path) -> dict[str, str]:
    """What a data folder says, file by file."""
    said = {path.name: path.read_text() for path in (home / "secret.key", home / ".env") if path.exists()}
    for name in DATABASES:
        if (home / name).exists():
            with closing(sqlite3.connect(home / name)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                said[name] = "\n".join(line for line in database.iterdump() if '"sessions" VALUES' not in line)
    return said


def snapshot(home: Path) -> dict[str, bytes]:
    """Every file below `home` to the byte, but the empty lock."""
    files = (path for path in home.rglob("*") if path.is_file() and path.name != ".restore.lock")
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def test_what_was_committed_before_is_in_it_while_others_write(home: Path, tmp_path: Path) -> None:
    path = home / "tuppence.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE counted (n INTEGER PRIMARY KEY, filling)")
        database.execute("INSERT INTO counted VALUES (0, zeroblob(?))", (SEVERAL_STEPS,))
    committed, over, began = [0], threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            while not over.is_set():
                database.execute("INSERT INTO counted VALUES (?, 'more')", (committed[0] + 1,))
                committed[0] += 1
                began.set()

    writer = threading.Thread(target=write)
    writer.start()
    began.wait()
    told: list[int] = []

    def progress(done: int, total: int) -> None:
        told.append(done)
        assert len(told) < 2500, "it begins anew and anew"

    try:
        for count in range(3):
            before = committed[0]
            make_backup(home, tmp_path / f"{count}.tar.gz", progress=progress)
            restore_backup(tmp_path / f"restored {count}", tmp_path / f"{count}.tar.gz")
            with closing(sqlite3.connect(tmp_path / f"restored {count}" / "tuppence.db")) as database:
                rows, last = database.execute("SELECT count(*), max(n) FROM counted").fetchone()
            assert last >= before
            assert rows == last + 1  # from 0, none missing
    finally:
        over.set()
        writer.join()
    assert len(told) > 10
    assert committed[0] > before


def test_a_copy_is_not_begun_anew_when_others_commit(home: Path, tmp_path: Path) -> None:
    path = home / "tuppence.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE counted (n INTEGER PRIMARY KEY, filling)")
        other.execute("INSERT INTO counted VALUES (0, zeroblob(?))", (SEVERAL_STEPS,))
        told: list[int] = []

        def told_and_written(done: int, total: int) -> None:
            told.append(done)
            assert len(told) < 2500, "it begins anew and anew"
            other.execute("INSERT INTO counted (filling) VALUES ('more')")

        make_backup(home, tmp_path / "file", progress=told_and_written)
        assert told == sorted(told)
        (rows,) = other.execute("SELECT count(*) FROM counted").fetchone()
    restore_backup(tmp_path / "restored", tmp_path / "file")
    with closing(sqlite3.connect(tmp_path / "restored" / "tuppence.db")) as database:
        assert database.execute("SELECT count(*) FROM counted").fetchone() < (rows,)


@pytest.mark.parametrize("target", ["empty", "missing", "full"])
def test_there_and_back(home: Path, tmp_path: Path, migrated: Path, target: str) -> None:
    folder = tmp_path / "other"
    if target == "empty":
        folder.mkdir()
    elif target == "full":
        filled(folder, migrated, "second")
    before = content(folder)
    manifest = make_backup(home, tmp_path / "file")
    done = restore_backup(folder, tmp_path / "file")
    assert content(folder) == content(home)
    assert done.manifest == manifest
    assert manifest.revision == revisions()[-1]
    if target == "full":
        assert done.kept is not None
        restore_backup(folder, done.kept)
        assert content(folder) == before
    else:
        assert done.kept is None


def test_only_the_owner_may_read_any_of_it(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    make_backup(home, file)
    restore_backup(tmp_path / "other", file)
    restore_backup(tmp_path / "other", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "other").iterdir()} == {0o600}


def test_nobody_is_signed_in_after_a_restore_and_the_journal_is_wal(home: Path, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "file")
    restore_backup(tmp_path / "other", tmp_path / "file")
    for folder, sessions in ((home, 1), (tmp_path / "other", 0)):
        with closing(sqlite3.connect(folder / "tuppence.db")) as database:
            assert database.execute("SELECT count(*) FROM sessions").fetchone() == (sessions,)
            assert database.execute("SELECT count(*) FROM users").fetchone() == (1,)
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_the_backup_lacks(home: Path, tmp_path: Path, migrated: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(migrated, bare / "tuppence.db")
    make_backup(bare, tmp_path / "file")
    restore_backup(home, tmp_path / "file")
    assert set(content(home)) == {"tuppence.db", "secret.key", ".env"}
    assert not (home / "turns.db-wal").exists()


def test_a_command_that_has_the_database_open_goes_on_with_what_it_becomes(
    home: Path, tmp_path: Path, migrated: Path
) -> None:
    other = filled(tmp_path / "other", migrated, "second")
    make_backup(other, tmp_path / "file")
    with closing(sqlite3.connect(home / "tuppence.db", isolation_level=None)) as opened:
        assert opened.execute("SELECT name FROM households").fetchall() == [("first",)]
        restore_backup(home, tmp_path / "file")
        assert opened.execute("SELECT name FROM households").fetchall() == [("second",)]
        opened.execute("UPDATE households SET name = 'third'")
    with closing(sqlite3.connect(home / "tuppence.db")) as database:
        assert database.execute("SELECT name FROM households").fetchall() == [("third",)]


def test_a_damaged_database_is_not_backed_up_but_kept_before_a_restore(home: Path, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "file")
    good, bad = content(home), b"this is no database, however long one looks at it" * 200
    (home / "tuppence.db").write_bytes(bad)
    with pytest.raises(BackupFailed, match="damaged"):
        make_backup(home, tmp_path / "second")
    assert not (tmp_path / "second").exists()
    kept = restore_backup(home, tmp_path / "file").kept
    assert content(home) == good
    assert kept is not None
    with tarfile.open(kept) as archive:
        member = archive.extractfile("tuppence.db")
        assert member is not None
        assert member.read() == bad
    with pytest.raises(BackupFailed, match="damaged"):
        restore_backup(home, kept)
    assert content(home) == good


def test_a_page_that_is_damaged_is_noticed(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "tuppence.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE counted (n INTEGER PRIMARY KEY, filling)")
        database.executemany("INSERT INTO counted VALUES (?, zeroblob(1000))", [(n,) for n in range(100)])
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damaged = bytearray((home / "tuppence.db").read_bytes())
    damaged[-4096 * 4 : -4096 * 3] = b"\xff" * 4096
    (home / "tuppence.db").write_bytes(damaged)
    with pytest.raises(BackupFailed, match="damaged"):
        make_backup(home, tmp_path / "file")
    assert list(tmp_path.iterdir()) == [home]


def test_an_archive_damaged_anywhere_is_refused_or_harmless(home: Path, tmp_path: Path, migrated: Path) -> None:
    other = filled(tmp_path / "other", migrated, "second")
    make_backup(other, tmp_path / "file")
    whole, wanted, before = (tmp_path / "file").read_bytes(), content(other), snapshot(home)
    refused = 0
    for place in range(0, len(whole), len(whole) // 24):
        flipped = bytes([*whole[:place], whole[place] ^ 0xFF, *whole[place + 1 :]])
        for damaged in (whole[:place], flipped):
            (tmp_path / "damaged").write_bytes(damaged)
            target = tmp_path / "target"
            shutil.copytree(home, target)
            try:
                restore_backup(target, tmp_path / "damaged")
            except BackupFailed:
                refused += 1
                assert snapshot(target) == before
            else:
                assert content(target) == wanted
            shutil.rmtree(target)
    assert refused > 40


def repacked(file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """`file` with its members changed by `change`, a file of its own."""
    with tarfile.open(file) as archive:
        members = []
        for header in archive:
            member = archive.extractfile(header)
            assert member is not None
            members.append((header, member.read()))
    change(members)
    made = file.with_name("repacked")
    with tarfile.open(made, "w:gz") as archive:
        for header, data in members:
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return made


def with_manifest(members: list[tuple[tarfile.TarInfo, bytes]], change: Callable[[dict[str, object]], None]) -> None:
    header, data = members[0]
    manifest = json.loads(data)
    change(manifest)
    members[0] = (header, json.dumps(manifest).encode())


def vouched(name: str, data: bytes) -> dict[str, object]:
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _outside(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    names, data = ("../outside", "/outside"), b"written outside"
    members.extend((tarfile.TarInfo(name), data) for name in names)
    named = [vouched(name, data) for name in names]
    with_manifest(members, lambda manifest: manifest.update(members=[*_listed(manifest), *named]))


def _listed(manifest: dict[str, object]) -> list[object]:
    listed = manifest["members"]
    assert isinstance(listed, list)
    return listed


def _altered(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    header, data = members[1]
    members[1] = (header, data[:-1] + b"X")


def _unlisted(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append((tarfile.TarInfo("extra"), b"more"))


def _linked(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    header = members[1][0]
    header.type, header.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members[1] = (header, b"")
    with_manifest(members, lambda manifest: _listed(manifest).__setitem__(0, vouched(header.name, b"")))


def _newer_tables(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with_manifest(members, lambda manifest: manifest.update(revision="9999"))


def _newer_format(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[0] = (members[0][0], b'{"format": 2, "everything": "different"}')


def _older_than_it_says(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with_manifest(members, lambda manifest: manifest.update(revision=OLD_REVISION))


def _no_ledger(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[:] = [member for member in members if member[0].name != "tuppence.db"]
    with_manifest(
        members,
        lambda manifest: manifest.update(
            members=[one for one in _listed(manifest) if "tuppence.db" not in str(one)],
        ),
    )


def _no_manifest(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[0]


def _broken_ledger(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    header, data = members[-1]
    assert header.name in DATABASES
    broken = data[:4096] + b"\xff" * (len(data) - 4096)
    members[-1] = (header, broken)
    with_manifest(members, lambda manifest: _listed(manifest).__setitem__(-1, vouched(header.name, broken)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_outside, "damaged"),
        (_altered, "damaged"),
        (_unlisted, "damaged"),
        (_linked, "damaged"),
        (_newer_tables, "newer"),
        (_newer_format, "newer"),
        (_older_than_it_says, "manifest"),
        (_no_ledger, "damaged"),
        (_no_manifest, "no backup"),
        (_broken_ledger, "damaged"),
    ],
)
def test_an_archive_that_we_did_not_make_like_this_is_refused(
    home: Path, tmp_path: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None], why: str
) -> None:
    make_backup(home, tmp_path / "file")
    file, before = repacked(tmp_path / "file", change), snapshot(tmp_path)
    for folder in (home, tmp_path / "missing"):
        with pytest.raises(BackupFailed, match=why):
            restore_backup(folder, file)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("data", [b"", b"no archive", gzip.compress(b"no tar", mtime=0)])
def test_what_is_no_archive_is_refused(home: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(BackupFailed, match="no backup"):
        restore_backup(home, tmp_path / "file")


def test_another_programs_database_is_left_alone(home: Path, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "file")
    other = tmp_path / "other"
    other.mkdir()
    with closing(sqlite3.connect(other / "tuppence.db")) as database:
        database.execute("CREATE TABLE theirs (a)")
    with pytest.raises(BackupFailed, match="another program"):
        restore_backup(other, tmp_path / "file")
    with pytest.raises(BackupFailed, match="nothing to back up"):
        make_backup(other, tmp_path / "second")


@pytest.mark.anyio
async def test_no_restore_while_a_process_lives_in_the_folder(store: Store, home: Path, tmp_path: Path) -> None:
    folder = store.path.parent
    await to_thread.run_sync(make_backup, home, tmp_path / "file")
    async with Presence(store):
        with pytest.raises(BackupFailed, match="Stop it"):
            await to_thread.run_sync(restore_backup, folder, tmp_path / "file")
    await to_thread.run_sync(restore_backup, folder, tmp_path / "file")
    assert content(folder) == content(home)


def test_no_restore_when_a_process_begins_meanwhile(home: Path, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "file")
    with closing(sqlite3.connect(home / "tuppence.db", isolation_level=None)) as database:
        database.execute("UPDATE households SET name = 'of today'")
        before = content(home)

        def began(done: int, total: int) -> None:
            row = (f"{done:032}", time.time_ns() // 1000, time.time_ns() // 1000, "elsewhere", 1)
            database.execute("INSERT INTO processes VALUES (?, ?, ?, ?, ?)", row)

        with pytest.raises(BackupFailed, match="on another machine"):
            restore_backup(home, tmp_path / "file", progress=began)
        database.execute("DELETE FROM processes")
    assert content(home) == before
    assert not list(home.glob("before-restore-*"))
    assert not list(home.glob(".restor*ing"))


_KILLED = """
import os, shutil, signal, sys
from itertools import count
from pathlib import Path
from tuppence.store.restoration import restore_backup

home, file = map(Path, sys.argv[1:])
WATCHED = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect", "shutil.rmtree"}
for number in count():
    folder = home.with_name(f"killed {number:03}")
    shutil.copytree(home, folder)
    child = os.fork()
    if child == 0:
        left = [number]
        def watch(event, arguments):
            if event in WATCHED and str(folder) in str(arguments[:1]):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
        sys.addaudithook(watch)
        restore_backup(folder, file)
        os._exit(0)
    if (status := os.waitpid(child, 0)[1]) != signal.SIGKILL:
        sys.exit(status)
"""


def test_killed_anywhere_it_leaves_the_old_or_the_new(home: Path, tmp_path: Path, migrated: Path) -> None:
    other = filled(tmp_path / "other", migrated, "second")
    make_backup(other, tmp_path / "file")
    old, new = content(home), content(other)
    subprocess.run([sys.executable, "-c", _KILLED, home, tmp_path / "file"], check=True)
    outcomes = []
    for number, folder in enumerate(sorted(tmp_path.glob("killed *"))):
        prepare_database(folder / "tuppence.db")
        said = content(folder)
        assert said in (old, new)
        outcomes.append(said == new)
        if number % 8 == 0:  # what is left lying about is in nobody's way
            restore_backup(folder, tmp_path / "file")
            assert content(folder) == new
            assert not [path for path in folder.glob(".restor*") if path.is_dir()]
    assert len(outcomes) > 40  # the last one was not killed
    assert outcomes == sorted(outcomes)  # old up to one moment, new from then on
    assert True in outcomes[:-5]
    assert False in outcomes


def test_what_a_killed_backup_left_is_removed_a_day_later(home: Path, tmp_path: Path) -> None:
    for name, age in (("old", 2 * 86400), ("recent", 0)):
        left = tmp_path / f".tuppence-backup-{name}"
        left.mkdir()
        os.utime(left, (time.time() - age,) * 2)
    make_backup(home, tmp_path / "file")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "file", ".tuppence-backup-recent"}

"""A store opens what is its own and says what is wrong with anything else; transactions hold or vanish as a whole."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from sqlalchemy import func, insert, select, text

from tuppence.store import Store, StoreBusy, StoreUnusable
from tuppence.store.schema import APPLICATION_ID
from tuppence.store.tables import households, now

pytestmark = pytest.mark.anyio

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def count(store: Store) -> int:
    async with store.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(households))).scalar_one())


def a_household() -> dict[str, object]:
    return {"name": "Household", "language": "en", "created_at": now()}


async def test_a_new_folder_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "100% ours"
    async with await Store.open(folder) as store:
        assert await count(store) == 0
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "tuppence.db").stat().st_mode & 0o777 == 0o600


async def test_the_file_is_set_up_as_agreed(store: Store) -> None:
    async with store.reading() as connection:
        settings = {name: await connection.scalar(text(f"PRAGMA {name}")) for name in SETTINGS}
    assert settings == SETTINGS


SETTINGS = {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 5000, "foreign_keys": 1}


async def test_two_processes_may_open_a_new_folder_at_once(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from tuppence.store import Store\n"
        "async def main():\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
        "    await (await Store.open(Path(sys.argv[1]))).aclose()\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "new")]
    processes = [await anyio.open_process(command) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        await process.stdout.receive()
    for process in processes:
        assert process.stdin is not None
        await process.stdin.send(b"go\n")
    assert [await process.wait() for process in processes] == [0, 0, 0]
    for process in processes:
        await process.aclose()


async def test_writes_are_kept_and_a_failing_block_leaves_nothing(store: Store) -> None:
    async with store.writing() as connection:
        await connection.execute(insert(households), a_household())

    async def fail() -> None:
        async with store.writing() as connection:
            await connection.execute(insert(households), a_household())
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    assert await count(store) == 1


async def test_a_reader_sees_one_moment(store: Store) -> None:
    async with store.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(households)) == 0
        async with store.writing() as writing:
            await writing.execute(insert(households), a_household())
        assert await connection.scalar(select(func.count()).select_from(households)) == 0
    assert await count(store) == 1


async def test_what_a_reader_writes_does_not_stay(store: Store) -> None:
    async with store.reading() as connection:
        await connection.execute(insert(households), a_household())
    assert await count(store) == 0


async def test_a_cancelled_write_is_rolled_back_and_frees_the_lock_at_once(store: Store, tmp_path: Path) -> None:
    begun = anyio.Event()

    async def write() -> None:
        async with store.writing() as connection:
            await connection.execute(insert(households), a_household())
            begun.set()
            await connection.execute(text(ENDLESS))

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with await Store.open(tmp_path) as other, other.writing() as connection:
        await connection.execute(insert(households), a_household())
    assert await count(store) == 1


async def write_fifty(store: Store, done: list[bool]) -> None:
    async with store.writing() as connection:
        await connection.execute(insert(households).returning(households.c.id), [a_household()] * 50)
    done.append(True)


async def cancelled_by_scope(store: Store, steps: int, done: list[bool]) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write_fifty, store, done)
        for _ in range(steps):
            await asyncio.sleep(0)
        tasks.cancel_scope.cancel()


async def cancelled_as_a_task(store: Store, steps: int, done: list[bool]) -> None:
    task = asyncio.create_task(write_fifty(store, done))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("cancelled", [cancelled_by_scope, cancelled_as_a_task])
async def test_a_write_may_be_cancelled_at_any_moment(
    store: Store, tmp_path: Path, cancelled: Callable[[Store, int, list[bool]], Awaitable[None]]
) -> None:
    kept = 0
    async with await Store.open(tmp_path) as other:
        for steps in range(0, 200, 3):
            done: list[bool] = []
            await cancelled(store, steps, done)
            async with other.writing():
                assert await count(store) in ({kept + 50} if done else {kept, kept + 50})
            kept = await count(store)


async def test_writers_of_one_process_take_turns(store: Store) -> None:
    async def write() -> None:
        async with store.writing() as connection:
            before = await connection.scalar(select(func.count()).select_from(households))
            await anyio.lowlevel.checkpoint()
            await connection.execute(insert(households), {**a_household(), "name": str(before)})

    async with anyio.create_task_group() as writers:
        for _ in range(20):
            writers.start_soon(write)
    async with store.reading() as connection:
        names = (await connection.scalars(select(households.c.name).order_by(households.c.id))).all()
    assert names == [str(number) for number in range(20)]


async def test_a_lock_held_elsewhere_is_said_to_be_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuppence.store.engine.BUSY_SECONDS", 0.05)
    async with await Store.open(tmp_path) as impatient, store.writing():
        with pytest.raises(StoreBusy, match="Another program is writing"):
            async with impatient.writing():
                pass


def contents(path: Path) -> bytes:
    return path.read_bytes()


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def torn(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (id INTEGER)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        database.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(garbage, "damaged"), (torn, "damaged"), (foreign, "another program"), (newer, "newer Tuppence")],
)
async def test_a_file_that_is_not_ours_or_damaged_is_refused_and_left_alone(
    migrated: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    path = Path(shutil.copy(migrated, tmp_path))
    spoil(path)
    before = contents(path)
    with pytest.raises(StoreUnusable, match=message):
        await Store.open(tmp_path)
    assert contents(path) == before


async def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match="choose another"):
        await Store.open(tmp_path / "file" / "folder")


async def test_damage_found_while_reading_is_said_to_be_so(store: Store, tmp_path: Path) -> None:
    async with store.writing() as connection:
        await connection.execute(insert(households), [a_household() for _ in range(2000)])
    await store.aclose()
    torn(tmp_path / "tuppence.db")
    with pytest.raises(StoreUnusable, match="damaged"):
        await count(store)

"""What is enqueued is done once, in this loop; what fails or blocks harms nothing else; leaving loses nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from tuppence.jobs import dispatcher
from tuppence.jobs.dispatcher import PLACES
from tuppence.jobs.jobs import Work, jobs_elsewhere, opened_jobs
from tuppence.jobs.jobs_file import FILENAME
from tuppence.store import Presence, Store, StoreUnusable

from .working import until, working

pytestmark = pytest.mark.anyio


class Doing:
    """Work that counts what was done, and a gate at which some of it waits."""

    def __init__(self) -> None:
        self.begun: Counter[tuple[str, ...]] = Counter()
        self.done: Counter[tuple[str, ...]] = Counter()
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.gate = anyio.Event()

    @property
    def work(self) -> dict[str, Work]:
        return {"quick": self.quick, "gated": self.gated, "failing": self.failing}

    async def quick(self, *arguments: str) -> None:
        self.begun[arguments] += 1
        self.loops.add(asyncio.get_running_loop())
        await anyio.lowlevel.checkpoint()
        self.done[arguments] += 1

    async def gated(self, *arguments: str) -> None:
        self.begun[arguments] += 1
        await self.gate.wait()
        self.done[arguments] += 1

    async def failing(self, *arguments: str) -> None:
        self.begun[arguments] += 1
        raise ValueError(f"{arguments[0]} bought something")


def states(home: Path) -> Counter[str]:
    with closing(sqlite3.connect(home / FILENAME)) as database:
        return Counter(state for (state,) in database.execute("SELECT status FROM workflow_status"))


# ---------------------------------------------------------------------------------------------------------- being done


async def test_what_is_enqueued_is_done_once_in_this_loop(store: Store) -> None:
    doing = Doing()
    async with working(store, doing.work) as jobs:
        await jobs.enqueue("quick", "a", "one", "two")
        await jobs.enqueue("quick", "a", "one", "two")
        await jobs.enqueue_all("quick", [("b", ("three",)), ("a", ("other",)), ("c", ())], queue="somebody")
        await until(lambda: len(doing.done) == 3)
        await jobs.enqueue("quick", "b", "again")
        await jobs.enqueue("quick", "last")
        await until(lambda: doing.done[()] == 2)
    assert doing.done == {("one", "two"): 1, ("three",): 1, (): 2}
    assert doing.loops == {asyncio.get_running_loop()}


async def test_work_may_enqueue_more(store: Store) -> None:
    doing = Doing()

    async def planning(name: str) -> None:
        await jobs.enqueue("quick", f"{name}.1", name)

    async with working(store, doing.work | {"planning": planning}) as jobs:
        await jobs.enqueue("planning", "plan", "planned")
        await until(lambda: doing.done == {("planned",): 1})


async def test_a_failing_job_ends_alone_and_is_logged_without_what_it_was_about(
    store: Store, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doing = Doing()
    for _ in range(2):
        async with working(store, doing.work) as jobs:
            await jobs.enqueue("failing", "bad", "Ada")
            await jobs.enqueue("unknown", "nobody's", "Ada")
            await jobs.enqueue("quick", "good", "Bob")
            await until(lambda: states(home) == {"ERROR": 2, "SUCCESS": 1})
    assert doing.begun == {("Ada",): 1, ("Bob",): 1}
    assert sorted(record.getMessage().splitlines()[0] for record in caplog.records) == [
        "A job (failing) failed: ValueError",
        "A job (unknown) failed: KeyError",
    ]
    assert "Ada" not in caplog.text
    with closing(sqlite3.connect(home / FILENAME)) as database:
        kept = "".join(str(row) for row in database.execute("SELECT error FROM workflow_output"))
    assert "failing" in kept
    assert "bought" not in kept


async def test_a_queue_that_is_full_keeps_no_other_waiting(store: Store) -> None:
    doing = Doing()
    async with working(store, doing.work) as jobs:
        await jobs.enqueue_all("gated", [(f"s{n}", (str(n),)) for n in range(4 * PLACES)], queue="slow")
        await until(lambda: len(doing.begun) >= PLACES)
        await jobs.enqueue("quick", "f", "fast", queue="fast")
        await until(lambda: doing.done)
        assert PLACES < len(doing.begun) < 4 * PLACES
        doing.gate.set()
        await until(lambda: len(doing.done) == 4 * PLACES + 1)
    assert set(doing.done.values()) == {1}


async def test_a_process_that_does_no_jobs_leaves_them_to_others(store: Store, home: Path) -> None:
    doing = Doing()
    elsewhere = jobs_elsewhere(store)
    await elsewhere.enqueue("quick", "a", "before anybody works")
    await elsewhere.enqueue("quick", "a", "the same id")
    async with working(store, doing.work):
        await until(lambda: len(doing.done) == 1)
        await elsewhere.enqueue_all("quick", [("b", ("meanwhile",))], queue="q")
        await until(lambda: len(doing.done) == 2)
    assert doing.done == {("before anybody works",): 1, ("meanwhile",): 1}


async def test_what_ended_long_ago_is_forgotten(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doing = Doing()
    async with working(store, doing.work) as jobs:
        await jobs.enqueue("quick", "a")
        await until(lambda: states(home) == {"SUCCESS": 1})
    async with working(store, doing.work) as jobs:
        await jobs.enqueue("quick", "b", "by its end it has been looked for what is old")
        await until(lambda: states(home) == {"SUCCESS": 2})
    monkeypatch.setattr(dispatcher, "KEPT", timedelta(days=-1))
    async with working(store, doing.work):
        await until(lambda: not states(home))


# ------------------------------------------------------------------------------------------------------------- leaving


async def test_running_work_is_left_to_the_next_at_once(store: Store, home: Path) -> None:
    cleaned: list[str] = []

    async def careful(name: str) -> None:
        with anyio.CancelScope(shield=True):
            begun.set()
            await anyio.sleep(0.1)
            cleaned.append(name)
        await anyio.sleep_forever()

    begun = anyio.Event()
    async with working(store, {"careful": careful}) as jobs:
        await jobs.enqueue("careful", "a", "something", queue="q")
        await begun.wait()
    assert cleaned == ["something"]
    assert states(home) == {"ENQUEUED": 1}
    doing = Doing()
    async with working(store, {"careful": doing.quick}):
        await until(lambda: states(home) == {"SUCCESS": 1})
    assert doing.done == {("something",): 1}


async def test_work_that_does_not_end_is_not_waited_for(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuppence.jobs.jobs.PATIENCE", 0.05)
    begun, gate = anyio.Event(), anyio.Event()

    async def stubborn() -> None:
        with anyio.CancelScope(shield=True):
            begun.set()
            await gate.wait()

    async with working(store, {"stubborn": stubborn}) as jobs:
        await jobs.enqueue("stubborn", "a")
        await begun.wait()
    assert states(home) == {"ENQUEUED": 1}
    gate.set()


async def test_what_was_done_just_before_is_not_done_again(store: Store, home: Path) -> None:
    done: Counter[str] = Counter()

    async def last(name: str) -> None:
        done[name] += 1
        if len(done) % PLACES == 0:
            over.set()

    for number in range(4):
        over = anyio.Event()
        async with working(store, {"last": last}) as jobs:
            names = [f"{number}.{n}" for n in range(PLACES)]
            await jobs.enqueue_all("last", [(name, (name,)) for name in names])
            await over.wait()
    assert set(done.values()) == {1}
    assert states(home) == {"SUCCESS": 4 * PLACES}


async def test_being_cancelled_is_leaving(store: Store, home: Path) -> None:
    doing, entered = Doing(), anyio.Event()

    async def at_work() -> None:
        async with working(store, doing.work) as jobs:
            await jobs.enqueue("gated", "a", "x")
            await until(lambda: doing.begun)
            entered.set()
            await anyio.sleep_forever()

    task = asyncio.create_task(at_work())
    await entered.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert states(home) == {"ENQUEUED": 1}


async def test_being_cancelled_while_opening_leaves_nothing_open(store: Store, home: Path) -> None:
    async def at_work() -> None:
        async with working(store, {}):
            pytest.fail("it was cancelled before")

    (home / FILENAME).unlink()
    task = asyncio.create_task(at_work())
    await until((home / FILENAME).exists)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    async with working(store, {}):
        pass


# ------------------------------------------------------------------------------------------------------------ the file


async def test_two_cannot_be_open_in_one_process(store: Store) -> None:
    async with Presence(store) as presence, opened_jobs(store, presence.id, {}):
        with pytest.raises(RuntimeError, match="open already"):
            async with opened_jobs(store, presence.id, {}):
                pass


async def test_the_file_is_private_and_has_a_log(store: Store, home: Path) -> None:
    async with working(store, {}):
        assert stat.S_IMODE((home / FILENAME).stat().st_mode) == 0o600
    with closing(sqlite3.connect(home / FILENAME)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_damaged_file_is_told(store: Store, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / FILENAME).write_bytes(os.urandom(10_000))
    with pytest.raises(StoreUnusable, match=r"jobs\.db is damaged"):
        async with working(store, {}):
            pass
    (home / FILENAME).unlink()
    async with working(store, {}):
        pass


def test_dbos_is_imported_when_it_is_needed() -> None:
    program = "import sys, tuppence.jobs.jobs; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_nothing_is_printed(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    doing = Doing()
    async with working(store, doing.work) as jobs:
        await jobs.enqueue("quick", "a")
        await until(lambda: doing.done)
    assert capfd.readouterr() == ("", "")

"""Several real processes on the same files: they share the jobs, and what a dead one left behind the others do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import anyio
import pytest
from sqlalchemy import delete

from tuppence.jobs.dispatcher import PLACES
from tuppence.jobs.jobs_file import FILENAME, JobsFile
from tuppence.store import Store
from tuppence.store.tables import processes

from .working import Diary, until, until_in_files, working

pytestmark = pytest.mark.anyio

TOP = Path(__file__).parents[2]


@contextmanager
def worker(home: Path, who: str) -> Iterator[subprocess.Popen[str]]:
    """A process that works on the jobs, once it does."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.working", str(home), who],
        cwd=TOP,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            until_in_files(lambda: (home / f"{who} works").exists() or process.poll() is not None)
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> None:
    """Tell a process to leave; it does, and has not said a word."""
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")


async def put(store: Store, name: str, jobs: Sequence[str]) -> None:
    """Enqueue jobs from this process, which does not come to the end of any."""

    async def begun(_: str) -> None:
        await anyio.sleep_forever()

    async with working(store, {name: begun}) as opened:
        await opened.enqueue_all(name, [(job, (job,)) for job in jobs], queue="somebody")


def named(kind: str, count: int) -> list[str]:
    return [f"{kind}.{number}" for number in range(count)]


async def test_they_share_the_jobs_and_do_each_once(store: Store, home: Path) -> None:
    diary, jobs = Diary(home), named("job", 3 * PLACES)
    with worker(home, "A") as first, worker(home, "B") as second:
        await put(store, "gated", jobs)
        await until(lambda: diary.begun("A") and diary.begun("B"))
        (home / "gate").touch()
        await until(lambda: len(diary.ended()) == len(jobs))
        end(first)
        end(second)
    assert diary.begun() == diary.ended() == Counter(jobs)


async def test_what_a_killed_one_had_begun_is_done_by_the_other_and_what_it_had_done_is_not(
    store: Store, home: Path
) -> None:
    diary, quick, gated = Diary(home), named("quick", 2 * PLACES), named("gated", 2 * PLACES + 5)
    with worker(home, "A") as first, worker(home, "B") as second:
        await put(store, "quick", quick)
        await until(lambda: len(diary.ended()) == len(quick))
        await put(store, "gated", gated)
        await until(lambda: len(diary.begun() - Counter(quick)) >= 2 * PLACES)
        first.kill()
        first.wait()
        left_behind = diary.begun("A") - Counter(quick)
        (home / "gate").touch()
        await until(lambda: len(diary.ended()) == len(quick) + len(gated))
        end(second)
    assert diary.ended() == Counter(quick + gated)
    assert diary.begun() == Counter(quick + gated) + left_behind
    assert left_behind


async def test_one_that_leaves_holds_nothing_any_more(store: Store, home: Path) -> None:
    diary, jobs = Diary(home), named("job", PLACES)
    with worker(home, "A") as first:
        await put(store, "gated", jobs)
        await until(lambda: len(diary.begun("A")) == PLACES)
        end(first)
    with closing(JobsFile(home / FILENAME)) as file:
        assert not file.workers()
    (home / "gate").touch()
    with worker(home, "B") as second:
        await until(lambda: len(diary.ended()) == len(jobs))
        end(second)
    assert diary.begun("B") == diary.ended() == Counter(jobs)


async def test_one_that_was_only_taken_for_dead_goes_on_and_leaves_as_ever(store: Store, home: Path) -> None:
    diary, jobs = Diary(home), named("job", 3)
    with worker(home, "A") as first:
        await put(store, "gated", jobs)
        await until(lambda: len(diary.begun("A")) == len(jobs))
        async with store.writing() as connection:
            await connection.execute(delete(processes))
        with worker(home, "B") as second:
            await until(lambda: len(diary.begun("B")) == len(jobs))
            (home / "gate of A").touch()
            await until(lambda: len(diary.ended()) == len(jobs))
            end(first)
            (home / "gate of B").touch()
            await until(lambda: diary.ended() == Counter(jobs * 2))
            end(second)
    assert diary.begun() == Counter(jobs * 2)


async def test_two_that_find_the_same_dead_put_its_jobs_back_once(home: Path) -> None:
    with closing(JobsFile(home / FILENAME)) as one, closing(JobsFile(home / FILENAME)) as other:
        with one.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO workflow_status (workflow_uuid, status, executor_id, created_at, updated_at, priority)"
                " VALUES ('a', 'PENDING', 'dead', 0, 0, 0), ('b', 'PENDING', 'alive', 0, 0, 0)"
            )
        assert one.workers() == {"dead", "alive"}
        assert (one.put_back(["dead"]), other.put_back(["dead"]), other.put_back([])) == (1, 0, 0)
        assert other.workers() == {"alive"}
        assert other.held_by("alive") == {"b"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_command_works_until_a_signal_and_says_one_line(home: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; from tuppence.cli.main import main; sys.exit(main())", "worker"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TUPPENCE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "Working in the background (Ctrl-C ends it)\n"
            process.send_signal(number)
            assert process.communicate(timeout=30) == ("", "")
        finally:
            process.kill()
    assert process.returncode == 0

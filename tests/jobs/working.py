"""Work for tests: it writes down what it does. Run as a program it does so until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from tuppence.jobs import dispatcher
from tuppence.jobs.jobs import Jobs, Work, opened_jobs
from tuppence.store import Presence, Store

POLL = 0.05
"""Seconds until a job that waits is seen."""
PATIENCE = 30.0  # seconds after which what is waited for will not happen any more


@asynccontextmanager
async def working(store: Store, work: Mapping[str, Work]) -> AsyncIterator[Jobs]:
    """Jobs, in a presence of their own."""
    async with Presence(store) as presence, opened_jobs(store, presence.id, work) as jobs:
        yield jobs


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so, in this process or another."""
    with anyio.fail_after(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - whatever it is
            await anyio.sleep(0.005)


def until_in_files(is_so: Callable[[], object]) -> None:
    """The same, outside of an event loop."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.005)


class Diary:
    """A file in which several processes note what they begin and what they end."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "diary"

    def note(self, who: str, what: str, job: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{who} {what} {job}\n")

    def _lines(self) -> list[list[str]]:
        return [line.split() for line in self._path.read_text().splitlines()] if self._path.exists() else []

    def begun(self, who: str = "") -> Counter[str]:
        """How often each job was begun. who: by one process only."""
        return Counter(job for name, what, job in self._lines() if what == "begun" and who in ("", name))

    def ended(self) -> Counter[str]:
        """How often each job was done to its end."""
        return Counter(job for _, what, job in self._lines() if what == "ended")


async def main(folder: Path, who: str) -> None:
    """Work on jobs: the quick ones at once, the others once there is a file that lets them go."""
    diary, gates = Diary(folder), (folder / "gate", folder / f"gate of {who}")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(dispatcher, "POLL", POLL)
    monkeypatch.setattr("tuppence.jobs.jobs.BEAT", timedelta(milliseconds=200))  # until the dead are looked for

    async def quick(job: str) -> None:
        diary.note(who, "begun", job)
        await anyio.sleep(0.02)
        diary.note(who, "ended", job)

    async def gated(job: str) -> None:
        diary.note(who, "begun", job)
        while not any(gate.exists() for gate in gates):  # noqa: ASYNC110 - the file is made by another process
            await anyio.sleep(0.01)
        diary.note(who, "ended", job)

    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with await Store.open(folder) as store, working(store, {"quick": quick, "gated": gated}):
        (folder / f"{who} works").touch()
        await over.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

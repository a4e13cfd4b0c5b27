"""Clean-up that comes to its end, however impatient the caller is."""

from __future__ import annotations

import asyncio

import anyio
import anyio.lowlevel
import pytest

from tuppence.llm.closing import finished


class Work:
    """Waits for its gate; counts how often it began and ended."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.entered.set()
        await self.gate.wait()
        self.ended += 1


@pytest.mark.anyio
async def test_it_returns_when_the_work_is_done() -> None:
    work = Work()
    work.gate.set()
    await finished(work)
    assert (work.begun, work.ended) == (1, 1)


@pytest.mark.anyio
async def test_what_the_work_raises_is_raised() -> None:
    async def fail() -> None:
        raise LookupError("no row")

    with pytest.raises(LookupError, match="no row"):
        await finished(fail)


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.anyio
async def test_the_caller_may_be_cancelled_any_number_of_times(times: int) -> None:
    work = Work()
    task = asyncio.create_task(finished(work))
    await work.entered.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    work.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (work.begun, work.ended) == (1, 1)


@pytest.mark.anyio
async def test_a_cancelled_scope_around_it_does_not_reach_the_work() -> None:
    work = Work()
    after = False
    with anyio.CancelScope() as scope:
        scope.cancel()
        asyncio.get_running_loop().call_later(0.01, work.gate.set)
        await finished(work)
        await anyio.lowlevel.checkpoint()
        after = True
    assert (work.begun, work.ended) == (1, 1)
    assert not after
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_work_that_the_closing_loop_cancels_is_begun_once_more() -> None:
    work = Work()
    others = asyncio.all_tasks()
    task = asyncio.create_task(finished(work))
    await work.entered.wait()
    for each in asyncio.all_tasks() - others:  # as asyncio.run does at its end
        each.cancel()
    work.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (work.begun, work.ended) == (2, 1)


def test_work_that_a_ctrl_c_strikes_is_begun_once_more() -> None:
    runs: list[str] = []

    async def work() -> None:
        runs.append("begun")
        if len(runs) == 1:
            raise KeyboardInterrupt
        runs.append("ended")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(finished(work))
    assert runs == ["begun", "begun", "ended"]


@pytest.mark.anyio
async def test_work_that_does_not_end_is_given_up() -> None:
    work = Work()
    with pytest.raises(TimeoutError, match="did not end within"):
        await finished(work, within=0.01)
    assert work.ended == 0

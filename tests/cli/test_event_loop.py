"""The event loop beside the main thread: results, failures, and signals that cancel once and disturb no clean-up."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tuppence.cli.event_loop import EventLoop, run
from tuppence.cli.failures import Interrupted


def test_results_and_failures_come_back() -> None:
    async def result(value: int) -> int:
        await asyncio.sleep(0)
        if value < 0:
            raise ValueError("negative")
        return value

    with EventLoop() as loop:
        assert [loop.run(result(value)) for value in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="negative"):
            loop.run(result(-1))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_and_more_of_them_disturb_no_clean_up(number: signal.Signals) -> None:
    steps = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            for step in ("first", "second"):
                os.kill(os.getpid(), number)
                await asyncio.sleep(0)
                steps.append(step)

    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as interrupted:
        run(work())
    assert interrupted.value.exit_code == 128 + number
    assert steps == ["first", "second"]
    assert signal.getsignal(number) is before


def test_a_loop_outlives_what_was_interrupted_in_it() -> None:
    async def stopped() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    async def well() -> str:
        return "well"

    with EventLoop() as loop:
        with pytest.raises(Interrupted):
            loop.run(stopped())
        assert loop.run(well()) == "well"


@pytest.mark.parametrize("error", [None, ValueError("wrong"), KeyboardInterrupt(), Interrupted(2)])
def test_what_was_entered_is_left(error: BaseException | None) -> None:
    left = []

    @asynccontextmanager
    async def room() -> AsyncIterator[str]:
        try:
            yield "room"
        finally:
            await asyncio.sleep(0)
            left.append("left")

    def inside() -> None:
        with EventLoop() as loop, loop.entered(room()) as name:
            assert name == "room"
            if error is not None:
                raise error

    if error is None:
        inside()
    else:
        with pytest.raises(Interrupted if isinstance(error, KeyboardInterrupt) else type(error)):
            inside()
    assert left == ["left"]

"""The limit on silence: it barks once silence lasted too long, and never at anybody's own cancelling."""

from __future__ import annotations

import asyncio

import pytest

from tuppence.llm.watchdog import Watchdog

pytestmark = pytest.mark.anyio


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_silence_ends_in_a_timeout() -> None:
    watchdog = Watchdog(0.01)
    with pytest.raises(TimeoutError), watchdog:
        await for_ever()
    watchdog.rest()


async def test_it_barks_again_after_it_barked() -> None:
    watchdog = Watchdog(0.01)
    for _ in range(2):
        with pytest.raises(TimeoutError), watchdog:
            await for_ever()
    watchdog.rest()


async def test_what_ends_in_time_is_left_alone() -> None:
    watchdog = Watchdog(60)
    for _ in range(3):
        with watchdog:
            await asyncio.sleep(0)
    watchdog.rest()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_time_outside_the_block_does_not_count() -> None:
    watchdog = Watchdog(0.01)
    with watchdog:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)  # several limits pass, the timer among them
    with watchdog:
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), watchdog:
        await for_ever()
    watchdog.rest()


async def test_it_watches_the_task_that_waits_now() -> None:
    watchdog = Watchdog(0.02)

    async def wait_once(forever: bool) -> None:
        with watchdog:
            await (for_ever() if forever else asyncio.sleep(0))

    await asyncio.create_task(wait_once(False))
    waiting = asyncio.create_task(wait_once(True))
    done, _ = await asyncio.wait({waiting}, timeout=5)
    watchdog.rest()
    assert done
    assert isinstance(waiting.exception(), TimeoutError)


async def test_cancelling_from_outside_stays_a_cancelling() -> None:
    entered = asyncio.Event()

    async def wait() -> None:
        watchdog = Watchdog(60)
        try:
            with watchdog:
                entered.set()
                await for_ever()
        finally:
            watchdog.rest()

    task = asyncio.create_task(wait())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelling_from_outside_wins_over_a_bark_at_the_same_time() -> None:
    async def wait() -> None:
        watchdog = Watchdog(0.01)
        try:
            with watchdog:
                await for_ever()
        except TimeoutError:
            pytest.fail("the cancelling was lost")
        finally:
            watchdog.rest()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    late = loop.call_later(0.02, task.cancel)
    while loop.time() < late.when():
        """the loop stands still until both are due: first the bark, then the cancelling, then the task"""
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_error_of_the_block_is_not_hidden() -> None:
    watchdog = Watchdog(60)
    with pytest.raises(LookupError), watchdog:
        raise LookupError
    watchdog.rest()


async def test_a_moment_ends_all_waiting_even_in_the_midst_of_life() -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + 0.03
    watchdog = Watchdog(60, until)

    async def live() -> None:
        while True:
            with watchdog:
                await asyncio.sleep(0.001)

    with pytest.raises(TimeoutError):
        await live()
    assert loop.time() >= until
    watchdog.rest()


async def test_without_such_a_moment_nothing_expires() -> None:
    assert not Watchdog(0.01).expired

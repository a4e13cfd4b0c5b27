"""Finishing what must be finished, however impatiently somebody cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import anyio


async def finished(work: Callable[[], Awaitable[None]], within: float = 2.0) -> None:
    """Run `work` to its end although the caller is being cancelled, for at most `within` seconds.

    Neither a cancelled anyio scope nor any number of `Task.cancel()` on the caller reaches `work`; when the event loop
    itself is being closed and cancels every task, or a Ctrl-C strikes `work`, it is begun once more, so it must be safe
    to run twice. A cancellation that arrived meanwhile is raised again at the end. Raises TimeoutError when the time is
    over, and what `work` raises.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    impatient: asyncio.CancelledError | KeyboardInterrupt | None = None
    begun = 1
    task = asyncio.ensure_future(work())
    with anyio.CancelScope(shield=True):
        while not task.done() or (_struck(task) and begun < 2):
            if task.done():
                begun += 1
                task = asyncio.ensure_future(work())
            left = deadline - loop.time()
            if left <= 0:
                task.cancel()
                raise TimeoutError(f"clean-up did not end within {within} seconds")
            try:
                await asyncio.wait({task}, timeout=left)
            except (asyncio.CancelledError, KeyboardInterrupt) as impatience:
                impatient = impatience
    await task
    if impatient is not None:
        raise impatient


def _struck(task: asyncio.Task[None]) -> bool:
    """Whether the finished `task` was ended from outside and not by what it did."""
    return task.cancelled() or isinstance(task.exception(), KeyboardInterrupt)

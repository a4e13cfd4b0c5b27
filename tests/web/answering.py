"""A scripted model behind the web app."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tuppence.understudy import Play, Reply, Understudy

T = TypeVar("T")


class Model:
    """An understudy in a thread of its own."""

    def __init__(self, understudy: Understudy, loop: asyncio.AbstractEventLoop) -> None:
        self.understudy, self._loop = understudy, loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, done in the understudy's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def let(self, gate: asyncio.Event) -> None:
        """Open a gate of the script."""
        self._loop.call_soon_threadsafe(gate.set)

    def add(self, *replies: Reply | Play | None) -> None:
        """Put more replies at the end of the script."""
        self.understudy.add(*replies)


@contextmanager
def model(*replies: Reply | Play | None) -> Iterator[Model]:
    """An understudy with this script."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    one = Model(Understudy(list(replies), models=("understudy",)), loop)
    try:
        one.run(one.understudy.__aenter__())
        yield one
        one.run(one.understudy.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

"""A model that files transactions, held back until the test lets it answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tuppence.understudy import Understudy
from tuppence.understudy.account import Exchange
from tuppence.understudy.reply import Reply

from .answering import Model


class Clerk(Model):
    """An understudy that answers from its own small tables."""

    def __init__(self, understudy: Understudy, loop: asyncio.AbstractEventLoop, gate: asyncio.Event) -> None:
        super().__init__(understudy, loop)
        self._gate = gate

    @property
    def settings(self) -> dict[str, object]:
        """Of the app that is to ask it."""
        return {
            "keys": {"ANTHROPIC_API_KEY": "a key"},
            "addresses": {"ANTHROPIC_BASE_URL": self.understudy.base_url},
            "provider": "anthropic",
            "model": "understudy",
        }

    def hold(self) -> None:
        """Answer nothing for now."""
        self._loop.call_soon_threadsafe(self._gate.clear)

    def go(self) -> None:
        """Answer what is and will be asked."""
        self.let(self._gate)

    def refuse(self, reply: Reply | None) -> None:
        """Give this answer to whatever is asked; None: the usual ones."""
        self.reply = reply

    reply: Reply | None = None


@contextmanager
def clerk() -> Iterator[Clerk]:
    """A clerk in a thread of its own, whom nobody holds back yet."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    gate = asyncio.Event()
    gate.set()

    async def play(exchange: Exchange) -> Reply | None:
        del exchange
        await gate.wait()
        return one.reply

    one = Clerk(Understudy(play, models=("understudy",)), loop, gate)
    try:
        one.run(one.understudy.__aenter__())
        yield one
        one.go()
        one.run(one.understudy.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

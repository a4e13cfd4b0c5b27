"""Server-sent events: a turn's log as a browser's EventSource reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from tuppence.assistant.logged_event import LoggedEvent

ALIVE = b":\n\n"
"""A comment: it keeps proxies from closing a connection over which nothing is said."""
SILENCE = 15.0
"""Seconds between two of them."""


class ReaderLeft(Exception):
    """Nobody reads any more."""


class ServerEnds(Exception):
    """There is nobody any more who could write."""


class EventStream(Response):
    """Writes each batch of events as it comes, until the last one, until the reader leaves or the server ends."""

    media_type = "text/event-stream"

    def __init__(
        self, batches: AsyncIterator[Sequence[LoggedEvent]], ending: asyncio.Event, silence: float = SILENCE
    ) -> None:
        """ending: set when the server ends."""
        self._batches, self._ending, self._silence = batches, ending, silence
        self.status_code, self.background = 200, None
        self.init_headers({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one reader. Leaving stops the reading and nothing else."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": ALIVE, "more_body": True})
        is_read = True
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep_alive(receive, send))
                async for batch in self._batches:
                    await send({"type": "http.response.body", "body": written(batch), "more_body": True})
                keeping.cancel()
        except* ReaderLeft:
            is_read = False
        except* ServerEnds:
            pass
        if is_read:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self, receive: Receive, send: Send) -> None:
        """Write a comment now and then. Raises ReaderLeft, ServerEnds."""
        leaving, ending = asyncio.ensure_future(_left(receive)), asyncio.ensure_future(self._ending.wait())
        try:
            while True:
                over, _ = await asyncio.wait(
                    {leaving, ending}, timeout=self._silence, return_when=asyncio.FIRST_COMPLETED
                )
                if leaving in over:
                    leaving.result()
                    raise ReaderLeft
                if ending in over:
                    raise ServerEnds
                await send({"type": "http.response.body", "body": ALIVE, "more_body": True})
        finally:
            leaving.cancel()
            ending.cancel()


def written(batch: Sequence[LoggedEvent]) -> bytes:
    """The events as they go over the wire."""
    return b"".join(b"id: %d\nevent: %s\ndata: %s\n\n" % (one.n, one.name.encode(), one.data) for one in batch)


async def _left(receive: Receive) -> None:
    """Return when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""Serves the app with uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

PATIENCE = 2
"""Seconds that open connections, such as those that read an answer, are given when the server ends."""


class Server(uvicorn.Server):
    """A server that says when it can be reached."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        on_ready: Callable[[int], None],
        ending: asyncio.Event | None = None,
    ) -> None:
        """port: 0 for any free one. on_ready: told the port once requests are answered. ending: see `Parts`."""
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=PATIENCE,
            lifespan="off",
        )
        super().__init__(config)
        self._on_ready, self._ending = on_ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; then tell."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first, which would go on for as long as anybody reads them."""
        if self._ending is not None:
            self._ending.set()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on signals, and no more: raised again they would end the process before the parts around are closed."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

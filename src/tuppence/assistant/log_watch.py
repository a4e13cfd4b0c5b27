"""Sees that the log's file has changed, for readers of turns that this process does not write."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future

from tuppence.assistant.turn_log_file import TurnLogFile

BETWEEN_LOOKS = 0.1  # seconds
LOOKS_BETWEEN_GLANCES = 50


class LogWatch:
    """Looks every 100 ms whether another connection has written, and only while somebody waits for that."""

    def __init__(self, file: TurnLogFile, thread: Executor) -> None:
        """thread: the one in which `file` may be used."""
        self._file, self._thread = file, thread
        self._loop = asyncio.get_running_loop()
        self.changes = 0
        """How many changes were seen so far; some are none."""
        self.glances = 0
        """Rises every few seconds while somebody waits: then it is time to look at what is not in the file."""
        self._news = asyncio.Event()
        self._waiting = self._looks = 0
        self._version: int | None = None
        self._looking = self._closed = False

    async def changed_since(self, changes: int) -> None:
        """Return when more than so many `changes` were seen."""
        if self.changes > changes or self._closed:
            return
        self._waiting += 1
        try:
            if not self._looking:
                self._looking = True
                self._loop.call_later(BETWEEN_LOOKS, self._look)
            await self._news.wait()
        finally:
            self._waiting -= 1

    def wake(self) -> None:
        """Have everybody who waits look again."""
        self.changes += 1
        self._news.set()
        self._news.clear()

    def close(self) -> None:
        """Look no more; nobody waits any longer."""
        self._closed = True
        self.wake()

    def _look(self) -> None:
        if self._closed or not self._waiting:
            self._looking = False
            return
        looking = self._thread.submit(self._file.data_version)
        looking.add_done_callback(lambda looked: self._loop.call_soon_threadsafe(self._looked, looked))

    def _looked(self, looked: Future[int]) -> None:
        """Wake those who wait when there is something new, or a failure for them to meet."""
        version = looked.result() if looked.exception() is None else None
        self._looks += 1
        is_time_to_glance = self._looks % LOOKS_BETWEEN_GLANCES == 0
        self.glances += is_time_to_glance
        if version is None or version != self._version or is_time_to_glance:
            self._version = version
            self.wake()
        self._loop.call_later(BETWEEN_LOOKS, self._look)

"""Ended spans on their way: kept in a bounded queue and posted by a thread, so that nobody ever waits for a backend."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from tuppence.tracing.backends import Backend, TracingUnusable

if TYPE_CHECKING:
    from tuppence.tracing.posting import Postbox

_MOST = 2048  # spans that wait
_BATCH = 64
_WAITS = (1.0, 5.0, 15.0)  # seconds until a backend that was busy is asked again

_log = logging.getLogger(__name__)


class Outbox(SpanProcessor):
    """Takes ended spans to one backend. What it cannot get rid of it forgets, and says so once."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._waiting: queue.SimpleQueue[ReadableSpan | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._complained = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: spans are sent when they have ended."""

    def on_end(self, span: ReadableSpan) -> None:
        if self._closing.is_set():
            return
        if self._waiting.qsize() >= _MOST:
            self._complain(f"{self._backend.host} takes fewer than there are.")
            return
        self._waiting.put(span)
        if self._thread is None:
            self._begin()

    def shutdown(self) -> None:
        self.close(0)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing: spans are posted at once."""
        return True

    def close(self, within: float) -> None:
        """Wait for what is still on its way, at most so many seconds; not at all when there was never anything."""
        self.end()
        if self._thread is not None:
            self._thread.join(within)

    def end(self) -> None:
        """Take no more spans; those that wait are tried once."""
        if not self._closing.is_set():
            self._closing.set()
            self._waiting.put(None)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._post_all, name="traces", daemon=True)
                self._thread.start()

    def _post_all(self) -> None:
        from tuppence.tracing.posting import Postbox

        try:
            postbox = Postbox(self._backend)
        except TracingUnusable as error:
            self._complain(str(error))
            return
        with postbox:
            while (first := self._waiting.get()) is not None:
                self._post([first, *self._more()], postbox)

    def _post(self, batch: list[ReadableSpan], postbox: Postbox) -> None:
        """Post `batch`, repeatedly while that may help and nobody waits for the end."""
        for wait in (*_WAITS, None):
            receipt = postbox.post(batch)
            if receipt.problem is None:
                return
            self._complain(receipt.problem)
            if not receipt.again or wait is None or self._closing.wait(wait):
                return

    def _more(self) -> list[ReadableSpan]:
        """What waits besides the first of a batch."""
        more: list[ReadableSpan] = []
        while len(more) < _BATCH - 1:
            try:
                span = self._waiting.get_nowait()
            except queue.Empty:
                break
            if span is None:
                self._waiting.put(None)  # the end, for whoever looks next
                break
            more.append(span)
        return more

    def _complain(self, problem: str) -> None:
        """Say it, once; a backend that is away is no reason to fill somebody's terminal."""
        with self._lock:
            first, self._complained = not self._complained, True
        if first:
            _log.warning("Traces are lost: %s Answers are not affected; try `tuppence tracing test`.", problem)

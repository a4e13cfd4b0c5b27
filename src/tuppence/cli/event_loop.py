"""The event loop beside the main thread: work goes on in it while a person types, and Ctrl-C reaches both."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from tuppence.cli.failures import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, in a loop of its own. Raises Interrupted, and whatever `work` raises."""
    with EventLoop() as loop:
        return loop.run(work)


class EventLoop:
    """A running event loop, for `with`. At the end of the block what still runs in it is cancelled.

    That is waited for, unless a signal ended the block: work in threads, such as an import, cannot be cancelled, and
    the process ends without it.
    """

    def __enter__(self) -> Self:
        ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(_until_told(ready),), name="event loop", daemon=True)
        self._thread.start()
        self._loop, self._over = ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        if isinstance(error, Interrupted | KeyboardInterrupt):
            return
        with _signals_told_to(lambda _: None):
            self._thread.join()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. The first Ctrl-C or SIGTERM cancels it; more are ignored until it has cleaned up.

        Raises Interrupted after a signal, even where `work` came to its end all the same.
        """
        result: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []
        received: list[int] = []

        def begin() -> None:
            tasks.append(self._loop.create_task(work))
            tasks[0].add_done_callback(lambda done: _hand_over(done, result))

        def stop(number: int) -> None:
            received.append(number)
            if len(received) == 1:
                self._loop.call_soon_threadsafe(lambda: tasks[0].cancel())

        with _signals_told_to(stop):
            self._loop.call_soon_threadsafe(begin)
            try:
                value = result.result()
            except asyncio.CancelledError:
                if not received:
                    raise
        if received:
            raise Interrupted(received[0])
        return value

    @contextmanager
    def entered(self, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """An asynchronous context manager for `with`."""
        value = self.run(manager.__aenter__())
        try:
            yield value
        except BaseException as error:
            # A KeyboardInterrupt inside a task would end the loop itself.
            told = Interrupted(signal.SIGINT) if isinstance(error, KeyboardInterrupt) else error
            if not self.run(manager.__aexit__(type(told), told, error.__traceback__)):
                if told is error:
                    raise
                raise told from None
        else:
            self.run(manager.__aexit__(None, None, None))


async def _until_told(ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    over = asyncio.Event()
    ready.set_result((asyncio.get_running_loop(), over))
    await over.wait()


def _hand_over(done: asyncio.Task[T], result: Future[T]) -> None:
    if done.cancelled():
        result.set_exception(asyncio.CancelledError())
    elif (error := done.exception()) is not None:
        result.set_exception(error)
    else:
        result.set_result(done.result())


@contextmanager
def _signals_told_to(told: Callable[[int], None]) -> Iterator[None]:
    """Within the block signals interrupt nothing; `told` gets their numbers. In other threads it does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda received, _: told(received)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

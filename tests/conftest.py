"""What holds for every test: asyncio, and nothing that goes wrong out of sight.

A test fails when it hangs, when an error is logged while it runs, when a task of ours outlives it, and when anything
warns (`filterwarnings`): a socket that is not closed and an exception that nobody sees are warnings. A test that takes
`caplog` looks at the log itself.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("tuppence", deadline=None)  # how fast an example runs says nothing on a busy machine
settings.load_profile("tuppence")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for what a shell runs behind its back
    signal.signal(signal.SIGINT, signal.default_int_handler)

_LONGEST = 60.0  # seconds after which a test that is a coroutine function hangs
_PATIENCE = 2.0  # seconds in which the tasks of a test may come to their end


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(scope="session")
def error_log() -> Iterator[ErrorLog]:
    """Everything logged as an error in this run; nothing may be left in it at the end."""
    handler = ErrorLog()
    logging.getLogger().addHandler(handler)
    yield handler
    gc.collect()  # asyncio logs a task's unseen exception when the task goes
    logging.getLogger().removeHandler(handler)
    assert not handler.messages, f"logged as errors: {handler.messages}"


@pytest.fixture(autouse=True)
def _no_error_is_logged(error_log: ErrorLog, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    gc.collect(1)
    messages, error_log.messages = error_log.messages, []
    assert not messages or "caplog" in request.fixturenames, f"logged as errors: {messages}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Look for leftover tasks at the end of every test that is a coroutine function."""
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        pyfuncitem.obj = _without_leftover_tasks(pyfuncitem.obj)


def _without_leftover_tasks(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def guarded(**fixtures: Any) -> None:
        before = asyncio.all_tasks()
        async with asyncio.timeout(_LONGEST) as limit:
            await test(**fixtures)
        assert not limit.expired(), "the test hung, and took the end of its time for something else"
        started = {task for task in asyncio.all_tasks() - before if _is_ours(task)}
        if started:
            _, leftover = await asyncio.wait(started, timeout=_PATIENCE)
            assert not leftover, f"tasks that outlive the test: {leftover}"

    return guarded


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """Whether `task` runs the code of Tuppence; the understudy's belong to whoever opened it."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    module = frame.f_globals.get("__name__", "") if frame else ""
    return module.startswith("tuppence.") and not module.startswith("tuppence.understudy")

"""Durable work behind DBOS. Knows no particular job."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from tuppence.jobs.dispatcher import Dispatcher, Elsewhere, launched
from tuppence.jobs.jobs_file import FILENAME, JobsFile, opened_file
from tuppence.jobs.running_jobs import RunningJobs, Work
from tuppence.store import Store, StoreUnusable, living_processes
from tuppence.store.processes import BEAT

__all__ = ["Jobs", "Work", "jobs_elsewhere", "opened_jobs"]

PATIENCE = 5.0
"""Seconds that running work is given to clean up when its process leaves."""

_BEATS_BETWEEN_CLEANINGS = 720  # an hour
_logger = logging.getLogger(__name__)

T = TypeVar("T")


class Jobs:
    """Where work is put that is to be done whatever happens to this process. Everything raises StoreUnusable."""

    def __init__(self, dispatcher: Dispatcher | Elsewhere) -> None:
        self._dispatcher = dispatcher

    async def enqueue(self, name: str, job_id: str, *arguments: str, queue: str = "") -> None:
        """Have the work `name` done once with `arguments`, here or in another process; durable on return.

        A job_id that is known already is left alone, in whatever state it is; an ended one is known for a day. Jobs of
        one queue, such as those for one provider, share a bounded number of places, and keep no others waiting.
        """
        await self.enqueue_all(name, [(job_id, arguments)], queue)

    async def enqueue_all(self, name: str, jobs: Sequence[tuple[str, tuple[str, ...]]], queue: str = "") -> None:
        """The same for many, each an id and its arguments."""
        await to_thread.run_sync(self._dispatcher.enqueue, name, jobs, queue)


def jobs_elsewhere(store: Store) -> Jobs:
    """Where work is put that only other processes do. Nothing stays open."""
    return Jobs(Elsewhere(store.path.with_name(FILENAME)))


@asynccontextmanager
async def opened_jobs(store: Store, process_id: str, work: Mapping[str, Work]) -> AsyncIterator[Jobs]:
    """The jobs beside the store, worked off in this event loop until the block ends; once at a time in a process.

    process_id: of this process's presence, which must outlast the block. work: by name. Jobs of dead processes are
    taken over. What the work raises is logged, without its message, and ends that job as failed. At the end running
    work is cancelled (what it shields is waited for, for a bounded time), and other processes take it over at once.

    Raises StoreUnusable when the file cannot be used.
    """
    running = RunningJobs(work)
    async with (
        _in_threads(opened_file(store.path.with_name(FILENAME))) as file,
        _in_threads(launched(file, process_id, running)) as dispatcher,
    ):
        care = asyncio.create_task(_looking_after(store, dispatcher, process_id))
        care.add_done_callback(_log_failure)
        try:
            yield Jobs(dispatcher)
        finally:
            with anyio.CancelScope(shield=True):
                care.cancel()
                await asyncio.wait([care])
                await running.leave(PATIENCE)


@asynccontextmanager
async def _in_threads(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A blocking context manager. What was entered is left, also when this is cancelled while it is being entered."""
    entering = asyncio.create_task(to_thread.run_sync(manager.__enter__))
    try:
        await asyncio.wait([entering])
        yield entering.result()
    finally:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([entering])
            if entering.exception() is None:
                await to_thread.run_sync(manager.__exit__, None, None, None)


async def _looking_after(store: Store, dispatcher: Dispatcher, process_id: str) -> None:
    """Take over, at once and with every beat, what dead processes left behind; delete what ended long ago."""
    beats = 0
    while True:
        try:
            await _take_over(store, dispatcher.file, process_id)
            if beats % _BEATS_BETWEEN_CLEANINGS == 0:
                await to_thread.run_sync(dispatcher.delete_old)
        except StoreUnusable as error:
            _logger.warning("Jobs that were left behind could not be looked after. %s", error)
        beats += 1
        await asyncio.sleep(BEAT.total_seconds())


def _log_failure(care: asyncio.Task[None]) -> None:
    if not care.cancelled() and (failure := care.exception()) is not None:
        _logger.error("Jobs that are left behind are not looked after any more.", exc_info=failure)


async def _take_over(store: Store, file: JobsFile, process_id: str) -> None:
    """Put back what dead processes hold. Who is alive is asked last: whoever held a job before had begun to live."""
    others = await to_thread.run_sync(file.workers) - {process_id}
    if not others:
        return
    async with store.reading() as connection:
        dead = others - await living_processes(connection)
    if dead:
        await to_thread.run_sync(file.put_back, dead)

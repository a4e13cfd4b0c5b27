"""The jobs that run in this process: in its event loop, for threads of DBOS that wait for them."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel

Work = Callable[..., Awaitable[None]]
"""Takes strings, and is safe to run twice."""

_logger = logging.getLogger(__name__)


class JobFailed(Exception):
    """A job came to its end without having done its work. The log says why."""


class LeftUndone(BaseException):
    """This process does not do the job; another one will.

    No Exception, which DBOS would take for the job's own end.
    """


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    id: str
    name: str
    arguments: Sequence[str]
    outcome: Future[None] = field(default_factory=Future)


class RunningJobs:
    """Runs work in the loop that makes it."""

    def __init__(self, work: Mapping[str, Work]) -> None:
        self.left: set[str] = set()
        """The ids of jobs that were taken and are not done here."""
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._running: dict[asyncio.Task[None], _Job] = {}
        self._scopes: set[anyio.CancelScope] = set()
        self._leaving = False

    def run(self, job_id: str, name: str, arguments: Sequence[str]) -> None:
        """Have a job done in the loop, and wait for its end in a thread. Raises JobFailed, LeftUndone."""
        job = _Job(job_id, name, arguments)
        if self._leaving:  # the loop may end before it gets to this
            self._leave(job)
        else:
            self._loop.call_soon_threadsafe(self._begin, job)
        job.outcome.result()

    def _begin(self, job: _Job) -> None:
        task = self._loop.create_task(self._do(job))
        self._running[task] = job
        task.add_done_callback(self._running.pop)

    async def _do(self, job: _Job) -> None:
        failure: BaseException | None = None
        try:
            with anyio.CancelScope() as scope:
                self._scopes.add(scope)
                if self._leaving:
                    scope.cancel()
                await anyio.lowlevel.checkpoint_if_cancelled()
                await self._work[job.name](*job.arguments)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the outer edge of a task nobody awaits
            failure = error
        self._scopes.discard(scope)
        if job.outcome.done():
            return
        if self._leaving and (failure is not None or scope.cancelled_caught):
            self._leave(job)
        elif failure is None:
            job.outcome.set_result(None)
        else:
            _logger.error("A job (%s) failed: %s", job.name, _described(failure))
            job.outcome.set_exception(JobFailed(job.name))

    def _leave(self, job: _Job) -> None:
        self.left.add(job.id)
        job.outcome.set_exception(LeftUndone())

    async def leave(self, patience: float) -> None:
        """Take no more jobs, and end those that run. patience: seconds that they are given to clean up."""
        self._leaving = True
        for scope in self._scopes:
            scope.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=patience)
        for job in self._running.values():
            if not job.outcome.done():
                self._leave(job)


def _described(failure: BaseException) -> str:
    """What kind of failure it was and where, without its message, which may hold what is nobody's business."""
    return "".join([f"{type(failure).__name__}\n", *traceback.format_tb(failure.__traceback__)]).rstrip()

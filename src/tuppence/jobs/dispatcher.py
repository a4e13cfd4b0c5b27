"""DBOS, as far as we use it: it keeps the jobs in the file, and calls a function in a thread of its own for each.

Only its blocking interface is used, from threads: the asynchronous one puts its own threads below our event loop, and
they end with it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tuppence.jobs.jobs_file import JobsClosed, JobsFile, failures_of, opened_file
from tuppence.jobs.running_jobs import JobFailed, RunningJobs

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

PLACES = 16
"""So many jobs of one queue a process takes at once. More than a provider answers at once, so that one is always ready
when another ends: a job waits for its turn to ask within its place."""

POLL = 0.5  # seconds until a job that waits is seen
KEPT = timedelta(days=1)
"""So long a job that has ended is known."""

_NAME = "tuppence"
_VERSION = "1"  # pinned: jobs are found by their names, whatever else has changed between two versions of Tuppence
_WORKFLOW = "job"
_QUEUE = "jobs"
_DEFAULT_QUEUE = "-"  # DBOS takes an empty name for none
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_SLICE = 500  # jobs that one transaction adds or deletes; it holds others for less than 0.2 s
_PATIENCE = 2.0  # seconds in which DBOS may note how the jobs ended that ended just now
_ALONE = threading.Lock()


class Dispatcher:
    """A running DBOS. Everything blocks, and raises StoreUnusable when the file cannot be used."""

    def __init__(self, file: JobsFile, client: "DBOSClient") -> None:
        self.file = file
        self._client = client

    def enqueue(self, name: str, jobs: Sequence[tuple[str, tuple[str, ...]]], queue: str) -> None:
        """Add jobs, each an id and its arguments; those whose id is known already are left alone."""
        from dbos import EnqueueOptions, WorkflowSerializationFormat

        for start in range(0, len(jobs), _SLICE):
            with failures_of(self.file.path), self.file.engine.begin() as connection:
                for job_id, arguments in jobs[start : start + _SLICE]:
                    options = EnqueueOptions(
                        workflow_name=_WORKFLOW,
                        queue_name=_QUEUE,
                        workflow_id=job_id,
                        app_version=_VERSION,
                        queue_partition_key=queue or _DEFAULT_QUEUE,
                        serialization_type=WorkflowSerializationFormat.PORTABLE,
                    )
                    self._client.enqueue_in_transaction(connection, options, job_id, name, list(arguments))

    def delete_old(self) -> None:
        """Delete jobs that ended long ago, a bounded number of them."""
        from dbos import DBOS

        with failures_of(self.file.path):
            found = DBOS.list_workflows(
                status=_ENDED,
                completed_before=(datetime.now(UTC) - KEPT).isoformat(),
                limit=_SLICE,
                load_input=False,
                load_output=False,
            )
            if found:
                DBOS.delete_workflows([job.workflow_id for job in found])


class Elsewhere:
    """A file whose jobs other processes do. It is opened for each call, so that nothing stays open in between."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def enqueue(self, name: str, jobs: Sequence[tuple[str, tuple[str, ...]]], queue: str) -> None:
        """As `Dispatcher.enqueue`."""
        _quieten()
        from dbos import DBOS, DBOSClient

        with opened_file(self._path) as file, failures_of(self._path):
            DBOS.migrate(file.engine.url.render_as_string(hide_password=False))
            client = DBOSClient(system_database_engine=file.engine, application_name=_NAME)
            try:
                Dispatcher(file, client).enqueue(name, jobs, queue)
            finally:
                client.destroy()


@contextmanager
def launched(file: JobsFile, process_id: str, running: RunningJobs) -> Iterator[Dispatcher]:
    """DBOS over the file, by which `running` is told to do jobs, until the block ends.

    At the end what this process holds is put back, so that another one can take it at once.
    """
    if not _ALONE.acquire(blocking=False):
        raise RuntimeError("The jobs are open already in this process.")
    try:
        _quieten()
        from dbos import DBOS, DBOSClient

        try:
            with failures_of(file.path):
                DBOS(config=_config(file, process_id))
                DBOS.workflow(name=_WORKFLOW)(_told(running))
                DBOS.launch()
                DBOS.register_queue(_QUEUE, partition_worker_concurrency=PLACES, polling_interval_sec=POLL)
                client = DBOSClient(system_database_engine=file.engine, application_name=_NAME)
            yield Dispatcher(file, client)
            _wait_for_ends(file, process_id, running)
        finally:
            with _silenced():  # what it takes while it ends it cannot begin, and complains; it is put back
                DBOS.destroy(destroy_registry=True)
        file.put_back([process_id])
    finally:
        _ALONE.release()


def _told(running: RunningJobs) -> Callable[[str, str, list[str]], None]:
    """What DBOS calls for each job; a plain function of its own, as DBOS keeps its notes on it."""

    def job(job_id: str, name: str, arguments: list[str]) -> None:
        running.run(job_id, name, arguments)

    return job


def _wait_for_ends(file: JobsFile, process_id: str, running: RunningJobs) -> None:
    """Wait, for a bounded time, until it is noted how every job ended that was not left undone."""
    deadline = time.monotonic() + _PATIENCE
    while not file.held_by(process_id) <= running.left and time.monotonic() < deadline:
        time.sleep(0.01)


def _config(file: JobsFile, process_id: str) -> "DBOSConfig":
    return {
        "name": _NAME,
        "system_database_engine": file.engine,
        "application_version": _VERSION,
        "executor_id": process_id,
        "enable_otlp": False,
        "log_level": "WARNING",
        "use_listen_notify": False,
        "notification_listener_polling_interval_sec": 0.25,  # nobody listens; it delays the end by so much
    }


def _quieten() -> None:
    """DBOS would print what it logs; it is left to `logging`, but for what we have logged better ourselves."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    if _is_news not in logger.filters:
        logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    failure = record.exc_info[1] if record.exc_info else None
    return not isinstance(failure, JobFailed | JobsClosed)


@contextmanager
def _silenced() -> Iterator[None]:
    logger = logging.getLogger("dbos")
    logger.addFilter(_is_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_is_nothing)


def _is_nothing(_: logging.LogRecord) -> bool:
    return False

"""Filing in the background as people meet it: quotes first, then runs that begin, are watched, cancelled and undone."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import select

from tuppence.enrichment.preferences import preferences
from tuppence.enrichment.quotes import Outlook, Quote, batches, outlook, quoted
from tuppence.enrichment.run_work import Answerers, NobodyAnswers, RunWork, task_of
from tuppence.enrichment.runs import (
    Cause,
    Order,
    Run,
    RunKind,
    RunRefused,
    UnknownRun,
    cancel_run,
    create_run,
    run_of,
    running_run,
    undo_run,
)
from tuppence.enrichment.tasks import Question
from tuppence.jobs.jobs import Jobs, jobs_elsewhere, opened_jobs
from tuppence.ledger.household import Ledger
from tuppence.ledger.undoing import Undone
from tuppence.llm.answerer import Answerer
from tuppence.store import Store
from tuppence.store.tables import runs
from tuppence.tracing import SILENT, Tracing
from tuppence.usage import UsageLog

BEGIN, BATCH = "begin_run", "run_batch"
"""The names of the two jobs of a run."""

_NOTHING_TO_SAY = (
    "There is nothing to do: nothing can be said without a model, and there is nothing that one was not asked about "
    "before. You can have it asked once more."
)


class Background:
    """Filing in the background, for the households of one process."""

    def __init__(self, store: Store, usage: UsageLog, jobs: Jobs, answerers: Answerers) -> None:
        self._store = store
        self._usage = usage
        self._jobs = jobs
        self._answerers = answerers

    async def quote(self, ledger: Ledger, order: Order) -> Quote:
        """What a run of this order would do, and cost. Raises StoreUnusable."""
        seen = await outlook(ledger, order)
        answerer, why = await self._answerer(ledger, order, seen)
        task = await task_of(ledger, order.kind)
        asked: list[list[Question]] = await batches(ledger, answerer, task, seen.groups) if answerer else []
        return await quoted(ledger, self._usage, order, seen, answerer, task, asked, why)

    async def start(self, ledger: Ledger, order: Order, *, user_id: int | None = None, cause: Cause = "person") -> Run:
        """Begin a run; it goes on in the background, in whichever process works on it.

        Raises RunRefused when one of its kind is under way, when there is nothing to do, or when a model is to be asked
        and none can be.
        """
        if await running_run(ledger, order.kind) is not None:
            raise RunRefused("Such a run is under way already. Wait until it is through, or cancel it.")
        seen = await outlook(ledger, order)
        if not seen.said and not seen.groups:
            raise RunRefused(_NOTHING_TO_SAY if seen.ids else "There is nothing to do: nothing is open.")
        answerer, why = await self._answerer(ledger, order, seen)
        if seen.groups and answerer is None:
            raise RunRefused(why or "There is nobody to ask.")
        asked = (answerer.provider.name, answerer.model) if answerer else None
        run_id = await create_run(ledger, order, transactions=len(seen.ids), asked=asked, cause=cause, user_id=user_id)
        await self._jobs.enqueue(BEGIN, run_id, str(ledger.household), run_id)
        return await run_of(ledger, run_id)

    async def cancel(self, ledger: Ledger, run_id: str) -> None:
        """Let the run end: nothing more is asked; what is being asked is still filed. Raises UnknownRun."""
        await cancel_run(ledger, run_id)

    async def undo(self, ledger: Ledger, run_id: str) -> Undone:
        """Undo everything that the run filed and suggested; it is cancelled if it is under way. Raises UnknownRun."""
        return await undo_run(ledger, run_id)

    async def after_import(self, ledger: Ledger, user_id: int | None = None) -> list[Run]:
        """Begin what the household wants after an import, about everything that is open; the runs that began.

        Where a model is wanted and none can be asked, what costs nothing begins all the same.
        """
        wanted = await preferences(ledger)
        if wanted.after_import == "nothing":
            return []
        kinds: list[RunKind] = ["categorize"]
        if wanted.after_import == "model" and wanted.merchants_after_import:
            kinds.append("merchants")
        ways = (True,) if wanted.after_import == "free" else (False, True)
        begun = []
        for kind in kinds:
            for free_only in ways:
                order = Order(kind=kind, free_only=free_only)
                with suppress(RunRefused):  # nothing can be said, one is under way, or there is nobody to ask
                    begun.append(await self.start(ledger, order, user_id=user_id, cause="import"))
                    break
        return begun

    async def resume(self) -> None:
        """See to it that every run that is under way is worked on, whatever became of the process that began it."""
        query = select(runs.c.household_id, runs.c.id).where(runs.c.state == "running")
        async with self._store.reading() as connection:
            under_way = (await connection.execute(query)).all()
        for row in under_way:
            # A job that is known is left alone: this one is new. What is claimed by a living process is passed over.
            await self._jobs.enqueue(BEGIN, f"{row.id}.{secrets.token_hex(4)}", str(row.household_id), row.id)

    async def _answerer(self, ledger: Ledger, order: Order, seen: Outlook) -> tuple[Answerer | None, str | None]:
        """Who is asked, or why nobody can be."""
        if order.free_only or not seen.groups:
            return None, None
        try:
            return await self._answerers(ledger, order.wanted), None
        except NobodyAnswers as nobody:
            return None, str(nobody)


@asynccontextmanager
async def opened_background(
    store: Store,
    usage: UsageLog,
    process_id: str,
    answerers: Answerers,
    *,
    works: bool = True,
    tracing: Tracing = SILENT,
) -> AsyncIterator[Background]:
    """Work in the background, in this process, until the block ends; what is not through then goes on elsewhere.

    process_id: the `Presence.id`, which must outlast the block. works: False leaves the work to other processes, such
    as `tuppence worker`. Raises StoreUnusable.
    """
    if not works:
        yield Background(store, usage, jobs_elsewhere(store), answerers)
        return
    work = RunWork(store, usage, process_id, answerers, tracing)
    opened: asyncio.Future[Jobs] = asyncio.get_running_loop().create_future()

    async def begin(household: str, run_id: str) -> None:
        try:
            begun = await work.begin(int(household), run_id)
        except UnknownRun:
            return  # a backup was put back that does not have it
        once = secrets.token_hex(4)  # a batch may have been a job before; whoever is at it has claimed it
        batch_jobs = [(f"{run_id}.{number}.{once}", (household, run_id, str(number))) for number in begun.batches]
        await (await opened).enqueue_all(BATCH, batch_jobs, begun.provider)

    async def batch(household: str, run_id: str, number: str) -> None:
        await work.work_on(int(household), run_id, int(number))

    async with opened_jobs(store, process_id, {BEGIN: begin, BATCH: batch}) as jobs:
        opened.set_result(jobs)
        background = Background(store, usage, jobs, answerers)
        await background.resume()
        yield background

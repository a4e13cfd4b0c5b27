"""The work on runs: what costs nothing first, then the model, batch by batch. All of it is safe to do twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import anyio
import msgspec
from anyio import CapacityLimiter, to_thread
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.asking import Asker
from tuppence.enrichment.asking import answers, expected_tokens
from tuppence.enrichment.auto_categorize import categorize_task
from tuppence.enrichment.auto_detect_merchants import merchants_task
from tuppence.enrichment.candidates import known_merchants, questions, still_open
from tuppence.enrichment.merchant_spellings import merged
from tuppence.enrichment.preferences import Mode, Preferences, preferences
from tuppence.enrichment.quotes import batches, outlook, request_cost
from tuppence.enrichment.run_batches import Batch, Outcome, claim, finish, give_up, is_open, open_batches, plan, skip
from tuppence.enrichment.run_filing import editing_run, model_edit_said, take_in, take_in_free
from tuppence.enrichment.runs import FREE, Run, RunKind, RunState, end_run, is_running, run_of, say
from tuppence.enrichment.suggestions import Suggested
from tuppence.enrichment.tasks import Answers, Question, Task, Verdict
from tuppence.ledger.categories import list_categories
from tuppence.ledger.edits import SLICE, AlreadyUndone, Editing
from tuppence.ledger.household import Ledger
from tuppence.llm import PRESETS, AuthenticationFailed, LLMError, RequestRejected, Unavailable
from tuppence.llm.abilities import Abilities
from tuppence.llm.answerer import Answerer
from tuppence.privacy import HouseholdPrivacy
from tuppence.store import Store, StoreBusy
from tuppence.tracing import SILENT, Tracing
from tuppence.usage import LimitReached, NotAdmitted, Pacing, Purpose, UsageLog, UsageRow, picodollars

Answerers = Callable[[Ledger, str | None], Awaitable[Answerer]]
"""Who is asked: takes "provider/model", or None for the usual one. Raises NobodyAnswers."""

OPERATIONS: Mapping[RunKind, str] = {"categorize": "auto_categorize", "merchants": "auto_detect_merchants"}
"""What usage rows call what they are for."""

_PATIENCE = (15.0, 60.0, 300.0, 900.0)
"""Seconds to wait when a provider, asked several times, still cannot answer: after the last one a batch is given up."""
_LONGEST_WAIT = 3600.0
_LOOK_AGAIN = 0.5  # seconds
_TRIES = 6  # to write what came of a batch, each waiting as long as the store waits for another process
_RUNS = 8
"""The tasks of so many runs are remembered: they are the same in every batch, so that providers can cache them."""

_log = logging.getLogger(__name__)


class NobodyAnswers(Exception):
    """No model can be asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What is left to do of a run when all is done that costs nothing."""

    provider: str
    """Who is to be asked; empty when nobody is."""
    batches: tuple[int, ...]
    """The numbers of those that are open."""


class RunEnded(NotAdmitted):
    """The run has ended in the meantime: nothing more is asked in it."""


class RunWork:
    """Works on the runs of all households, in one process."""

    def __init__(
        self, store: Store, usage: UsageLog, process_id: str, answerers: Answerers, tracing: Tracing = SILENT
    ) -> None:
        self._store = store
        self._usage = usage
        self._tracing = tracing
        self._process_id = process_id
        self._answerers = answerers
        self._places: dict[tuple[int, str], CapacityLimiter] = {}
        self._turn_to_finish = anyio.Lock()
        self._tasks: dict[str, Task] = {}
        self._privacies: dict[str, HouseholdPrivacy] = {}
        self._learned: dict[tuple[str, str, str], Abilities] = {}

    async def begin(self, household: int, run_id: str) -> Begun:
        """Do what costs nothing, and make the batches. Raises UnknownRun."""
        ledger = Ledger(self._store, household)
        run = await run_of(ledger, run_id)
        async with self._failing(ledger, run_id):
            if run.state != "running":
                return Begun("", ())
            wanted = await preferences(ledger)
            seen = await outlook(ledger, run.order)
            for source in FREE:
                mode: Mode = "suggest" if run.order.suggest_only else wanted.mode(source)
                said = [each for each in seen.said if each.source == source]
                for first in range(0, len(said), SLICE):
                    await take_in_free(ledger, run_id, source, said[first : first + SLICE], mode)
            asked: list[list[Question]] = []
            if seen.groups and run.provider is not None:
                try:
                    answerer = await self._answerer(ledger, run)
                except NobodyAnswers as nobody:
                    await self._end(ledger, run_id, "failed", str(nobody))
                    return Begun("", ())
                asked = await batches(ledger, answerer, await self._task(ledger, run), seen.groups)
            groups = {group[0]: group for group in seen.groups}
            await plan(ledger, run_id, [[groups[each.id] for each in batch] for batch in asked])
            return Begun(run.provider or "", tuple(await open_batches(ledger, run_id)))

    async def work_on(self, household: int, run_id: str, number: int) -> None:
        """Ask the model about one batch, and file or suggest what it says."""
        ledger = Ledger(self._store, household)
        batch = await claim(ledger, run_id, number, self._process_id)
        if batch is None:
            return
        async with self._failing(ledger, run_id):
            run = await run_of(ledger, run_id)
            try:
                await self._asked_patiently(ledger, run, batch)
            except LimitReached as reached:
                await self._end(ledger, run_id, "capped", str(reached))
            except NobodyAnswers as nobody:
                await self._end(ledger, run_id, "failed", str(nobody))
            except AuthenticationFailed as failure:
                await self._end(ledger, run_id, "failed", str(failure))
            except LLMError as failure:
                await give_up(ledger, batch, str(failure))

    # ------------------------------------------------------------------------------------------------------- a batch

    async def _asked_patiently(self, ledger: Ledger, run: Run, batch: Batch) -> None:
        """Ask, and once more after a while when nobody can answer now. Raises LLMError, LimitReached, NobodyAnswers."""
        for waited, pause in enumerate((*_PATIENCE, None)):
            try:
                await self._ask_within_limits(ledger, run, batch)
            except RequestRejected:
                raise
            except LLMError as failure:
                if pause is None:
                    raise
                asked_for = (failure.retry_after or 0.0) if isinstance(failure, Unavailable) else 0.0
                if asked_for > _LONGEST_WAIT:
                    raise
                seconds = max(pause, asked_for)
                await say(ledger, run.id, f"{failure} Trying again in {seconds:.0f} seconds.")
                await asyncio.sleep(seconds)
            else:
                if waited:
                    await say(ledger, run.id, None)
                return

    async def _ask_within_limits(self, ledger: Ledger, run: Run, batch: Batch) -> None:
        """Ask as soon as a limit leaves room. Raises LimitReached when there will be none, and what `_ask` raises."""
        while True:
            try:
                return await self._ask(ledger, run, batch)
            except LimitReached as reached:
                if not reached.may_pass:
                    raise
            await asyncio.sleep(_LOOK_AGAIN)  # until other requests, in whatever process, have ended

    async def _ask(self, ledger: Ledger, run: Run, batch: Batch) -> None:
        wanted = await preferences(ledger)
        answerer = await self._answerer(ledger, run)
        task, privacy = await self._task(ledger, run), self._privacy_in(ledger, run)
        if await privacy.hides_payees(answerer.provider.name, answerer.provider.host):
            task = replace(task, also_told=())  # the names of merchants
        groups, asked = await self._questions(ledger, run, batch)
        if not asked:
            await self._finish(ledger, run, batch, wanted, groups, Answers({}, ()))
            return
        expected = await to_thread.run_sync(expected_tokens, answerer, task, asked)
        pacing = _pacing(run, wanted, await request_cost(ledger, self._usage, answerer, expected))
        purpose = Purpose(OPERATIONS[run.kind], ledger.household, run_id=run.id)

        async def admitted(connection: AsyncConnection, row: UsageRow) -> float | None:
            if not await is_running(connection, ledger, run.id):
                raise RunEnded
            return await pacing(connection, row)

        asker = Asker(ledger, self._usage, purpose, tracing=self._tracing, gate=admitted, privacy=privacy)
        async with self._place(ledger, answerer, pacing.at_once):
            span = self._tracing.run(kind=run.kind, run_id=run.id, household_id=ledger.household, batch=batch.number)
            said: Answers | None = None
            with span, suppress(RunEnded):
                said = await answers(answerer, task, asked, asker.response)
        if said is None:
            await skip(ledger, batch)
            return
        self._learned[_named(answerer)] = said.learned.updated(self._learned.get(_named(answerer), Abilities()))
        async with self._turn_to_finish:  # one at a time, so that requests that could begin wait for one at most
            await self._finish(ledger, run, batch, wanted, groups, said)

    async def _questions(
        self, ledger: Ledger, run: Run, batch: Batch
    ) -> tuple[dict[int, Sequence[int]], list[Question]]:
        """The groups without what was decided meanwhile, by the transaction that is asked about, and the questions."""
        async with ledger.store.reading() as connection:
            there = await still_open(connection, ledger, run.kind, [each for group in batch.groups for each in group])
            left = [rest for group in batch.groups if (rest := [each for each in group if each in there])]
            return {group[0]: group for group in left}, await questions(connection, ledger, left)

    async def _finish(
        self,
        ledger: Ledger,
        run: Run,
        batch: Batch,
        wanted: Preferences,
        groups: Mapping[int, Sequence[int]],
        said: Answers,
    ) -> None:
        """Write what came of the batch and that it is through, in one transaction, unless that was done before."""
        mode: Mode = "suggest" if run.order.suggest_only else wanted.model
        for tries_left in reversed(range(_TRIES)):
            try:
                async with editing_run(ledger, run.id, "model") as edit:
                    if await is_open(edit.connection, ledger, batch):
                        await finish(edit.connection, ledger, batch, await _taken(edit, run, mode, groups, said))
                        await model_edit_said(edit, run.id, run.model or "a model")
                return
            except AlreadyUndone:
                _log.info("A batch was answered after its run had been undone; nothing was filed.")
                return
            except StoreBusy:
                if not tries_left:
                    raise

    # -------------------------------------------------------------------------------------------------------- shared

    async def _answerer(self, ledger: Ledger, run: Run) -> Answerer:
        """The model that the run began with, with what turned out about it on the way. Raises NobodyAnswers."""
        found = await self._answerers(ledger, f"{run.provider}/{run.model}")
        learned = self._learned.get(_named(found), Abilities())
        return msgspec.structs.replace(found, abilities=found.abilities.updated(learned))

    async def _task(self, ledger: Ledger, run: Run) -> Task:
        if run.id not in self._tasks:
            _make_room(self._tasks)
            self._tasks[run.id] = await task_of(ledger, run.kind)
        return self._tasks[run.id]

    def _privacy_in(self, ledger: Ledger, run: Run) -> HouseholdPrivacy:
        """As it was when the run's first batch was asked about: thousands of payees are not read for every batch."""
        if run.id not in self._privacies:
            _make_room(self._privacies)
            self._privacies[run.id] = HouseholdPrivacy(ledger)
        return self._privacies[run.id]

    def _place(self, ledger: Ledger, answerer: Answerer, at_once: int) -> CapacityLimiter:
        """So many of this process's batches ask the household's provider at once; the others wait here, in turn.

        The gate at the usage log holds for all processes together, but those who wait for it have to look again.
        """
        place = self._places.setdefault((ledger.household, answerer.provider.name), CapacityLimiter(at_once))
        place.total_tokens = at_once
        return place

    @asynccontextmanager
    async def _failing(self, ledger: Ledger, run_id: str) -> AsyncIterator[None]:
        """When something fails that nobody foresaw, the run has failed, and does not stay under way for ever."""
        try:
            yield
        except Exception:
            await self._end(
                ledger, run_id, "failed", "It failed inside Tuppence; the log says how. What was filed stays."
            )
            raise

    async def _end(self, ledger: Ledger, run_id: str, state: RunState, problem: str) -> None:
        async with ledger.store.writing() as connection:
            await end_run(connection, ledger, run_id, state, problem)


def _make_room(remembered: dict[str, Any]) -> None:
    """Forget the oldest runs."""
    while len(remembered) >= _RUNS:
        del remembered[next(iter(remembered))]


def _named(answerer: Answerer) -> tuple[str, str, str]:
    return answerer.provider.name, answerer.provider.host, answerer.model


async def task_of(ledger: Ledger, kind: RunKind) -> Task:
    """What a model is asked in a run of this kind."""
    if kind == "categorize":
        return categorize_task(await list_categories(ledger))
    async with ledger.store.reading() as connection:
        return merchants_task(await known_merchants(connection, ledger))


def _pacing(run: Run, wanted: Preferences, expected: Decimal | None) -> Pacing:
    """What the requests of the run have to keep to.

    A server that needs no key, such as one on one's own machine, is paid only where somebody has said its price.
    """
    provider = run.provider or ""
    pace, preset = wanted.pace(provider), PRESETS.get(provider)
    is_paid = preset is None or preset.needs_key or expected is not None
    run_cap = wanted.run_cap if run.order.cap is None else run.order.cap
    return Pacing(
        at_once=pace.at_once,
        per_minute=pace.per_minute,
        run_cap=picodollars(run_cap) if run_cap is not None and is_paid else None,
        month_cap=picodollars(wanted.month_cap) if wanted.month_cap is not None and is_paid else None,
        expected_cost=None if expected is None else picodollars(expected),
    )


async def _taken(edit: Editing, run: Run, mode: Mode, groups: Mapping[int, Sequence[int]], said: Answers) -> Outcome:
    """What comes of the verdicts, each of which is one for its whole group."""
    verdicts = list(said.verdicts.values())
    if run.kind == "merchants":
        verdicts = list(merged(verdicts, await known_merchants(edit.connection, edit.ledger)))
    sure = [each for each in verdicts if each.category_id is not None or each.merchant_name is not None]
    plain = [_suggested(run, each, identity) for each in sure if not each.suspicious for identity in groups[each.id]]
    odd = [_suggested(run, each, identity) for each in sure if each.suspicious for identity in groups[each.id]]
    taken = [await take_in(edit, plain, mode, run.id), await take_in(edit, odd, "suggest", run.id)]
    unsure = {each.id for each in verdicts} - {each.id for each in sure}
    return Outcome(
        filed=sum(len(each.filed) for each in taken),
        suggested=sum(each.suggested for each in taken),
        unanswered=sum(len(groups[each]) for each in said.unanswered),
        abstained=tuple(sorted(identity for each in unsure for identity in groups[each])),
        problem=" ".join(said.remarks) or None,
    )


def _suggested(run: Run, verdict: Verdict, identity: int) -> Suggested:
    return Suggested(
        transaction_id=identity,
        kind="category" if run.kind == "categorize" else "merchant",
        category_id=verdict.category_id,
        merchant_name=verdict.merchant_name,
        website=verdict.website,
        source="model",
        confidence=verdict.confidence,
        reason=f"{run.model} chose it" if run.kind == "categorize" else f"{run.model} recognised it",
    )

"""Measuring a model: it is asked about samples, and what it says, costs and takes is kept, also when it breaks off."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from tuppence.cli.filing.wanted import wanted_of
from tuppence.cli.wiring import UsageParts, opened_ledger, opened_providers, opened_usage
from tuppence.egress import asking_for
from tuppence.enrichment.evaluation_files import Subject
from tuppence.enrichment.evaluation_scores import Judged
from tuppence.llm import LLMError
from tuppence.llm.answerer import Answerer
from tuppence.settings import Settings
from tuppence.usage import UsageSummary

_FAILURES = 2
"""So many in a row end the asking."""

Batch = TypeVar("Batch")


class NotAnswered(Exception):
    """There is no answer; the message says why and what to do."""


@dataclass(slots=True)
class Notes:
    """What came of asking one model so far."""

    model: str
    """As "provider/model"."""
    samples: int
    """So many it is to be asked about."""
    judged: list[Judged] = field(default_factory=list)
    seconds: float = 0.0
    usage: UsageSummary | None = None
    """Of its requests; None before the first one."""
    problem: str | None = None
    """What kept it from answering, for people."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What asking a model will take."""

    requests: int
    """At least."""
    cost: Decimal | None
    """US dollars; None when unknown."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What models are asked."""

    subject: Subject
    samples: int
    estimate: Callable[[Answerer], Coroutine[Any, Any, Estimate]]
    ask: Callable[[UsageParts, Answerer, Notes, Callable[[], None]], Awaitable[None]]
    """Asks the answerer, over an empty household, and adds to the notes; calls the last one after every step."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is examined, and for whom."""

    answerers: Sequence[Answerer]
    household: int
    """On whose record it is what is sent."""


@asynccontextmanager
async def opened_answerers(settings: Settings, models: Sequence[str]) -> AsyncIterator[Asked]:
    """Whoever `models` name, without anybody to step in; nobody named: whom the household usually asks.

    Raises what `Providers.answerers` raises when one of them cannot be asked, StoreUnusable.
    """
    async with (
        opened_ledger(settings.home) as ledger,
        opened_providers(settings, ledger.store) as providers,
    ):
        wanted = [wanted_of(model) for model in models] or [None]
        answerers = [(await providers.answerers(ledger, each))[0] for each in wanted]
        yield Asked(answerers, ledger.household)


def name_of(answerer: Answerer) -> str:
    """As "provider/model"."""
    return f"{answerer.provider.name}/{answerer.model}"


async def measure(
    examination: Examination, answerer: Answerer, household: int, notes: Notes, told: Callable[[int], None]
) -> None:
    """Examine the answerer over a household in a temporary folder. told: gets how many samples are through."""
    with TemporaryDirectory(prefix="tuppence-eval-") as folder, asking_for(household):
        async with opened_usage(Path(folder)) as parts:
            parts.log.prepare()
            begun = time.monotonic()

            def step() -> None:
                notes.seconds = time.monotonic() - begun
                told(len(notes.judged))

            try:
                await examination.ask(parts, answerer, notes, step)
            finally:
                (notes.usage,) = await parts.log.summaries(parts.ledger.household)


async def ask_each(
    batches: Sequence[Batch],
    ask: Callable[[Batch], Awaitable[Sequence[Judged]]],
    notes: Notes,
    step: Callable[[], None],
) -> None:
    """Ask about one batch after the other. One that fails is noted and left out; two in a row end it."""
    failures = 0
    for batch in batches:
        try:
            notes.judged += await ask(batch)
            failures = 0
        except (LLMError, NotAnswered) as error:
            notes.problem = str(error)
            failures += 1
        step()
        if failures == _FAILURES:
            return


def spread(samples: Sequence[Batch], limit: int | None) -> Sequence[Batch]:
    """At most `limit` of the samples, spread evenly over all: files are often sorted by difficulty. None: all."""
    if limit is None or limit >= len(samples):
        return samples
    return [samples[place * len(samples) // limit] for place in range(limit)]

"""What follows an import at the command line: what the household wants to begin by itself."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuppence.cli.console import harmless
from tuppence.cli.filing.runs import ended_run, opened, outcome_of
from tuppence.cli.wiring import opened_usage
from tuppence.enrichment.background import opened_background
from tuppence.enrichment.runs import Run
from tuppence.ledger.household import Ledger
from tuppence.llm.answerer import Answerer

if TYPE_CHECKING:
    from tuppence.cli.event_loop import EventLoop


def follow_import(loop: "EventLoop", home: Path, *, quiet: bool) -> None:
    """Begin it. What costs nothing is done before this returns; for a model's answers nobody waits here.

    quiet: whether nothing is told of it.
    """
    begun = loop.run(_begun(home))
    free = [run for run in begun if run.provider is None]
    if free:
        with loop.entered(opened(home)) as wired:
            ended = [loop.run(ended_run(wired, run.id)) for run in free]
        if not quiet:
            sys.stdout.writelines(harmless(f"After the import: {outcome_of(run)}.\n") for run in ended)
    for run in begun:
        if run.provider is not None and not quiet:
            told = f"{run.model} is asked about the rest as soon as `tuppence serve` or `tuppence worker` runs.\n"
            sys.stdout.write(harmless(told))


async def _begun(home: Path) -> list[Run]:
    """The runs that the household wants now. They are kept; this process does not work on them."""

    async def answerer(ledger: Ledger, wanted: str | None) -> Answerer:
        from tuppence.assistant.providers import Providers  # only where a model is wanted: it takes long to import
        from tuppence.settings import read_settings

        async with Providers(read_settings(home)) as providers:
            return await providers.answerer(ledger, wanted)

    async with opened_usage(home) as parts:
        waiting = opened_background(parts.ledger.store, parts.log, parts.process_id, answerer, works=False)
        async with waiting as background:
            return await background.after_import(parts.ledger)

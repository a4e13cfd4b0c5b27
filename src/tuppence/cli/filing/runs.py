"""Filing at the command line: a quote, the consent to it, a run that is watched, and what came of it."""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tuppence.cli.answer.figures import dollars
from tuppence.cli.console import error_terminal, harmless
from tuppence.cli.failures import CommandFailed
from tuppence.cli.filing.quotes import consent, may_cost, print_quote, quote_as_json
from tuppence.cli.progress_bar import ProgressBar
from tuppence.cli.tables import cost_json, print_json, print_remark
from tuppence.enrichment.background import Background
from tuppence.enrichment.quotes import Quote
from tuppence.enrichment.run_work import OPERATIONS
from tuppence.enrichment.runs import Order, Run, RunKind, list_runs, run_of
from tuppence.ledger.household import Ledger
from tuppence.llm.closing import finished
from tuppence.usage.statistics import summaries

if TYPE_CHECKING:
    from tuppence.cli.event_loop import EventLoop

_LOOKS_EVERY = 0.2  # seconds
_GRACE = 10.0  # seconds for what is being asked, once a run is to end
_ID_SHOWN = 8  # characters of a run's id


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command files."""

    dry_run: bool = False
    agreed: bool = False
    """Whether a cost is agreed to beforehand."""
    as_json: bool = False


class Wired(Protocol):
    """Filing in the background over an open ledger."""

    @property
    def background(self) -> Background: ...

    @property
    def ledger(self) -> Ledger: ...


def carry_out(home: Path | None, order: Order, manner: Manner, undo: str | None) -> None:
    """File by the order, or undo a run: the beginning of its id, or "last". Raises CommandFailed."""
    if undo is None:
        file_by_order(home, order, manner)
    else:
        undo_run(home, order.kind, undo, manner)


def file_by_order(home: Path | None, order: Order, manner: Manner) -> None:
    """Quote the order, have it agreed to, run it to its end and tell what came of it. Raises CommandFailed."""
    from tuppence.cli.event_loop import EventLoop

    with EventLoop() as loop, loop.entered(opened(home)) as wired:
        quote = loop.run(wired.background.quote(wired.ledger, order))
        if manner.dry_run and manner.as_json:
            print_json(quote_as_json(quote))
            return
        if not manner.as_json and quote.transactions:
            print_quote(quote)
        if not (quote.asked or any(quote.free.values())):
            _tell_nothing(quote, manner)
            return
        if manner.dry_run:
            if quote.obstacle is not None:
                print_remark(quote.obstacle)
            return
        if quote.obstacle is not None:
            raise CommandFailed(f"{quote.obstacle} Or file what costs nothing: --free.")
        if quote.requests and may_cost(quote.provider, quote.cost):
            whom = f"{quote.model} at {quote.provider_title}"
            consent(quote.cost, whom=whom, requests=quote.requests, agreed=manner.agreed, as_json=manner.as_json)
        _tell_end(_followed(loop, wired, order), manner)


def undo_run(home: Path | None, kind: RunKind, run: str, manner: Manner) -> None:
    """Undo everything that a run did. run: the beginning of its id, or "last". Raises CommandFailed."""
    from tuppence.cli.event_loop import run as run_loop

    async def undone() -> tuple[Run, int, int]:
        async with opened(home) as wired:
            found = await _found(wired.ledger, kind, run)
            result = await wired.background.undo(wired.ledger, found.id)
            return found, result.restored, result.left_alone

    found, restored, left_alone = run_loop(undone())
    if manner.as_json:
        print_json({"run": found.id, "restored": restored, "left_alone": left_alone})
        return
    sys.stdout.write(f"Undone: {_changes(restored)} taken back.\n")
    if left_alone:
        sys.stdout.write(f"Left alone, as somebody changed the same since: {_changes(left_alone)}.\n")


def opened(home: Path | None) -> AbstractAsyncContextManager[Wired]:
    """The parts over the data folder, at work on what is to be done in the background."""
    from tuppence.cli.ask import chosen_settings
    from tuppence.cli.wiring import opened_background

    return opened_background(chosen_settings(home, provider=None, model=None))


async def _found(ledger: Ledger, kind: RunKind, run: str) -> Run:
    listed = [each for each in await list_runs(ledger, limit=100) if each.kind == kind]
    fitting = listed[:1] if run == "last" else [each for each in listed if run and each.id.startswith(run)]
    if len(fitting) != 1:
        raise CommandFailed(harmless(f"There is no single run “{run}”. Name it as it was told at its end, or: last."))
    return fitting[0]


# ------------------------------------------------------------------------------------------------------------ watching


class _RunBar(ProgressBar):
    """A progress bar that says what a run came to so far; what it waits for stands above, once."""

    _told: str | None = None

    def tell_run(self, run: Run) -> None:
        """So far it is."""
        self.tell(run.done, run.transactions)
        if self._shown is not None:
            progress, task = self._shown
            progress.update(task, description=harmless(_so_far(run)))
        if run.problem not in (None, self._told):
            error_terminal().print(harmless(run.problem or ""), soft_wrap=True)
        self._told = run.problem


def _followed(loop: "EventLoop", wired: Wired, order: Order) -> Run:
    """The run of this order, once it has ended. A signal cancels it, and then what was done is told."""
    with _RunBar("Filing" if order.kind == "categorize" else "Looking for merchants") as bar:
        return loop.run(_run_to_its_end(wired, order, bar))


async def _run_to_its_end(wired: Wired, order: Order, bar: _RunBar) -> Run:
    run = await wired.background.start(wired.ledger, order)
    try:
        while run.state == "running":
            bar.tell_run(run)
            await asyncio.sleep(_LOOKS_EVERY)
            run = await run_of(wired.ledger, run.id)
    except asyncio.CancelledError:
        await finished(lambda: _cancel(wired, run.id), within=_GRACE + 2)
        raise
    return run


async def ended_run(wired: Wired, run_id: str) -> Run:
    """The run, once it has ended."""
    while (run := await run_of(wired.ledger, run_id)).state == "running":  # noqa: ASYNC110 - it is kept in the database
        await asyncio.sleep(_LOOKS_EVERY)
    return run


async def _cancel(wired: Wired, run_id: str) -> None:
    """Let the run end between batches: what is being asked is paid for, and still filed if it is answered soon."""
    await wired.background.cancel(wired.ledger, run_id)
    run = await run_of(wired.ledger, run_id)
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            while (later := await _later(wired, run)) != run or await _is_being_asked(wired.ledger, run):
                run = later
    told = f"Stopped after {_through(run)}: {outcome_of(run)}. {_what_next(run)}"
    sys.stderr.write(harmless(told.strip()) + "\n")


async def _later(wired: Wired, run: Run) -> Run:
    await asyncio.sleep(_LOOKS_EVERY)
    return await run_of(wired.ledger, run.id)


async def _is_being_asked(ledger: Ledger, run: Run) -> bool:
    """Whether a request of such runs is under way."""
    async with ledger.store.reading() as connection:
        found = await summaries(connection, ledger.household, "operation", run.created_at, None, None)
    return any(each.open for each in found if each.key == OPERATIONS[run.kind])


# ------------------------------------------------------------------------------------------------------------- telling


def run_as_json(run: Run) -> dict[str, Any]:
    """The run for programs."""
    return {
        "run": run.id,
        "kind": run.kind,
        "state": run.state,
        "provider": run.provider,
        "model": run.model,
        "transactions": run.transactions,
        "done": run.done,
        "filed": run.filed,
        "suggested": run.suggested,
        "left": run.left,
        "unanswered": run.unanswered,
        "requests": run.requests,
        "cost": cost_json(run.cost),
        "cost_unknown": run.cost_unknown,
        "problem": run.problem,
    }


def _tell_nothing(quote: Quote, manner: Manner) -> None:
    kind = quote.order.kind
    if manner.as_json:
        print_json({"run": None, "kind": kind, "transactions": quote.transactions})
    elif not quote.transactions:
        missing = "category" if kind == "categorize" else "merchant"
        sys.stdout.write(f"There is nothing to do: no transaction lacks a {missing}.\n")
    elif quote.order.free_only:
        sys.stdout.write("Nothing can be said of these without a model.\n")
    else:
        sys.stdout.write("A model was asked about these before and was not sure. Ask it once more with --again.\n")


def _tell_end(run: Run, manner: Manner) -> None:
    """Raises CommandFailed when the run did not come to its end."""
    if manner.as_json:
        print_json(run_as_json(run))
    else:
        outcome = outcome_of(run)
        sys.stdout.write(harmless(f"{outcome[0].upper()}{outcome[1:]}.") + "\n")
        if told := _what_next(run):
            print_remark(told)
    if run.state != "completed":
        why = run.problem or "The run was cancelled elsewhere."
        raise CommandFailed(harmless(f"{why} It ended after {_through(run)}."))


def outcome_of(run: Run) -> str:
    """What came of it, as a part of a sentence: "filed 3 transactions"."""
    filed = "filed" if run.kind == "categorize" else "recognised the merchants of"
    parts = [f"{filed} {_transactions(run.filed)}"]
    parts += [f"suggested something for {run.suggested:,}"] if run.suggested else []
    parts += [f"left {run.left:,} of which the model was not sure"] if run.left else []
    parts += [f"no usable answer for {run.unanswered:,}"] if run.unanswered else []
    parts += [f"{_cost(run)} for {run.requests:,} {'request' if run.requests == 1 else 'requests'}"]
    return ", ".join(parts if run.requests else parts[:-1])


def _so_far(run: Run) -> str:
    parts = [f"filed {run.filed:,}"]
    parts += [f"suggested {run.suggested:,}"] if run.suggested else []
    parts += [_cost(run)] if run.cost is not None or run.cost_unknown else []
    return " · ".join(parts)


def _what_next(run: Run) -> str:
    """How to review and undo it; empty when there is nothing to."""
    review = "Review what was suggested in the web app (`tuppence serve`). " if run.suggested else ""
    undone = f"Undo all of it: tuppence {run.kind} --undo {run.id[:_ID_SHOWN]}" if run.can_be_undone else ""
    return (review + undone).strip()


def _cost(run: Run) -> str:
    if run.cost is None:
        return "cost unknown" if run.cost_unknown else dollars(Decimal(0))
    return f"{'at least ' if run.cost_unknown else ''}{dollars(run.cost)}"


def _through(run: Run) -> str:
    """How many something was said of. What a run that ended early passed over counts as done, and is not among them."""
    said = run.filed + run.suggested + run.left + run.unanswered
    return f"{min(said, run.transactions):,} of {_transactions(run.transactions)}"


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count:,} changes"


def _transactions(count: int) -> str:
    return "1 transaction" if count == 1 else f"{count:,} transactions"

"""Filing in the background: quotes and runs."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from tuppence.enrichment.runs import Cause, Order, Run, RunKind, RunSource, RunState
from tuppence.web.api.named import Id
from tuppence.web.background import RunId, begun, cancelled, run_named, runs_listed, undone
from tuppence.web.edits import undone_text
from tuppence.web.visitor import Served, Visiting

router = APIRouter(prefix="/api/runs", tags=["runs"])

MOST_NAMED = 50_000
Dollars = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{1,9}(\.\d{1,6})?$")]
"""US dollars with a point, as in "0.50"."""


class Model(BaseModel):
    """What is common to all that is sent."""

    model_config = ConfigDict(use_attribute_docstrings=True, strict=True)


def dollars_above_zero(text: str | None) -> str | None:
    """The same. Raises ValueError for nothing."""
    if text is not None and not Decimal(text) > 0:
        raise ValueError("a limit has to be above zero")
    return text


class NewRun(Model):
    """What is to be done."""

    kind: RunKind
    """"categorize": find categories; "merchants": recognise merchants."""
    transactions: list[Id] | None = Field(default=None, max_length=MOST_NAMED)
    """Their ids; null: all that are open. What is not there, or not open, is passed over."""
    limit: Annotated[int, Field(ge=1, lt=1 << 31)] | None = None
    """At most so many, the newest; null: all."""
    model: Annotated[str, StringConstraints(max_length=300)] | None = None
    """Who is asked, as `GET /api/models` names it; null: the usual one."""
    free_only: bool = False
    """Ask no model."""
    suggest_only: bool = False
    """File nothing at once, whatever the preferences say."""
    again: bool = False
    """Ask the model again what it was not sure about in earlier runs."""
    cap: Dollars | None = None
    """US dollars that the run may cost; null: what the preferences say."""

    _above_zero = field_validator("cap")(dollars_above_zero)

    @property
    def order(self) -> Order:
        """The same as the background takes it."""
        return Order(
            kind=self.kind,
            transactions=None if self.transactions is None else tuple(self.transactions),
            limit=self.limit,
            wanted=self.model,
            free_only=self.free_only,
            suggest_only=self.suggest_only,
            again=self.again,
            cap=None if self.cap is None else Decimal(self.cap),
        )


class QuotedRun(Model):
    """What a run would do, and cost."""

    transactions: int
    """So many it would be about."""
    free: Mapping[RunSource, int]
    """Of so many of them something would be said without asking, by who says it; "model": in an earlier run."""
    asked: int
    """So many the model would be asked about."""
    questions: int
    """In so many wordings: those told alike are asked about once."""
    requests: int
    provider: str | None
    """Null: nobody is, or can be, asked; so is `model`."""
    model: str | None
    input_tokens: int
    """Expected; so are the others."""
    output_tokens: int
    cost: str | None
    """US dollars; null when the price is unknown."""
    obstacle: str | None
    """Why no model can be asked although there is something to ask."""


class ListedRun(Model):
    """A run, as far as it is."""

    id: str
    kind: RunKind
    state: RunState
    """"capped": it stopped before it would have cost more than it may."""
    cause: Cause
    user: int | None
    """Who began it; null at the command line, and for an import by it."""
    provider: str | None
    """Null: no model is asked; so is `model`."""
    model: str | None
    transactions: int
    """So many it is about."""
    done: int
    """So many are through."""
    filed: int
    suggested: int
    not_sure: int
    """The model was not sure enough to say anything."""
    unanswered: int
    """No usable answer came."""
    requests: int
    cost: str | None
    """US dollars, as far as known; null when nothing of it is."""
    cost_unknown: bool
    """Whether some requests have cost something that nobody can tell."""
    problem: str | None
    """What it waits for, or what ended it early."""
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    undone_at: datetime.datetime | None
    can_be_undone: bool


class Runs(Model):
    """Some runs, newest first."""

    runs: list[ListedRun]
    next: str | None
    """Send it as `before` for those that follow; null when there are no more."""


class TakenBack(Model):
    """What came of undoing a run."""

    text: str
    """For people."""
    restored: int
    """How many changes of rows."""
    left_alone: int
    """Changed again since."""
    run: ListedRun


@router.post("/quote")
async def quote_run(visitor: Visiting, parts: Served, new: NewRun) -> QuotedRun:
    """What a run would do, and cost. Nothing is asked and nothing changes."""
    quote = await parts.background.quote(visitor.ledger, new.order)
    return QuotedRun(
        transactions=quote.transactions,
        free=dict(quote.free),
        asked=quote.asked,
        questions=quote.questions,
        requests=quote.requests,
        provider=quote.provider,
        model=quote.model,
        input_tokens=quote.input_tokens,
        output_tokens=quote.output_tokens,
        cost=dollars(quote.cost),
        obstacle=quote.obstacle,
    )


@router.post("", status_code=201)
async def begin_run(visitor: Visiting, parts: Served, new: NewRun) -> ListedRun:
    """Begin a run, which goes on in the background; only one of a kind at a time. Get a quote first."""
    return _listed(await begun(visitor, parts, new.order))


@router.get("")
async def get_runs(
    visitor: Visiting,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> Runs:
    """The latest runs, or those before one of them."""
    found, following = await runs_listed(visitor, limit, before)
    return Runs(runs=[_listed(one) for one in found], next=following)


@router.get("/{run_id}")
async def get_run(visitor: Visiting, run_id: RunId) -> ListedRun:
    """One run, as far as it is now."""
    return _listed(await run_named(visitor, run_id))


@router.post("/{run_id}/cancel")
async def cancel_run(visitor: Visiting, parts: Served, run_id: RunId) -> ListedRun:
    """Have a run ask nothing more; what it filed stays."""
    return _listed(await cancelled(visitor, parts, run_id))


@router.post("/{run_id}/undo")
async def undo_run(visitor: Visiting, parts: Served, run_id: RunId) -> TakenBack:
    """Take back all that a run filed and suggested; it is cancelled if it is under way."""
    came_of_it = await undone(visitor, parts, run_id)
    return TakenBack(
        text=undone_text(came_of_it),
        restored=came_of_it.restored,
        left_alone=came_of_it.left_alone,
        run=_listed(await run_named(visitor, run_id)),
    )


def _listed(run: Run) -> ListedRun:
    return ListedRun(
        id=run.id,
        kind=run.kind,
        state=run.state,
        cause=run.cause,
        user=run.user_id,
        provider=run.provider,
        model=run.model,
        transactions=run.transactions,
        done=run.done,
        filed=run.filed,
        suggested=run.suggested,
        not_sure=run.left,
        unanswered=run.unanswered,
        requests=run.requests,
        cost=dollars(run.cost),
        cost_unknown=run.cost_unknown,
        problem=run.problem,
        created_at=run.created_at,
        ended_at=run.ended_at,
        undone_at=run.undone_at,
        can_be_undone=run.can_be_undone,
    )


def dollars(cost: Decimal | None) -> str | None:
    """Without an exponent."""
    return None if cost is None else f"{cost:f}"

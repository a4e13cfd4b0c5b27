"""Runs: filing in the background. A run is a row; what a model is asked in it are its batches."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, insert, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.undoing import Undone, undo_edit
from tuppence.store.tables import edits, llm_usage, now, run_batches, runs, suggestions
from tuppence.usage import dollars
from tuppence.usage.row import COSTLY

RunKind = Literal["categorize", "merchants"]
RunState = Literal["running", "completed", "cancelled", "capped", "failed"]
Cause = Literal["person", "import"]
RunSource = Literal["rule", "memory", "classifier", "model"]
"""Who may say something in a run."""

FREE: tuple[RunSource, ...] = ("rule", "memory", "classifier", "model")
"""In this order they have the batches 0 to -3 of a run: what is known without asking, of a model from earlier runs."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done."""

    kind: RunKind
    transactions: tuple[int, ...] | None = None
    """Their ids; None: all that are open. Those that are not open are passed over."""
    limit: int | None = None
    """At most so many of them, the newest; None: all."""
    wanted: str | None = None
    """The model that is asked: "provider/model"; None: the usual one."""
    free_only: bool = False
    """Whether no model is asked."""
    suggest_only: bool = False
    """Whether nothing is filed at once, whatever the preferences say."""
    again: bool = False
    """Whether the model is asked again what it was not sure about in earlier runs."""
    cap: Decimal | None = None
    """US dollars that the run may cost; None: what the preferences say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run, as far as it is."""

    id: str
    kind: RunKind
    state: RunState
    cause: Cause
    user_id: int | None
    """Who began it; None at the command line, and after an import."""
    provider: str | None
    """The registered name; None: no model is asked."""
    model: str | None
    order: Order
    transactions: int
    """So many it is about."""
    done: int
    """So many of them are through."""
    filed: int
    """Transactions that were filed."""
    suggested: int
    """Transactions of which something was suggested."""
    left: int
    """Transactions of which the model was not sure enough to say anything."""
    unanswered: int
    """Transactions of which no usable answer came, although it was asked twice."""
    requests: int
    cost: Decimal | None
    """US dollars, as far as known; None when nothing of it is."""
    cost_unknown: bool
    """Whether some requests have cost something that nobody can tell."""
    problem: str | None
    """What it waits for while it runs, or what ended it early, for people."""
    created_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None
    can_be_undone: bool
    """Whether it filed something that has not been undone."""


class UnknownRun(LookupError):
    """The household has no such run."""

    def __init__(self) -> None:
        super().__init__("There is no such run.")


class RunRefused(ValueError):
    """The run cannot begin; the message says why and what to do."""


async def list_runs(ledger: Ledger, *, limit: int = 20, before: str | None = None) -> list[Run]:
    """The household's runs, newest first; with `before` only those older than this one. Raises UnknownRun."""
    async with ledger.store.reading() as connection:
        query = _runs(ledger).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
        if before is not None:
            mine = runs.c.household_id == ledger.household, runs.c.id == before
            if (moment := await connection.scalar(select(runs.c.created_at).where(*mine))) is None:
                raise UnknownRun
            then = tuple_(literal(moment, runs.c.created_at.type), literal(before))
            query = query.where(tuple_(runs.c.created_at, runs.c.id) < then)
        return [_run(row) for row in await connection.execute(query)]


async def run_of(ledger: Ledger, run_id: str) -> Run:
    """The run of this id, as far as it is now. Raises UnknownRun."""
    async with ledger.store.reading() as connection:
        return await run_on(connection, ledger, run_id)


async def run_on(connection: AsyncConnection, ledger: Ledger, run_id: str) -> Run:
    """The same over an open connection."""
    row = (await connection.execute(_runs(ledger).where(runs.c.id == run_id))).one_or_none()
    if row is None:
        raise UnknownRun
    return _run(row)


async def is_running(connection: AsyncConnection, ledger: Ledger, run_id: str) -> bool:
    """Whether the run has not ended."""
    return await connection.scalar(select(runs.c.state).where(_this(ledger, run_id))) == "running"


async def running_run(ledger: Ledger, kind: RunKind) -> Run | None:
    """The run of this kind that is under way; None: there is none."""
    async with ledger.store.reading() as connection:
        query = _runs(ledger).where(runs.c.kind == kind, runs.c.state == "running")
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else _run(row)


# -------------------------------------------------------------------------------------------------- beginning, ending


async def create_run(
    ledger: Ledger,
    order: Order,
    *,
    transactions: int,
    asked: tuple[str, str] | None,
    cause: Cause = "person",
    user_id: int | None = None,
) -> str:
    """Keep a new run and return its id. It begins when somebody works on it.

    transactions: how many it is about. asked: the provider and the model; None: no model is asked. Raises RunRefused
    when one of its kind is under way.
    """
    run_id = secrets.token_hex(16)
    provider, model = asked or (None, None)
    values = {
        "id": run_id,
        "household_id": ledger.household,
        "kind": order.kind,
        "state": "running",
        "cause": cause,
        "user_id": user_id,
        "provider": provider,
        "model": model,
        "orders": msgspec.json.encode(order).decode(),
        "transactions": transactions,
        "planned": False,
        "created_at": now(),
    }
    try:
        async with ledger.store.writing() as connection:
            await connection.execute(insert(runs).values(values))
    except IntegrityError as error:
        raise RunRefused("Such a run is under way already. Wait until it is through, or cancel it.") from error
    return run_id


async def end_run(
    connection: AsyncConnection, ledger: Ledger, run_id: str, state: RunState, problem: str | None = None
) -> bool:
    """Within a writing transaction: the run has ended so, unless it had before; whether it ended now.

    Batches that somebody is at may still be finished; the others find that it has ended.
    """
    ended = update(runs).where(_this(ledger, run_id), runs.c.state == "running")
    values = {"state": state, "problem": problem, "ended_at": now()}
    return (await connection.execute(ended.values(values))).rowcount == 1


async def cancel_run(ledger: Ledger, run_id: str) -> None:
    """Let the run end: what was filed stays, what was asked already is still filed. Raises UnknownRun."""
    async with ledger.store.writing() as connection:
        await run_on(connection, ledger, run_id)
        await end_run(connection, ledger, run_id, "cancelled")


async def say(ledger: Ledger, run_id: str, waits_for: str | None) -> None:
    """Tell people what the run waits for; None: it goes on. A run that has ended keeps what it said last."""
    told = runs.c.problem.is_distinct_from(waits_for)
    async with ledger.store.writing() as connection:
        still = update(runs).where(_this(ledger, run_id), runs.c.state == "running", told)
        await connection.execute(still.values(problem=waits_for))


async def undo_run(ledger: Ledger, run_id: str) -> Undone:
    """Undo everything that the run filed and suggested; it is cancelled if it is under way. Raises UnknownRun."""
    await cancel_run(ledger, run_id)
    mine = suggestions.c.household_id == ledger.household, suggestions.c.run_id == run_id
    async with ledger.store.writing() as connection:
        await connection.execute(update(runs).where(_this(ledger, run_id)).values(undone_at=now()))
        await connection.execute(
            update(suggestions).where(*mine, suggestions.c.state == "open").values(state="replaced", decided_at=now())
        )
        in_force = select(edits.c.id).where(_edits_of(ledger, run_id), edits.c.undone_at.is_(None))
        edit_ids = (await connection.scalars(in_force)).all()
    undone = [await undo_edit(ledger, edit_id) for edit_id in edit_ids]
    return Undone(sum(each.restored for each in undone), sum(each.left_alone for each in undone))


def edit_id_of(run_id: str, source: RunSource) -> str:
    """The id of the edit in which everything is that the run filed because `source` said so."""
    return hashlib.blake2b(f"{run_id} {source}".encode(), digest_size=16).hexdigest()


# ------------------------------------------------------------------------------------------------------------ reading


def _this(ledger: Ledger, run_id: str) -> ColumnElement[bool]:
    return and_(runs.c.household_id == ledger.household, runs.c.id == run_id)


def _edits_of(ledger: Ledger, run_id: str) -> ColumnElement[bool]:
    ids = [edit_id_of(run_id, source) for source in FREE]
    return and_(edits.c.household_id == ledger.household, edits.c.id.in_(ids))


_SUMMED = ("filed", "suggested", "unanswered")


def _runs(ledger: Ledger) -> Select[Any]:
    """The runs with the sums of their batches and of their requests."""
    run, batch, usage = runs.c, run_batches.c, llm_usage.c
    of_run = batch.household_id == run.household_id, batch.run_id == run.id

    def summed(what: ColumnElement[int]) -> Any:
        return select(func.coalesce(func.sum(what), 0)).where(*of_run).scalar_subquery()

    requests = usage.household_id == run.household_id, usage.run_id == run.id
    untold = case((usage.cost_picodollars.is_(None) & usage.outcome.in_(COSTLY), 1))
    return select(
        runs,
        *(summed(batch[name]).label(name) for name in _SUMMED),
        summed(batch.unsure).label("left"),
        summed(case((batch.state.in_(("open", "skipped")), batch.transactions), else_=0)).label("open"),
        summed(case((batch.number <= 0, batch.filed + batch.suggested), else_=0)).label("free"),
        select(func.count()).select_from(llm_usage).where(*requests).scalar_subquery().label("requests"),
        select(func.sum(usage.cost_picodollars)).where(*requests).scalar_subquery().label("cost"),
        select(func.count(untold)).where(*requests).scalar_subquery().label("untold"),
    ).where(run.household_id == ledger.household)


def _run(row: Row[Any]) -> Run:
    columns = row._mapping
    same = ("id", "kind", "state", "cause", "user_id", "provider", "model", "transactions", "left", "requests")
    return Run(
        **{name: columns[name] for name in (*same, *_SUMMED, "problem", "created_at", "ended_at", "undone_at")},
        order=msgspec.json.decode(row.orders, type=Order),
        done=row.transactions - row.open if row.planned else min(row.free, row.transactions),
        cost=None if row.cost is None else dollars(row.cost),
        cost_unknown=row.untold > 0,
        can_be_undone=row.undone_at is None and row.filed + row.suggested > 0,
    )

"""The batches of a run: each is claimed by one process, and is through once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.runs import end_run
from tuppence.ledger.household import Ledger
from tuppence.store import living_processes
from tuppence.store.tables import now, run_batches, runs

_HOPELESS = 3
"""So many batches may fail, as long as none has succeeded, before the run is given up."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some transactions of which a model is asked at once."""

    run_id: str
    number: int
    """From 1."""
    groups: tuple[tuple[int, ...], ...]
    """Ids of transactions. Those of one group are told alike, and the model is asked about the first of them."""


async def plan(ledger: Ledger, run_id: str, batches: Sequence[Sequence[Sequence[int]]]) -> None:
    """Keep what the model is to be asked, unless that was done before; a run without anything to ask is completed.

    batches: of each its groups.
    """
    async with ledger.store.writing() as connection:
        unplanned = runs.c.household_id == ledger.household, runs.c.id == run_id, runs.c.planned.is_(False)
        if not (await connection.execute(update(runs).where(*unplanned).values(planned=True))).rowcount:
            return
        if batches:
            rows = [_values(ledger, run_id, number, groups) for number, groups in enumerate(batches, 1)]
            await connection.execute(insert(run_batches), rows)
        else:
            await end_run(connection, ledger, run_id, "completed")


async def open_batches(ledger: Ledger, run_id: str) -> list[int]:
    """The numbers of the run's batches that are not through."""
    table = run_batches.c
    query = select(table.number).where(_of(ledger, run_id), table.state == "open").order_by(table.number)
    async with ledger.store.reading() as connection:
        return list(await connection.scalars(query))


async def claim(ledger: Ledger, run_id: str, number: int, process_id: str) -> Batch | None:
    """The batch, for whoever asks alone; None when it is through, or a living process is at it, this one included.

    A batch of a run that has ended is through: nothing of it is asked any more.
    """
    this = and_(_of(ledger, run_id), run_batches.c.number == number)
    async with ledger.store.writing() as connection:
        found = select(run_batches.c.groups, run_batches.c.process_id, runs.c.state).where(
            this, run_batches.c.state == "open", runs.c.household_id == run_batches.c.household_id, runs.c.id == run_id
        )
        row = (await connection.execute(found)).one_or_none()
        if row is None:
            return None
        if row.state != "running":
            await _end(connection, this, {"state": "skipped"})
            return None
        if row.process_id is not None and row.process_id in await living_processes(connection):
            return None
        await connection.execute(update(run_batches).where(this).values(process_id=process_id))
    return Batch(run_id, number, msgspec.json.decode(row.groups, type=tuple[tuple[int, ...], ...]))


async def is_open(connection: AsyncConnection, ledger: Ledger, batch: Batch) -> bool:
    """Whether what comes of the batch is still wanted: asked within the transaction that writes it."""
    this = and_(_of(ledger, batch.run_id), run_batches.c.number == batch.number, run_batches.c.state == "open")
    kept = runs.c.household_id == run_batches.c.household_id, runs.c.id == batch.run_id, runs.c.undone_at.is_(None)
    return await connection.scalar(select(run_batches.c.number).where(this, *kept)) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a batch, in transactions."""

    filed: int = 0
    suggested: int = 0
    unanswered: int = 0
    abstained: tuple[int, ...] = ()
    """The ids of those of which the model was not sure enough."""
    problem: str | None = None
    """What was wrong with its answers, for people."""


async def finish(connection: AsyncConnection, ledger: Ledger, batch: Batch, outcome: Outcome) -> None:
    """Within the transaction that files it: the batch is through; the run as well when it was the last one."""
    values = {
        "state": "done",
        "filed": outcome.filed,
        "suggested": outcome.suggested,
        "unanswered": outcome.unanswered,
        "unsure": len(outcome.abstained),
        "abstained": msgspec.json.encode(outcome.abstained).decode(),
        "problem": outcome.problem,
    }
    await _end(connection, and_(_of(ledger, batch.run_id), run_batches.c.number == batch.number), values)
    await _end_run_if_through(connection, ledger, batch.run_id)


async def skip(ledger: Ledger, batch: Batch) -> None:
    """The batch is not asked about any more, as its run has ended."""
    async with ledger.store.writing() as connection:
        this = and_(_of(ledger, batch.run_id), run_batches.c.number == batch.number)
        await _end(connection, this, {"state": "skipped"})


async def give_up(ledger: Ledger, batch: Batch, problem: str) -> None:
    """The batch has failed. When nothing but failures has come of the run so far, that ends it."""
    async with ledger.store.writing() as connection:
        this = and_(_of(ledger, batch.run_id), run_batches.c.number == batch.number)
        size = sum(map(len, batch.groups))
        await _end(connection, this, {"state": "failed", "problem": problem, "unanswered": size})
        counts = select(run_batches.c.state, func.count()).where(_of(ledger, batch.run_id), run_batches.c.number > 0)
        states = {row[0]: row[1] for row in await connection.execute(counts.group_by(run_batches.c.state))}
        if "done" not in states and (states["failed"] >= _HOPELESS or "open" not in states):
            await end_run(connection, ledger, batch.run_id, "failed", problem)
        else:
            await _end_run_if_through(connection, ledger, batch.run_id)


async def _end_run_if_through(connection: AsyncConnection, ledger: Ledger, run_id: str) -> None:
    left = select(func.count()).where(_of(ledger, run_id), run_batches.c.state == "open")
    if not await connection.scalar(left):
        await end_run(connection, ledger, run_id, "completed")


async def _end(connection: AsyncConnection, this: ColumnElement[bool], values: dict[str, Any]) -> None:
    still = and_(this, run_batches.c.state == "open")
    await connection.execute(update(run_batches).where(still).values(**values, ended_at=now()))


def _of(ledger: Ledger, run_id: str) -> ColumnElement[bool]:
    return and_(run_batches.c.household_id == ledger.household, run_batches.c.run_id == run_id)


def _values(ledger: Ledger, run_id: str, number: int, groups: Sequence[Sequence[int]]) -> dict[str, Any]:
    return {
        "household_id": ledger.household,
        "run_id": run_id,
        "number": number,
        "groups": msgspec.json.encode(groups).decode(),
        "transactions": sum(map(len, groups)),
        "state": "open",
        "filed": 0,
        "suggested": 0,
        "unanswered": 0,
        "unsure": 0,
        "abstained": "[]",
    }

"""Who may import into a household: one at a time. What the dead left half done is invisible, and is swept up here."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.import_rows import delete_slice, restore_rows
from tuppence.store import living_processes
from tuppence.store.tables import accounts, balances, households, imports, now, transactions

SLICE = 4000
"""So many rows are written in one transaction: others wait for it about a tenth of a second."""
LOOKING_SECONDS = 0.1
"""How often to look whether a running import of another process has ended; nothing tells us."""


class ImportLost(Exception):
    """This import was taken for dead and swept up by another one. Nothing of it is left; start it again."""

    def __init__(self) -> None:
        super().__init__(
            "The import stood still for so long that another one took over. Nothing was kept: start it again."
        )


@asynccontextmanager
async def turn_to_import(ledger: Ledger) -> AsyncIterator[AsyncConnection]:
    """A writing connection at a moment at which no import of the household is running; waits for such a moment.

    Running imports of the dead are ended first. Their rows are left to `sweep`.
    """
    while True:
        async with ledger.store.writing() as connection:
            # On SQLite the write lock keeps others out, elsewhere the household's row does.
            await connection.execute(
                select(households.c.id).where(households.c.id == ledger.household).with_for_update()
            )
            running = select(imports.c.id).where(_of(ledger), imports.c.state == "running")
            living = imports.c.process_id.in_(await living_processes(connection))
            if not (await connection.execute(running.where(living))).all():
                await connection.execute(
                    update(imports).where(_of(ledger), imports.c.state == "running").values(state="undone")
                )
                yield connection
                return
        await anyio.sleep(LOOKING_SECONDS)


async def still_running(connection: AsyncConnection, ledger: Ledger, ids: Sequence[int]) -> None:
    """Raise ImportLost unless these imports are still ours. To be asked in every transaction that writes for them."""
    query = select(imports.c.id).where(_of(ledger), imports.c.id.in_(ids), imports.c.state == "running")
    if len((await connection.execute(query)).all()) != len(ids):
        raise ImportLost


async def sweep(ledger: Ledger) -> None:
    """Delete what imports that never ended, or were undone, have left: rows in slices, then what they made besides."""
    left = and_(
        _of(ledger),
        imports.c.state == "undone",
        imports.c.finished_at.is_(None)
        | exists().where(transactions.c.household_id == ledger.household, transactions.c.import_id == imports.c.id),
    )
    async with ledger.store.reading() as connection:
        ids = (await connection.scalars(select(imports.c.id).where(left))).all()
    for identity in ids:
        more = True
        while more:
            async with ledger.store.writing() as connection:
                more = await delete_slice(connection, ledger, identity, SLICE)
    async with ledger.store.writing() as connection:
        never_done = and_(
            _of(ledger), imports.c.state == "undone", imports.c.finished_at.is_(None), imports.c.id.in_(ids)
        )
        dead = (await connection.scalars(select(imports.c.id).where(never_done))).all()
        await connection.execute(delete(imports).where(_of(ledger), imports.c.id.in_(dead)))
        await connection.execute(
            delete(accounts).where(accounts.c.household_id == ledger.household, accounts.c.created_by.in_(dead))
        )


async def give_up(ledger: Ledger, ids: Sequence[int]) -> None:
    """End running imports without a result and remove every trace of them."""
    async with ledger.store.writing() as connection:
        await connection.execute(
            update(imports)
            .where(_of(ledger), imports.c.id.in_(ids), imports.c.state == "running")
            .values(state="undone")
        )
    await sweep(ledger)


async def end_as_undone(connection: AsyncConnection, ledger: Ledger, import_id: int) -> None:
    """Take a finished import back, all at once: what it replaced is as before, what it added is invisible."""
    await restore_rows(connection, ledger, import_id)
    await connection.execute(
        delete(balances).where(balances.c.household_id == ledger.household, balances.c.import_id == import_id)
    )
    await connection.execute(
        update(imports).where(_of(ledger), imports.c.id == import_id).values(state="undone", finished_at=now())
    )


def _of(ledger: Ledger) -> ColumnElement[bool]:
    return imports.c.household_id == ledger.household

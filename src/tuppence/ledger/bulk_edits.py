"""Edits of so many rows that they are made in slices, between which others can write."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from sqlalchemy import Column, and_, select

from tuppence.ledger.edits import SLICE, AlreadyUndone, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.undoing import undo_edit
from tuppence.store.bulk import is_among
from tuppence.store.tables import transactions

NOTHING = Edited(None, 0)


async def edit_in_slices(
    ledger: Ledger,
    by: By,
    summary: str,
    ids: Sequence[int],
    change: Callable[[Editing, Sequence[int]], Awaitable[int]],
) -> Edited:
    """Call `change` with some of `ids` at a time, once at least, each time as a part of one edit.

    It returns how many rows are different, which is summed up. Until the last slice others see some of it. When one
    raises, or all is cancelled, what was done until then is undone.
    """
    done = NOTHING
    for first in range(0, max(len(ids), 1), SLICE):
        async with takes_back(ledger, done), editing(ledger, by, summary, into=done.edit_id) as edit:
            count = await change(edit, ids[first : first + SLICE])
            summary = edit.summary
        done = edited(edit, done.rows + count)
    return done


async def move_references(
    ledger: Ledger, by: By, summary: str, column: Column[int], identity: int, values: Mapping[str, Any]
) -> Edited:
    """Set `values` in the transactions whose `column` refers to `identity`, if these are too many to do so at once."""
    query = select(transactions.c.id).where(transactions.c.household_id == ledger.household, column == identity)
    async with ledger.store.reading() as connection:
        ids = (await connection.scalars(query)).all()
    if len(ids) <= SLICE:
        return NOTHING

    async def move(edit: Editing, some: Sequence[int]) -> int:
        these = is_among(edit.connection.dialect.name, [transactions.c.id], [[each] for each in some])
        return await edit.update(transactions, and_(column == identity, these), values)

    return await edit_in_slices(ledger, by, summary, ids, move)


@asynccontextmanager
async def takes_back(ledger: Ledger, done: Edited) -> AsyncIterator[None]:
    """When the block raises, or is cancelled, what was done before it is undone."""
    try:
        yield
    except BaseException:
        if done.edit_id is not None:
            with anyio.CancelScope(shield=True), suppress(AlreadyUndone):
                await undo_edit(ledger, done.edit_id)
        raise

"""What a person says of transfers: these two are one movement, or this one is none. Pairing never overrules it."""

import datetime
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import select

from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.ledger.transfers import DAYS_APART, Movement, shifted, stretches, transfer_changes
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions, transfers

COUNTERPARTS = 20
"""So many are listed at most."""


class NoTransfer(ValueError):
    """The two cannot be one movement between own accounts; the message says why."""


async def mark_transfer(ledger: Ledger, one: int, other: int, by: By = PERSON) -> Edited:
    """Say that two transactions are the two sides of a transfer between own accounts.

    What either was paired with before is free again. Raises LookupError for an id that the household does not have, and
    NoTransfer when they are of one account or both money in or both money out.
    """
    async with deciding(ledger, by, "Marked two transactions as a transfer") as edit:
        sides = [await movement_of(edit, identity) for identity in (one, other)]
        if sides[0].account == sides[1].account:
            raise NoTransfer("A transfer is between two accounts; both of these are of one account.")
        if sides[0].amount * sides[1].amount >= 0:
            raise NoTransfer("A transfer goes out of one account and into another; these two go the same way.")
        loosened = [movement for side in sides for movement in await let_go(edit, side.id)]
        made = await edit.insert(transfers, {"source": "person"})
        these = transactions.c.id.in_([one, other])
        count = await edit.update(transactions, these, {"transfer_id": made, "transfer_source": "person"})
        await pair_anew(edit, [movement.date for movement in (*sides, *loosened)])
        return edited(edit, count)


async def mark_no_transfer(ledger: Ledger, identity: int, by: By = PERSON) -> Edited:
    """Say that a transaction is no side of a transfer, whatever it looks like; what it was paired with is free again.

    Raises LookupError for an id that the household does not have.
    """
    async with deciding(ledger, by, "Marked a transaction as no transfer") as edit:
        row = await movement_of(edit, identity)
        loosened = await let_go(edit, identity)
        decided = {"transfer_id": None, "transfer_source": "person"}
        count = await edit.update(transactions, transactions.c.id == identity, decided)
        await pair_anew(edit, [movement.date for movement in (row, *loosened)])
        return edited(edit, count)


async def counterparts(ledger: Ledger, identity: int) -> list[Transaction]:
    """What could be the other side of a transaction, were it a transfer: the nearest in time first.

    Opposite amounts in its currency on other accounts, at most four days away, of which nobody has said what they are.
    Raises LookupError for an id that the household does not have.
    """
    own = await transaction(ledger, identity)
    rows = transactions.c
    days = rows.date.between(shifted(own.date, -DAYS_APART), shifted(own.date, DAYS_APART))
    query = select(rows.id, rows.date).where(
        visible(ledger),
        rows.amount == -own.amount.minor,
        rows.amount != 0,
        rows.currency == own.amount.currency,
        rows.account_id != own.account_id,
        rows.transfer_source.is_distinct_from("person"),
        days,
    )
    async with ledger.store.reading() as connection:
        found = (await connection.execute(query)).all()
    nearest = sorted(found, key=lambda row: (abs(row.date - own.date), row.id))[:COUNTERPARTS]
    return [await transaction(ledger, row.id) for row in nearest]


@asynccontextmanager
async def deciding(ledger: Ledger, by: By, summary: str) -> AsyncIterator[Editing]:
    """An edit that only a person may make. Raises ValueError for anybody else."""
    if not by.is_person:
        raise ValueError("Only a person says what is a transfer.")
    async with editing(ledger, by, summary) as edit:
        yield edit


async def movement_of(edit: Editing, identity: int) -> Movement:
    """The transaction as far as it matters here. Raises LookupError for an id that the household does not have."""
    rows = transactions.c
    query = select(rows.id, rows.account_id, rows.date, rows.amount, rows.currency)
    row = (await edit.connection.execute(query.where(visible(edit.ledger), rows.id == identity))).one_or_none()
    if row is None:
        raise LookupError(f"There is no transaction {identity}.")
    return Movement(*row)


async def let_go(edit: Editing, identity: int) -> list[Movement]:
    """Dissolve the transfer that a transaction is a side of, if it is one; return what it consisted of."""
    rows = transactions.c
    mine = select(rows.transfer_id).where(rows.household_id == edit.ledger.household, rows.id == identity)
    transfer = await edit.connection.scalar(mine)
    if transfer is None:
        return []
    query = select(rows.id, rows.account_id, rows.date, rows.amount, rows.currency).where(
        rows.household_id == edit.ledger.household, rows.transfer_id == transfer
    )
    sides = [Movement(*row) for row in await edit.connection.execute(query)]
    await _dissolve(edit, transfer)
    return sides


async def pair_anew(edit: Editing, days: Iterable[datetime.date]) -> None:
    """Pair what can have other counterparts now that rows of these days came, went or changed: a part of the edit."""
    for first, last in stretches(days):
        found = await transfer_changes(edit.connection, edit.ledger, first, last)
        for dissolved in found.dissolved:
            await _dissolve(edit, dissolved)
        for pair in found.pairs:
            made = await edit.insert(transfers, {"source": "pairing"})
            await edit.update(transactions, transactions.c.id.in_(pair), {"transfer_id": made, "transfer_source": None})


async def _dissolve(edit: Editing, transfer: int) -> None:
    free = {"transfer_id": None, "transfer_source": None}
    await edit.update(transactions, transactions.c.transfer_id == transfer, free)
    await edit.delete(transfers, transfers.c.id == transfer)

"""What a run filed: read from the journal, where each source has an edit of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from tuppence.enrichment.runs import FREE, edit_id_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.store.tables import edit_changes, transactions

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Filed:
    """What is there of what a run filed."""

    rows: tuple[Transaction, ...]
    """The first ones, as they are now."""
    total: int
    """How many there are."""


async def filed_by(ledger: Ledger, run_id: str) -> Filed:
    """The transactions that a run filed."""
    table = edit_changes.c
    ids = [edit_id_of(run_id, source) for source in FREE]
    query = select(table.rows).where(
        table.household_id == ledger.household, table.edit_id.in_(ids), table.table == transactions.name
    )
    async with ledger.store.reading() as connection:
        changes = (await connection.scalars(query.order_by(table.edit_id, table.position))).all()
    keys = [key for rows in changes for key in msgspec.json.decode(rows, type=list[tuple[int]])]
    found = list(dict.fromkeys(identity for (identity,) in keys))
    shown = []
    for identity in found[:SHOWN]:
        with suppress(LookupError):  # deleted meanwhile
            shown.append(await transaction(ledger, identity))
    return Filed(tuple(shown), len(found))

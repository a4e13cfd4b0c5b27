"""The imports into one account."""

import datetime
from dataclasses import dataclass

from sqlalchemy import select

from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import ImportCounts
from tuppence.store.tables import imports


@dataclass(frozen=True, slots=True)
class PastImport:
    """An import into an account, which is in force."""

    token: str
    """By which it can be undone."""
    filename: str
    finished_at: datetime.datetime
    counts: ImportCounts
    """What it did then; what became of its rows since does not change them."""


async def imports_into(ledger: Ledger, account_id: int, *, limit: int = 50) -> list[PastImport]:
    """The imports that are in force, the latest first; none for an account that is not ours.

    It looks at no transaction, and so takes no time however many there are.
    """
    table = imports.c
    mine = table.household_id == ledger.household, table.account_id == account_id, table.state == "done"
    columns = (table.token, table.filename, table.finished_at, table.rows_new, table.rows_same, table.rows_changed)
    query = select(*columns).where(*mine).order_by(table.id.desc()).limit(limit)
    async with ledger.store.reading() as connection:
        return [
            PastImport(token, filename, finished_at, ImportCounts(*counts))
            for token, filename, finished_at, *counts in await connection.execute(query)
        ]

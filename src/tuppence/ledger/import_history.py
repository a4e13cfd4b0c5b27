"""The imports of a household, as people look back on them, and what taking one back would change."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import ImportCounts
from tuppence.store.tables import accounts, balances, import_changes, imports, transaction_tags, transactions


@dataclass(frozen=True, slots=True)
class FinishedImport:
    """The import of one account of a file, which is in force."""

    token: str
    """By which it can be undone."""
    filename: str
    account_id: int
    account: str
    counts: ImportCounts
    """What it did then; what became of its rows since does not change them."""
    finished_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class UndoEffects:
    """What taking an import back would change."""

    removed: int
    """Transactions that go."""
    restored: int
    """Transactions that are again what they were before, such as pending."""
    edited: int
    """Of those removed: so many were filed, tagged, noted or paired by a person since, which goes with them."""
    balances: int
    """Stated balances that go."""


async def list_imports(
    ledger: Ledger, *, account_id: int | None = None, limit: int = 30, before: str | None = None
) -> list[FinishedImport]:
    """The imports that are in force, the latest first; those after the one with the token `before`.

    account_id: only those into this account, of which there are none when it is not ours.
    """
    query = _imports(ledger).order_by(imports.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(imports.c.account_id == account_id)
    if before is not None:
        place = select(imports.c.id).where(imports.c.household_id == ledger.household, imports.c.token == before)
        query = query.where(imports.c.id < place.scalar_subquery())
    return await _found(ledger, query)


async def imports_of(ledger: Ledger, tokens: Sequence[str]) -> list[FinishedImport]:
    """Those of `tokens` that are in force, in the order in which they were made."""
    if not tokens:
        return []
    return await _found(ledger, _imports(ledger).where(imports.c.token.in_(tokens)).order_by(imports.c.id))


async def undo_effects(ledger: Ledger, token: str) -> UndoEffects:
    """What taking the import back would change. Raises LookupError when it is not in force."""
    rows = transactions.c
    async with ledger.store.reading() as connection:
        identity = await connection.scalar(
            select(imports.c.id).where(
                imports.c.household_id == ledger.household, imports.c.token == token, imports.c.state == "done"
            )
        )
        if identity is None:
            raise LookupError("There is no import of that name that could be undone.")
        mine = and_(rows.household_id == ledger.household, rows.import_id == identity)
        was_there = exists().where(
            import_changes.c.household_id == ledger.household,
            import_changes.c.import_id == identity,
            import_changes.c.transaction_id == rows.id,
        )
        count = select(func.count()).select_from(transactions)
        removed = await connection.scalar(count.where(mine, ~was_there))
        restored = await connection.scalar(count.where(mine, was_there))
        edited = await connection.scalar(count.where(mine, ~was_there, _is_edited(ledger)))
        stated = select(func.count()).select_from(balances)
        anchors = await connection.scalar(
            stated.where(balances.c.household_id == ledger.household, balances.c.import_id == identity)
        )
    return UndoEffects(removed or 0, restored or 0, edited or 0, anchors or 0)


def _is_edited(ledger: Ledger) -> ColumnElement[bool]:
    """A person said something about the row."""
    rows = transactions.c
    tagged = exists().where(
        transaction_tags.c.household_id == ledger.household, transaction_tags.c.transaction_id == rows.id
    )
    return or_(
        rows.category_source == "person",
        rows.merchant_source == "person",
        rows.transfer_source == "person",
        rows.notes.is_not(None),
        tagged,
    )


def _imports(ledger: Ledger) -> Select[Any]:
    table = imports.c
    account = and_(accounts.c.household_id == ledger.household, accounts.c.id == table.account_id)
    columns = (table.token, table.filename, table.account_id, accounts.c.name, table.finished_at)
    counts = (table.rows_new, table.rows_same, table.rows_changed)
    query = select(*columns, *counts).join_from(imports, accounts, account)
    return query.where(table.household_id == ledger.household, table.state == "done")


async def _found(ledger: Ledger, query: Select[Any]) -> list[FinishedImport]:
    async with ledger.store.reading() as connection:
        return [
            FinishedImport(
                row.token,
                row.filename,
                row.account_id,
                row.name,
                ImportCounts(row.rows_new, row.rows_same, row.rows_changed),
                row.finished_at,
            )
            for row in await connection.execute(query)
        ]

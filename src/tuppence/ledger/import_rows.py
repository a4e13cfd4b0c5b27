"""What an import reads and writes of the transactions: the rows to compare with, the new ones, the changed ones."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.imports.matching import SETTLING_DAYS, Decision, FileRow, StoredRow, text_of
from tuppence.ledger.names import name_key
from tuppence.ledger.transfers import shifted
from tuppence.ledger.visibility import visible
from tuppence.store.bulk import insert_rows
from tuppence.store.tables import categories, import_changes, transactions

CategoryIds = dict[str, int]
"""The ids of a household's categories by `name_key` of their names."""


async def category_ids(ledger: Ledger) -> CategoryIds:
    """The household's categories, for rows whose file says how they are filed."""
    query = select(categories.c.name_key, categories.c.id).where(categories.c.household_id == ledger.household)
    async with ledger.store.reading() as connection:
        return {row.name_key: row.id for row in await connection.execute(query)}


async def rows_to_compare(
    connection: AsyncConnection, ledger: Ledger, account_id: int, rows: Sequence[FileRow]
) -> tuple[dict[tuple[bytes, int], StoredRow], list[StoredRow]]:
    """What `Matching.decisions` asks for: the account's rows equal to one of `rows`, and those near the others."""
    by_fingerprint = _stored(ledger, account_id).where(
        transactions.c.fingerprint.in_({row.fingerprint for row in rows})
    )
    equal = {
        (stored.fingerprint, stored.occurrence): stored
        for stored in await _fetched(connection, by_fingerprint)
        if stored.fingerprint is not None and stored.occurrence is not None
    }
    unknown = [row for row in rows if (row.fingerprint, row.occurrence) not in equal]
    if not unknown:
        return equal, []
    days = [row.date for row in unknown]
    near = _stored(ledger, account_id).where(
        transactions.c.currency.in_({row.currency for row in unknown}),
        transactions.c.date >= shifted(min(days), -SETTLING_DAYS),
        transactions.c.date <= shifted(max(days), SETTLING_DAYS),
    )
    if not any(row.row.pending for row in unknown):
        near = near.where(
            or_(transactions.c.pending.is_(True), transactions.c.amount.in_({row.amount for row in unknown}))
        )
    return equal, await _fetched(connection, near)


def _stored(ledger: Ledger, account_id: int) -> Select[Any]:
    rows = transactions.c
    return select(
        rows.id,
        rows.date,
        rows.amount,
        rows.currency,
        rows.description,
        rows.pending,
        rows.bank_id,
        rows.fingerprint,
        rows.occurrence,
    ).where(visible(ledger), rows.account_id == account_id)


async def _fetched(connection: AsyncConnection, query: Select[Any]) -> list[StoredRow]:
    return [StoredRow(*row) for row in await connection.execute(query)]


async def add_rows(connection: AsyncConnection, rows: Iterable[FileRow], filed: CategoryIds, **common: int) -> None:
    """Insert new rows. `common` are the columns that all of them share: household_id, account_id, import_id."""
    await insert_rows(connection, transactions, [{**_values(row), **_category(row, filed), **common} for row in rows])


def _values(row: FileRow) -> dict[str, Any]:
    return {
        "date": row.date,
        "month": row.date.year * 100 + row.date.month,
        "amount": row.amount,
        "currency": row.currency,
        "description": text_of(row.row),
        "payee": row.row.payee,
        "memo": row.row.memo,
        "pending": row.row.pending,
        "fingerprint": row.fingerprint,
        "occurrence": row.occurrence,
        "bank_id": row.row.bank_id,
        "value_date": row.row.value_date,
    }


def _category(row: FileRow, filed: CategoryIds) -> dict[str, Any]:
    category = filed.get(name_key(row.row.category)) if row.row.category else None
    return {"category_id": category, "category_source": None if category is None else "import"}


class _Replaced(msgspec.Struct, frozen=True):
    """What a booked row replaces of a pending one. The rest (category, notes, tags, ...) stays."""

    date: datetime.date
    month: int
    amount: int
    currency: str
    description: str
    payee: str | None
    memo: str | None
    pending: bool
    import_id: int | None
    fingerprint: bytes | None
    occurrence: int | None
    bank_id: str | None
    value_date: datetime.date | None


async def replace_rows(
    connection: AsyncConnection, ledger: Ledger, import_id: int, decisions: Iterable[Decision]
) -> None:
    """Put booked rows in the places of pending ones, keeping what these said so that it can be restored."""
    columns = [transactions.c[name] for name in _Replaced.__struct_fields__]
    for decision in decisions:
        row = (transactions.c.household_id == ledger.household, transactions.c.id == decision.stored)
        before = (await connection.execute(select(*columns).where(*row))).one()
        await connection.execute(
            insert(import_changes).values(
                household_id=ledger.household,
                import_id=import_id,
                transaction_id=decision.stored,
                before=msgspec.json.encode(_Replaced(*before)).decode(),
            )
        )
        await connection.execute(update(transactions).where(*row).values(**_values(decision.row), import_id=import_id))


async def restore_rows(connection: AsyncConnection, ledger: Ledger, import_id: int) -> None:
    """Give rows that an import replaced their former values.

    One whose place another row has taken since (the same one, imported again) stays with the import and goes with it.
    """
    query = select(import_changes.c.transaction_id, import_changes.c.before).where(
        import_changes.c.household_id == ledger.household, import_changes.c.import_id == import_id
    )
    for identity, before in (await connection.execute(query)).all():
        former = msgspec.json.decode(before, type=_Replaced)
        row = update(transactions).where(
            transactions.c.household_id == ledger.household,
            transactions.c.id == identity,
            transactions.c.import_id == import_id,
        )
        other = transactions.alias()
        taken = exists().where(
            other.c.household_id == ledger.household,
            other.c.account_id == transactions.c.account_id,
            other.c.fingerprint == former.fingerprint,
            other.c.occurrence == former.occurrence,
        )
        await connection.execute(row.where(~taken).values(msgspec.structs.asdict(former)))


async def delete_slice(connection: AsyncConnection, ledger: Ledger, import_id: int, size: int) -> bool:
    """Delete some rows of an import; return whether there may be more."""
    some = select(transactions.c.id).where(
        transactions.c.household_id == ledger.household, transactions.c.import_id == import_id
    )
    gone = await connection.execute(delete(transactions).where(transactions.c.id.in_(some.limit(size))))
    return gone.rowcount == size

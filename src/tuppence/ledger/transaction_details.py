"""What is known of one transaction beyond its line in a list: where it comes from, and what belongs to it."""

import datetime
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.ledger.visibility import visible
from tuppence.store.tables import imports, transactions, transfers

TransferSource = Literal["person", "pairing"]


@dataclass(frozen=True, slots=True)
class ImportedFrom:
    """The import that a transaction came with."""

    token: str
    """By which people and addresses name the import."""
    filename: str
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class TransactionDetails:
    """A transaction with all that is known of it."""

    transaction: Transaction
    value_date: datetime.date | None
    """From which day the bank counts it; None when the file does not say."""
    bank_id: str | None
    """As the bank names it."""
    imported_from: ImportedFrom | None
    """None: a person entered it."""
    transfer_source: TransferSource | None
    """Who says whether it is a transfer; a "person" may have said that it is none. None: nobody."""
    counterpart: Transaction | None
    """The other side of the transfer; None when it is none."""

    @property
    def is_entered_by_hand(self) -> bool:
        """Whether its date, amount and description can be changed, and the whole of it deleted."""
        return self.imported_from is None


async def transaction_details(ledger: Ledger, identity: int) -> TransactionDetails:
    """All about the transaction of this id. Raises LookupError when the household has none."""
    found = await transaction(ledger, identity)
    async with ledger.store.reading() as connection:
        row = await _origin(connection, ledger, identity)
        other = await _other_side(connection, ledger, found) if found.transfer_id is not None else None
    return TransactionDetails(
        transaction=found,
        value_date=row.value_date,
        bank_id=row.bank_id,
        imported_from=None if row.import_id is None else ImportedFrom(row.token, row.filename, row.created_at),
        transfer_source=_transfer_source(row),
        counterpart=None if other is None else await transaction(ledger, other),
    )


async def _origin(connection: AsyncConnection, ledger: Ledger, identity: int) -> Row[*tuple[Any, ...]]:
    rows = transactions.c
    mine = rows.household_id == ledger.household, rows.id == identity
    came_with = and_(imports.c.household_id == rows.household_id, imports.c.id == rows.import_id)
    paired_as = and_(transfers.c.household_id == rows.household_id, transfers.c.id == rows.transfer_id)
    query = (
        select(
            rows.value_date,
            rows.bank_id,
            rows.import_id,
            rows.transfer_source,
            imports.c.token,
            imports.c.filename,
            imports.c.created_at,
            transfers.c.source.label("paired_by"),
        )
        .select_from(transactions.outerjoin(imports, came_with).outerjoin(transfers, paired_as))
        .where(*mine)
    )
    if (row := (await connection.execute(query)).one_or_none()) is None:
        raise LookupError(f"There is no transaction {identity}.")
    return row


def _transfer_source(row: Row[*tuple[Any, ...]]) -> TransferSource | None:
    said = "person" if row.transfer_source == "person" else row.paired_by
    return cast(TransferSource | None, said)


async def _other_side(connection: AsyncConnection, ledger: Ledger, one: Transaction) -> int | None:
    rows = transactions.c
    query = select(rows.id).where(visible(ledger), rows.transfer_id == one.transfer_id, rows.id != one.id).limit(1)
    found: int | None = await connection.scalar(query)
    return found

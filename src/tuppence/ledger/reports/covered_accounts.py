"""Which accounts the figures of a report rest on."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible_accounts
from tuppence.store.tables import accounts, transactions


async def covered_accounts(connection: AsyncConnection, ledger: Ledger, *meant: ColumnElement[bool]) -> list[str]:
    """Names of the accounts with a transaction for which all of `meant` is true, in alphabetical order."""
    ids = select(transactions.c.account_id).where(*meant).distinct()
    query = select(accounts.c.name).where(visible_accounts(ledger), accounts.c.id.in_(ids))
    return list((await connection.scalars(query.order_by(accounts.c.name_key))).all())

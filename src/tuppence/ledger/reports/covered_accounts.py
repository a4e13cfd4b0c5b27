"""Which accounts the figures of a report rest on."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible_accounts
from tuppence.store.tables import accounts


async def names_of_accounts(connection: AsyncConnection, ledger: Ledger, ids: Collection[int]) -> list[str]:
    """Names of these accounts, in alphabetical order."""
    query = select(accounts.c.name).where(visible_accounts(ledger), accounts.c.id.in_(ids))
    return list((await connection.scalars(query.order_by(accounts.c.name_key))).all())

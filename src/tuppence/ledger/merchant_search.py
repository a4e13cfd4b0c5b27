"""Merchants found by what a person types of their names, or by id: a household has thousands of them."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant
from tuppence.ledger.names import name_key
from tuppence.store.tables import merchants


async def merchants_like(ledger: Ledger, text: str, limit: int = 10) -> list[Merchant]:
    """At most `limit` merchants whose names hold every word of `text`, those that begin with it first.

    Without any words: the first ones by name.
    """
    table, key = merchants.c, name_key(text)
    starts = case((table.name_key.startswith(key, autoescape=True), 0), else_=1)
    holds = (table.name_key.contains(word, autoescape=True) for word in key.split())
    query = (
        select(table.id, table.name, table.website)
        .where(table.household_id == ledger.household, *holds)
        .order_by(starts, func.length(table.name_key) if key else table.name_key, table.name_key)
        .limit(limit)
    )
    async with ledger.store.reading() as connection:
        return [Merchant(*row) for row in await connection.execute(query)]


async def merchants_by_id(ledger: Ledger, ids: Sequence[int]) -> dict[int, Merchant]:
    """The household's merchants of these ids; an id that it does not have is left out."""
    table = merchants.c
    query = select(table.id, table.name, table.website)
    async with ledger.store.reading() as connection:
        found = await connection.execute(query.where(table.household_id == ledger.household, table.id.in_(ids)))
        return {row.id: Merchant(*row) for row in found}

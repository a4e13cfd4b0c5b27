"""The tags people have put on transactions."""

from dataclasses import dataclass

from sqlalchemy import select

from tuppence.ledger.household import Ledger
from tuppence.store.tables import tags


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag."""

    id: int
    name: str


async def list_tags(ledger: Ledger) -> list[Tag]:
    """All tags of the household by name."""
    query = select(tags.c.id, tags.c.name).where(tags.c.household_id == ledger.household).order_by(tags.c.name_key)
    async with ledger.store.reading() as connection:
        return [Tag(*row) for row in await connection.execute(query)]

"""The titles of some chats, as far as somebody may read them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from tuppence.assistant.reader import Reader, readable
from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats

_AT_ONCE = 500  # ids in one statement


async def chat_titles(ledger: Ledger, ids: Collection[str], reader: Reader) -> dict[str, str]:
    """The titles, by id, of those of the chats that `reader` may read; empty ones of chats without a question."""
    wanted, found = list(dict.fromkeys(ids)), dict[str, str]()
    async with ledger.store.reading() as connection:
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            query = select(chats.c.id, chats.c.title).where(readable(ledger, reader), chats.c.id.in_(some))
            found |= {row.id: row.title for row in await connection.execute(query)}
    return found

"""What is in requests: finds the kinds of data of those on record, and writes them there."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select, update

from tuppence.egress.kinds import Kind, kinds_in
from tuppence.ledger.household import Ledger
from tuppence.privacy import HouseholdValues, household_values
from tuppence.privacy.finder import Finder
from tuppence.store import Store
from tuppence.store.tables import egress, llm_usage

CHECKING = "doctor"
"""The operation of requests in which nobody of the household says anything."""
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Unseen:
    """A request on record of which nobody knows yet what is in it."""

    id: str
    household_id: int | None
    operation: str | None
    body: bytes


async def finder_of(store: Store, household_id: int | None) -> Finder:
    """Finds the values of a household; where nobody knows whose request it is, what has a form of its own.

    Raises StoreUnusable.
    """
    values = HouseholdValues()
    if household_id is not None:
        values = await household_values(Ledger(store, household_id), payees=False)
    return await asyncio.to_thread(Finder, values)


async def look_into(store: Store, unseen: Sequence[Unseen]) -> None:
    """Find what is in some requests, and write it down. Raises StoreUnusable."""
    for household_id in dict.fromkeys(one.household_id for one in unseen):
        theirs = [one for one in unseen if one.household_id == household_id]
        finder = await finder_of(store, household_id)
        for one in theirs:
            found = await asyncio.to_thread(kinds_in, one.body, finder, asked=one.operation != CHECKING)
            async with store.writing() as connection:
                await connection.execute(update(egress).where(egress.c.id == one.id).values(kinds=_written(found)))


async def look_into_left_behind(ledger: Ledger) -> None:
    """The same for requests whose process died before it came to that, the latest ones first. Raises StoreUnusable."""
    columns = egress.c
    query = (
        select(columns.id, columns.household_id, llm_usage.c.operation, columns.body)
        .select_from(egress.outerjoin(llm_usage, llm_usage.c.id == columns.usage_id))
        .where(columns.household_id == ledger.household, columns.kinds.is_(None), columns.body.is_not(None))
        .order_by(columns.sent_at.desc())
        .limit(_AT_ONCE)
    )
    async with ledger.store.reading() as connection:
        found = (await connection.execute(query)).all()
    if found:
        await look_into(ledger.store, [Unseen(*row[:3], zlib.decompress(row.body)) for row in found])


def _written(kinds: Sequence[Kind]) -> str:
    return msgspec.json.encode(kinds).decode()

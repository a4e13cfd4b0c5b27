"""How many transactions still ask for something: a category, or to be booked."""

from dataclasses import dataclass

from sqlalchemy import select

from tuppence.ledger.days import Days
from tuppence.ledger.household import Ledger
from tuppence.ledger.sums import category_sums, total


@dataclass(frozen=True, slots=True)
class LooseEnds:
    """How many transactions of all times are not done with."""

    uncategorized: int
    """Without a category, not counting sides of transfers."""
    pending: int
    """Not booked yet."""


async def loose_ends(ledger: Ledger) -> LooseEnds:
    """What is not done with, counted from the sums that are kept."""
    uncategorized = pending = 0
    async with ledger.store.reading() as connection:
        for part in category_sums(ledger, Days()):
            row = part.c
            unfiled = (row.category_id == 0) & row.is_transfer.is_(False)
            open_ones = select(total(unfiled, row["count"]), total(row.pending, row["count"]))
            found = (await connection.execute(open_ones.where(unfiled | row.pending))).one()
            uncategorized, pending = uncategorized + (found[0] or 0), pending + (found[1] or 0)
    return LooseEnds(uncategorized, pending)

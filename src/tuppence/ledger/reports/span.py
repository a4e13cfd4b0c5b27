"""The span of a ledger: from its first to its last transaction."""

from sqlalchemy import select

from tuppence.ledger.household import Ledger
from tuppence.ledger.reports.period import Period
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions


async def span_of(ledger: Ledger) -> Period | None:
    """From the first day with a transaction to the last one; None while there are none."""
    day = transactions.c.date
    query = select(day).where(visible(ledger)).limit(1)
    async with ledger.store.reading() as connection:
        first = await connection.scalar(query.order_by(day))
        last = await connection.scalar(query.order_by(day.desc()))
    return Period(first, last) if first and last else None

"""Another household in the same house, with a way in for its owner."""

from datetime import datetime, timedelta

from sqlalchemy import insert

from tuppence.access.links import JOIN_LIFETIME, NewLink, join_link_on
from tuppence.ledger.default_categories import add_default_categories
from tuppence.ledger.household import Ledger
from tuppence.store import Store
from tuppence.store.tables import households, now


async def create_household(
    store: Store,
    name: str,
    *,
    currency: str | None = None,
    language: str = "en",
    lifetime: timedelta = JOIN_LIFETIME,
    moment: datetime | None = None,
) -> tuple[Ledger, NewLink]:
    """A new household with the default categories, and the link by which its owner joins.

    currency: ISO 4217, or None while nobody has said. language: of formats, as in "en" or "de-AT". Raises ValueError
    for an empty name.
    """
    shown = " ".join(name.split())
    if not shown or not shown.isprintable():
        raise ValueError("A household needs a name of visible characters.")
    moment = moment or now()
    values = {"name": shown, "currency": currency, "language": language, "created_at": moment}
    async with store.writing() as connection:
        made = await connection.execute(insert(households).values(values).returning(households.c.id))
        household = made.scalar_one()
        await add_default_categories(connection, household)
        return Ledger(store, household), await join_link_on(connection, household, "owner", moment, lifetime)

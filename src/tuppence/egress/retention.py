"""How long the bodies of requests are kept. Everything else about a request stays known."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.store import Store
from tuppence.store.tables import egress, household_settings, households, now

DAYS = 30
"""So long bodies are kept where nobody said otherwise."""
MOST_DAYS = 3650
_SETTING = "egress_days"
_SLICE = 200  # bodies that are removed in one transaction


async def kept_days(ledger: Ledger) -> int:
    """For how many days the household keeps the bodies of requests; 0: not at all. Raises StoreUnusable."""
    async with ledger.store.reading() as connection:
        return await days_in(connection, ledger.household)


async def set_kept_days(ledger: Ledger, days: int) -> None:
    """Keep bodies for so many days from now on, and remove those that are older.

    Raises ValueError for less than 0 and more than ten years, StoreUnusable.
    """
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(f"Give a number of days from 0 (nothing is kept) to {MOST_DAYS}.")
    named = (household_settings.c.household_id == ledger.household) & (household_settings.c.name == _SETTING)
    row = {"household_id": ledger.household, "name": _SETTING, "value": msgspec.json.encode(days).decode()}
    async with ledger.store.writing() as connection:
        await connection.execute(delete(household_settings).where(named))
        await connection.execute(insert(household_settings).values(row))
    await _forget(ledger.store, _older(ledger.household, days))


async def forget_all_bodies(ledger: Ledger) -> int:
    """Remove all bodies of the household; how many there were. Raises StoreUnusable."""
    return await _forget(ledger.store, egress.c.household_id == ledger.household)


async def forget_bodies(connection: AsyncConnection, ledger: Ledger, chat_id: str) -> None:
    """Within the transaction that deletes a chat: remove the bodies of its requests."""
    of_chat = (egress.c.household_id == ledger.household) & (egress.c.chat_id == chat_id)
    await connection.execute(update(egress).where(of_chat, egress.c.body.is_not(None)).values(body=None))


async def forget_old_bodies(store: Store) -> int:
    """Remove the bodies that are older than their households keep them; how many there were. Raises StoreUnusable."""
    async with store.reading() as connection:
        everybody = [*await connection.scalars(select(households.c.id)), None]
        old = [_older(household_id, await days_in(connection, household_id)) for household_id in everybody]
    return sum([await _forget(store, which) for which in old])


async def days_in(connection: AsyncConnection, household_id: int | None) -> int:
    """`kept_days` within a transaction; the usual ones where nobody knows whose request it is."""
    return read_days(await connection.scalar(select(days_of(literal(household_id)))))


def days_of(household_id: ColumnElement[int] | ColumnElement[int | None]) -> ScalarSelect[str]:
    """What a household said of the days, for a query; to be understood by `read_days`."""
    columns = household_settings.c
    return select(columns.value).where(columns.household_id == household_id, columns.name == _SETTING).scalar_subquery()


def read_days(kept: str | None) -> int:
    """The days that `days_of` selected."""
    return DAYS if kept is None else msgspec.json.decode(kept, type=int)


def _older(household_id: int | None, days: int) -> ColumnElement[bool]:
    theirs = egress.c.household_id == household_id  # "IS NULL" for none
    return theirs & (egress.c.sent_at <= now() - timedelta(days=days))


async def _forget(store: Store, which: ColumnElement[bool]) -> int:
    """Remove bodies, some at a time, so that nobody waits long for the database."""
    async with store.reading() as connection:
        found = list(await connection.scalars(select(egress.c.id).where(which, egress.c.body.is_not(None))))
    for first in range(0, len(found), _SLICE):
        some = egress.c.id.in_(found[first : first + _SLICE])
        async with store.writing() as connection:
            await connection.execute(update(egress).where(some).values(body=None))
    return len(found)

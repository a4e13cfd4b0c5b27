"""What a household prefers: small values by name, each kept as JSON."""

from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from tuppence.ledger.household import Ledger
from tuppence.store.tables import household_settings

T = TypeVar("T")


async def setting(ledger: Ledger, name: str, kind: type[T], default: T) -> T:
    """What the household prefers under `name`; `default` when it never said.

    kind: the type of the value, anything that msgspec can read from JSON. A value of another type, which an earlier
    version may have kept, counts as never said. Raises StoreUnusable.
    """
    query = select(household_settings.c.value).where(_named(ledger, name))
    async with ledger.store.reading() as connection:
        kept = await connection.scalar(query)
    if kept is None:
        return default
    try:
        return msgspec.json.decode(kept, type=kind)
    except msgspec.DecodeError:
        return default


async def set_setting(ledger: Ledger, name: str, value: object) -> None:
    """From now on the household prefers `value` under `name`; None: whatever the default is. Raises StoreUnusable."""
    row = {"household_id": ledger.household, "name": name, "value": msgspec.json.encode(value).decode()}
    async with ledger.store.writing() as connection:
        await connection.execute(delete(household_settings).where(_named(ledger, name)))
        if value is not None:
            await connection.execute(insert(household_settings).values(row))


def _named(ledger: Ledger, name: str) -> ColumnElement[bool]:
    return (household_settings.c.household_id == ledger.household) & (household_settings.c.name == name)

"""The secret by which a household's stand-ins are made: always the same, and nobody else's."""

from __future__ import annotations

import secrets

import msgspec
from sqlalchemy import delete, insert, select

from tuppence.ledger.household import Ledger
from tuppence.store.tables import household_settings

SETTING = "stand_ins"
_BYTES = 32


class _Kept(msgspec.Struct, frozen=True):
    secret: bytes


async def made_secret(ledger: Ledger) -> bytes:
    """The household's secret, 32 bytes: made now, unless somebody else has made it. Raises StoreUnusable, StoreBusy."""
    mine = (household_settings.c.household_id == ledger.household) & (household_settings.c.name == SETTING)
    async with ledger.store.writing() as connection:
        text = await connection.scalar(select(household_settings.c.value).where(mine))
        if (kept := secret_in(text)) is not None:
            return kept
        made = _Kept(secrets.token_bytes(_BYTES))
        value = msgspec.json.encode(made).decode()
        await connection.execute(delete(household_settings).where(mine))
        row = {"household_id": ledger.household, "name": SETTING, "value": value}
        await connection.execute(insert(household_settings).values(row))
    return made.secret


def secret_in(text: str | None) -> bytes | None:
    """The secret as it is kept; None where there is none that can be used."""
    try:
        kept = msgspec.json.decode(text or "", type=_Kept)
    except msgspec.DecodeError:
        return None
    return kept.secret if len(kept.secret) == _BYTES else None

"""What a household entered about its providers. Keys are encrypted, and only ever used where they were entered for."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from tuppence.access.addresses import checked_address
from tuppence.ledger.household import Ledger
from tuppence.llm.provider import Preset
from tuppence.llm.registry import preset_named
from tuppence.store.tables import now, provider_settings

if TYPE_CHECKING:
    from tuppence.access.secrets import KeyFile
    from tuppence.settings import Settings


class Keeping(enum.Enum):
    """Says of a key that the one that is saved is to be kept."""

    UNCHANGED = enum.auto()


Unchanged: TypeAlias = Literal[Keeping.UNCHANGED]
UNCHANGED: Final = Keeping.UNCHANGED


class KeyNeededAgain(Exception):
    """A saved key is never sent to another address than the one for which it was entered."""


class UnusableKey(ValueError):
    """What was entered is no key."""


class SavedProvider(msgspec.Struct, frozen=True):
    """What a household entered about a provider, but for its key, which nobody is shown."""

    name: str
    """As registered."""
    enabled: bool
    """False: it is not asked, even if the environment has a key for it."""
    has_key: bool
    base_url: str | None
    """As the official SDK of its wire takes it; None: the environment's address, or else the provider's own."""
    model: str | None
    """The model that is asked of it when nobody chose one; None: the provider's default."""
    updated_at: datetime


def private_allowed(settings: Settings, preset: Preset) -> bool:
    """Whether the address that people enter for a provider may be a private one."""
    return not preset.needs_key if settings.private_addresses is None else settings.private_addresses


async def saved_providers(ledger: Ledger) -> list[SavedProvider]:
    """All that the household entered, by name. Raises StoreUnusable."""
    return [saved for saved, _ in await saved_with_keys(ledger)]


async def saved_with_keys(ledger: Ledger) -> list[tuple[SavedProvider, str | None]]:
    """The same, each with its key, which is encrypted; None: it has none. Raises StoreUnusable."""
    columns = provider_settings.c
    query = select(provider_settings).where(columns.household_id == ledger.household).order_by(columns.name)
    async with ledger.store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return [
        (
            SavedProvider(
                row.name, row.enabled, row.encrypted_key is not None, row.base_url, row.model, row.updated_at
            ),
            row.encrypted_key,
        )
        for row in rows
    ]


async def save_provider(
    ledger: Ledger,
    keyfile: KeyFile,
    name: str,
    *,
    key: str | Unchanged | None,
    base_url: str | None,
    model: str | None,
    enabled: bool,
    private_allowed: bool,
) -> SavedProvider:
    """Keep what was entered about a provider, in place of what there was; as it is now.

    key: UNCHANGED for the one that is saved, None for none. base_url, model: None or blank, see SavedProvider.
    private_allowed: see the function of this name. Raises KeyNeededAgain when the address changes and a saved key was
    not entered anew, UnusableKey, AddressRefused, UnknownProvider, KeyFileUnusable, StoreUnusable.
    """
    preset = preset_named(name)
    address = (base_url or "").strip() or None
    if address is not None:
        address = await checked_address(address, private_allowed)
    encrypted = keyfile.encrypt(_usable(key)) if isinstance(key, str) else None
    moment = now()
    async with ledger.store.writing() as connection:
        earlier = (await connection.execute(select(provider_settings).where(_about(ledger, name)))).first()
        if key is UNCHANGED and earlier is not None and earlier.encrypted_key is not None:
            if earlier.base_url != address:
                raise KeyNeededAgain(
                    f"The address of {preset.title} has changed: enter its key again, so that it is not sent to an "
                    "address for which it was not meant."
                )
            encrypted = earlier.encrypted_key
        model = (model or "").strip() or None
        row = {"base_url": address, "model": model, "enabled": enabled, "updated_at": moment}
        await connection.execute(delete(provider_settings).where(_about(ledger, name)))
        keys = {"household_id": ledger.household, "name": name, "encrypted_key": encrypted}
        await connection.execute(insert(provider_settings).values(**keys, **row))
    return SavedProvider(name, enabled, encrypted is not None, address, model, moment)


async def forget_provider(ledger: Ledger, name: str) -> None:
    """Forget what was entered about a provider, its key too: what the environment says of it holds again.

    Raises StoreUnusable.
    """
    async with ledger.store.writing() as connection:
        await connection.execute(delete(provider_settings).where(_about(ledger, name)))


def _about(ledger: Ledger, name: str) -> ColumnElement[bool]:
    return (provider_settings.c.household_id == ledger.household) & (provider_settings.c.name == name)


def _usable(key: str) -> str:
    """The key without the space around it. Raises UnusableKey for what cannot stand in a request's header."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise UnusableKey("This is no key: keys are letters, digits and signs without spaces. Copy it once more.")
    return key

"""What a household enters about providers: keys are encrypted, and go nowhere but where they were entered for."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from tuppence.access.addresses import AddressRefused
from tuppence.access.secrets import KeyFile
from tuppence.assistant.provider_settings import (
    UNCHANGED,
    KeyNeededAgain,
    SavedProvider,
    UnusableKey,
    forget_provider,
    private_allowed,
    save_provider,
    saved_providers,
    saved_with_keys,
)
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import PRESETS, UnknownProvider
from tuppence.settings import Settings
from tuppence.store import Store
from tuppence.store.schema import prepare_database
from tuppence.store.tables import households, now

pytestmark = pytest.mark.anyio

KEY = "sk-of-the-household"
HERE, THERE = "http://127.0.0.1:1234", "http://127.0.0.1:4321"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "tuppence.db"
    prepare_database(path)
    return path


@pytest.fixture
async def ledger(tmp_path: Path, migrated: Path) -> AsyncIterator[Ledger]:
    shutil.copy(migrated, tmp_path)
    async with await Store.open(tmp_path) as store:
        yield await open_ledger(store)


@pytest.fixture
def keyfile(tmp_path: Path) -> KeyFile:
    return KeyFile.open(tmp_path)


async def save(ledger: Ledger, keyfile: KeyFile, name: str = "anthropic", **entered: Any) -> SavedProvider:
    usual: dict[str, Any] = {"key": UNCHANGED, "base_url": None, "model": None, "enabled": True}
    return await save_provider(ledger, keyfile, name, private_allowed=True, **{**usual, **entered})


async def key_of(ledger: Ledger, keyfile: KeyFile) -> str | None:
    """The only saved key, in clear."""
    ((_, encrypted),) = await saved_with_keys(ledger)
    return None if encrypted is None else keyfile.decrypt(encrypted)


async def test_what_was_entered_is_kept_and_its_key_is_in_no_file(ledger: Ledger, keyfile: KeyFile) -> None:
    saved = await save(ledger, keyfile, key=f" {KEY}\n", base_url=f"{HERE}/", model=" small ", enabled=False)
    assert await saved_providers(ledger) == [saved]
    assert (saved.base_url, saved.model, saved.enabled, saved.has_key) == (HERE, "small", False, True)
    assert await key_of(ledger, keyfile) == KEY
    assert KEY not in repr(saved) + msgspec.json.encode(saved).decode()
    await ledger.store.aclose()
    assert not [path for path in ledger.store.path.parent.iterdir() if KEY.encode() in path.read_bytes()]


async def test_a_key_is_kept_until_it_is_replaced_or_removed(ledger: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, key=KEY, base_url=HERE)
    assert (await save(ledger, keyfile, base_url="HTTP://127.0.0.1:1234/", model="other")).has_key
    assert await key_of(ledger, keyfile) == KEY
    await save(ledger, keyfile, key="another", base_url=HERE)
    assert await key_of(ledger, keyfile) == "another"
    assert not (await save(ledger, keyfile, key=None, base_url=HERE)).has_key


@pytest.mark.parametrize(("before", "after"), [(HERE, THERE), (HERE, None), (None, HERE), (HERE, f"{HERE}/v2")])
async def test_another_address_takes_the_key_again(
    ledger: Ledger, keyfile: KeyFile, before: str | None, after: str | None
) -> None:
    await save(ledger, keyfile, key=KEY, base_url=before)
    earlier = await saved_with_keys(ledger)
    with pytest.raises(KeyNeededAgain, match="address of Anthropic has changed"):
        await save(ledger, keyfile, base_url=after)
    assert await saved_with_keys(ledger) == earlier
    assert (await save(ledger, keyfile, key="for-the-other", base_url=after)).base_url == after
    assert (await save(ledger, keyfile, key=None, base_url=before)).has_key is False
    assert (await save(ledger, keyfile, base_url=after)).has_key is False  # there is none to be sent there


async def test_two_who_save_at_once_do_not_send_a_key_elsewhere(ledger: Ledger, keyfile: KeyFile) -> None:
    await save(ledger, keyfile, key=KEY, base_url=HERE)
    moving = save(ledger, keyfile, key="for-there", base_url=THERE)
    staying = save(ledger, keyfile, base_url=HERE, model="small")
    await asyncio.gather(moving, staying, return_exceptions=True)
    ((saved, _),) = await saved_with_keys(ledger)
    assert (saved.base_url, await key_of(ledger, keyfile)) == (THERE, "for-there")


@pytest.mark.parametrize("address", ["http://169.254.169.254/v1", "http://[::ffff:169.254.1.1]/", "ftp://127.0.0.1"])
async def test_some_addresses_are_always_refused(ledger: Ledger, keyfile: KeyFile, address: str) -> None:
    with pytest.raises(AddressRefused):
        await save(ledger, keyfile, key=KEY, base_url=address)
    assert await saved_providers(ledger) == []


async def test_private_ones_unless_they_are_allowed(ledger: Ledger, keyfile: KeyFile) -> None:
    entered: dict[str, Any] = {"key": KEY, "base_url": HERE, "model": None, "enabled": True}
    with pytest.raises(AddressRefused, match="own network"):
        await save_provider(ledger, keyfile, "anthropic", private_allowed=False, **entered)
    await save_provider(ledger, keyfile, "anthropic", private_allowed=True, **entered)


@pytest.mark.parametrize(
    ("said", "hosted", "at_home"), [(None, False, True), (True, True, True), (False, False, False)]
)
def test_which_providers_may_be_in_the_own_network(
    tmp_path: Path, said: bool | None, hosted: bool, at_home: bool
) -> None:
    settings = Settings(home=tmp_path, private_addresses=said)
    assert private_allowed(settings, PRESETS["anthropic"]) is hosted
    assert private_allowed(settings, PRESETS["ollama"]) is at_home


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "schlüssel"])
async def test_what_is_no_key_is_refused_without_being_repeated(ledger: Ledger, keyfile: KeyFile, key: str) -> None:
    with pytest.raises(UnusableKey) as unusable:
        await save(ledger, keyfile, key=key)
    assert not key.strip() or key not in str(unusable.value)
    assert await saved_providers(ledger) == []


async def test_an_unknown_provider(ledger: Ledger, keyfile: KeyFile) -> None:
    with pytest.raises(UnknownProvider):
        await save(ledger, keyfile, "nobody", key=KEY)


async def test_households_do_not_share_them(ledger: Ledger, keyfile: KeyFile) -> None:
    async with ledger.store.writing() as connection:
        values = {"name": "Next door", "language": "en", "created_at": now()}
        made = await connection.execute(insert(households).values(values).returning(households.c.id))
        next_door = Ledger(ledger.store, made.scalar_one())
    await save(ledger, keyfile, key=KEY)
    assert await saved_providers(next_door) == []
    await save(next_door, keyfile, key="theirs")
    await forget_provider(next_door, "anthropic")
    assert await saved_providers(next_door) == []
    assert await key_of(ledger, keyfile) == KEY

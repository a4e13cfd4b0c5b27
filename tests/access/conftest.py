"""What the tests of access share: a household in a store of its own, its people, and argon2 at its cheapest."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from tuppence.access.attempts import Attempts
from tuppence.access.entrances import join
from tuppence.access.households import create_household
from tuppence.access.links import join_link, pending_owner_link
from tuppence.access.passwords import Passwords
from tuppence.access.secrets import KeyFile
from tuppence.access.users import User
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store
from tuppence.store.schema import prepare_database

from .people import ANNAS_PASSWORD, BENS_PASSWORD


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "tuppence.db"
    prepare_database(path)
    return path


@pytest.fixture
async def store(tmp_path: Path, migrated: Path, anyio_backend: str) -> AsyncIterator[Store]:
    shutil.copy(migrated, tmp_path / "tuppence.db")
    async with await Store.open(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ledger(store: Store) -> Ledger:
    """The first household, in which nobody is yet."""
    return await open_ledger(store)


@pytest.fixture
async def others(store: Store, ledger: Ledger) -> Ledger:
    """Another household, made after the first."""
    made, _ = await create_household(store, "The others")
    return made


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(CHEAPEST)


@pytest.fixture
def attempts() -> Attempts:
    return Attempts()


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.open(tmp_path)


@pytest.fixture
async def anna(store: Store, ledger: Ledger, passwords: Passwords) -> User:
    """The owner of the first household."""
    link = await pending_owner_link(ledger)
    assert link is not None
    return (await join(store, passwords, link.secret, "Anna", ANNAS_PASSWORD)).user


@pytest.fixture
async def ben(store: Store, ledger: Ledger, passwords: Passwords, anna: User) -> User:
    """A member of the first household."""
    link = await join_link(ledger)
    return (await join(store, passwords, link.secret, "Ben", BENS_PASSWORD)).user

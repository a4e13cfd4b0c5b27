"""What the tests of outgoing requests share: two households in a store, and an understudy that sees what arrives."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from tuppence.egress import EgressLog
from tuppence.ledger.household import Ledger
from tuppence.store import Presence, Store
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database
from tuppence.store.tables import households, users
from tuppence.understudy import Understudy
from tuppence.usage import UsageLog
from tuppence.usage.pricing import load_prices

from .requests import household, user


@pytest.fixture(scope="session", autouse=True)
def prices() -> None:
    """Loaded once, so that no test waits for them."""
    load_prices()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, and copied for every test."""
    path = tmp_path_factory.mktemp("empty") / FILENAME
    prepare_database(path)
    return path


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    """Household 1, whose owner is Philippa Grantham (1) and whose member is Rowan (2); household 2, which is Ida's."""
    shutil.copy(empty_database, tmp_path)
    async with await Store.open(tmp_path) as store:
        async with store.writing() as connection:
            await connection.execute(insert(households), [household(1), household(2)])
            people = [
                user(1, 1, "Philippa Grantham", "owner"),
                user(2, 1, "Rowan", "member"),
                user(3, 2, "Ida Brandt", "owner"),
            ]
            await connection.execute(insert(users), people)
        yield store


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """Of household 1."""
    return Ledger(store, 1)


@pytest.fixture
async def log(store: Store) -> AsyncIterator[EgressLog]:
    async with EgressLog(store, calm=timedelta(0)) as log:
        yield log


@pytest.fixture
async def usage(store: Store) -> AsyncIterator[UsageLog]:
    async with Presence(store) as presence, UsageLog(store, presence.id) as usage:
        yield usage


@pytest.fixture
async def server() -> AsyncIterator[Understudy]:
    """An understudy with an empty script: tests add to it."""
    async with Understudy([]) as server:
        yield server

"""What the tests of usage rows share: a household in a store, a log, and a provider that speaks to the understudy."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from tuppence.llm import Provider, Retry, open_provider
from tuppence.store import Presence, Store
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database
from tuppence.store.tables import households
from tuppence.understudy import Understudy
from tuppence.usage import UsageLog
from tuppence.usage.pricing import load_prices

from .rows import household


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
    shutil.copy(empty_database, tmp_path)
    async with await Store.open(tmp_path) as store:
        async with store.writing() as connection:
            await connection.execute(insert(households), [household(1), household(2)])
        yield store


@pytest.fixture
async def presence(store: Store) -> AsyncIterator[Presence]:
    async with Presence(store) as presence:
        yield presence


@pytest.fixture
async def log(store: Store, presence: Presence) -> AsyncIterator[UsageLog]:
    async with UsageLog(store, presence.id) as log:
        yield log


@pytest.fixture
async def server() -> AsyncIterator[Understudy]:
    """An understudy with an empty script: tests add to it."""
    async with Understudy([]) as server:
        yield server


@pytest.fixture
async def provider(server: Understudy) -> AsyncIterator[Provider]:
    impatient = Retry(first=0.001)
    async with open_provider("anthropic", api_key="any", base_url=server.base_url, retry=impatient) as provider:
        yield provider

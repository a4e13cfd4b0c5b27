"""The small household: made once, and copied for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tuppence.ledger.household import Ledger
from tuppence.store import Store

from .small_household import small_household


@pytest.fixture(scope="session")
async def household(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> Path:
    """The folder of a closed store with the small household."""
    folder = tmp_path_factory.mktemp("household")
    async with await Store.open(folder) as store:
        await small_household(store)
    return folder


@pytest.fixture
async def ledger(household: Path, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Ledger]:
    shutil.copytree(household, tmp_path, dirs_exist_ok=True)
    async with await Store.open(tmp_path) as store:
        yield Ledger(store, household=1)

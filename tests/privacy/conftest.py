"""A ledger of its own for each test that needs one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store
from tuppence.store.schema import prepare_database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "tuppence.db"
    prepare_database(path)
    return path


@pytest.fixture
async def ledger(tmp_path: Path, migrated: Path) -> AsyncIterator[Ledger]:
    """The ledger of a new household."""
    shutil.copy(migrated, tmp_path / "tuppence.db")
    async with await Store.open(tmp_path) as store:
        yield await open_ledger(store)

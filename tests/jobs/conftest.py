"""A data folder of its own for each test, and jobs worked off over it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tuppence.jobs import dispatcher
from tuppence.store import Store
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database

from .working import POLL, working


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are looked for more often than a calm process does."""
    monkeypatch.setattr(dispatcher, "POLL", POLL)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty data folder, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    prepare_database(folder / FILENAME)

    async def open_once() -> None:
        async with await Store.open(folder) as store, working(store, {}):
            pass

    asyncio.run(open_once())
    return folder


@pytest.fixture
def home(tmp_path: Path, made: Path) -> Path:
    """A data folder with an empty store and without jobs."""
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
async def store(home: Path, anyio_backend: str) -> AsyncIterator[Store]:
    """The open store of that folder."""
    async with await Store.open(home) as opened:
        yield opened

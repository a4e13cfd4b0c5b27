"""What the tests of the command line share: a data folder, and an environment without anybody's settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuppence.cli.event_loop import EventLoop
from tuppence.store.engine import FILENAME
from tuppence.store.schema import prepare_database
from tuppence.understudy import Understudy
from tuppence.usage.pricing import load_prices

from .command import Command


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
def home(tmp_path: Path, empty_database: Path) -> Path:
    """A data folder with an empty ledger."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    shutil.copy(empty_database, folder)
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """For commands of their own processes: the data folder, and no key."""
    return {"PATH": os.environ["PATH"], "HOME": str(home.parent), "TUPPENCE_HOME": str(home)}


@pytest.fixture
def command(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """For commands within this process: the same, and no waiting before a request is repeated."""
    for name in os.environ:
        if name.startswith(("TUPPENCE_", "ANTHROPIC_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TUPPENCE_HOME", str(home))
    monkeypatch.setenv("TUPPENCE_ATTEMPTS", "1")
    return Command(capsys)


@pytest.fixture
def server(command: Command, monkeypatch: pytest.MonkeyPatch) -> Iterator[Understudy]:
    """An understudy, for which the environment names the address and a key."""
    with EventLoop() as loop, loop.entered(Understudy(api_key="right")) as understudy:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", understudy.base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "right")
        yield understudy

"""What the tests of tracing share: settings by variables, a collector, and tracing that is open."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tuppence.settings import Settings, read_settings
from tuppence.tracing import Tracing, opened_tracing

from .collector import Collector

Set = Callable[..., Settings]
"""Takes variables, gives the settings."""
Open = Callable[..., AbstractAsyncContextManager[Tracing]]
"""Takes variables besides those of the collector, opens tracing to it."""


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("TUPPENCE_", "LANGFUSE_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Set:
    def settings(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings(tmp_path)

    return settings


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def opened(collector: Collector, set_up: Set) -> Open:
    @asynccontextmanager
    async def tracing(**variables: str) -> AsyncIterator[Tracing]:
        async with opened_tracing(set_up(**collector.environment, **variables)) as tracing:
            yield tracing

    return tracing

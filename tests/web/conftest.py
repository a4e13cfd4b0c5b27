from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .served import Served
from .served import served as serving


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The app over an empty household."""
    with serving(tmp_path) as one:
        yield one


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A browser in which the household's owner is signed in."""
    with served.client(served.user()) as one:
        yield one

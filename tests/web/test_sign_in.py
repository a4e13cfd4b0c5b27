from __future__ import annotations

import httpx

from .served import Served


def test_nobody_enters_without_a_session(served: Served) -> None:
    with served.client() as client:
        assert client.get("/settings/you").headers["location"] == "/sign-in?then=/settings/you"


def test_signed_in(served: Served, client: httpx.Client) -> None:
    page = client.get("/settings/you")
    assert page.status_code == 200
    assert "Ada" in page.text

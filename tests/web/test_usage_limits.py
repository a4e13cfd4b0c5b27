"""Limits over HTTP: set, shown with how much of them is gone, and for owners to change."""

from __future__ import annotations

import datetime
from typing import Any

import httpx
import pytest

from tuppence.assistant.chats import new_chat
from tuppence.assistant.reader import Reader
from tuppence.llm import TokenUsage

from .asked import asked
from .served import Served

FORM = {"month_cost": "5.00", "month_tokens": "", "chat_cost": "", "chat_tokens": "20,000"}
NONE = {"month_cost": None, "month_tokens": None, "chat_cost": None, "chat_tokens": None}


def kept(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/limits").json()["limits"]
    return found


def today() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def test_limits_are_set_and_taken_away_on_their_page(client: httpx.Client) -> None:
    assert kept(client) == NONE
    assert client.post("/usage/limits", data=FORM).status_code == 200
    assert kept(client) == {**NONE, "month_cost": "5.00", "chat_tokens": 20_000}
    page = client.get("/usage/limits").text
    assert 'value="5.00"' in page
    assert 'value="20,000"' in page
    assert client.post("/usage/limits", data={**FORM, "month_cost": "0.0125"}).status_code == 200
    assert kept(client)["month_cost"] == "0.0125"
    assert 'value="0.0125"' in client.get("/usage/limits").text
    assert client.post("/usage/limits", data=dict.fromkeys(FORM, "")).status_code == 200
    assert kept(client) == NONE


def test_money_is_typed_as_the_household_types_it(client: httpx.Client) -> None:
    assert client.patch("/api/household", json={"language": "de"}).status_code == 200
    assert client.post("/usage/limits", data={**FORM, "month_cost": "1.000,50", "chat_tokens": ""}).status_code == 200
    assert kept(client)["month_cost"] == "1000.50"
    assert 'value="1000,50"' in client.get("/usage/limits").text
    assert client.post("/usage/limits", data={**FORM, "month_cost": "0,0125", "chat_tokens": ""}).status_code == 200
    assert kept(client)["month_cost"] == "0.0125"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"month_cost": "much"}, "amount of US dollars above 0"),
        ({"month_cost": "0"}, "amount of US dollars above 0"),
        ({"chat_cost": "-1"}, "amount of US dollars above 0"),
        ({"chat_cost": "2000000"}, "amount of US dollars above 0"),
        ({"month_tokens": "0"}, "Type a number above zero"),
        ({"chat_tokens": "9999999999999"}, "Type a number above zero"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: httpx.Client, changes: dict[str, str], words: str
) -> None:
    client.patch("/api/limits", json={"month_cost": "7"})
    page = client.post("/usage/limits", data={**FORM, **changes})
    assert page.status_code == 422
    assert words in page.text
    assert all(f'value="{typed}"' in page.text for typed in changes.values())
    assert kept(client) == {**NONE, "month_cost": "7"}


def test_how_much_is_gone_is_shown_and_warned_of(served: Served, client: httpx.Client) -> None:
    asked(served, today(), tokens=TokenUsage(700, 90))
    assert "limits</h2>" not in client.get("/usage").text
    client.patch("/api/limits", json={"month_tokens": 1000})
    page = client.get("/usage").text
    assert "790</span>" in page
    assert "of 1,000 tokens, 210 left" in page
    assert "nearly reached" not in page
    asked(served, today(), tokens=TokenUsage(5, 5))
    assert "The limit is nearly reached." in client.get("/usage").text
    asked(served, today(), tokens=TokenUsage(200, 0))
    page = client.get("/usage").text
    assert "The limit is reached." in page
    assert "0 left" in page
    (use,) = client.get("/api/limits").json()["uses"]
    assert use == {
        "name": "month_tokens", "limit": 1000, "used": 1000, "reserved": 0, "left": 0, "percent": 100, "unknown": 0,
    }  # fmt: skip


def test_limits_for_programs(served: Served, client: httpx.Client) -> None:
    found = client.patch("/api/limits", json={"month_cost": "0.01", "chat_tokens": 5000}).json()
    assert found["limits"] == {**NONE, "month_cost": "0.01", "chat_tokens": 5000}
    chat = served.run(new_chat(served.ledger, "Rent", Reader(None)))
    asked(served, today(), chat=chat.id)
    month, of_chat = client.get("/api/limits", params={"chat": chat.id}).json()["uses"]
    assert (month["name"], month["used"], month["left"]) == ("month_cost", "0.003", "0.007")
    assert (of_chat["name"], of_chat["used"], of_chat["left"]) == ("chat_tokens", 1100, 3900)
    assert client.get("/api/limits", params={"chat": "f" * 32}).status_code == 404
    changed = client.patch("/api/limits", json={"month_cost": None}).json()
    assert changed["limits"] == {**NONE, "chat_tokens": 5000}
    for wrong in ({"month_cost": "0"}, {"month_cost": "x"}, {"chat_tokens": 0}, {"month_tokens": True}):
        assert client.patch("/api/limits", json=wrong).status_code == 422
    assert kept(client) == {**NONE, "chat_tokens": 5000}


def test_only_owners_set_limits_and_chats_of_others_are_not_told(served: Served, client: httpx.Client) -> None:
    bob = served.user("Bob", "member")
    secret = served.run(new_chat(served.ledger, "A present for Ada", Reader(bob.id)))
    client.patch("/api/limits", json={"month_tokens": 1000})
    asked(served, today())
    assert client.get("/api/limits", params={"chat": secret.id}).status_code == 404
    with served.client(bob) as his:
        assert his.get("/api/limits").json()["limits"]["month_tokens"] == 1000
        assert "an owner can raise it" in his.get("/usage").text
        assert "/usage/limits" not in his.get("/usage").text
        assert his.patch("/api/limits", json={"month_tokens": 5}).status_code == 403
        assert his.post("/usage/limits", data=FORM).status_code == 403
        assert his.get("/usage/limits").status_code == 403

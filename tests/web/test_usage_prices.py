"""Own prices, exports and members over HTTP."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tuppence.assistant.chats import new_chat
from tuppence.assistant.reader import Reader

from .asked import asked
from .served import Served
from .test_usage import UNPRICED, days_ago

PRICE = {"provider": "anthropic", "model": UNPRICED, "input": "3", "output": "15.5"}
FORMULA = "=1+1"


def table(client: httpx.Client, **params: str) -> list[dict[str, str]]:
    response = client.get("/api/usage/export", params=params)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="tuppence-usage.csv"'
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


# ------------------------------------------------------------------------------------------------------------- prices


def test_a_price_is_set_shown_and_removed_on_its_page(served: Served, client: httpx.Client) -> None:
    before = asked(served, days_ago(1), model=UNPRICED)
    assert "the published prices hold" in client.get("/usage/prices").text
    page = client.post("/usage/prices", data={**PRICE, "cache_read": "0.0375"})
    assert page.status_code == 200
    assert "0.0375" in page.text
    asked(served, days_ago(1), model=UNPRICED)
    figures = client.get("/api/usage", params={"by": "model"}).json()["total"]
    assert (Decimal(figures["cost"]), figures["unknown_costs"]) == (Decimal("0.00455"), 1)  # (1000*3 + 100*15.5)/10**6
    assert "own price" in client.get("/usage").text
    removed = client.delete("/usage/prices", params={"provider": "anthropic", "model": UNPRICED})
    assert "the published prices hold" in removed.text
    assert client.delete("/usage/prices", params={"provider": "anthropic", "model": UNPRICED}).status_code == 404
    assert before.id in {row.id for row in served.run(served.parts.usage.rows(served.ledger.household))}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input": ""}, "Type what a million tokens cost"),
        ({"output": "much"}, "US dollars per million tokens"),
        ({"provider": "nobody"}, "There is no provider of that name"),
        ({"model": " "}, "Name the model"),
        ({"cache_read": "-1"}, "US dollars per million tokens"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: httpx.Client, changes: dict[str, str], words: str
) -> None:
    page = client.post("/usage/prices", data={**PRICE, **changes})
    assert page.status_code == 422
    assert words in page.text
    assert changes.get("model", UNPRICED) == " " or f'value="{UNPRICED}"' in page.text
    assert client.get("/api/usage/prices").json() == {"prices": []}


def test_prices_for_programs(client: httpx.Client) -> None:
    set_ = client.put("/api/usage/prices", json=PRICE).json()
    assert {name: set_[name] for name in PRICE} == PRICE
    assert client.get("/api/usage/prices").json()["prices"] == [set_]
    assert client.put("/api/usage/prices", json={**PRICE, "provider": "nobody"}).status_code == 422
    assert client.put("/api/usage/prices", json={**PRICE, "input": "9999999"}).status_code == 422
    named = {"provider": "anthropic", "model": UNPRICED}
    assert client.delete("/api/usage/prices", params=named).status_code == 204
    assert client.delete("/api/usage/prices", params=named).status_code == 404


def test_only_owners_set_prices(served: Served) -> None:
    with served.client(served.user("Bob", "member")) as bob:
        assert bob.put("/api/usage/prices", json=PRICE).status_code == 403
        assert bob.post("/usage/prices", data=PRICE).status_code == 403
        assert bob.get("/usage/prices").status_code == 403
        assert "/usage/prices" not in bob.get("/usage").text


# ------------------------------------------------------------------------------------------------------------ exports


def test_exports_are_those_of_the_days(served: Served, client: httpx.Client) -> None:
    rows = [asked(served, days_ago(days), model=FORMULA) for days in (40, 2, 1)]
    assert [row["id"] for row in table(client)] == [row.id for row in rows]
    assert table(client)[0]["model"] == f"'{FORMULA}"
    since = days_ago(2).date().isoformat()
    assert [row["id"] for row in table(client, since=since, until=since)] == [rows[1].id]
    values = client.get("/api/usage/export", params={"format": "json"})
    assert values.headers["content-type"] == "application/json"
    assert [(one["id"], one["model"]) for one in values.json()] == [(row.id, FORMULA) for row in rows]
    page = client.get("/usage").text
    assert 'href="/usage/export?format=csv"' in page
    assert [one["id"] for one in client.get("/usage/export?format=json").json()] == [rows[1].id, rows[2].id]
    assert client.get("/api/usage/export", params={"format": "xlsx"}).status_code == 422


def test_chats_of_others_are_not_named_in_an_export(served: Served, client: httpx.Client) -> None:
    bob = served.user("Bob", "member")
    secret = served.run(new_chat(served.ledger, "A present for Ada", Reader(bob.id)))
    asked(served, days_ago(1), chat=secret.id)
    with served.client(bob) as his:
        for kind in ("csv", "json"):
            assert secret.id not in client.get("/api/usage/export", params={"format": kind}).text
            mine = his.get("/api/usage/export", params={"format": kind}).text
            assert secret.id in mine
            assert "present" not in mine


# ------------------------------------------------------------------------------------------------------------ members


def test_members_are_named_to_owners_and_to_themselves(served: Served, client: httpx.Client) -> None:
    bob, eve = served.user("Bob", "member"), served.user("Eve", "member")
    for user in (bob, eve, eve):
        chat = served.run(new_chat(served.ledger, "Hm?", Reader(user.id)))
        asked(served, days_ago(1), chat=chat.id)
    asked(served, days_ago(1), operation="doctor")

    def told(reader: httpx.Client) -> list[tuple[Any, ...]]:
        figures = reader.get("/api/usage", params={"by": "member"}).json()["figures"]
        return sorted(((one["key"], one["title"], one["requests"]) for one in figures), key=str)

    assert told(client) == sorted([(str(bob.id), "Bob", 1), (str(eve.id), "Eve", 2), (None, None, 1)], key=str)
    page = client.get("/usage?by=member").text
    assert "<bdi>Bob</bdi>" in page
    assert "Nobody who is known" in page
    with served.client(bob) as his:
        assert told(his) == sorted([(str(bob.id), "Bob", 1), (None, None, 2), (None, None, 1)], key=str)
        page = his.get("/usage?by=member").text
        assert "Eve" not in page
        assert "Another member" in page

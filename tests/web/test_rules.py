"""Rules on their pages and in the API: forms that say what cannot be, previews, the order, undo."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.rules import Outcome, Rule, create_rule, list_rules
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import create_category, delete_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.web import rule_preview

from .served import Served
from .served import served as serving

TODAY = datetime.date.today()
HX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Books:
    account: int
    hats: int
    shoes: int
    fish: int
    """A transaction, without a category."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as one:
        yield one


@pytest.fixture
def ledger(served: Served) -> Ledger:
    """Of a household of its own."""
    return served.run(create_household(served.parts.store, "Home", currency="EUR"))[0]


@pytest.fixture
def client(served: Served, ledger: Ledger) -> Iterator[httpx.Client]:
    with served.client(served.user(f"Ada {ledger.household}", ledger=ledger)) as one:
        yield one


@pytest.fixture
def books(served: Served, ledger: Ledger) -> Books:
    return served.run(_books(ledger))


async def _books(ledger: Ledger) -> Books:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    hats, shoes = await create_category(ledger, "Hats"), await create_category(ledger, "Shoes")

    async def bought(what: str, minor: int) -> int:
        return (await add_transaction(ledger, NewTransaction(account.id, TODAY, minor, what))).id

    fish = await bought("POS DEBIT Fishmonger Ltd 4711", -1000)
    by_hand = await bought("Fishmonger Ltd", -500)
    await file_transactions(ledger, [by_hand], TransactionChange(category=shoes.id))
    await bought("Wages", 90000)
    return Books(account.id, hats.id, shoes.id, fish)


def rules_of(served: Served, ledger: Ledger) -> list[Rule]:
    return served.run(list_rules(ledger))


def undo_of(response: httpx.Response) -> str:
    told: dict[str, Any] = json.loads(response.headers["HX-Trigger"])["told"]
    return str(told["undo"])


def preview(client: httpx.Client, **form: Any) -> str:
    """What is said of the rule in the form."""
    text = client.get("/rules/preview", params=form).text
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_a_rule_is_added_shown_and_taken_back(
    served: Served, ledger: Ledger, client: httpx.Client, books: Books
) -> None:
    form = {"contains": " Fish  monger", "direction": "out", "minimum": "1,000.50", "category": str(books.hats)}
    done = client.post("/rules", data={**form, "tags": "sea, Food", "account": str(books.account)}, headers=HX)
    (rule,) = rules_of(served, ledger)
    assert rule.conditions.contains == "Fish monger"
    assert (str(rule.conditions.minimum), rule.conditions.accounts) == ("1000.50", (books.account,))
    assert rule.outcome == Outcome(category=books.hats, tags=("sea", "Food"))
    page = client.get(done.headers["HX-Redirect"]).text
    assert "contains “Fish monger”, money out, 1000.50 or more, on Purse" in page
    assert f'data-undo="/rules/{rule.id}/removal"' in page
    assert "data-undo" not in client.get("/rules").text
    removed = client.post(f"/rules/{rule.id}/removal", headers=HX)
    assert rules_of(served, ledger) == []
    client.post(undo_of(removed))
    assert rules_of(served, ledger) == [rule]


def test_a_merchant_is_made_when_it_is_new(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    form = {"contains": "fish", "merchant": "new:The Fishmonger"}
    assert "3 transactions" not in preview(client, **form)
    assert served.run(list_merchants(ledger)) == []
    assert client.post("/rules", data=form, headers=HX).status_code == 200
    (merchant,) = served.run(list_merchants(ledger))
    assert rules_of(served, ledger)[0].outcome == Outcome(merchant=merchant.id)


@pytest.mark.parametrize(
    ("typed", "said", "kept"),
    [
        ({"category": "CATEGORY"}, "A rule needs a condition", "selected"),
        ({"contains": "fish"}, "Say what holds", 'value="fish"'),
        ({"contains": "fish", "category": "NOWHERE"}, "There is no category", 'value="fish"'),
        ({"contains": "fish", "merchant": "NOWHERE"}, "There is no merchant", 'value="fish"'),
        ({"contains": "fish", "account": "NOWHERE", "category": "CATEGORY"}, "There is no account", 'value="fish"'),
        ({"contains": "fish", "transfer": "yes", "category": "CATEGORY"}, "neither income nor spending", "checked"),
        ({"contains": "fish", "minimum": "much", "category": "CATEGORY"}, "is no amount", 'value="much"'),
        ({"minimum": "20", "maximum": "10", "category": "CATEGORY"}, "Put the smaller one first", 'value="20"'),
        ({"pattern": "fish(", "category": "CATEGORY"}, 'id="pattern-error"', 'value="fish("'),
        ({"pattern": ".*", "category": "CATEGORY"}, 'id="pattern-error"', 'value=".*"'),
        ({"contains": "fish", "direction": "up", "category": "CATEGORY"}, "fish", 'value="fish"'),
        ({"contains": "x" * 201, "category": "CATEGORY"}, "200 characters at most", "x" * 201),
        ({"contains": "fish", "tags": "y" * 121}, "A tag has at most", "y" * 121),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(
    served: Served, ledger: Ledger, client: httpx.Client, books: Books, typed: dict[str, str], said: str, kept: str
) -> None:
    ids = {"CATEGORY": str(books.hats), "NOWHERE": "987654"}
    refused = client.post("/rules", data={name: ids.get(text, text) for name, text in typed.items()}, headers=HX)
    assert refused.status_code == 422
    assert said in refused.text
    assert kept in refused.text
    assert rules_of(served, ledger) == []


def test_a_rule_is_changed_and_what_stays_is_not_touched(
    served: Served, ledger: Ledger, client: httpx.Client, books: Books
) -> None:
    made = served.run(
        create_rule(ledger, Conditions(matches="fish.*ltd"), Outcome(category=books.hats, transfer=False))
    )
    page = client.get(f"/rules/{made.id}").text
    assert 'value="fish.*ltd"' in page
    assert f'value="{books.hats}" selected' in page
    form = {"pattern": "fish.*ltd", "category": str(books.shoes)}
    done = client.post(f"/rules/{made.id}", data=form, headers=HX)
    (rule,) = rules_of(served, ledger)
    assert rule.conditions == made.conditions
    assert rule.outcome == Outcome(category=books.shoes)
    edit = done.headers["HX-Redirect"].partition("said=")[2]
    assert f'data-undo="/edits/{edit}/undo"' in client.get(done.headers["HX-Redirect"]).text
    client.post(f"/edits/{edit}/undo")
    assert rules_of(served, ledger) == [made]


def test_the_order_and_the_switch(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    words = ["one", "two", "three"]
    made = [served.run(create_rule(ledger, Conditions(contains=each), Outcome(category=books.hats))) for each in words]
    moved = client.post(f"/rules/{made[2].id}/place", data={"place": "1"}, headers=HX)
    assert [one.conditions.contains for one in rules_of(served, ledger)] == ["three", "one", "two"]
    client.post(undo_of(moved))
    assert [one.conditions.contains for one in rules_of(served, ledger)] == words
    off = client.post(f"/rules/{made[0].id}/switch", data={"enabled": ""}, headers=HX)
    assert not rules_of(served, ledger)[0].enabled
    listed = client.get("/rules/list").text
    assert listed.count(" checked") == 2
    client.post(undo_of(off))
    client.post(f"/rules/{made[0].id}/switch", data={"enabled": "yes"}, headers=HX)
    assert rules_of(served, ledger)[0].enabled
    assert client.post(f"/rules/{made[0].id}/place", data={"place": "0"}, headers=HX).status_code == 422


def test_the_preview_says_what_would_change(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    said = preview(client, contains="fishmonger", category=books.hats)
    assert "2 transactions fit." in said
    assert "1 would be filed anew 1 you filed otherwise yourself, and it stays" in said
    assert "1 is filed so already" in preview(client, contains="fishmonger", category=books.shoes)
    assert "would" not in preview(client, contains="fishmonger")
    assert "0 transactions fit" in preview(client, contains="fishmonger", direction="in", category=books.hats)
    earlier = served.run(create_rule(ledger, Conditions(contains="fishmonger"), Outcome(category=books.shoes)))
    form = {"contains": "fishmonger", "category": books.hats}
    assert "2 are decided by a rule before this one" in preview(client, **form)
    assert "earlier" not in preview(client, **form, rule=earlier.id)
    assert "1 would be filed anew" in preview(client, **form, rule=earlier.id)


def test_the_preview_says_what_it_cannot_look_for(client: httpx.Client, books: Books) -> None:
    assert "A rule needs a condition" in preview(client)
    assert "pattern" in preview(client, pattern="fish(").lower() or "(" in preview(client, pattern="fish(")
    assert "is no amount" in preview(client, minimum="much")
    assert "0 transactions fit" in preview(client, contains="fishmonger", account=987654)


def test_a_rule_is_made_from_a_transaction(client: httpx.Client, books: Books) -> None:
    page = client.get(f"/rules/new?transaction={books.fish}").text
    assert 'name="contains" type="text" value="fishmonger"' in page
    assert 'value="out" selected' in page
    assert f"/rules/new?transaction={books.fish}" in client.get(f"/transactions?open={books.fish}").text


def test_what_it_said_may_be_gone(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    served.run(create_rule(ledger, Conditions(contains="fish"), Outcome(category=books.hats)))
    served.run(delete_category(ledger, books.hats))
    assert "What it said is gone" in client.get("/rules").text


def test_words_are_text(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    script = "<img src=x onerror=alert(1)>"
    made = served.run(create_rule(ledger, Conditions(contains=script), Outcome(tags=(script,))))
    for path in ("/rules", f"/rules/{made.id}", f"/rules/preview?contains={script}"):
        assert "<img" not in client.get(path).text


def test_another_household_sees_nothing(served: Served, ledger: Ledger, books: Books) -> None:
    made = served.run(create_rule(ledger, Conditions(contains="secretive"), Outcome(category=books.hats)))
    other, _ = served.run(create_household(served.ledger.store, "Other"))
    with served.client(served.user("Bea", ledger=other)) as client:
        assert "secretive" not in client.get("/rules").text
        assert client.get(f"/rules/{made.id}").status_code == 404
        assert client.get(f"/rules/new?transaction={books.fish}").status_code == 404
        for path in ("", "/switch", "/place", "/removal"):
            form = {"contains": "x", "category": "1", "place": "1"}
            assert client.post(f"/rules/{made.id}{path}", data=form).status_code == 404
    assert rules_of(served, ledger) == [made]


def test_api(served: Served, ledger: Ledger, client: httpx.Client, books: Books) -> None:
    asked = {"contains": "fishmonger", "minimum": "5", "accounts": [books.account]}
    new = {"conditions": asked, "outcome": {"category": books.hats, "tags": ["sea"]}}
    previewed = client.post("/api/rules/preview", json=new).json()
    assert previewed == {"fitting": 2, "fates": {"changed": 2}, "looked_at": None, "judged": None}
    made = client.post("/api/rules", json=new)
    assert made.status_code == 201
    rule = made.json()
    assert rule["text"] == "contains “fishmonger”, 5 or more, on Purse"
    assert rule["conditions"] == {**asked, "matches": "", "maximum": None, "direction": None}
    assert client.get("/api/rules").json() == {"rules": [rule]}
    second = client.post("/api/rules", json={"conditions": {"direction": "in"}, "outcome": {"transfer": True}}).json()
    moved = client.put(f"/api/rules/{second['id']}/place", json={"place": 1}).json()
    assert moved["rule"]["place"] == 1
    off = client.patch(f"/api/rules/{rule['id']}", json={"enabled": False, "outcome": {"tags": ["fish"]}}).json()
    assert (off["rule"]["enabled"], off["rule"]["place"]) == (False, 2)
    assert off["rule"]["outcome"] == {"category": None, "merchant": None, "tags": ["fish"], "transfer": False}
    client.post(f"/api/edits/{off['edit']}/undo").raise_for_status()
    assert client.get(f"/api/rules/{rule['id']}").json() == {**rule, "place": 2}
    assert client.delete(f"/api/rules/{rule['id']}").json()["edit"]
    assert client.get(f"/api/rules/{rule['id']}").status_code == 404
    assert [one.id for one in rules_of(served, ledger)] == [second["id"]]


@pytest.mark.parametrize(
    ("conditions", "outcome", "status"),
    [
        ({}, {"transfer": True}, 422),
        ({"contains": "x"}, {}, 422),
        ({"matches": "x("}, {"transfer": True}, 422),
        ({"minimum": "2", "maximum": "1"}, {"transfer": True}, 422),
        ({"minimum": "-1"}, {"transfer": True}, 422),
        ({"contains": "x"}, {"category": 987654}, 404),
        ({"contains": "x", "accounts": [987654]}, {"transfer": True}, 404),
    ],
)
def test_the_api_refuses_what_cannot_be(
    served: Served,
    ledger: Ledger,
    client: httpx.Client,
    conditions: dict[str, Any],
    outcome: dict[str, Any],
    status: int,
) -> None:
    refused = client.post("/api/rules", json={"conditions": conditions, "outcome": outcome})
    assert refused.status_code == status
    assert refused.json()["message"]
    assert rules_of(served, ledger) == []


def test_the_preview_says_how_much_it_looked_at(
    client: httpx.Client, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"direction": "out", "category": books.hats}
    monkeypatch.setattr(rule_preview, "_MOST_ASKED", 1)
    assert "2 transactions fit. Of the latest 1 of them: 1" in preview(client, **form)
    monkeypatch.setattr(rule_preview, "LOOKED_AT", 1)
    assert "0 transactions fit of the latest 1" in preview(client, **form)

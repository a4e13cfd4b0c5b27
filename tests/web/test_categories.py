"""Categories on their pages and in the API: figures, forms that keep what was typed, changes that can be undone."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import Category, create_category, find_category, list_categories
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger

from .served import Served

TODAY = datetime.date.today()
HX = {"HX-Request": "true"}


@pytest.fixture
def books(served: Served) -> dict[str, Category]:
    """Two categories, one below the other, with a transaction each, of this year."""
    return served.run(_books(served.ledger))


async def _books(ledger: Ledger) -> dict[str, Category]:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    tools = await create_category(ledger, "Tools")
    saws = await create_category(ledger, "Saws", parent=tools)
    for category, amount in ((tools, -1000), (saws, -250)):
        await add_transaction(ledger, NewTransaction(account.id, TODAY, amount, "Shop", category=category.id))
    return {"tools": tools, "saws": saws}


def undo_of(response: httpx.Response) -> str:
    """Where what was done can be taken back."""
    told: dict[str, Any] = json.loads(response.headers["HX-Trigger"])["told"]
    return str(told["undo"])


def row_of(page: str, name: str) -> str:
    """The text of the row of a table that a name heads."""
    rows = [row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if f"<bdi>{name}</bdi>" in row]
    assert len(rows) == 1
    return re.sub(r"<[^>]*>|\s+", " ", rows[0])


def test_a_category_counts_what_is_below_it(client: httpx.Client, books: dict[str, Category]) -> None:
    page = client.get("/categories").text
    assert "€12.50" in row_of(page, "Tools")  # 10.00 + 2.50
    assert "€2.50" in row_of(page, "Saws")
    assert f"category={books['tools'].id}&amp;since={TODAY.year}-01-01&amp;until={TODAY.isoformat()}" in page
    assert "€12.50" not in client.get("/categories?period=last-year").text


def test_adding_can_be_undone(served: Served, client: httpx.Client, books: dict[str, Category]) -> None:
    form = {"name": " Hand  tools ", "kind": "", "parent": str(books["tools"].id)}
    done = client.post("/categories", data=form, headers=HX)
    made = served.run(find_category(served.ledger, "Hand tools"))
    assert (made.parent_id, made.kind) == (books["tools"].id, "expense")
    assert client.post(undo_of(done)).status_code == 200
    assert made not in served.run(list_categories(served.ledger))


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"name": "tools"}, "already"), ({"name": " "}, "Type a name"), ({"name": "x" * 121}, "Shorten")],
)
def test_a_name_that_cannot_be_is_kept_with_the_reason(
    client: httpx.Client, books: dict[str, Category], typed: dict[str, str], said: str
) -> None:
    for path in ("/categories", f"/categories/{books['saws'].id}"):
        answer = client.post(path, data={"kind": "other", "parent": "", **typed}, headers=HX)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{typed["name"].strip()}"' in answer.text
        assert 'value="other" selected' in answer.text


def test_renaming_moving_and_changing_the_kind(
    served: Served, client: httpx.Client, books: dict[str, Category]
) -> None:
    saws, before = books["saws"], served.run(list_categories(served.ledger))
    form = {"name": "Blades", "kind": "other", "parent": ""}
    done = client.post(f"/categories/{saws.id}", data=form, headers=HX)
    assert Category(saws.id, "Blades", "other", None) in served.run(list_categories(served.ledger))
    client.post(undo_of(done))
    assert served.run(list_categories(served.ledger)) == before


def test_a_category_does_not_go_below_itself(client: httpx.Client, books: dict[str, Category]) -> None:
    tools = books["tools"]
    assert f'value="{books["saws"].id}"' not in client.get(f"/categories/{tools.id}/edit").text
    form = {"name": "Tools", "kind": "expense", "parent": str(books["saws"].id)}
    answer = client.post(f"/categories/{tools.id}", data=form, headers=HX)
    assert answer.status_code == 422
    assert "cannot be moved under itself" in answer.text


def test_deleting_says_how_many_before_and_moves_them(
    served: Served, client: httpx.Client, books: dict[str, Category]
) -> None:
    tools, saws = books["tools"], books["saws"]
    asked = client.get(f"/categories/{tools.id}/delete").text
    assert "1 transaction is filed under it." in asked
    assert "The category below it moves up" in asked
    here = {**HX, "HX-Current-URL": f"{served.base_url}/categories/{tools.id}?period=all"}
    done = client.post(f"/categories/{tools.id}/removal", data={"into": str(saws.id)}, headers=here)
    to = done.headers["HX-Redirect"]
    page = client.get(to).text
    assert "€12.50" in row_of(page, "Saws")  # 10.00 + 2.50
    assert 'data-text="Deleted the category Tools' in page
    edit = to.partition("said=")[2]
    client.post(f"/edits/{edit}/undo")
    page = client.get(to).text
    assert "€12.50" in row_of(page, "Tools")
    assert "data-text" not in page


def test_merging(served: Served, client: httpx.Client, books: dict[str, Category]) -> None:
    tools, saws = books["tools"], books["saws"]
    assert client.post(f"/categories/{saws.id}/merging", data={"into": ""}, headers=HX).status_code == 422
    assert client.post(f"/categories/{saws.id}/merging", data={"into": str(saws.id)}, headers=HX).status_code == 422
    done = client.post(f"/categories/{saws.id}/merging", data={"into": str(tools.id)}, headers=HX)
    assert saws not in served.run(list_categories(served.ledger))
    client.post(undo_of(done))
    assert saws in served.run(list_categories(served.ledger))


def test_one_category_by_month(client: httpx.Client, books: dict[str, Category]) -> None:
    page = client.get(f"/categories/{books['tools'].id}").text
    assert "−€12.50" in page
    assert f"/transactions?category={books['tools'].id}&amp;since={TODAY:%Y-%m}-01&amp;until={TODAY:%Y-%m}" in page


def test_names_are_text(served: Served, client: httpx.Client) -> None:
    served.run(create_category(served.ledger, "<img src=x onerror=alert(1)>"))
    assert "<img" not in client.get("/categories").text


def test_an_empty_household_is_offered_the_next_step(served: Served) -> None:
    other, _ = served.run(create_household(served.ledger.store, "Other"))
    with served.client(served.user("Bea", ledger=other)) as client:
        for one in served.run(list_categories(other)):
            client.delete(f"/api/categories/{one.id}")
        assert "No categories yet" in client.get("/categories").text


def test_another_household_sees_nothing(served: Served, books: dict[str, Category]) -> None:
    (other, _), tools = served.run(create_household(served.ledger.store, "Other")), books["tools"].id
    with served.client(served.user("Bea", ledger=other)) as client:
        assert "Tools" not in client.get("/categories").text
        for path in ("", "/about", "/edit", "/merge", "/delete"):
            assert client.get(f"/categories/{tools}{path}").status_code == 404
        for path in ("", "/merging", "/removal"):
            assert client.post(f"/categories/{tools}{path}", data={"name": "x", "into": "1"}).status_code == 404
        assert client.get(f"/api/categories/{tools}").status_code == 404
        assert client.patch(f"/api/categories/{tools}", json={"name": "x"}).status_code == 404
        assert client.post(f"/api/categories/{tools}/merge", json={"into": 1}).status_code == 404
        assert client.post("/api/categories", json={"name": "x", "parent": tools}).status_code == 404
        assert client.delete(f"/api/categories/{tools}").status_code == 404


def test_api(client: httpx.Client, books: dict[str, Category]) -> None:
    tools = books["tools"].id
    made = client.post("/api/categories", json={"name": "Drills", "parent": tools}).json()
    assert made == {"id": made["id"], "name": "Drills", "kind": "expense", "parent": tools}
    assert client.post("/api/categories", json={"name": "drills"}).status_code == 409
    assert client.post("/api/categories", json={"name": "New", "kind": "odd"}).status_code == 422
    changed = client.patch(f"/api/categories/{made['id']}", json={"parent": None, "kind": "other"}).json()
    assert changed["category"] == {**made, "parent": None, "kind": "other"}
    assert client.patch(f"/api/categories/{tools}", json={"parent": tools}).status_code == 422
    assert client.delete(f"/api/categories/{tools}", params={"into": made["id"]}).json()["transactions"] == 1
    assert client.post(f"/api/categories/{books['saws'].id}/merge", json={"into": made["id"]}).json()["edit"]
    listed = client.get("/api/categories").json()["categories"]
    assert {one["name"] for one in listed} & {"Tools", "Saws", "Drills"} == {"Drills"}

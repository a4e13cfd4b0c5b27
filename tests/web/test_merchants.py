"""Merchants on their pages and in the API: found, paged, merged in one step, and their websites never trusted."""

from __future__ import annotations

import datetime
import json
import re

import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.edits import PERSON, editing
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant, list_merchants, merchant_in, merchant_named

from .served import Served

TODAY = datetime.date.today()
HX = {"HX-Request": "true"}


@pytest.fixture
def shops(served: Served) -> tuple[Merchant, Merchant, Merchant]:
    """Three, with two transactions, one and none."""
    return served.run(_shops(served.ledger))


async def _shops(ledger: Ledger) -> tuple[Merchant, Merchant, Merchant]:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    busy = await merchant_named(ledger, "Busy bakery")
    calm = await merchant_named(ledger, "Calm café", "calm.example")
    idle = await merchant_named(ledger, "Idle inn", "idle.example")
    for merchant, amount in ((busy, -300), (busy, -150), (calm, -1000)):
        made = await add_transaction(ledger, NewTransaction(account.id, TODAY, amount, "Card 1234"))
        await file_transactions(ledger, [made.id], TransactionChange(merchant=merchant.id))
    return busy, calm, idle


def names_in(page: str) -> list[str]:
    """The merchants that a list shows, in its order."""
    return re.findall(r'<th scope="row"><a [^>]*><bdi>(.*?)</bdi>', page)


def undo_of(response: httpx.Response) -> str:
    """Where what was done can be taken back."""
    return str(json.loads(response.headers["HX-Trigger"])["told"]["undo"])


def test_the_most_used_come_first(client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    page = client.get("/merchants").text
    assert names_in(page) == ["Busy bakery", "Calm café", "Idle inn"]
    assert "−€4.50" in page  # 3.00 + 1.50
    assert names_in(client.get("/merchants?period=last-year&order=name").text) == names_in(page)
    assert "−€4.50" not in client.get("/merchants?period=last-year").text


@pytest.mark.parametrize(
    ("words", "found"),
    [("bak", ["Busy bakery"]), ("CAFÉ calm", ["Calm café"]), ("idle.ex", ["Idle inn"]), ("%", []), ("bakery inn", [])],
)
def test_search(client: httpx.Client, shops: tuple[Merchant, ...], words: str, found: list[str]) -> None:
    answer = client.get("/merchants", params={"q": words}, headers=HX)
    assert names_in(answer.text) == found
    assert ("Nothing fits" in answer.text) is (not found)
    assert answer.headers["HX-Replace-Url"].startswith("/merchants?q=")
    assert "<html" not in answer.text


def test_pages(served: Served, client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    async def many() -> None:
        async with editing(served.ledger, PERSON, "Many") as edit:
            for number in range(120):
                await merchant_in(edit, f"Shop {number:03}")

    served.run(many())
    first, last = client.get("/merchants").text, client.get("/merchants?page=3").text
    assert (len(names_in(first)), len(names_in(last))) == (50, 23)  # 120 + 3
    assert "1 to 50 of 123" in first
    assert names_in(last)[-1] == "Shop 119"
    assert 'href="/merchants?page=2"' in first
    assert 'rel="next"' not in last
    assert "ends before this page" in client.get("/merchants?page=9").text


def test_an_empty_household_is_offered_the_next_step(client: httpx.Client) -> None:
    assert "No merchants yet" in client.get("/merchants").text


def test_one_merchant(client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    page = client.get(f"/merchants/{shops[1].id}").text
    assert '<a href="https://calm.example/" target="_blank" rel="noopener noreferrer external">' in page
    assert "−€10.00" in page
    assert "Card 1234" in page


def test_adding_and_editing(served: Served, client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    form = {"name": "New", "website": "https://www.New.example/shop?x=1"}
    done = client.post("/merchants", data=form, headers=HX)
    made = next(one for one in served.run(list_merchants(served.ledger)) if one.name == "New")
    assert made.website == "new.example"
    edited = client.post(f"/merchants/{made.id}", data={"name": "Newer", "website": ""}, headers=HX)
    assert Merchant(made.id, "Newer", None) in served.run(list_merchants(served.ledger))
    client.post(undo_of(edited))
    assert made in served.run(list_merchants(served.ledger))
    client.post(undo_of(done))
    assert made not in served.run(list_merchants(served.ledger))


@pytest.mark.parametrize(
    ("name", "website", "said"),
    [
        ("busy BAKERY", "", "already"),
        ("", "", "Type a name"),
        ("Fine", "javascript:alert(1)", "is no website"),
        ("Fine", "no website", "is no website"),
    ],
)
def test_what_cannot_be_is_kept_with_the_reason(
    client: httpx.Client, shops: tuple[Merchant, ...], name: str, website: str, said: str
) -> None:
    for path in ("/merchants", f"/merchants/{shops[2].id}"):
        answer = client.post(path, data={"name": name, "website": website}, headers=HX)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{name}"' in answer.text
        assert f'value="{website}"' in answer.text


def test_several_are_merged_and_undone_at_once(
    served: Served, client: httpx.Client, shops: tuple[Merchant, ...]
) -> None:
    busy, calm, idle = shops
    before = served.run(list_merchants(served.ledger))
    asked = client.get("/merchants/merge", params={"row": [idle.id, busy.id, calm.id]}, headers=HX).text
    assert "Merge 3 merchants" in asked
    assert f'value="{busy.id}" checked' in asked  # the most used
    assert "The 3 transactions of all of them go there." in asked
    form = {"row": [str(one.id) for one in shops], "into": str(busy.id), "other": ""}
    done = client.post("/merchants/merging", data=form, headers=HX)
    assert served.run(list_merchants(served.ledger)) == [Merchant(busy.id, "Busy bakery", "calm.example")]
    assert "−€14.50" in client.get("/merchants").text  # 3.00 + 1.50 + 10.00
    client.post(undo_of(done))
    assert served.run(list_merchants(served.ledger)) == before
    assert "−€14.50" not in client.get("/merchants").text


def test_one_is_merged_into_another_that_was_typed(
    served: Served, client: httpx.Client, shops: tuple[Merchant, ...]
) -> None:
    busy, calm, _ = shops
    here = {**HX, "HX-Current-URL": f"{served.base_url}/merchants/{calm.id}"}
    assert client.post("/merchants/merging", data={"row": str(calm.id), "other": ""}, headers=here).status_code == 422
    itself = client.post("/merchants/merging", data={"row": str(calm.id), "other": str(calm.id)}, headers=here)
    assert itself.status_code == 422
    assert "into itself" in itself.text
    done = client.post("/merchants/merging", data={"row": str(calm.id), "other": str(busy.id)}, headers=here)
    to = done.headers["HX-Redirect"]
    assert to.startswith(f"/merchants/{busy.id}?said=")
    assert "Merged the merchant Calm café into Busy bakery." in client.get(to).text


def test_deleting_says_how_many_before(served: Served, client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    busy = shops[0]
    assert "2 transactions have it" in client.get(f"/merchants/{busy.id}/delete").text
    done = client.post(f"/merchants/{busy.id}/removal", headers=HX)
    assert busy not in served.run(list_merchants(served.ledger))
    client.post(undo_of(done))
    assert "−€4.50" in client.get("/merchants").text  # 3.00 + 1.50


def test_names_are_text(served: Served, client: httpx.Client) -> None:
    served.run(merchant_named(served.ledger, "<img src=x onerror=alert(1)>"))
    assert "<img" not in client.get("/merchants").text


def test_another_household_sees_nothing(served: Served, shops: tuple[Merchant, ...]) -> None:
    (other, _), busy = served.run(create_household(served.ledger.store, "Other")), shops[0].id
    with served.client(served.user("Bea", ledger=other)) as client:
        mine = served.run(merchant_named(other, "Mine")).id
        assert names_in(client.get("/merchants").text) == ["Mine"]
        for path in ("", "/about", "/edit", "/merge", "/delete"):
            assert client.get(f"/merchants/{busy}{path}").status_code == 404
        for path in ("", "/removal"):
            assert client.post(f"/merchants/{busy}{path}", data={"name": "x"}).status_code == 404
        assert client.post("/merchants/merging", data={"row": str(mine), "other": str(busy)}).status_code == 422
        assert client.get(f"/api/merchants/{busy}").status_code == 404
        assert client.patch(f"/api/merchants/{busy}", json={"name": "x"}).status_code == 404
        assert client.post(f"/api/merchants/{mine}/merge", json={"into": busy}).status_code == 404
        assert client.post("/api/merchants/merge", json={"merchants": [busy], "into": mine}).status_code == 404
        assert client.delete(f"/api/merchants/{busy}").status_code == 404
    assert served.run(list_merchants(served.ledger)) == list(shops)


def test_api(client: httpx.Client, shops: tuple[Merchant, ...]) -> None:
    busy, calm, idle = shops
    listed = client.get("/api/merchants", params={"limit": 1}).json()
    assert listed["found"] == 3
    assert listed["merchants"][0]["transactions"] == 2
    assert listed["merchants"][0]["totals"][0]["money_out"]["minor"] == -450  # 300 + 150
    made = client.post("/api/merchants", json={"name": "New", "website": "new.example"}).json()
    assert made == {"id": made["id"], "name": "New", "website": "new.example"}
    assert client.post("/api/merchants", json={"name": "new"}).status_code == 409
    assert client.post("/api/merchants", json={"name": "Newest", "website": "?"}).status_code == 422
    changed = client.patch(f"/api/merchants/{made['id']}", json={"website": None}).json()
    assert changed["merchant"]["website"] is None
    merged = client.post("/api/merchants/merge", json={"merchants": [busy.id, calm.id], "into": idle.id}).json()
    assert merged["transactions"] == 3
    assert client.delete(f"/api/merchants/{idle.id}").json()["transactions"] == 3
    assert [one["name"] for one in client.get("/api/merchants").json()["merchants"]] == ["New"]

"""Tags on their page and in the API."""

from __future__ import annotations

import datetime
import json

import httpx
import pytest

from tuppence.access.households import create_household
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.tags import TagUse, create_tag, tag_uses

from .served import Served

HX = {"HX-Request": "true"}


@pytest.fixture
def tagged(served: Served) -> list[TagUse]:
    """ "Sea" on two transactions, "Sun" on one of them."""
    return served.run(_tagged(served.ledger))


async def _tagged(ledger: Ledger) -> list[TagUse]:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    for tags in (("Sea", "Sun"), ("Sea",)):
        made = await add_transaction(ledger, NewTransaction(account.id, datetime.date(2026, 3, 1), -100, "Ferry"))
        await file_transactions(ledger, [made.id], TransactionChange(add_tags=tags))
    return await tag_uses(ledger)


def counts(served: Served) -> dict[str, int]:
    """How often each tag is used."""
    return {one.tag.name: one.count for one in served.run(tag_uses(served.ledger))}


def undo_of(response: httpx.Response) -> str:
    """Where what was done can be taken back."""
    return str(json.loads(response.headers["HX-Trigger"])["told"]["undo"])


def test_no_tags(client: httpx.Client) -> None:
    assert "No tags yet" in client.get("/tags").text


def test_list(client: httpx.Client, tagged: list[TagUse]) -> None:
    page = client.get("/tags").text
    assert page.index("<bdi>Sea</bdi>") < page.index("<bdi>Sun</bdi>")
    assert f'href="/transactions?tag={tagged[0].tag.id}"' in page
    assert "2 transactions have it" in client.get(f"/tags/{tagged[0].tag.id}/delete").text


def test_renaming_merging_and_deleting_are_undone(served: Served, client: httpx.Client, tagged: list[TagUse]) -> None:
    sea, sun = (one.tag.id for one in tagged)
    steps = [
        (f"/tags/{sea}", {"name": "Ocean"}, {"Ocean": 2, "Sun": 1}),
        (f"/tags/{sun}/merging", {"into": str(sea)}, {"Sea": 2}),
        (f"/tags/{sea}/merging", {"into": str(sun)}, {"Sun": 2}),
        (f"/tags/{sea}/removal", {}, {"Sun": 1}),
        ("/tags", {"name": "Snow"}, {"Sea": 2, "Snow": 0, "Sun": 1}),
    ]
    for path, form, after in steps:
        done = client.post(path, data=form, headers=HX)
        assert counts(served) == after
        client.post(undo_of(done))
        assert counts(served) == {"Sea": 2, "Sun": 1}


def test_what_cannot_be_is_kept_with_the_reason(client: httpx.Client, tagged: list[TagUse]) -> None:
    sea, sun = (one.tag.id for one in tagged)
    for path in ("/tags", f"/tags/{sun}"):
        answer = client.post(path, data={"name": "SEA"}, headers=HX)
        assert answer.status_code == 422
        assert "already" in answer.text
        assert 'value="SEA"' in answer.text
    for into in ("", str(sea), "x"):
        assert client.post(f"/tags/{sea}/merging", data={"into": into}, headers=HX).status_code == 422


def test_another_household_sees_nothing(served: Served, tagged: list[TagUse]) -> None:
    (other, _), sea = served.run(create_household(served.ledger.store, "Other")), tagged[0].tag.id
    with served.client(served.user("Bea", ledger=other)) as client:
        mine = served.run(create_tag(other, "Mine")).id
        assert "<bdi>Sea</bdi>" not in client.get("/tags").text
        for path in ("/edit", "/merge", "/delete"):
            assert client.get(f"/tags/{sea}{path}").status_code == 404
        for path in ("", "/merging", "/removal"):
            assert client.post(f"/tags/{sea}{path}", data={"name": "x", "into": str(mine)}).status_code == 404
        assert client.post(f"/tags/{mine}/merging", data={"into": str(sea)}).status_code == 422
        assert client.patch(f"/api/tags/{sea}", json={"name": "x"}).status_code == 404
        assert client.post(f"/api/tags/{mine}/merge", json={"into": sea}).status_code == 404
        assert client.delete(f"/api/tags/{sea}").status_code == 404
    assert counts(served) == {"Sea": 2, "Sun": 1}


def test_api(client: httpx.Client, tagged: list[TagUse]) -> None:
    sea, sun = (one.tag.id for one in tagged)
    made = client.post("/api/tags", json={"name": "Snow"}).json()
    assert client.post("/api/tags", json={"name": "snow"}).status_code == 409
    changed = client.patch(f"/api/tags/{made['id']}", json={"name": "Ice"}).json()
    assert changed["tag"] == {"id": made["id"], "name": "Ice", "transactions": 0}
    assert client.post(f"/api/tags/{sun}/merge", json={"into": made["id"]}).json()["transactions"] == 1
    assert client.delete(f"/api/tags/{sea}").json()["transactions"] == 2
    assert client.get("/api/tags").json() == {"tags": [{"id": made["id"], "name": "Ice", "transactions": 1}]}

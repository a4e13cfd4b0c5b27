from __future__ import annotations

import httpx
import pytest

from tuppence.ledger.edits import list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import MerchantChange, change_merchant, merchant_named
from tuppence.store.tables import households, now

from .served import Served


@pytest.fixture
def edit(served: Served) -> str:
    """The id of an edit that renamed a merchant."""

    async def made() -> str:
        merchant = await merchant_named(served.ledger, "Corner Shop")
        edited = await change_merchant(served.ledger, merchant.id, MerchantChange(name="<b>Corner</b>"))
        assert edited.edit_id is not None
        return edited.edit_id

    return served.run(made())


def test_an_empty_history_leads_on(client: httpx.Client) -> None:
    page = client.get("/edits").text
    assert "Nothing has been changed yet" in page
    assert 'href="/transactions"' in page


def test_the_latest_edits_are_listed(client: httpx.Client, edit: str) -> None:
    page = client.get("/edits").text
    assert page.index("Renamed the merchant") < page.index("Added the merchant")
    assert "Renamed the merchant Corner Shop to &lt;b&gt;Corner&lt;/b&gt;" in page
    assert "At the command line" in page


def test_an_edit_is_undone_once_and_done_again(client: httpx.Client, edit: str) -> None:
    assert client.post(f"/edits/{edit}/undo").json() == {"text": "Undone."}
    again = client.post(f"/edits/{edit}/undo", headers={"Accept": "application/json"})
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    assert client.post(f"/edits/{edit}/redo").json() == {"text": "Done again."}
    again = client.post(f"/edits/{edit}/redo", headers={"Accept": "application/json"})
    assert (again.status_code, again.json()["code"]) == (409, "not_undone")


def test_what_was_changed_since_is_left_alone(served: Served, client: httpx.Client, edit: str) -> None:
    async def renamed() -> None:
        merchant = await merchant_named(served.ledger, "<b>Corner</b>")
        await change_merchant(served.ledger, merchant.id, MerchantChange(name="Corner 2"))

    served.run(renamed())
    refused = client.post(f"/edits/{edit}/undo", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (409, "changed_since")


def test_a_line_of_the_list_is_given_anew(client: httpx.Client, edit: str) -> None:
    line = client.post(f"/edits/{edit}/undo", headers={"HX-Request": "true"})
    assert f'id="e{edit}"' in line.text
    assert "Do again" in line.text
    assert "Undone." in line.headers["HX-Trigger"]


def test_the_history_can_be_read_by_programs(client: httpx.Client, edit: str) -> None:
    first = client.get("/api/edits?limit=1").json()
    assert [one["id"] for one in first["edits"]] == [edit]
    rest = client.get("/api/edits", params={"before": first["next"]}).json()
    assert [one["summary"] for one in rest["edits"]] == ["Added the merchant Corner Shop"]
    assert rest["next"] is None
    assert client.post(f"/api/edits/{edit}/undo").json() == {"text": "Undone.", "restored": 1, "left_alone": 0}
    assert client.get("/api/edits").json()["edits"][0]["undone_at"] is not None


def test_edits_of_others_do_not_exist(served: Served, edit: str) -> None:
    async def other() -> Ledger:
        async with served.ledger.store.writing() as connection:
            values = {"name": "Other", "language": "en", "created_at": now()}
            made = await connection.execute(households.insert().values(values).returning(households.c.id))
            return Ledger(served.ledger.store, made.scalar_one())

    with served.client(served.user("Eve", ledger=served.run(other()))) as client:
        assert "Corner" not in client.get("/edits").text
        assert client.get(f"/edits?before={edit}").status_code == 404
        for address in (f"/edits/{edit}/undo", f"/edits/{edit}/redo", f"/api/edits/{edit}/undo"):
            assert client.post(address).status_code == 404, address
    assert served.run(list_edits(served.ledger))[0].undone_at is None

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tuppence.ledger import transaction_filter
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import find_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import run_import
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Transaction, find_transactions, transaction
from tuppence.store.tables import households, now
from tuppence.web.formats import Formats
from tuppence.web.transaction_search import Search, preset

from .served import Served

TODAY = datetime.date(2026, 3, 14)
ENGLISH = Formats("en", "EUR")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def rows(served: Served) -> dict[str, int]:
    """Transactions of a small household: what they are called, and their ids."""

    async def made() -> dict[str, int]:
        ledger = served.ledger
        current = await create_account(ledger, NewAccount("Current", "EUR"))
        savings = await create_account(ledger, NewAccount("Savings", "EUR", "savings"))
        found = {}
        for name, account, day, amount in (
            ("Bread", current, 1, -250),
            ("Rent", current, 2, -90_000),
            ("Wages", current, 2, 250_000),
            ("To savings", current, 3, -50_000),
            ("From current", savings, 4, 50_000),
            ("<script>alert(1)</script>", current, 5, -1),
        ):
            new = NewTransaction(account.id, datetime.date(2026, 3, day), amount, name)
            found[name] = (await add_transaction(ledger, new)).id
        return found

    return served.run(made())


def _told(response: httpx.Response) -> dict[str, Any]:
    """What the page says after the response."""
    told: dict[str, Any] = json.loads(response.headers["HX-Trigger"])["told"]
    return told


def _row(served: Served, identity: int) -> Transaction:
    return served.run(transaction(served.ledger, identity))


async def _other_household(served: Served) -> Ledger:
    async with served.ledger.store.writing() as connection:
        values = {"name": "Other", "language": "en", "created_at": now()}
        made = await connection.execute(households.insert().values(values).returning(households.c.id))
        return Ledger(served.ledger.store, made.scalar_one())


# ------------------------------------------------------------------------------------------------------ the search


def _read(query: str, formats: Formats = ENGLISH) -> Search:
    return Search.read(parse_qsl(query, keep_blank_values=True), formats, TODAY)


def test_an_address_says_a_search() -> None:
    search = _read(
        "q=rent+home&account=1&account=2&category=3&merchant=4&tag=5&since=1+Mar&until=2026-03-09&minimum=1,000"
        "&maximum=2000.50&direction=out&currency=eur&state=pending&uncategorized=yes&transfers=no&order=largest"
    )
    assert not search.errors
    assert search.order == "largest"
    assert search.wanted == TransactionFilter(
        text="rent home",
        accounts=(1, 2),
        categories=(3,),
        merchants=(4,),
        tags=(5,),
        since=datetime.date(2026, 3, 1),
        until=datetime.date(2026, 3, 9),
        minimum=Decimal("1000.00"),
        maximum=Decimal("2000.50"),
        direction="out",
        currency="EUR",
        pending=True,
        uncategorized=True,
        include_transfers=False,
    )


def test_a_search_is_written_as_it_was_typed() -> None:
    search = _read("order=newest&nonsense=1&account=2&account=&account=2&q=+a++b+&since=1.3.", Formats("de-AT", "EUR"))
    assert search.address() == "/transactions?q=a+b&account=2&since=1.3."
    assert search.wanted.since == datetime.date(2026, 3, 1)
    assert search.without("account", value="2") == "/transactions?q=a+b&since=1.3."
    assert search.address(open=7).endswith("&open=7")
    assert _read("").address() == "/transactions"


def test_typed_days_beat_a_period() -> None:
    assert _read("period=this-year&since=2026-01-05").query == "since=2026-01-05"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=the+other+day", "since"),
        ("since=2026-03-02&until=2026-03-01", "until"),
        ("minimum=much", "minimum"),
        ("minimum=3&maximum=2", "maximum"),
        ("minimum=99999999999999999", "minimum"),
        ("account=mine", "account"),
        ("category=99999999999999999999999", "category"),
        ("currency=EURO", "currency"),
        ("direction=up", "direction"),
        ("order=random", "order"),
        ("period=yesteryear", "period"),
        ("q=" + "x" * 201, "q"),
    ],
)
def test_what_cannot_be_searched_is_said(query: str, field: str) -> None:
    search = _read(query)
    assert list(search.errors) == [field]
    assert search.wanted == TransactionFilter(since=search.wanted.since, minimum=search.wanted.minimum)


@pytest.mark.parametrize(
    ("name", "today", "since", "until"),
    [
        ("this-month", "2024-02-10", "2024-02-01", "2024-02-29"),
        ("last-month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("this-year", "2026-03-14", "2026-01-01", "2026-12-31"),
        ("last-year", "2026-03-14", "2025-01-01", "2025-12-31"),
        ("last-12-months", "2026-03-14", "2025-03-15", "2026-03-14"),
        ("last-12-months", "2024-02-29", "2023-03-01", "2024-02-29"),
    ],
)
def test_periods(name: str, today: str, since: str, until: str) -> None:
    found = preset(name, datetime.date.fromisoformat(today))
    assert (str(found.since), str(found.until)) == (since, until)


# -------------------------------------------------------------------------------------------------------- the list


def test_an_empty_household_is_led_on(client: httpx.Client) -> None:
    page = client.get("/transactions").text
    assert "No transactions yet" in page
    assert 'href="/import"' in page


def test_rows_by_day(client: httpx.Client, rows: dict[str, int]) -> None:
    page = client.get("/transactions").text
    order = [page.index(f'id="t{rows[name]}"') for name in ("From current", "To savings", "Wages", "Rent", "Bread")]
    assert order == sorted(order)
    assert page.count('<tr class="date"') == 5
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_search_typed_on_the_page_is_put_into_the_address(client: httpx.Client, rows: dict[str, int]) -> None:
    found = client.get("/transactions?q=&account=&direction=in", headers=HTMX)
    assert found.headers["HX-Push-Url"] == "/transactions?direction=in"
    assert "<html" not in found.text
    assert f'id="t{rows["Wages"]}"' in found.text
    assert f'id="t{rows["Rent"]}"' not in found.text


def test_while_words_are_typed_the_history_does_not_grow(client: httpx.Client) -> None:
    def header(query: str, before: str) -> list[str]:
        current = {"HX-Current-URL": f"http://tuppence.example/transactions{before}"}
        answer = client.get(f"/transactions?{query}", headers=HTMX | current)
        return [name for name in answer.headers if name in ("hx-push-url", "hx-replace-url")]

    assert header("q=b", "") == ["hx-push-url"]
    assert header("q=br", "?q=b") == ["hx-replace-url"]
    assert header("q=br", "?q=br") == ["hx-replace-url"]
    assert header("q=br&direction=in", "?q=br") == ["hx-push-url"]
    assert header("q=", "?q=br") == ["hx-push-url"]


def test_what_cannot_be_searched_keeps_what_was_typed(client: httpx.Client, rows: dict[str, int]) -> None:
    found = client.get("/transactions?since=the+other+day", headers=HTMX)
    assert found.status_code == 422
    assert "is no day" in found.text
    page = client.get("/transactions?since=the+other+day").text
    assert 'value="the other day"' in page


def test_pages_follow_one_another(served: Served, client: httpx.Client) -> None:
    async def many() -> None:
        account = await create_account(served.ledger, NewAccount("Current", "EUR"))
        for number in range(60):
            day = datetime.date(2026, 3, 1 + number // 40)
            await add_transaction(served.ledger, NewTransaction(account.id, day, -number, f"No. {number}"))

    served.run(many())
    page = client.get("/transactions").text
    further = page.partition('id="further"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    rest = client.get(further).text
    assert [page.count('<tr class="line"'), rest.count('<tr class="line"')] == [50, 10]
    assert 'id="further"' not in rest
    cursor = dict(parse_qsl(urlsplit(further).query))["after"]
    appended = client.get("/transactions/rows", params={"after": cursor}).text
    assert appended.count('<tr class="line"') == 10
    assert '<tr class="date"' not in appended  # its day stands over the rows before


def test_a_place_that_is_none_is_refused(client: httpx.Client, rows: dict[str, int]) -> None:
    for after in ("x", "2026-03-01", "2026-03-01.x", "5.5", f"2026-03-01.{2**70}"):
        assert client.get("/transactions/rows", params={"after": after}).status_code == 422, after


def test_figures(client: httpx.Client, rows: dict[str, int]) -> None:
    figures = client.get("/transactions/figures").text
    assert 'data-total="6"' in figures
    assert "€2,500.00" in figures
    assert "−€902.51" in figures  # 2.50 + 900.00 + 0.01
    assert "2 between own accounts" in figures
    assert 'data-total="4"' in client.get("/transactions/figures?transfers=no").text


def test_figures_that_take_a_while_are_added_up_when_asked(
    client: httpx.Client, rows: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction_filter, "FETCHED_AT_ONCE", 0)
    found = client.get("/transactions/figures?q=bread").text
    assert "data-total" not in found
    assert 'hx-get="/transactions/figures?q=bread&amp;wait=yes"' in found
    assert 'data-total="1"' in client.get("/transactions/figures?q=bread&wait=yes").text
    assert client.get("/api/transactions/figures?q=bread").json()["rows"] == 1


def test_an_import_leads_to_its_rows(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    bank_row = ImportedRow(
        date=datetime.date(2026, 3, 9),
        amount=Decimal(-3),
        currency=None,
        description="Kiosk",
        pending=False,
        line=1,
    )
    account = ImportedAccount(id=None, currency=None, transactions=[bank_row])
    file = BankFile(format="test", accounts=(account,))
    done = served.run(run_import(served.ledger, file, [NewAccount("Cash", "EUR")], filename="<b>cash.csv"))
    token = done.accounts[0].token
    assert f'href="/transactions?imported={token}"' in client.get("/import/past").text
    page = client.get(f"/transactions?imported={token}").text
    assert "Import: &lt;b&gt;cash.csv" in page
    assert page.count('<tr class="line"') == 1
    assert f'name="imported" value="{token}"' in page
    assert 'data-total="1"' in client.get(f"/transactions/figures?imported={token}").text
    assert "Import: one that is gone" in client.get("/transactions?imported=none").text
    [one] = client.get(f"/api/transactions?imported={token}").json()["transactions"]
    assert one["description"] == "Kiosk"


def test_chips_name_what_is_asked_and_lead_away_from_it(client: httpx.Client, rows: dict[str, int]) -> None:
    page = client.get("/transactions?account=1&account=999&period=this-year&minimum=10&maximum=20").text
    for text in ("Account: Current", "Account: one that is gone", "This year", "10.00 to 20.00"):
        assert text in page or text.replace(".00", "") in page
    assert 'href="/transactions?account=999&amp;period=this-year&amp;minimum=10&amp;maximum=20"' in page


def test_names_are_suggested(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    found = client.get("/transactions/names/categories?q=FOOD").json()
    assert {"value", "text", "detail"} == set(found[0])
    assert found[0]["text"] == "Food"
    assert any(one["detail"] == "Food" for one in found)
    served.run(file_transactions(served.ledger, [rows["Bread"]], TransactionChange(add_tags=("Trip",))))
    assert client.get("/transactions/names/tags?q=tr").json()[0]["text"] == "Trip"
    assert client.get("/transactions/names/secrets").status_code == 404


# -------------------------------------------------------------------------------------------------- one transaction


def test_an_opened_transaction(client: httpx.Client, rows: dict[str, int]) -> None:
    identity = rows["Rent"]
    assert client.get(f"/transactions/{identity}?q=a").headers["location"] == f"/transactions?q=a&open={identity}"
    assert 'id="panel-title"' in client.get(f"/transactions?open={identity}").text
    panel = client.get(f"/transactions/{identity}?q=a", headers=HTMX)
    assert panel.headers["HX-Push-Url"] == f"/transactions?q=a&open={identity}"
    assert "Entered by hand" in panel.text
    assert "This transaction is gone" in client.get("/transactions?open=999").text
    assert client.get("/transactions/999", headers=HTMX).status_code == 404
    assert client.get(f"/transactions/{2**80}", headers=HTMX).status_code == 422


def test_filing_one(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    groceries = served.run(find_category(served.ledger, "Groceries"))
    filing = f"/transactions/{rows['Bread']}/filing"
    answer = client.post(filing, data={"category": str(groceries.id)}, headers=HTMX)
    assert _told(answer)["text"] == "Filed 1 transaction under Groceries."
    assert f'hx-target="#t{rows["Bread"]}"' in answer.text
    client.post(filing, data={"merchant": "new:Baker"}, headers=HTMX)
    client.post(filing, data={"notes": " for the feast "}, headers=HTMX)
    client.post(filing, data={"add_tag": "Feast, Family,"}, headers=HTMX)
    client.post(filing, data={"remove_tag": "family"}, headers=HTMX)
    row = _row(served, rows["Bread"])
    assert (row.category, row.merchant, row.notes, row.tags) == ("Groceries", "Baker", "for the feast", ("Feast",))
    assert row.category_source == row.merchant_source == "person"
    client.post(filing, data={"category": "none", "merchant": "none", "notes": ""}, headers=HTMX)
    row = _row(served, rows["Bread"])
    assert (row.category, row.merchant, row.notes) == (None, None, None)


def test_an_edit_of_a_row_can_be_undone(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    answer = client.post(f"/transactions/{rows['Bread']}/filing", data={"notes": "hm"}, headers=HTMX)
    assert client.post(_told(answer)["undo"]).json() == {"text": "Undone."}
    assert _row(served, rows["Bread"]).notes is None
    same = client.post(f"/transactions/{rows['Bread']}/filing", data={"notes": ""}, headers=HTMX)
    assert _told(same) == {"target": "body", "text": "Nothing changed: it was so already.", "undo": None}


def test_transfers_are_marked_and_unmarked(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    one, other = rows["To savings"], rows["From current"]
    assert _row(served, one).transfer_id is not None  # found by pairing
    answer = client.delete(f"/transactions/{one}/transfer", headers=HTMX)
    assert _row(served, one).transfer_id is None
    assert "says that it is none" in client.get(f"/transactions/{one}", headers=HTMX).text
    assert "From current" in client.get(f"/transactions/{one}/counterparts", headers=HTMX).text
    client.post(_told(answer)["undo"])
    assert _row(served, one).transfer_id is not None
    answer = client.post(f"/transactions/{one}/transfer", data={"other": str(other)}, headers=HTMX)
    assert _row(served, one).transfer_id == _row(served, other).transfer_id is not None
    assert answer.text.count("<hx-partial") == 2
    refused = client.post(f"/transactions/{one}/transfer", data={"other": str(rows["Rent"])}, headers=HTMX)
    assert refused.status_code == 422


# ------------------------------------------------------------------------------------------------------ many at once


def test_filing_those_that_are_chosen(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    chosen = [str(rows["Bread"]), str(rows["Rent"])]
    answer = client.post("/transactions/filing", data={"row": chosen, "merchant": "new:Shop"}, headers=HTMX)
    assert _told(answer)["text"] == "Put Shop on 2 transactions."
    assert [_row(served, int(one)).merchant for one in chosen] == ["Shop", "Shop"]
    assert _row(served, rows["Wages"]).merchant is None


def test_filing_all_of_a_search(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    answer = client.post(
        "/transactions/filing?direction=out&transfers=no", data={"all": "yes", "add_tag": "Out"}, headers=HTMX
    )
    assert _told(answer)["text"] == "Tagged 3 transactions with Out."
    assert _row(served, rows["To savings"]).tags == ()


def test_what_cannot_be_filed_changes_nothing(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    for query, data in (
        ("", {"category": "none"}),
        ("", {"row": "1"}),
        ("?since=foo", {"all": "yes", "category": "none"}),
        ("", {"row": "1", "category": "Groceries"}),
        ("", {"row": "1", "category": "999"}),
        ("", {"row": "999", "category": "none"}),
    ):
        answer = client.post(f"/transactions/filing{query}", data=data, headers=HTMX)
        assert answer.status_code in (404, 422), (query, data)
    page = served.run(find_transactions(served.ledger))
    assert all(row.category_source is None for row in page.rows)


# --------------------------------------------------------------------------------------------------------- by hand


def test_adding_by_hand(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    groceries = served.run(find_category(served.ledger, "Groceries"))
    form = {
        "account": "1",
        "day": "1 Feb 2026",
        "direction": "out",
        "amount": "1,234.50 €",
        "description": "Market",
        "category": str(groceries.id),
        "notes": "with Bob",
    }
    answer = client.post("/transactions", data=form, headers=HTMX)
    assert _told(answer)["text"] == "Added Market, −€1,234.50."
    [row] = served.run(find_transactions(served.ledger, TransactionFilter(text="Market"))).rows
    assert (row.amount.minor, row.date, row.category) == (-123_450, datetime.date(2026, 2, 1), "Groceries")
    assert client.post(_told(answer)["undo"]).json() == {"text": "Undone."}
    assert not served.run(find_transactions(served.ledger, TransactionFilter(text="Market"))).rows


def test_what_is_wrong_with_an_entry_is_said_beside_it(client: httpx.Client, rows: dict[str, int]) -> None:
    form = {"account": "99", "day": "soon", "amount": "1.234", "description": " ", "notes": "kept <b>"}
    answer = client.post("/transactions", data=form, headers=HTMX)
    assert answer.status_code == 422
    for text in ("Choose the account", "is no day", "amount-error", "Say what it was", "kept &lt;b&gt;"):
        assert text in answer.text


def test_correcting_and_deleting_what_was_entered(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    address = f"/transactions/{rows['Bread']}"
    wrong = client.post(f"{address}/facts", data={"day": "", "amount": "x", "description": "Rolls"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'value="Rolls"' in wrong.text
    form = {"day": "2026-03-02", "amount": "3", "direction": "in", "description": "Rolls"}
    client.post(f"{address}/facts", data=form, headers=HTMX)
    row = _row(served, rows["Bread"])
    assert (row.description, row.amount.minor, row.date.day) == ("Rolls", 300, 2)
    gone = client.delete(f"{address}?q=Rolls", headers=HTMX)
    assert gone.headers["HX-Push-Url"] == "/transactions?q=Rolls"
    assert client.get(address, headers=HTMX).status_code == 404
    client.post(_told(gone)["undo"])
    assert _row(served, rows["Bread"]).description == "Rolls"


def test_what_a_bank_said_stays(served: Served, client: httpx.Client) -> None:
    async def imported() -> int:
        row = ImportedRow(
            date=datetime.date(2026, 3, 1),
            amount=Decimal("-5.00"),
            currency="EUR",
            description="CARD 123",
            pending=False,
            line=2,
        )
        file = BankFile(format="csv", accounts=(ImportedAccount(id="1", currency="EUR", transactions=(row,)),))
        await run_import(served.ledger, file, [NewAccount("Current", "EUR")], filename="march.csv")
        return (await find_transactions(served.ledger)).rows[0].id

    identity = served.run(imported())
    panel = client.get(f"/transactions/{identity}", headers=HTMX).text
    assert "march.csv" in panel
    assert "Correct or delete" not in panel
    form = {"day": "2026-03-02", "amount": "3", "description": "Rolls"}
    assert client.post(f"/transactions/{identity}/facts", data=form, headers=HTMX).status_code == 422
    assert client.delete(f"/transactions/{identity}", headers=HTMX).status_code == 422
    assert client.delete(f"/api/transactions/{identity}").status_code == 422


# ------------------------------------------------------------------------------------------------------ for programs


def test_programs_list(client: httpx.Client, rows: dict[str, int]) -> None:
    first = client.get("/api/transactions", params={"limit": 4, "order": "largest"}).json()
    assert [row["description"] for row in first["transactions"]][:2] == ["Wages", "Rent"]
    assert first["transactions"][1]["amount"] == {"minor": -90_000, "currency": "EUR", "amount": "-900.00"}
    rest = client.get("/api/transactions", params={"limit": 4, "order": "largest", "cursor": first["next"]}).json()
    assert len(rest["transactions"]) == 2
    assert rest["next"] is None
    asked = "direction=out&transfers=false&account=1&account=2&minimum=2.50&since=2026-03-01"
    found = client.get(f"/api/transactions?{asked}").json()
    assert [row["description"] for row in found["transactions"]] == ["Rent", "Bread"]
    figures = client.get(f"/api/transactions/figures?{asked}").json()
    assert figures["totals"][0]["money_out"]["amount"] == "-902.50"


def test_programs_are_told_what_is_wrong(client: httpx.Client) -> None:
    for query in (
        "account=x",
        "since=yesterday",
        "cursor=1.1",
        "limit=0",
        "minimum=-1",
        "minimum=1e99",
        "nonsense=1",
        f"tag={2**70}",
    ):
        answer = client.get(f"/api/transactions?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["message"]


def test_programs_enter_file_and_delete(served: Served, client: httpx.Client, rows: dict[str, int]) -> None:
    new = {"account": 1, "date": "2026-03-09", "amount": "-12.34", "description": "Tea"}
    made = client.post("/api/transactions", json=new)
    assert made.status_code == 201
    assert made.json()["amount"]["minor"] == -1234
    address = f"/api/transactions/{made.json()['id']}"
    groceries = served.run(find_category(served.ledger, "Groceries"))
    change = {"category": groceries.id, "add_tags": ["Tea"], "amount": "-2"}
    changed = client.patch(address, json=change).json()
    assert changed["transaction"]["category"] == {"id": groceries.id, "name": "Groceries"}
    assert changed["transaction"]["amount"]["amount"] == "-2.00"
    for edit in changed["edits"]:
        assert client.post(f"/api/edits/{edit}/undo").status_code == 200
    assert client.get(address).json() == made.json()
    deleted = client.delete(address).json()
    assert client.get(address).status_code == 404
    assert client.post(f"/api/edits/{deleted['edit']}/undo").status_code == 200
    assert client.get(address).json() == made.json()


def test_programs_mark_transfers(client: httpx.Client, rows: dict[str, int]) -> None:
    one, other = rows["To savings"], rows["From current"]
    assert client.get(f"/api/transactions/{one}").json()["counterpart"] == other
    apart = client.delete(f"/api/transactions/{one}/transfer").json()
    assert apart["transaction"]["transfer_source"] == "person"
    assert apart["transaction"]["counterpart"] is None
    [candidate] = client.get(f"/api/transactions/{one}/counterparts").json()["transactions"]
    paired = client.put(f"/api/transactions/{one}/transfer", json={"other": candidate["id"]}).json()
    assert paired["transaction"]["counterpart"] == other


def test_programs_cannot_enter_nonsense(client: httpx.Client, rows: dict[str, int]) -> None:
    usual = {"account": 1, "date": "2026-03-09", "amount": "-12.34", "description": "Tea"}
    nonsense: list[dict[str, Any]] = [
        {"amount": "1.234"},
        {"amount": "NaN"},
        {"amount": 1.5},
        {"account": 99},
        {"currency": "XX1"},
        {"description": " "},
        {"surprise": 1},
        {"category": 999},
    ]
    for new in nonsense:
        assert client.post("/api/transactions", json=usual | new).status_code in (404, 422), new
    assert client.get("/api/transactions/figures").json()["rows"] == 6


# ----------------------------------------------------------------------------------------------------------- borders


def test_rows_of_others_do_not_exist(served: Served, rows: dict[str, int]) -> None:
    identity = rows["Bread"]
    with served.client(served.user("Eve", ledger=served.run(_other_household(served)))) as eve:
        assert "Bread" not in eve.get("/transactions").text
        assert 'class="line"' not in eve.get("/transactions?account=1").text
        assert "Current" not in eve.get(f"/transactions?account=1&open={identity}").text
        for method, address, data in (
            ("GET", f"/transactions/{identity}", None),
            ("GET", f"/transactions/{identity}/counterparts", None),
            ("POST", f"/transactions/{identity}/filing", {"notes": "x"}),
            ("POST", f"/transactions/{identity}/facts", {"day": "today", "amount": "1", "description": "x"}),
            ("POST", f"/transactions/{identity}/removal", None),
            ("POST", f"/transactions/{identity}/transfer", {"other": str(rows["Rent"])}),
            ("DELETE", f"/transactions/{identity}/transfer", None),
            ("DELETE", f"/transactions/{identity}", None),
            ("POST", "/transactions/filing", {"row": str(identity), "category": "none"}),
            ("GET", f"/api/transactions/{identity}", None),
            ("DELETE", f"/api/transactions/{identity}", None),
        ):
            answer = eve.request(method, address, data=data, headers=HTMX)
            assert answer.status_code == 404, (method, address)
        assert eve.patch(f"/api/transactions/{identity}", json={"notes": "x"}).status_code == 404
    assert _row(served, identity).notes is None
    assert not served.run(list_merchants(served.ledger))

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

import httpx
from ledger.statements import row, statement
from sqlalchemy import insert

from tuppence.ledger.accounts import Account, AccountKind, NewAccount, create_account, list_accounts
from tuppence.ledger.balances import list_anchors, state_balance
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import run_import
from tuppence.ledger.transactions import find_transactions
from tuppence.money import Money
from tuppence.store.tables import households, now

from .served import Served

TODAY = datetime.date.today()


def made(served: Served, name: str = "Giro", kind: AccountKind = "checking", currency: str = "EUR") -> Account:
    return served.run(create_account(served.ledger, NewAccount(name, currency, kind)))


def accounts_of(served: Served) -> list[Account]:
    return served.run(list_accounts(served.ledger, archived=True))


def anchors_of(served: Served, account: Account) -> list[tuple[datetime.date, int]]:
    return [(one.date, one.amount.minor) for one in served.run(list_anchors(served.ledger, account))]


def undone(client: httpx.Client, done: httpx.Response) -> None:
    """Take back what the answer says was done."""
    undo = re.search(r"/edits/\w+/undo", done.headers["HX-Trigger"])
    assert undo is not None
    assert client.post(undo[0]).status_code == 200


def test_nothing_yet(client: httpx.Client) -> None:
    page = client.get("/accounts").text
    assert 'href="/accounts/new"' in page
    assert 'href="/import"' in page


def test_an_account_is_added_with_its_balance(served: Served, client: httpx.Client) -> None:
    form = {"name": " Visa  card", "kind": "credit_card", "currency": "eur", "number": "", "amount": "1,234.50"}
    added = client.post("/accounts", data=form | {"day": "yesterday"})
    [account] = accounts_of(served)
    assert added.headers["HX-Redirect"] == f"/accounts/{account.id}"
    assert (account.name, account.kind, account.currency) == ("Visa card", "credit_card", "EUR")
    assert anchors_of(served, account) == [(TODAY - datetime.timedelta(days=1), -123450)]


REFUSED: tuple[tuple[dict[str, str], str], ...] = (
    ({"name": "  "}, "needs a name"),
    ({"name": "x" * 121}, "at most 120 characters"),
    ({"name": "giro"}, "already"),
    ({"currency": "ZZZ"}, "is no currency"),
    ({"kind": "piggy"}, "what kind"),
    ({"amount": "a lot"}, "is no amount"),
    ({"amount": "9" * 30}, ""),
    ({"amount": "1", "day": "someday"}, "is no day"),
    ({"amount": "1", "day": "2999-01-01"}, "still to come"),
    ({"number": "1" * 65}, "at most 64 characters"),
)


def test_what_cannot_be_used_is_said_beside_the_field(served: Served, client: httpx.Client) -> None:
    made(served)
    form = {"name": "Savings <i>", "kind": "savings", "currency": "EUR", "number": "12", "amount": "", "day": "today"}
    for wrong, words in REFUSED:
        refused = client.post("/accounts", data=form | wrong)
        assert refused.status_code == 422, wrong
        assert words in refused.text
        assert 'aria-invalid="true"' in refused.text or "kind" in wrong
        if "name" not in wrong:
            assert 'value="Savings &lt;i&gt;"' in refused.text
    assert len(accounts_of(served)) == 1


def test_the_list_adds_up_what_is_owned_and_owed(served: Served, client: httpx.Client) -> None:
    for name, kind, currency, amount in (
        ("Giro", "checking", "EUR", 150000),
        ("Savings", "savings", "EUR", 50000),
        ("Dollars", "savings", "USD", 12345678900),
        ("Loan", "loan", "EUR", -30000),
    ):
        account = made(served, name, kind, currency)  # type: ignore[arg-type]
        served.run(state_balance(served.ledger, account, TODAY, amount))
    made(served, "Unknown")
    page = client.get("/accounts").text
    assert "€2,000.00" in page
    assert "$123,456,789.00" in page
    assert "€1,700.00" in page
    assert "without 1 balance" in page


def test_an_account_page(served: Served, client: httpx.Client) -> None:
    account = made(served)
    served.run(state_balance(served.ledger, account, TODAY - datetime.timedelta(days=10), 100000))
    served.run(add_transaction(served.ledger, NewTransaction(account.id, TODAY, -2500, "<script>alert(1)</script>")))
    page = client.get(f"/accounts/{account.id}").text
    assert "€975.00" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert f'href="/transactions?account={account.id}"' in page
    for period in ("last-12-months", "this-year", "all"):
        history = client.get(f"/accounts/{account.id}/history?period={period}").text
        assert 'data-value="97500"' in history
    assert "Not known in this time" in client.get(f"/accounts/{account.id}/history?period=last-year").text


def test_an_account_is_edited_and_the_edit_undone(served: Served, client: httpx.Client) -> None:
    account = made(served)
    done = client.post(f"/accounts/{account.id}", data={"name": "Household", "kind": "savings", "number": "42"})
    assert done.status_code == 200
    [changed] = accounts_of(served)
    assert (changed.name, changed.kind, changed.number) == ("Household", "savings", "42")
    undone(client, done)
    assert accounts_of(served) == [account]


def test_a_refused_edit_keeps_what_was_typed(served: Served, client: httpx.Client) -> None:
    account, other = made(served), made(served, "Savings")
    refused = client.post(f"/accounts/{account.id}", data={"name": other.name, "kind": "savings", "number": "7"})
    assert refused.status_code == 422
    assert refused.headers["HX-Retarget"] == "#edit-form"
    assert 'value="7"' in refused.text
    assert accounts_of(served) == [account, other]


def test_the_currency_changes_only_while_nothing_is_known(served: Served, client: httpx.Client) -> None:
    account = made(served)
    form = {"name": "Giro", "kind": "checking", "number": "", "currency": "USD"}
    assert client.post(f"/accounts/{account.id}", data=form).status_code == 200
    [changed] = accounts_of(served)
    assert changed.currency == "USD"
    served.run(state_balance(served.ledger, changed, TODAY, 1))
    refused = client.post(f"/accounts/{account.id}", data=form | {"currency": "EUR"})
    assert refused.status_code == 422
    assert "cannot change" in refused.text


def test_archiving_is_undone(served: Served, client: httpx.Client) -> None:
    account = made(served)
    done = client.post(f"/accounts/{account.id}/archive")
    assert accounts_of(served)[0].archived
    assert "Archived (1)" in client.get("/accounts").text
    undone(client, done)
    assert not accounts_of(served)[0].archived
    client.post(f"/accounts/{account.id}/archive")
    assert client.post(f"/accounts/{account.id}/unarchive").status_code == 200
    assert not accounts_of(served)[0].archived


def test_balances_are_stated_and_removed(served: Served, client: httpx.Client) -> None:
    account = made(served)
    stated = client.post(f"/accounts/{account.id}/balances", data={"amount": "€ 1,000.50", "day": "2026-03-01"})
    assert "€1,000.50" in stated.text
    assert anchors_of(served, account) == [(datetime.date(2026, 3, 1), 100050)]
    undone(client, stated)
    assert anchors_of(served, account) == []
    client.post(f"/accounts/{account.id}/balances", data={"amount": "-12", "day": ""})
    [anchor] = served.run(list_anchors(served.ledger, account))
    assert (anchor.date, anchor.amount) == (TODAY, Money(-1200, "EUR"))
    other = made(served, "Savings")
    assert client.delete(f"/accounts/{other.id}/balances/{anchor.id}").status_code == 404
    removed = client.delete(f"/accounts/{account.id}/balances/{anchor.id}")
    assert removed.status_code == 200
    assert anchors_of(served, account) == []
    undone(client, removed)
    assert anchors_of(served, account) == [(TODAY, -1200)]


def test_what_is_typed_for_a_card_is_owed(served: Served, client: httpx.Client) -> None:
    account = made(served, "Card", "credit_card")
    client.post(f"/accounts/{account.id}/balances", data={"amount": "250", "day": "today"})
    assert anchors_of(served, account) == [(TODAY, -25000)]


def test_a_balance_that_cannot_be_read_is_refused(served: Served, client: httpx.Client) -> None:
    account = made(served)
    for form, words in (({"amount": ""}, "Type the balance"), ({"amount": "x", "day": "never"}, 'value="never"')):
        refused = client.post(f"/accounts/{account.id}/balances", data=form)
        assert refused.status_code == 422
        assert words in refused.text


def test_a_balance_that_does_not_agree_says_so(served: Served, client: httpx.Client) -> None:
    account = made(served)
    served.run(state_balance(served.ledger, account, datetime.date(2026, 3, 1), 10000))
    served.run(state_balance(served.ledger, account, datetime.date(2026, 3, 31), 9000))
    assert "€10.00 less than the transactions" in client.get(f"/accounts/{account.id}/balances").text


async def imported(ledger: Ledger, account: Account) -> str:
    """The token of an import of two rows and a balance."""
    bank_file = statement(
        row("03-02", "-10"), row("03-05", "-20"), currency="EUR", closing_balance=Decimal(70), closing_date=TODAY
    )
    result = await run_import(ledger, bank_file, [account], filename="<b>march.csv")
    return result.accounts[0].token


def test_an_import_is_looked_at_and_undone(served: Served, client: httpx.Client) -> None:
    account = made(served)
    token = served.run(imported(served.ledger, account))
    page = client.get(f"/accounts/{account.id}").text
    assert "&lt;b&gt;march.csv" in page
    assert "2 new" in page
    effects = client.get(f"/accounts/{account.id}/imports/{token}").text
    assert "2 transactions" in effects
    assert "forgets the balance" in effects
    [anchor] = served.run(list_anchors(served.ledger, account))
    assert client.delete(f"/accounts/{account.id}/balances/{anchor.id}").status_code == 409
    done = client.post(f"/accounts/{account.id}/imports/{token}/undo")
    assert "2 transactions are gone" in done.headers["HX-Trigger"]
    assert served.run(find_transactions(served.ledger)).rows == ()
    assert client.post(f"/accounts/{account.id}/imports/{token}/undo").status_code == 404


def test_an_import_is_undone_only_where_it_belongs(served: Served, client: httpx.Client) -> None:
    account, other = made(served), made(served, "Savings")
    token = served.run(imported(served.ledger, account))
    assert client.post(f"/accounts/{other.id}/imports/{token}/undo").status_code == 404
    assert client.get(f"/accounts/{other.id}/imports/{token}").status_code == 404
    assert token in client.get(f"/accounts/{account.id}/imports").text
    assert token not in client.get(f"/accounts/{other.id}/imports").text


def test_there_is_nothing_of_others(served: Served, client: httpx.Client) -> None:
    account = made(served)
    served.run(state_balance(served.ledger, account, TODAY, 100))
    [anchor] = served.run(list_anchors(served.ledger, account))
    token = served.run(imported(served.ledger, account))
    other = other_household(served)
    with served.client(served.user("Eve", "owner", other)) as eve:
        for path in ("", "/about", "/history", "/balances", "/latest", "/imports", f"/imports/{token}"):
            assert eve.get(f"/accounts/{account.id}{path}").status_code == 404
        for path in ("", "/archive", "/unarchive", "/balances", f"/imports/{token}/undo"):
            assert eve.post(f"/accounts/{account.id}{path}", data={"name": "Mine"}).status_code == 404
        assert eve.delete(f"/accounts/{account.id}/balances/{anchor.id}").status_code == 404
        assert eve.get("/api/accounts").json() == {"accounts": []}
        assert eve.get(f"/api/accounts/{account.id}").status_code == 404
        assert eve.patch(f"/api/accounts/{account.id}", json={"name": "Mine"}).status_code == 404
    assert accounts_of(served) == [account]


def test_ids_that_cannot_be_are_refused(client: httpx.Client) -> None:
    for identity in ("0", "-1", "x", str(1 << 64)):
        assert client.get(f"/accounts/{identity}").status_code in (404, 422), identity


def other_household(served: Served) -> Ledger:
    async def made_one() -> Ledger:
        async with served.ledger.store.writing() as connection:
            values = {"name": "Neighbours", "language": "en", "created_at": now()}
            identity = await connection.scalar(insert(households).values(values).returning(households.c.id))
        assert identity is not None
        return Ledger(served.ledger.store, identity)

    return served.run(made_one())


# --------------------------------------------------------------------------------------------------------- JSON API


def test_accounts_by_program(served: Served, client: httpx.Client) -> None:
    added = client.post("/api/accounts", json={"name": "Giro", "currency": "eur", "kind": "savings"})
    assert added.status_code == 201
    account: dict[str, Any] = added.json()
    assert (account["currency"], account["balances"][0]["balance"]) == ("EUR", None)
    where = f"/api/accounts/{account['id']}"
    assert client.post(f"{where}/balances", json={"date": "2026-03-01", "amount": "-12.30"}).status_code == 201
    listed = client.get("/api/accounts").json()["accounts"]
    expected = {"minor": -1230, "currency": "EUR", "amount": "-12.30"}
    assert listed[0]["balances"][0]["balance"] == expected
    assert listed[0]["balances"][0]["stated_on"] == "2026-03-01"
    [stated] = client.get(f"{where}/balances").json()["balances"]
    assert (stated["balance"], stated["stated_by"], stated["unexplained"]) == (expected, "person", None)
    removed = client.delete(f"{where}/balances/{stated['id']}")
    assert client.post(f"/edits/{removed.json()['edit']}/undo").status_code == 200
    assert len(client.get(f"{where}/balances").json()["balances"]) == 1


def test_accounts_are_changed_by_program(served: Served, client: httpx.Client) -> None:
    where = f"/api/accounts/{made(served).id}"
    changed = client.patch(where, json={"name": "House", "archived": True, "number": "1"}).json()
    assert (changed["account"]["name"], changed["account"]["archived"]) == ("House", True)
    assert client.get("/api/accounts").json() == {"accounts": []}
    assert len(client.get("/api/accounts?archived=true").json()["accounts"]) == 1
    assert client.patch(where, json={"number": None}).json()["account"]["number"] is None
    assert client.patch(where, json={}).json()["edit"] is None


WRONG: tuple[tuple[dict[str, Any], int], ...] = (
    ({"name": ""}, 422),
    ({"name": "giro"}, 409),
    ({"currency": "ZZZ"}, 422),
    ({"kind": "piggy"}, 422),
    ({"currency": None}, 422),
)


def test_what_a_program_may_not_send(served: Served, client: httpx.Client) -> None:
    where = f"/api/accounts/{made(served).id}/balances"
    for wrong, status in WRONG:
        refused = client.post("/api/accounts", json={"name": "New", "currency": "EUR"} | wrong)
        assert refused.status_code == status, wrong
        assert refused.json()["message"]
    for amount in ("12.345", "1e3", "NaN", "", "9" * 19, 12.3):
        assert client.post(where, json={"date": "2026-03-01", "amount": amount}).status_code == 422, amount

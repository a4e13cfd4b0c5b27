from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tuppence.ledger.accounts import NewAccount, create_account, find_account
from tuppence.ledger.balances import state_balance
from tuppence.ledger.categories import list_categories
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger, set_currency
from tuppence.ledger.transactions import find_transactions

from .served import Served
from .served import served as serving

TODAY = datetime.date.today()
PARTS = ("figures", "accounts", "attention", "net-worth", "flow", "transfers", "transfers/list")


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


async def household(ledger: Ledger) -> None:
    """Two currencies; on the giro account 1,000.00 were known 400 days ago."""
    await set_currency(ledger, "EUR")
    categories = {one.name: one.id for one in await list_categories(ledger)}
    giro = await create_account(ledger, NewAccount("Giro <b>&", "EUR"))
    card = await create_account(ledger, NewAccount("Card", "EUR", "credit_card"))
    await create_account(ledger, NewAccount("Cash", "EUR", "cash"))
    dollars = await create_account(ledger, NewAccount("Dollars", "USD"))
    await state_balance(ledger, giro, ago(400), 100000)
    await state_balance(ledger, card, ago(100), -25000)
    await state_balance(ledger, dollars, ago(100), 777)
    for account, days, amount, text, category in (
        (giro, 0, 200000, "Pay", "Salary"),
        (giro, 0, -1234, "Bread", "Groceries"),
        (giro, 0, -5000, "Odd", None),
        (dollars, 0, -300, "Coffee", "Coffee"),
    ):
        filed = categories.get(category) if category else None
        await add_transaction(ledger, NewTransaction(account.id, ago(days), amount, text, category=filed))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home) as one:
        one.run(household(one.ledger))
        yield one


@pytest.fixture(scope="module")
def reader(filled: Served) -> Iterator[httpx.Client]:
    with filled.client(filled.user()) as client:
        yield client


def text_of(response: httpx.Response) -> str:
    """What is read on a page, in one line."""
    assert response.status_code == 200, response.text
    return " ".join(re.sub(r"<[^>]*>", " ", response.text).split())


def test_an_empty_household_is_told_what_to_do(client: httpx.Client) -> None:
    page = client.get("/overview")
    assert 'href="/import"' in page.text
    assert 'href="/accounts/new"' in page.text
    for part in PARTS:
        assert client.get(f"/overview/{part}").status_code == 200


def test_an_account_without_anything_is_no_empty_household(served: Served, client: httpx.Client) -> None:
    served.run(create_account(served.ledger, NewAccount("Cash", "EUR", "cash")))
    assert "Unknown" in text_of(client.get("/overview"))
    for part in PARTS:
        assert client.get(f"/overview/{part}").status_code == 200
    assert "State a balance" not in text_of(client.get("/overview/flow"))
    assert "No balance is known" in text_of(client.get("/overview/net-worth"))


def test_figures(reader: httpx.Client) -> None:
    page = text_of(reader.get("/overview"))
    assert "Net worth €2,687.66" in page  # 1,000.00 + 2,000.00 - 12.34 - 50.00 - 250.00
    assert "without 1 balance that is not known" in page
    assert "€2,000.00" in page
    assert "Spending €62.34" in page  # 12.34 + 50.00
    assert "USD Net worth $4.77" in page  # 7.77 - 3.00


def test_accounts_say_since_when_they_are_known(reader: httpx.Client) -> None:
    page = reader.get("/overview/accounts").text
    assert "Giro &lt;b&gt;&amp;" in page
    assert "Giro <b>" not in page
    assert "from a balance stated of" in page
    assert "balance not known" in page


def test_spending_leads_to_its_transactions(reader: httpx.Client) -> None:
    page = reader.get("/overview/flow").text
    groceries = re.search(r'href="(/transactions\?category=\d+[^"]*)">Groceries', page)
    assert groceries is not None
    found = reader.get(groceries[1].replace("&amp;", "&"))
    assert "Bread" in found.text
    assert "Odd" not in found.text
    assert "uncategorized=yes" in page


def test_charts_carry_exact_amounts(reader: httpx.Client) -> None:
    page = reader.get("/overview/flow").text
    assert 'data-value="200000"' in page
    assert 'data-value="6234"' in page
    net = reader.get("/overview/net-worth").text
    assert 'data-value="268766"' in net
    assert "without Card" in net  # it was not known a year ago
    assert " style=" not in page + net
    assert "<script" not in page + net


@pytest.mark.parametrize("period", ["last-12-months", "this-year", "last-year", "all"])
def test_periods_stand_in_the_address(reader: httpx.Client, period: str) -> None:
    page = reader.get(f"/overview?period={period}").text
    assert re.search(rf'period={period}" hx-trigger', page)
    assert len(re.findall('aria-current="page">(Last|This|All)', page)) == 1
    assert reader.get(f"/overview/net-worth?period={period}").status_code == 200
    assert reader.get(f"/overview/flow?period={period}").status_code == 200


def test_an_unknown_period_is_refused(reader: httpx.Client) -> None:
    assert reader.get("/overview?period=never").status_code == 422


def test_what_needs_attention(reader: httpx.Client) -> None:
    page = reader.get("/overview/attention")
    text = text_of(page)
    assert "The balance of \u2068Cash\u2069 is not known." in text
    assert "2 transactions have no category." in text or "1 transaction has no category." in text
    assert "no provider is set up" in text
    assert 'href="/transactions?uncategorized=yes"' in page.text


def test_a_balance_that_does_not_agree_needs_attention(served: Served, client: httpx.Client) -> None:
    giro = served.run(create_account(served.ledger, NewAccount("Giro", "EUR")))
    served.run(state_balance(served.ledger, giro, ago(20), 10000))
    served.run(state_balance(served.ledger, giro, ago(10), 9000))
    assert "€10.00 less than its transactions lead to" in text_of(client.get("/overview/attention"))


def test_a_member_is_told_whom_to_ask_for_a_provider(filled: Served) -> None:
    with filled.client(filled.user("Bo", "member")) as client:
        page = client.get("/overview/attention").text
    assert "The owner of the household can set up a provider" in page
    assert "/settings/providers" not in page


# ------------------------------------------------------------------------------------------------ possible transfers


@pytest.fixture
def doubtful(served: Served) -> Served:
    """One payment that could have gone to either of two accounts."""

    async def fill(ledger: Ledger) -> None:
        for name, amount in (("Giro", -5000), ("Savings", 5000), ("Cash", 5000)):
            account = await create_account(ledger, NewAccount(name, "EUR"))
            await add_transaction(ledger, NewTransaction(account.id, TODAY, amount, f"Move {name}"))

    served.run(fill(served.ledger))
    return served


def test_a_possible_transfer_is_decided_and_undone(doubtful: Served, client: httpx.Client) -> None:
    assert "1 payment could be a transfer" in text_of(client.get("/overview/attention"))
    page = client.get("/overview/transfers").text
    assert "Move Savings" in page
    decide = re.search(r'hx-post="(/overview/transfers/\d+/\d+)"', page)
    assert decide is not None
    done = client.post(decide[1])
    assert "Nothing to decide" in done.text
    assert "Marked as a transfer." in done.headers["HX-Trigger"]
    paired = [one for one in doubtful.run(find_transactions(doubtful.ledger)).rows if one.transfer_id]
    assert len(paired) == 2
    undo = re.search(r"/edits/\w+/undo", done.headers["HX-Trigger"])
    assert undo is not None
    assert client.post(undo[0]).status_code == 200
    assert "Move Savings" in client.get("/overview/transfers/list").text


def test_it_can_be_none(doubtful: Served, client: httpx.Client) -> None:
    page = client.get("/overview/transfers").text
    none = re.search(r'hx-post="(/overview/transfers/\d+/none)"', page)
    assert none is not None
    assert "Nothing to decide" in client.post(none[1]).text


def test_two_rows_of_one_account_are_no_transfer(doubtful: Served, client: httpx.Client) -> None:
    giro = doubtful.run(find_account(doubtful.ledger, "Giro"))
    other = doubtful.run(add_transaction(doubtful.ledger, NewTransaction(giro.id, TODAY, 5000, "Back")))
    one = next(row for row in doubtful.run(find_transactions(doubtful.ledger)).rows if row.description == "Move Giro")
    assert client.post(f"/overview/transfers/{one.id}/{other.id}").status_code == 409
    for unknown in (999, 1 << 70):
        assert client.post(f"/overview/transfers/{unknown}/none").status_code == 404

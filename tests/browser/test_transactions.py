"""The list of transactions in a browser: searching, scrolling, opening, filing, undoing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.served import Served
from web.served import served as serving

from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transactions import find_transactions, transaction

from .chromium import chromium

FIRST = datetime.date(2026, 1, 1)


async def _household(ledger: Ledger) -> None:
    account = await create_account(ledger, NewAccount("Current", "EUR"))
    other = await create_account(ledger, NewAccount("Savings", "EUR"))
    await merchant_named(ledger, "Corner Shop")
    for number in range(120):
        day = FIRST + datetime.timedelta(days=number // 2)
        new = NewTransaction(account.id, day, -100 - number, f"Purchase {number:03}")
        await add_transaction(ledger, new)
    await add_transaction(ledger, NewTransaction(other.id, FIRST, 55_000, "<img src=x onerror=alert(1)>"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home) as one:
        one.run(_household(one.ledger))
        yield one


@pytest.fixture(scope="module")
def browser_page(served: Served) -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=served.base_url)
        context.request.post(served.sign_in_address(served.user()), max_redirects=0)
        yield context.new_page()


@pytest.fixture
def page(browser_page: Page) -> Iterator[Page]:
    """A signed-in tab, whose scripts must not fail and whose page must not break its own rules."""
    wrong: list[str] = []
    browser_page.on("pageerror", note := lambda error: wrong.append(str(error)))
    browser_page.on("dialog", told := lambda dialog: wrong.append(dialog.message))
    browser_page.set_viewport_size({"width": 1280, "height": 800})
    yield browser_page
    browser_page.remove_listener("pageerror", note)
    browser_page.remove_listener("dialog", told)
    assert not wrong


def _rows(page: Page) -> list[str]:
    return page.locator("#rows tr.line a.open").all_inner_texts()


def test_rows_come_as_the_reader_goes_on(page: Page) -> None:
    page.goto("/transactions?account=1")
    expect(page.locator("#figures")).to_contain_text("120")
    while page.locator("#further").count():
        page.mouse.wheel(0, 5000)
    expect(page.locator("#rows tr.line")).to_have_count(120)
    assert _rows(page) == [f"Purchase {number:03}" for number in reversed(range(120))]
    assert page.locator("#rows tr.date").count() == 60


def test_a_search_is_in_the_address_and_back_leaves_it(page: Page) -> None:
    page.goto("/transactions")
    page.keyboard.press("/")
    page.keyboard.type("Purchase 01")
    expect(page.locator("#rows tr.line")).to_have_count(12)  # 001, 010 to 019, 101
    expect(page).to_have_url(re.compile(r"\?q=Purchase\+01$"))
    page.select_option("select[name=order]", "oldest")
    expect(page).to_have_url(re.compile(r"\?q=Purchase\+01&order=oldest$"))
    expect(page.locator("#rows a.open").first).to_have_text("Purchase 001")
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=Purchase\+01$"))
    expect(page.locator("#rows a.open").first).to_have_text("Purchase 101")
    page.locator(".chips a.chip").click()
    expect(page).to_have_url(re.compile(r"/transactions$"))
    expect(page.locator("#search-text")).to_have_value("")


def test_a_day_that_is_none_is_said_and_kept(page: Page) -> None:
    page.goto("/transactions")
    page.locator(".further-fields summary").click()
    page.fill("input[name=since]", "the other day")
    page.keyboard.press("Tab")
    expect(page.locator("#found [role=alert]")).to_contain_text("is no day")
    expect(page.locator("input[name=since]")).to_have_value("the other day")


def test_an_opened_row_is_in_the_address(page: Page) -> None:
    page.goto("/transactions?q=Purchase")
    page.click("text=Purchase 118")
    expect(page.locator("#panel h2")).to_have_text("Purchase 118")
    expect(page).to_have_url(re.compile(r"\?q=Purchase&open=\d+$"))
    expect(page.locator("tr[aria-current=true] a.open")).to_have_text("Purchase 118")
    page.click("text=Purchase 117")
    expect(page.locator("#panel h2")).to_have_text("Purchase 117")
    page.go_back()
    expect(page.locator("#panel h2")).to_have_text("Purchase 118")
    page.keyboard.press("Escape")
    expect(page.locator("#panel h2")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?q=Purchase$"))


def test_filing_shows_in_the_row_and_can_be_undone(page: Page) -> None:
    page.goto("/transactions?q=Purchase")
    row = page.locator("#rows tr.line", has_text="Purchase 116")
    row.locator("a.open").click()
    page.locator("#panel-category").click()
    page.keyboard.type("grocer")
    expect(page.locator("#panel-category-list [aria-selected=true]")).to_contain_text("Groceries")
    page.keyboard.press("Enter")
    expect(row.locator(".category")).to_have_text("Groceries")
    expect(page.locator(".toast")).to_contain_text("Filed 1 transaction under Groceries.")
    page.click(".toast button:text('Undo')")
    expect(row.locator(".category")).to_have_text("No category")
    expect(page.locator("#panel-category")).to_have_value("")


def test_many_are_filed_at_once(page: Page, served: Served) -> None:
    page.goto("/transactions?q=Purchase+00")
    page.check("#tick-all")
    expect(page.locator("#bulk")).to_contain_text("11 chosen")  # 000 to 009, 100
    page.locator("#bulk-merchant").click()
    page.keyboard.type("Bakery at the bridge")
    page.click("#bulk-merchant-list [role=option]:has-text('New merchant')")
    expect(page.locator("#rows tr.line a.open", has_text="Bakery at the bridge")).to_have_count(11)
    expect(page.locator("#bulk-merchant")).to_have_value("")
    page.click(".toast button:text('Undo')")
    expect(page.locator("#rows tr.line a.open", has_text=re.compile("Purchase .00|Purchase 00"))).to_have_count(11)


def test_all_of_a_search_is_filed_at_once(page: Page, served: Served) -> None:
    page.goto("/transactions?q=Purchase")
    expect(page.locator("#figures")).to_contain_text("120")
    page.check("#tick-all")
    page.click("text=Choose all 120 of this search")
    page.locator("#bulk-category").click()
    page.keyboard.type("restaurants")
    page.click("#bulk-category-list [role=option]:has-text('Restaurants')")
    expect(page.locator(".toast").last).to_contain_text("Filed 120 transactions under Restaurants.")
    found = served.run(find_transactions(served.ledger, limit=200))
    assert sum(row.category == "Restaurants" for row in found.rows) == 120
    page.locator(".toast").last.locator("button").click()
    expect(page.locator("#rows tr.line .category", has_text="Restaurants")).to_have_count(0)


def test_a_transaction_is_added_by_hand_and_taken_back(page: Page, served: Served) -> None:
    page.goto("/transactions")
    page.click("text=Add by hand")
    page.fill("#new input[name=amount]", "twelve")
    page.fill("#new input[name=description]", "Lunch at the market")
    page.click("#new button:text('Add')")
    expect(page.locator("#new .error")).to_contain_text("is no amount")
    expect(page.locator("#new input[name=description]")).to_have_value("Lunch at the market")
    page.fill("#new input[name=amount]", "12.50")
    page.click("#new button:text('Add')")
    expect(page.locator("#add")).not_to_be_visible()
    row = page.locator("#rows tr.line", has_text="Lunch at the market")
    expect(row.locator(".number").first).to_have_text("−€12.50")
    page.click(".toast button:text('Undo')")
    expect(row).to_have_class(re.compile("left"))
    page.reload()
    expect(row).to_have_count(0)


def test_an_empty_list_fills_when_something_is_added(page: Page, served: Served) -> None:
    page.goto("/transactions?q=Umbrella")
    expect(page.locator("#found")).to_contain_text("Nothing fits")
    page.click("text=Add by hand")
    page.fill("#new input[name=amount]", "9")
    page.fill("#new input[name=description]", "Umbrella")
    page.click("#new button:text('Add')")
    expect(page.locator("#rows a.open")).to_have_text("Umbrella")
    page.click(".toast button:text('Undo')")
    expect(page.locator("#rows tr.line")).to_have_class(re.compile("left"))


def test_words_of_a_bank_run_nothing(page: Page, served: Served) -> None:
    page.goto("/transactions?account=2")
    expect(page.locator("#rows a.open")).to_have_text("<img src=x onerror=alert(1)>")
    page.locator("#rows a.open").click()
    expect(page.locator("#panel h2")).to_have_text("<img src=x onerror=alert(1)>")
    assert served.run(transaction(served.ledger, 121)).description == "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/transactions", "/transactions?open=1", "/edits"):
        page.goto(address)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), address

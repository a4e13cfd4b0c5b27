"""Categories and merchants in a browser: forms in a dialog, undo, and a page whose subject is deleted."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.served import served as serving

from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import create_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_named

from .chromium import chromium


async def _household(ledger: Ledger) -> None:
    account = await create_account(ledger, NewAccount("Current", "EUR"))
    tools = await create_category(ledger, "Tools")
    for number, name in enumerate(("Alpha", "Alpha Ltd", "Beta"), start=1):
        merchant = await merchant_named(ledger, name)
        new = NewTransaction(account.id, datetime.date.today(), -100 * number, "Card", category=tools.id)
        made = await add_transaction(ledger, new)
        await file_transactions(ledger, [made.id], TransactionChange(merchant=merchant.id))


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A signed-in tab, whose scripts must not fail."""
    wrong: list[str] = []
    with serving(tmp_path) as served, chromium() as browser:
        served.run(_household(served.ledger))
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=served.base_url)
        context.request.post(served.sign_in_address(served.user()), max_redirects=0)
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        yield tab
    assert not wrong


def test_a_category_is_renamed_and_deleted_with_undo(page: Page) -> None:
    page.goto("/categories")
    page.get_by_label("Edit Tools").click()
    name = page.locator("#sheet").get_by_label("Name")
    expect(name).to_be_focused()
    name.fill("food")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet .error")).to_contain_text("already")
    expect(name).to_have_value("food")
    expect(name).to_be_focused()
    name.fill("Workshop")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#tree").get_by_text("Workshop")).to_be_visible()
    page.get_by_role("link", name="Workshop", exact=True).click()
    page.get_by_role("button", name="Delete …").click()
    expect(page.locator("#sheet")).to_contain_text("3 transactions are filed under it.")
    page.locator("#sheet").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/categories$"))  # what was done is told once, not with the address
    expect(page.locator("#tree")).not_to_contain_text("Workshop")
    expect(page.locator(".without")).to_contain_text("3 transactions without a category")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#tree")).to_contain_text("Workshop")
    expect(page.locator(".without")).to_have_count(0)


def test_chosen_merchants_are_merged_with_undo(page: Page) -> None:
    page.goto("/merchants")
    page.keyboard.press("/")
    page.keyboard.type("alpha")
    rows = page.locator("#found tbody tr")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?q=alpha$"))
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Merge …").click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("The 2 transactions of all of them go there.")
    sheet.get_by_role("combobox").click()
    page.keyboard.type("bet")
    page.locator("#sheet [role=option]", has_text="Beta").click()
    expect(sheet.get_by_label("Another one")).to_be_checked()
    sheet.get_by_role("button", name="Merge").click()
    expect(page.locator("#found")).to_contain_text("Nothing fits")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)
    expect(page.locator("#chosen")).to_be_hidden()


def test_a_form_is_left_by_escape_and_the_focus_returns(page: Page) -> None:
    page.goto("/merchants")
    edit = page.get_by_label("Edit Beta")
    edit.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(edit).to_be_focused()

"""Filing by itself and rules in a browser: runs begun, watched, cancelled and undone; what a rule would do."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web.clerking import Clerk, clerk
from web.served import Served
from web.served import served as serving

from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import find_category
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger

from .chromium import chromium


@pytest.fixture
def model() -> Iterator[Clerk]:
    with clerk() as one:
        yield one


@pytest.fixture
def served(tmp_path: Path, model: Clerk) -> Iterator[Served]:
    with serving(tmp_path, **model.settings, works=True) as one:
        one.run(_filled(one.ledger))
        yield one


@pytest.fixture
def page(served: Served) -> Iterator[Page]:
    """A signed-in tab, whose scripts must not fail."""
    wrong: list[str] = []
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=served.base_url)
        context.request.post(served.sign_in_address(served.user()), max_redirects=0)
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        yield tab
    assert not wrong


async def _filled(ledger: Ledger) -> None:
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    groceries = await find_category(ledger, "Groceries")
    for number in range(5):
        new = NewTransaction(account.id, datetime.date.today(), -400 - number, "Crooked Mug")
        made = await add_transaction(ledger, new)
        if number < 4:
            await file_transactions(ledger, [made.id], TransactionChange(category=groceries.id))
    for what in ("LIDL SUPERMARKET", "SHELL FUEL STATION"):
        await add_transaction(ledger, NewTransaction(account.id, datetime.date.today(), -1000, what))


def test_a_run_is_begun_watched_left_cancelled_and_undone(page: Page, model: Clerk) -> None:
    model.hold()
    page.goto("/transactions")
    page.get_by_role("link", name="File by itself").click()
    panel = page.locator("#kind-categorize")
    expect(panel.locator(".open")).to_contain_text("3 transactions without a category")
    panel.get_by_text("Who is asked, how many").click()
    panel.get_by_label("At most so many").fill("no")
    panel.get_by_label("At most so many").blur()
    expect(panel.get_by_role("alert")).to_contain_text("Type a number above zero")
    expect(panel.get_by_label("At most so many")).to_have_value("no")
    panel.get_by_label("At most so many").fill("")
    panel.get_by_label("Only suggest").check()
    expect(panel.locator(".quote")).to_contain_text("everything goes to your review")
    panel.get_by_label("Only suggest").uncheck()
    expect(panel.locator(".quote")).to_contain_text("filed at once")
    panel.get_by_role("button", name="Start, cost unknown").click()
    expect(panel.locator(".far")).to_have_text("1 of 3 transactions")
    page.goto("/overview")
    page.goto("/background")
    expect(panel.locator(".far")).to_have_text("1 of 3 transactions")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.locator(".state")).to_contain_text("Cancelled")
    expect(page.locator("#history")).to_contain_text("cancelled")
    panel.get_by_role("button", name="Undo all of it").click()
    expect(page.locator(".toast").last).to_contain_text("Undone.")
    expect(panel.locator(".state")).to_contain_text("undone")
    panel.get_by_role("button", name="Begin another").click()
    expect(panel.locator(".open")).to_contain_text("3 transactions without a category")


def test_a_run_ends_before_ones_eyes(page: Page, model: Clerk) -> None:
    model.hold()
    page.goto("/background")
    panel = page.locator("#kind-categorize")
    panel.get_by_role("button", name="Start, cost unknown").click()
    expect(panel.locator(".far")).to_have_text("1 of 3 transactions")
    model.go()
    expect(panel.locator(".state")).to_contain_text("Done")
    expect(panel.locator(".far")).to_have_text("3 of 3 transactions through")
    expect(page.locator(".toast")).to_contain_text("Find categories: done.")
    expect(page.locator("#history")).to_contain_text("3 filed")
    panel.get_by_role("link", name="What it filed").click()
    expect(page.locator(".filed li")).to_have_count(3)


def test_only_what_costs_nothing_is_filed_by_a_button(page: Page, model: Clerk) -> None:
    page.goto("/background")
    panel = page.locator("#kind-categorize")
    panel.get_by_role("button", name="Only what costs nothing").click()
    expect(panel.locator(".state")).to_contain_text("asking nobody")
    expect(panel.locator(".far")).to_have_text("3 of 3 transactions through")
    assert not [one for one in model.understudy.account.exchanges if one.operation == "file_transactions"]


def test_a_rule_shows_what_it_would_do_and_keeps_what_was_typed(page: Page) -> None:
    page.goto("/rules")
    page.get_by_role("link", name="Add a rule").first.click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("A rule needs a condition")
    page.get_by_label("Contains").fill("lidl")
    expect(preview).to_contain_text("1 transaction fits.")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.locator(".rule-form [role=alert]")).to_contain_text("Say what holds")
    expect(page.get_by_label("Contains")).to_have_value("lidl")
    page.get_by_label("Category").select_option(label="Groceries")
    expect(preview).to_contain_text("1 would be filed anew")
    page.get_by_role("combobox", name="Merchant").fill("Lidl")
    page.locator("[role=option]", has_text="Lidl").click()
    page.get_by_text("Match a pattern").click()
    page.get_by_label("Matches").fill("lidl(")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.locator("#pattern-error")).to_be_visible()
    expect(page.get_by_role("combobox", name="Merchant")).to_have_value("Lidl")
    page.get_by_label("Matches").fill("")
    expect(preview).to_contain_text("1 would be filed anew")
    page.get_by_role("button", name="Add the rule").click()
    expect(page).to_have_url(re.compile(r"/rules$"))  # what was done is told once, not with the address
    expect(page.locator("#rules")).to_contain_text("contains “lidl”")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#rules")).to_contain_text("No rules yet")


def test_rules_are_moved_and_switched_by_keyboard(page: Page) -> None:
    for words in ("one", "two"):
        page.goto("/rules/new")
        page.get_by_label("Contains").fill(words)
        page.get_by_label("Tags to add").fill("tag")
        page.keyboard.press("Enter")
        expect(page.locator("#rules")).to_contain_text(f"contains “{words}”")
    rules = page.locator("#rules .rule")
    page.get_by_role("button", name="Ask later: contains “one”").focus()
    page.keyboard.press("Enter")
    expect(rules.first).to_contain_text("two")
    switch = rules.first.get_by_role("checkbox")
    switch.focus()
    page.keyboard.press("Space")
    expect(page.locator(".toast").last).to_contain_text("Switched a rule off")
    expect(rules.first).to_have_class("rule off")
    expect(switch).to_be_focused()
    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(switch).to_be_checked()

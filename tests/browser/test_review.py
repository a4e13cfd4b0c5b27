"""The review queue in a browser: decided by keys and by clicks, undone, filtered; and what an answer asks for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from web.served import Served, served
from web.suggested import DAY, Queue, category, filed, queue, suggested

from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.understudy import Call, Reply

from .chatting import Opened, talking
from .chromium import chromium

MARKUP = "<img src=x onerror=alert(1)> Ltd"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


class Desk:
    """A queue, and a tab that shows it."""

    def __init__(self, house: Served, page: Page, waiting: Queue) -> None:
        self.house, self.page, self.waiting = house, page, waiting

    def filed(self, transaction_id: int) -> tuple[str | None, str | None, tuple[str, ...]]:
        return self.house.run(filed(self.house.ledger, transaction_id))


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """Signed in, at the queue. Scripts must not fail, and nobody else's may run."""
    wrong: list[str] = []
    with served(tmp_path) as house:
        waiting = house.run(queue(house.ledger))
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=house.base_url)
        context.request.post(house.sign_in_address(house.user()), max_redirects=0)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto("/review")
        yield Desk(house, page, waiting)
        context.close()
    assert not wrong


def test_a_group_is_accepted_by_keys_and_comes_back(desk: Desk) -> None:
    page = desk.page
    expect(page.locator(".group")).to_have_count(3)
    page.keyboard.press("j")
    expect(page.locator(".group").first).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(".group")).to_have_count(2)
    expect(page.locator("#toasts")).to_contain_text("Accepted 3 suggestions.")
    expect(page.locator("#waiting")).to_contain_text("2 suggestions wait")
    expect(page.locator("#review-count")).to_contain_text("2")
    expect(page.locator(".group").first).to_be_focused()
    assert [desk.filed(one)[0] for one in desk.waiting.bakery] == ["Bread"] * 3
    page.keyboard.press("u")
    expect(page.locator(".group")).to_have_count(3)
    expect(page.locator(".group").first).to_contain_text("Bakery Row")
    expect(page.locator(".group").first).to_be_focused()
    expect(page.locator("#review-count")).to_contain_text("5")
    assert [desk.filed(one)[0] for one in desk.waiting.bakery] == [None] * 3


def test_several_are_decided_one_after_the_other_and_undone_in_turn(desk: Desk) -> None:
    page = desk.page
    for left in (2, 1):
        page.keyboard.press("j")
        page.keyboard.press("r")
        expect(page.locator(".group")).to_have_count(left)
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#found")).to_contain_text("Nothing waits for you")
    expect(page.locator("#review-count")).to_be_hidden()
    for back in (1, 2, 3):
        page.keyboard.press("u")
        expect(page.locator(".group")).to_have_count(back)
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Nothing was decided on this page")


def test_another_category_is_chosen(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("c")
    field = page.get_by_role("combobox", name="File under")
    expect(field).to_be_focused()
    page.keyboard.type("hat")
    expect(page.get_by_role("option", name="Hats")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".group")).to_have_count(2)
    assert [desk.filed(one)[0] for one in desk.waiting.bakery] == ["Hats"] * 3


def test_the_keys_type_while_something_else_is_typed(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("combobox", name="File under")).to_be_focused()
    page.keyboard.type("raju")
    expect(page.get_by_role("combobox", name="File under")).to_have_value("raju")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("form.change")).to_have_count(0)
    expect(page.locator(".group").first).to_be_focused()
    expect(page.locator(".group")).to_have_count(3)


def test_the_transactions_of_a_group_are_decided_one_by_one(desk: Desk) -> None:
    page = desk.page
    group = page.locator(".group").first
    group.locator("summary").click()
    expect(group.locator(".each")).to_have_count(3)
    group.locator(".each").first.get_by_role("button", name="Reject").click()
    expect(group.locator(".each")).to_have_count(2)
    expect(group).to_contain_text("2 transactions")
    expect(group.locator("details")).to_have_attribute("open", "")
    group.locator(".each").first.get_by_role("button", name="Change").click()
    page.get_by_role("combobox", name="File under").fill("Hats")
    page.get_by_role("option", name="Hats").click()
    expect(page.locator(".group")).to_have_count(3)
    expect(group).not_to_contain_text("2 transactions")
    toast = page.locator(".toast", has_text="otherwise than suggested")
    toast.get_by_role("button", name="Undo").click()
    expect(group).to_contain_text("2 transactions")
    assert sorted(str(desk.filed(one)[0]) for one in desk.waiting.bakery) == ["None"] * 3


def test_a_new_merchant_and_tags_are_typed(desk: Desk) -> None:
    page = desk.page
    kiosk = page.locator(".group", has_text="Kiosk").first
    kiosk.get_by_role("button", name="Change").click()
    page.get_by_role("combobox", name="Merchant").fill("Corner kiosk")
    page.get_by_role("option", name="Corner kiosk").click()
    expect(page.locator(".group")).to_have_count(2)
    assert desk.filed(desk.waiting.kiosk)[1] == "Corner kiosk"
    ferry = page.locator(".group", has_text="Ferry")
    ferry.get_by_role("button", name="Change").click()
    page.get_by_label("Tags", exact=True).fill("harbour, sea")
    page.keyboard.press("Enter")
    expect(page.locator(".group")).to_have_count(1)
    assert desk.filed(desk.waiting.ferry)[2] == ("harbour", "sea")


def test_what_is_asked_is_in_the_address(desk: Desk) -> None:
    page = desk.page
    page.get_by_label("Suggested by").select_option("model")
    expect(page.locator(".group")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/review\?source=model$"))
    page.reload()
    expect(page.locator(".group")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#found")).to_contain_text("Nothing of this kind waits")
    page.get_by_label("Suggested by").select_option("")
    expect(page.locator(".group")).to_have_count(2)


def test_a_narrow_window_shows_cards_and_five_places(desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(".group").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    places = page.locator(".rail > .place:visible, .rail > .more > summary:visible")
    assert [one.split()[0] for one in places.all_inner_texts()] == [
        "Chat",
        "Overview",
        "Transactions",
        "Review",
        "More",
    ]
    page.locator(".rail .more > summary").click()
    expect(page.locator(".rail .more .list").get_by_role("link", name="Import")).to_be_visible()


async def _many(ledger: Ledger, waiting: Queue) -> None:
    """Sixty groups more, each of one transaction whose wording would like to be a part of the page."""
    (account, *_) = await list_accounts(ledger)
    for number in range(60):
        text = f"{MARKUP} {chr(65 + number // 26)}{chr(65 + number % 26)}quay"
        made = await add_transaction(ledger, NewTransaction(account.id, DAY, -100, text))
        await suggested(ledger, category(made.id, waiting.bread, MARKUP))


def test_more_groups_come_and_what_a_bank_wrote_is_text(desk: Desk) -> None:
    desk.house.run(_many(desk.house.ledger, desk.waiting))
    page = desk.page
    page.reload()
    expect(page.locator(".group")).to_have_count(50)
    page.locator("#further").scroll_into_view_if_needed()
    expect(page.locator(".group")).to_have_count(63)
    expect(page.locator("#further")).to_have_count(0)
    last = page.locator(".group").last
    expect(last).to_contain_text(MARKUP)
    last.get_by_role("button", name="Accept").click()
    expect(page.locator(".group")).to_have_count(62)
    expect(page.locator("#waiting")).to_contain_text("64 suggestions")
    assert page.locator("#found img").count() == 0


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens a chat over a household of its own."""
    with ExitStack() as stack:
        yield lambda *replies: stack.enter_context(talking(browser, tmp_path, replies))


def test_an_answer_asks_and_waits_for_a_yes(opened: Opened) -> None:
    gate = asyncio.Event()
    calls = [Call("create_category", {"name": f"Kites {MARKUP}"}), Call("create_category", {"name": "Boats"})]
    talk = opened(Reply(calls), Reply("It is before you.", gates={0: gate}))
    talk.ask("A category for kites, please.")
    kites, boats = (talk.turn().locator(".confirmation", has_text=name) for name in ("Kites", "Boats"))
    expect(kites).to_contain_text(f"Create the category “Kites {MARKUP}”")
    kites.get_by_role("button", name="Do it").click()
    boats.get_by_role("button", name="No", exact=True).click()
    expect(kites).to_have_attribute("data-state", "confirmed")
    expect(boats).to_contain_text("nothing was changed")
    talk.model.let(gate)
    expect(talk.turn().locator(".figures")).to_be_visible()
    expect(kites).to_have_attribute("data-state", "confirmed")
    expect(boats).to_have_attribute("data-state", "rejected")
    talk.page.reload()
    expect(boats).to_have_attribute("data-state", "rejected")
    kites.get_by_role("button", name="Undo").click()
    expect(kites).to_have_attribute("data-state", "undone")
    names = {one.name for one in talk.served.run(list_categories(talk.served.ledger))}
    assert names.isdisjoint({f"Kites {MARKUP}", "Boats"})
    assert talk.complaints == []

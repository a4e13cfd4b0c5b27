"""Files of a bank in a real browser: chosen by keyboard or dropped, looked at, imported, taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from web.served import Served, served

from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.transaction_filter import EVERYTHING
from tuppence.ledger.transactions import find_transactions

from .chromium import chromium

CLEAR = "Date,Description,Amount,Currency\n2026-03-01,Bakery,-4.50,EUR\n2026-03-02,Wages of March,1000.00,EUR\n"
OPEN = "Date,Description,Amount,Currency\n03/04/2026,Bakery,-4.50,EUR\n05/06/2026,Shop,-1.00,EUR\n"
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as one:
        yield one


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def page(browser: Browser, house: Served, complaints: list[str]) -> Iterator[Page]:
    """The import page, on which somebody is signed in."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(15_000)
        one = context.new_page()
        one.on("pageerror", lambda error: complaints.append(str(error)))
        one.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        one.goto(house.sign_in_address(house.user()))
        one.goto(f"{house.base_url}/import")
        yield one


def file(name: str, text: str) -> dict[str, object]:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


def dropped(page: Page, *files: tuple[str, str]) -> None:
    """Drop files on the page as a file manager does."""
    made = page.evaluate_handle(
        """(files) => {
          const dropped = new DataTransfer()
          for (const [name, text] of files) dropped.items.add(new File([text], name, { type: "text/csv" }))
          return dropped
        }""",
        [list(one) for one in files],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#drop", event, {"dataTransfer": made})


def number_of_rows(house: Served) -> int:
    return len(house.run(find_transactions(house.ledger, EVERYTHING, order="oldest", limit=100)).rows)


def test_a_file_is_chosen_answered_imported_and_taken_back(page: Page, house: Served, complaints: list[str]) -> None:
    page.get_by_label("Choose files").set_input_files(file("march.csv", OPEN))  # type: ignore[arg-type]
    page.wait_for_url(re.compile(r"/import/[0-9a-f]{32}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("march.csv")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Day first").press("Enter")
    confirm = page.get_by_role("button", name="Import 2 new transactions")
    expect(confirm).to_be_enabled()
    expect(page.get_by_role("cell", name="Apr 3, 2026")).to_be_visible()
    name = page.get_by_label("Name", exact=True)
    name.fill("Giro")
    name.press("Tab")
    expect(page.get_by_label("Kind")).to_be_focused()
    expect(name).to_have_value("Giro")
    confirm.press("Enter")
    expect(page.get_by_text("transactions were added")).to_be_visible()
    assert number_of_rows(house) == 2
    page.reload()
    expect(page.get_by_text("transactions were added")).to_be_visible()
    page.get_by_role("button", name="Undo import").press("Enter")
    page.get_by_role("button", name="Undo the import").press("Enter")
    expect(page.get_by_text("This file was imported before, and that was undone.")).to_be_visible()
    assert number_of_rows(house) == 0
    assert complaints == []


def test_what_is_being_typed_survives_and_import_means_what_was_typed(
    page: Page, house: Served, complaints: list[str]
) -> None:
    page.get_by_label("Choose files").set_input_files(file("march.csv", CLEAR))  # type: ignore[arg-type]
    page.wait_for_url(re.compile(r"/import/[0-9a-f]{32}$"))
    held: list[Route] = []
    page.route("**/places", lambda route: held.append(route))  # a connection as slow as we like
    name = page.get_by_label("Name", exact=True)
    currency = page.get_by_label("Currency", exact=True)
    with page.expect_request("**/places"):
        name.fill("Giro")
        currency.focus()
    currency.press("ControlOrMeta+a")
    currency.press_sequentially("CH")
    with page.expect_response("**/places"):
        held.pop().continue_()
    expect(currency).to_have_value("CH")
    currency.press_sequentially("F")
    with page.expect_request("**/places"):
        page.get_by_role("button", name="Import 2 new transactions").click()
    assert number_of_rows(house) == 0
    held.pop().continue_()
    expect(page.get_by_text("transactions were added")).to_be_visible()
    [account] = house.run(list_accounts(house.ledger))
    assert (account.name, account.currency) == ("Giro", "CHF")
    assert complaints == []


def test_several_files_are_dropped_and_wait_to_be_looked_at(page: Page, house: Served, complaints: list[str]) -> None:
    dropped(page, ("one.csv", CLEAR), (f"{HOSTILE}.csv", CLEAR.replace("Bakery", HOSTILE.replace('"', ""))))
    waiting = page.locator("#waiting")
    expect(waiting.get_by_role("link", name="one.csv").first).to_be_visible()
    waiting.get_by_role("link", name=HOSTILE).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    expect(page.get_by_role("cell", name="<img src=x")).to_be_visible()
    assert page.locator("main img").count() == 0
    page.get_by_role("button", name="Remove the file").click()
    page.wait_for_url(re.compile(r"/import$"))
    expect(page.get_by_role("link", name="one.csv", exact=True)).to_be_visible()
    expect(page.get_by_text(HOSTILE)).to_have_count(0)
    assert complaints == []


def test_one_too_large_is_refused_where_it_was_dropped(page: Page) -> None:
    page.evaluate("document.getElementById('drop').dataset.largest = '1000000'")
    dropped(page, ("large.csv", "x" * 1_000_001))
    expect(page.get_by_role("alert")).to_contain_text("larger than 1 MB")
    expect(page).to_have_url(re.compile(r"/import$"))


def test_a_past_import_says_what_undoing_it_changes(page: Page, house: Served, complaints: list[str]) -> None:
    page.get_by_label("Choose files").set_input_files(file("march.csv", CLEAR))  # type: ignore[arg-type]
    page.get_by_role("button", name="Import 2 new transactions").click()
    page.get_by_role("link", name="Import more").click()
    page.get_by_role("button", name="Undo… the import of march.csv").click()
    expect(page.get_by_text("Undoing it removes 2 transactions")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Undoing it removes")).to_have_count(0)
    page.get_by_role("button", name="Undo… the import of march.csv").click()
    page.get_by_role("button", name="Undo the import", exact=True).click()
    expect(page.get_by_text("Nothing has been imported yet")).to_be_visible()
    assert number_of_rows(house) == 0
    assert complaints == []

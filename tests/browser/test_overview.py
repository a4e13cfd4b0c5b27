"""The overview and an account's page in a browser: charts that follow the theme, what stands behind them, edits."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, BrowserContext, ConsoleMessage, Page, Route, expect
from web.served import Served
from web.served import served as serving

from tuppence.cli.demo_household import move_in
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.balances import state_balance
from tuppence.ledger.household import Ledger

from .chromium import chromium

TODAY = datetime.date.today()
INK = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    .data.reduce((sum, value) => sum + value, 0)"""


async def _household(ledger: Ledger) -> None:
    await move_in(ledger, TODAY)
    longest = "Ein sehr langer Name für ein Konto, das sonst niemand so nennen würde"
    account = await create_account(ledger, NewAccount(longest, "EUR"))
    await state_balance(ledger, account, TODAY, 98765432100)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home) as one:
        one.run(_household(one.ledger))
        yield one


@pytest.fixture(scope="module")
def context(served: Served) -> Iterator[BrowserContext]:
    with chromium() as browser:
        context = browser.new_context(base_url=served.base_url, color_scheme="light", reduced_motion="reduce")
        context.request.post(served.sign_in_address(served.user()), max_redirects=0)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A signed-in tab, whose scripts must not fail and whose page must not break its own rules."""
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    tab = context.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", note)
    yield tab
    tab.close()
    assert not wrong


def test_charts_are_drawn_and_follow_the_theme(page: Page) -> None:
    page.goto("/overview")
    charts = page.locator("money-chart canvas")
    expect(charts).to_have_count(3)  # net worth in two currencies, cash flow in one
    light = charts.first.evaluate(INK)
    assert light
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => ({INK})(document.querySelector('money-chart canvas')) !== before", arg=light)
    expect(charts).to_have_count(3)
    expect(page.get_by_role("img", name="Income and spending in USD")).to_be_visible()


def test_a_chart_says_what_its_table_says(page: Page) -> None:
    page.goto("/overview")
    chart = page.locator("money-chart").last
    expect(chart.locator(".key")).to_contain_text("Income")
    chart.get_by_text("As a table").click()
    rows = chart.locator("tbody tr")
    expect(rows).to_have_count(12)
    last = rows.last.locator("td").first.inner_text()
    expect(chart.locator(".key")).to_contain_text(last)
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 40)
    expect(chart.locator(".key .when")).to_have_text(rows.first.locator("th").inner_text())


@pytest.mark.parametrize("path", ["/overview", "/accounts", "/accounts/6", "/accounts/new"])
def test_nothing_scrolls_sideways(page: Page, path: str) -> None:
    for width in (1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert page.locator("money-chart canvas").count() == page.locator("money-chart").count()


def test_charts_fit_when_the_window_changes(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/overview")
    expect(page.locator("money-chart canvas").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.querySelector('money-chart .uplot').offsetWidth <= 390")


def test_a_period_is_an_address(page: Page) -> None:
    page.goto("/overview")
    page.get_by_role("link", name="Last year").click()
    expect(page).to_have_url("/overview?period=last-year")
    page.go_back()
    expect(page.get_by_role("link", name="Last 12 months")).to_have_attribute("aria-current", "page")


def test_a_balance_is_stated_and_taken_back(page: Page) -> None:
    page.goto("/accounts/6")
    stated = page.locator("#stated li")
    expect(stated).to_have_count(1)
    page.get_by_role("textbox", name="Balance").fill("nothing")
    page.get_by_role("button", name="State", exact=True).click()
    expect(page.locator("#amount-error")).to_contain_text("is no amount")
    page.get_by_role("textbox", name="Balance").fill("€1.00")
    page.get_by_label("At the end of").fill("yesterday")
    page.get_by_role("button", name="State", exact=True).click()
    expect(stated).to_have_count(2)
    expect(page.locator("#stated")).to_contain_text("more than the transactions")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(stated).to_have_count(1)


def test_an_account_is_renamed_in_a_dialog(page: Page) -> None:
    page.goto("/accounts/1")
    page.get_by_role("button", name="Edit").click()
    name = page.get_by_role("dialog").get_by_label("Name")
    before = name.input_value()
    name.fill("Rainy Day Savings")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_contain_text("already")
    name.fill("Our account")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our account")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(before)


def test_what_is_late_does_not_hide_what_came_after_it(page: Page) -> None:
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.goto("/accounts/1")
    before = page.get_by_role("heading", level=1).inner_text()
    page.route("**/accounts/1/about", hold_the_first)
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Our account")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our account")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    ((route, response),) = late
    route.fulfill(response=response)
    expect(page.get_by_role("heading", level=1)).to_have_text(before)


def test_an_account_is_added(page: Page) -> None:
    page.goto("/accounts/new")
    page.get_by_label("Name").fill("Purse")
    page.get_by_label("Currency").fill("eur")
    page.get_by_label("Balance, if you know it").fill("12.50")
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Purse")
    expect(page.locator("#about")).to_contain_text("€12.50")

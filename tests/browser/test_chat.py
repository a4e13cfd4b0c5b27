"""The chat in a real browser: answers grow, survive what happens to pages and networks, stop, and are asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tuppence.understudy import Call, Fault, Reply, Text, Thinking

from .chatting import Opened, talking
from .chromium import chromium

WORDS = "You spent **$1,234.50** in March.\n\nThe rest, $12 and $15, went to get_income_statement.\n\n- one\n- two\n"
PLAIN = "You spent $1,234.50 in March.The rest, $12 and $15, went to get_income_statement.onetwo"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens a chat over a household of its own; `opened(*replies)` gives what the model will answer."""
    with ExitStack() as stack:
        yield lambda *replies: stack.enter_context(talking(browser, tmp_path, replies))


def test_an_answer_grows_and_ends(opened: Opened) -> None:
    gate = asyncio.Event()
    talk = opened(Reply(WORDS, gates={6: gate}))
    talk.ask("How much?")
    answer = talk.turn().locator("[data-answer]")
    expect(answer).to_contain_text("You spent")
    expect(answer).not_to_contain_text("The rest")
    expect(talk.page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    expect(answer.locator(".caret")).to_be_attached()
    talk.model.let(gate)
    expect(answer).to_have_text(PLAIN)
    expect(answer.locator("strong")).to_have_text("$1,234.50")
    expect(answer.locator("li")).to_have_count(2)
    expect(talk.turn().locator(".figures")).to_contain_text("tokens")
    expect(talk.page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    expect(answer.locator(".caret")).to_have_count(0)
    expect(talk.page.locator("#spoken")).to_contain_text("You spent $1,234.50 in March.")
    expect(talk.page).to_have_title("How much? · Tuppence")
    assert talk.complaints == []


def test_a_reload_in_the_middle_loses_and_doubles_nothing(opened: Opened) -> None:
    gate = asyncio.Event()
    talk = opened(Reply(WORDS, gates={7: gate}))
    talk.ask("How much?")
    expect(talk.turn().locator("[data-answer]")).to_contain_text("You spent")
    talk.page.reload()
    expect(talk.turn().locator("[data-answer]")).to_contain_text("You spent")
    expect(talk.page.get_by_role("button", name="Stop the answer")).to_be_visible()
    talk.model.let(gate)
    expect(talk.turn().locator("[data-answer]")).to_have_text(PLAIN)
    expect(talk.page.locator(".turn")).to_have_count(1)
    talk.page.reload()
    expect(talk.turn().locator("[data-answer]")).to_have_text(PLAIN)


def test_two_tabs_show_the_same(opened: Opened) -> None:
    gate = asyncio.Event()
    talk = opened(Reply("The first."), Reply(WORDS, gates={6: gate}))
    talk.ask("One?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    other = talk.another_page()
    other.goto(talk.page.url)
    talk.page.bring_to_front()
    talk.ask("How much?")
    other.bring_to_front()
    expect(talk.turn(page=other).locator("[data-answer]")).to_contain_text("You spent")
    expect(other.locator(".turn")).to_have_count(2)
    talk.model.let(gate)
    for page in (other, talk.page):
        expect(talk.turn(page=page).locator("[data-answer]")).to_have_text(PLAIN)
        expect(talk.turn(page=page).locator(".figures")).to_be_visible()


def test_a_lost_network_heals_by_itself(opened: Opened) -> None:
    gate = asyncio.Event()
    talk = opened(Reply(WORDS, gates={6: gate}))
    talk.ask("How much?")
    answer = talk.turn().locator("[data-answer]")
    expect(answer).to_contain_text("You spent")
    talk.page.evaluate("window.dispatchEvent(new Event('online'))")  # a connection that is given up is replaced
    talk.context.set_offline(True)
    talk.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(talk.page.get_by_text("Reconnecting…")).to_be_visible()
    talk.model.let(gate)
    talk.context.set_offline(False)
    expect(answer).to_have_text(PLAIN)
    expect(talk.page.get_by_text("Reconnecting…")).to_be_hidden()


def test_stop_reaches_the_provider_and_keeps_what_was_said(opened: Opened) -> None:
    talk = opened(Reply(WORDS, gates={6: asyncio.Event()}))
    talk.ask("How much?")
    expect(talk.turn().locator("[data-answer]")).to_contain_text("You spent")
    talk.page.keyboard.press("Escape")
    expect(talk.turn()).to_contain_text("You stopped this answer.")
    exchange = talk.model.understudy.account.asked[0]
    talk.model.run(exchange.finished())
    assert exchange.client_left
    expect(talk.turn().locator("[data-answer]")).to_contain_text("You spent")
    expect(talk.page.get_by_role("button", name="Send")).to_be_visible()
    talk.page.reload()
    expect(talk.turn()).to_contain_text("You stopped this answer.")


def test_retry_makes_a_version_and_versions_can_be_paged(opened: Opened) -> None:
    talk = opened(Reply("The first answer."), Reply("The second answer."))
    talk.ask("How much?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    talk.page.get_by_role("button", name="Ask again").click()
    expect(talk.turn().locator("[data-answer]")).to_have_text("The second answer.")
    expect(talk.turn().locator(".versions")).to_contain_text("2 / 2")
    talk.page.get_by_role("button", name="Earlier version").click()
    expect(talk.turn().locator("[data-answer]")).to_have_text("The first answer.")
    expect(talk.page.locator(".turn")).to_have_count(1)
    talk.page.reload()
    expect(talk.turn().locator(".versions")).to_contain_text("1 / 2")


def test_a_question_is_edited_by_arrow_up_and_asked_again(opened: Opened) -> None:
    talk = opened(Reply("About tea."), Reply("About coffee."))
    talk.ask("Tea?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    talk.page.get_by_label("Your question").press("ArrowUp")
    editor = talk.page.locator("form.editor textarea")
    expect(editor).to_have_value("Tea?")
    editor.fill("Coffee?")
    editor.press("Enter")
    expect(talk.turn().locator("[data-answer]")).to_have_text("About coffee.")
    expect(talk.turn().locator("[data-question]")).to_have_text("Coffee?")
    expect(talk.turn().locator(".versions")).to_contain_text("2 / 2")


def test_lookups_are_told_folded_and_can_be_opened(opened: Opened) -> None:
    gate = asyncio.Event()
    talk = opened(
        Reply([Thinking("Accounts first."), Call("get_accounts", {})]), Reply("There are none.", gates={1: gate})
    )
    talk.page.set_viewport_size({"width": 1100, "height": 800})
    talk.ask("Which accounts?")
    expect(talk.turn().locator(".lookups")).to_contain_text("accounts")
    talk.model.let(gate)
    expect(talk.turn().locator("[data-answer]")).to_contain_text("There are none.")
    expect(talk.turn().locator(".lookups")).not_to_have_attribute("open", "")
    talk.turn().locator(".lookups > summary").click()
    expect(talk.turn().locator("[data-name]")).to_have_text("get_accounts")
    expect(talk.turn().locator("[data-result]")).to_contain_text("accounts")
    expect(talk.turn().locator(".thought")).not_to_have_attribute("open", "")
    talk.turn().get_by_text("Reasoning").click()
    expect(talk.turn().get_by_text("Accounts first.")).to_be_visible()


def test_beside_a_wide_chat_a_lookup_opens_in_a_panel(opened: Opened) -> None:
    talk = opened(Reply([Call("get_categories", {}), Call("get_accounts", {}, id="b")]), Reply("There are none."))
    talk.ask("Which accounts?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    talk.turn().locator(".lookups > summary").click()
    lookup = talk.turn().locator(".lookup > summary").first
    lookup.press("Enter")
    panel = talk.page.get_by_role("complementary", name="Looked at 95 categories")
    expect(panel.get_by_role("cell", name="Housing")).to_be_visible()
    expect(talk.turn().locator("details.lookup").first).not_to_have_attribute("open", "")
    talk.page.reload()
    expect(panel.get_by_role("cell", name="Housing")).to_be_visible()
    talk.turn().locator(".lookups > summary").click()
    lookup.click()
    expect(panel).to_be_hidden()
    lookup.click()
    expect(panel.locator("h2").first).to_be_focused()
    talk.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(lookup).to_be_focused()
    assert talk.complaints == []


def test_code_can_be_copied(opened: Opened) -> None:
    talk = opened(Reply("So:\n\n```\none\n  two\n```\n"))
    talk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    talk.ask("How?")
    talk.turn().get_by_role("button", name="Copy the code").click()
    expect(talk.turn().locator("[data-does=copy-code][data-done]")).to_be_attached()
    assert talk.page.evaluate("navigator.clipboard.readText()") == "one\n  two"


def test_a_wait_and_the_rest_of_it_are_shown_after_a_reload(opened: Opened) -> None:
    talk = opened(Reply(error=Fault(429), retry_after=30), Reply("At last."))
    talk.ask("How much?")
    note = talk.turn().locator(".told")
    expect(note).to_contain_text("Asking again in")
    talk.page.reload()
    expect(note).to_contain_text("Asking again in")
    expect(note).to_have_count(1)
    talk.page.keyboard.press("Escape")
    expect(talk.turn()).to_contain_text("You stopped this answer.")
    expect(note).to_have_count(0)


def test_a_cut_off_answer_goes_on_when_asked_to(opened: Opened) -> None:
    talk = opened(Reply("You spent", stop_reason="max_tokens"), Reply("$12."))
    talk.ask("How much?")
    expect(talk.turn()).to_contain_text("The answer is not complete.")
    talk.page.reload()
    expect(talk.turn()).to_contain_text("The answer is not complete.")
    talk.page.get_by_role("button", name="Continue").click()
    expect(talk.turn().locator("[data-answer]")).to_have_text("$12.")
    expect(talk.page.get_by_role("button", name="Continue")).to_have_count(0)


def test_a_question_that_did_not_arrive_is_kept_and_asked_once(opened: Opened) -> None:
    talk = opened(Reply("It arrived."))
    talk.context.set_offline(True)
    talk.ask("Did this arrive?")
    expect(talk.page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(talk.page.get_by_label("Your question")).to_have_value("Did this arrive?")
    expect(talk.page.locator(".turn")).to_have_count(0)
    talk.context.set_offline(False)
    talk.page.get_by_label("Your question").press("Enter")
    expect(talk.turn().locator("[data-answer]")).to_have_text("It arrived.")
    expect(talk.page.locator(".turn")).to_have_count(1)


def test_what_went_wrong_says_what_to_do(opened: Opened) -> None:
    talk = opened(
        Reply(error=Fault(401)),
        Reply(error=Fault(429), retry_after=90),
        Reply("Half an ans", gates={2: asyncio.Event()}, cut_after_event=4),
        Reply("A whole answer."),
    )
    talk.ask("With a wrong key?")
    expect(talk.turn().get_by_role("link", name="Open the provider settings")).to_be_visible()
    talk.ask("Too often?")
    expect(talk.turn().locator("[data-again-in]")).to_contain_text("Try again in")
    expect(talk.turn().get_by_role("button", name="Retry")).to_be_visible()
    assert talk.complaints == []


def test_a_wait_is_counted_down(opened: Opened) -> None:
    talk = opened(Reply(error=Fault(529), retry_after=3), Reply("Now."))
    talk.ask("Are you there?")
    expect(talk.turn().locator(".told")).to_contain_text("Asking again in")
    expect(talk.turn().locator("[data-answer]")).to_have_text("Now.")


def test_shift_enter_makes_a_line_and_drafts_are_kept(opened: Opened) -> None:
    talk = opened(Reply("Two lines."))
    field = talk.page.get_by_label("Your question")
    talk.page.get_by_role("heading", name="New chat").click()
    talk.page.keyboard.press("/")
    expect(field).to_be_focused()
    field.type("one")
    field.press("Shift+Enter")
    field.type("two")
    expect(field).to_have_value("one\ntwo")
    talk.page.reload()
    expect(field).to_have_value("one\ntwo")
    field.press("Enter")
    expect(talk.turn().locator("[data-question]")).to_have_text("one\ntwo")
    expect(talk.turn().locator("[data-answer]")).to_have_text("Two lines.")
    talk.page.reload()
    expect(field).to_have_value("")


def test_the_page_follows_only_a_reader_at_its_end(opened: Opened) -> None:
    gate, second = asyncio.Event(), asyncio.Event()
    talk = opened(Reply("\n\n".join(f"Line {n}." for n in range(120)), gates={60: gate, 150: second}))
    talk.ask("Everything?")
    at_end = (
        "() => { const view = document.getElementById('view');"
        " return view.scrollTop > 0 && view.scrollHeight - view.scrollTop - view.clientHeight < 4 }"
    )
    expect(talk.turn()).to_contain_text("Line 20.")
    talk.page.wait_for_function(at_end)
    talk.page.locator("#view").evaluate("view => view.scrollTo(0, 0)")
    latest = talk.page.get_by_role("button", name="Latest")
    expect(latest).to_be_visible()
    talk.model.let(gate)
    expect(talk.turn()).to_contain_text("Line 60.")
    assert talk.page.locator("#view").evaluate("view => view.scrollTop") == 0
    latest.click()
    talk.model.let(second)
    expect(talk.turn()).to_contain_text("Line 119.")
    talk.page.wait_for_function(at_end)


def test_rename_search_and_delete(opened: Opened) -> None:
    talk = opened(Reply("A pelican."))
    talk.ask("Which bird?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    menu = talk.page.get_by_label("What to do with this chat")
    menu.click()
    talk.page.get_by_role("button", name="Rename").click()
    talk.page.get_by_label("Title").fill("Birds")
    talk.page.get_by_label("Title").press("Enter")
    expect(talk.page.get_by_role("heading", name="Birds")).to_be_visible()
    expect(talk.page.locator("#chats")).to_contain_text("Birds")
    talk.page.get_by_role("searchbox").fill("pelic")
    expect(talk.page.locator("#chats")).to_contain_text("A pelican.")
    talk.page.get_by_role("searchbox").fill("walrus")
    expect(talk.page.locator("#chats")).to_contain_text("No chat mentions")
    menu.click()
    talk.page.get_by_role("button", name="Delete", exact=True).click()
    talk.page.get_by_role("button", name="Delete the chat").click()
    talk.page.wait_for_url("**/chat")
    expect(talk.page.locator("#chats")).to_contain_text("will be listed here")


def test_reasoning_and_words_alternate(opened: Opened) -> None:
    talk = opened(Reply([Text("First. "), Call("get_accounts", {})]), Reply([Thinking("Hm."), Text("Second.")]))
    talk.ask("Both?")
    expect(talk.turn().locator(".words")).to_have_count(2)
    expect(talk.turn().locator(".figures")).to_be_visible()
    before = talk.turn().locator("[data-answer]").inner_text()
    talk.page.reload()
    expect(talk.turn().locator(".words.shown")).to_have_count(2)
    assert talk.turn().locator("[data-answer]").inner_text() == before


def test_nobody_to_ask_leads_to_the_settings(opened: Opened) -> None:
    talk = opened()
    talk.page.locator("#model").evaluate("select => select.append(new Option('x', 'nobody/x', true, true))")
    talk.ask("Hello?")
    expect(talk.page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "/settings/providers")
    expect(talk.page.get_by_label("Your question")).to_have_value("Hello?")


def test_a_deleted_chat_is_told_in_the_other_tab(opened: Opened) -> None:
    talk = opened(Reply("Here."))
    talk.ask("Are you there?")
    expect(talk.turn().locator(".figures")).to_be_visible()
    chat = talk.page.url.rpartition("/")[2]
    with talk.served.client(talk.user) as elsewhere:
        assert elsewhere.delete(f"/api/chats/{chat}").status_code == 204
    talk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(talk.page.get_by_role("alert")).to_have_text("This chat has been deleted.")


def test_what_was_found_long_ago_is_shown_without_scripts(browser: Browser, tmp_path: Path) -> None:
    with talking(browser, tmp_path, [Reply("You spent **$12**.")]) as talk:
        talk.ask("How much?")
        expect(talk.turn().locator(".figures")).to_be_visible()
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies(talk.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(talk.page.url)
        expect(page.get_by_text("You spent **$12**.")).to_be_visible()
        context.close()

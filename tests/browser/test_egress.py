"""What left this machine, in a real browser: from an answer to what was sent for it, and forgetting all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from egress.requests import recorded
from playwright.sync_api import Browser, expect

from tuppence.understudy import Call, Reply

from .chatting import Talk, talking
from .chromium import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def talk(browser: Browser, tmp_path: Path) -> Iterator[Talk]:
    with talking(browser, tmp_path) as one:
        yield one


def test_from_an_answer_to_what_was_sent_for_it(talk: Talk) -> None:
    talk.model.add(Reply([Call("get_accounts", {})]), Reply("That is all."))
    page = talk.open("/chat")
    page.get_by_role("textbox").fill("What is left?")
    page.get_by_role("textbox").press("Enter")
    page.get_by_role("link", name="What was sent").click()
    expect(page.get_by_role("heading", name="Requests for one answer")).to_be_visible()
    expect(page.locator(".sent")).to_have_count(2)
    page.locator(".sent a").first.click()
    expect(page.get_by_role("region", name="What was sent")).to_contain_text("What is left?")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the exact bytes").first.click()
    arrived = talk.model.understudy.account.asked[-1].body
    assert saved.value.path().read_bytes() == arrived
    page.go_back()
    page.get_by_label("With", exact=False).select_option("Mail and phone")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No such request left this machine.")).to_be_visible()
    assert "turn=" in page.url
    assert talk.complaints == []


def test_pages_and_forgetting(talk: Talk) -> None:
    for _ in range(60):
        talk.served.run(recorded(talk.served.parts.store))
    page = talk.open("/egress?host=models.example")
    expect(page.locator(".sent")).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".sent")).to_have_count(60)
    days = page.get_by_role("textbox", name="Days")
    days.fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#keeping .error")).to_contain_text("from 0")
    expect(days).to_have_value("many")
    page.get_by_role("button", name="Forget all bodies now").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep them").click()
    expect(page.locator(".sent").get_by_text("not kept")).to_have_count(0)
    page.get_by_role("button", name="Forget all bodies now").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.get_by_role("status").get_by_text("What was sent is forgotten.")).to_be_visible()
    talk.open("/egress?host=models.example")
    expect(page.locator(".sent").first).to_contain_text("not kept")
    assert talk.complaints == []

"""The settings in a real browser: the theme without a reload, a provider set up and checked, what is shown once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

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


def test_the_theme_holds_at_once_and_on_every_page(talk: Talk) -> None:
    page = talk.open("/settings/you")
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    talk.open("/settings/data")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    talk.open("/settings/you")
    page.get_by_label("As the system").check()
    talk.open("/settings/data")
    assert page.locator("html").get_attribute("data-theme") is None
    assert talk.complaints == []


def test_a_provider_is_set_up_and_checked(talk: Talk) -> None:
    page = talk.open("/settings/providers#anthropic")
    card = page.locator("#anthropic")
    card.locator("[name=base_url]").fill("http://169.254.169.254")
    card.locator("[name=key]").fill("typed-once")
    expect(card.get_by_role("button", name="Test")).to_be_disabled()
    card.get_by_role("button", name="Save").click()
    expect(card.locator(".error")).to_contain_text("not a place where a provider can be")
    expect(card.locator("[name=key]")).to_have_value("typed-once")
    card.locator("[name=base_url]").fill("")
    card.locator("[name=model]").fill("understudy")
    card.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    expect(card.locator("[name=key]")).to_have_value("")
    expect(card).to_contain_text("A key is kept")
    card.get_by_role("button", name="Test").click()
    expect(card.locator(".test")).to_contain_text("understudy at 127.0.0.1")
    expect(card.locator(".findings li").first).to_contain_text("model list")
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(card).not_to_contain_text("A key is kept")
    expect(card).to_have_attribute("open", "")
    assert talk.complaints == []


def test_the_example_follows_the_language(talk: Talk) -> None:
    page = talk.open("/settings/household")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Figures and days").select_option("de-DE")
    expect(page.locator(".example")).to_contain_text("2.500,00\u00a0€")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Figures and days")).to_have_value("de-DE")
    assert talk.complaints == []


def test_a_key_and_an_invitation_can_be_copied(talk: Talk) -> None:
    talk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = talk.open("/settings/you")
    page.get_by_label("What it is for").fill("Spreadsheet")
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("tpk_")
    talk.open("/settings/members")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name="Copy").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('/enter/')")
    assert page.evaluate("navigator.clipboard.readText()").startswith(talk.served.base_url)
    assert talk.complaints == []


def test_signing_out_leads_to_the_door(talk: Talk) -> None:
    page = talk.open("/settings/you")
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page).to_have_url(f"{talk.served.base_url}/sign-in")
    talk.open("/usage")
    expect(page).to_have_url(f"{talk.served.base_url}/sign-in?then=/usage")

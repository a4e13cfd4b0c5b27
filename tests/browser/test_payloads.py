"""Scripts in everything that people, banks and models write: whichever page shows them, they run and fetch nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from web.full_household import DAY, Ids, filed_run
from web.routes import Route, routes_of
from web.test_walk import NOT_IDS

from tuppence.access.links import join_link
from tuppence.access.users import rename_member
from tuppence.enrichment.suggestions import Origin, Suggested, suggest
from tuppence.ledger.accounts import NewAccount
from tuppence.ledger.household import set_name
from tuppence.ledger.importing import run_import
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow
from tuppence.understudy import Call, Reply
from tuppence.web.app import create_app

from .chatting import Talk, talking
from .chromium import chromium

IMAGE = "<img src=https://elsewhere.example/i onerror=alert(1)>"
SCRIPT = "</title></textarea><script>alert(1)</script>"
LINK = "[a](javascript:alert(1)) ![b](https://elsewhere.example/b.png)"
QUOTES = "'\" onfocus=alert(1) autofocus x='{{7*7}}${alert(1)}"
ADDRESS = "javascript:alert(1)"
PAYLOADS = (IMAGE, SCRIPT, LINK, QUOTES, ADDRESS)
ANSWER = (
    f"{LINK}\n\n| {IMAGE} | {SCRIPT} |\n|---|---|\n| {QUOTES} | <a href={ADDRESS}>c</a> |\n\n```html\n{SCRIPT}\n```\n"
)
FILES = ("/export", "/body")
"""Ends of paths that are saved and not shown."""
NEEDED = {"/usage/attempts": "?before=2999-01-01T00:00:00Z", "/usage": "?by=chat", "/merchants": "?q=%3Cimg"}


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    with (
        chromium() as browser,
        talking(browser, tmp_path_factory.mktemp("home"), [Reply([Call("get_accounts", {})]), Reply(ANSWER)]) as one,
    ):
        yield one


@pytest.fixture(scope="module")
def ids(talk: Talk) -> Ids:
    """Of a household in which every text is a payload."""
    served = talk.served
    with served.client(talk.user) as client:

        def made(path: str, body: dict[str, Any]) -> Any:
            response = client.post(path, json=body)
            assert response.is_success, response.text
            return response.json()

        account = made("/api/accounts", {"name": IMAGE, "currency": "EUR", "number": ADDRESS})["id"]
        for number, payload in enumerate(PAYLOADS[1:]):
            made("/api/accounts", {"name": payload[:100], "currency": ("EUR", "USD")[number % 2]})
        categories = [made("/api/categories", {"name": one[:100], "kind": "expense"})["id"] for one in PAYLOADS]
        merchants = [made("/api/merchants", {"name": one[:100]})["id"] for one in PAYLOADS]
        tags = [made("/api/tags", {"name": one[:100]})["id"] for one in PAYLOADS]
        rows = []
        for category, merchant, payload in zip(categories, merchants, PAYLOADS, strict=True):
            body = {"account": account, "date": DAY.isoformat(), "amount": "-5.00", "description": payload}
            rows.append(
                made("/api/transactions", {**body, "category": category, "merchant": merchant, "notes": payload})
            )
        for row, payload in zip(rows, PAYLOADS, strict=True):
            assert client.patch(f"/api/transactions/{row['id']}", json={"add_tags": [payload[:100]]}).is_success
        made(f"/api/accounts/{account}/balances", {"date": DAY.isoformat(), "amount": "5.00"})
        (stated,) = client.get(f"/api/accounts/{account}/balances").json()["balances"]
        other = made(
            "/api/transactions", {"account": account, "date": "2026-03-15", "amount": "9", "description": IMAGE}
        )
        rule = made(
            "/api/rules", {"conditions": {"contains": IMAGE}, "outcome": {"category": categories[0], "tags": [IMAGE]}}
        )
        run = served.run(filed_run(served, served.ledger))
        served.run(suggested(talk, other["id"]))
        file = {"file": (f"{IMAGE}.csv", f"Date,Amount,{IMAGE}\n2026-03-01,-5.00,{SCRIPT}\n".encode())}
        upload = client.post("/api/imports", files=file).json()["id"]
        token = served.run(imported(talk))
        chat = made("/api/chats", {"title": IMAGE})["id"]
        turn = made(f"/api/chats/{chat}/messages", {"text": f"{IMAGE} {SCRIPT} {LINK}", "client_id": "a"})["turn"]
        assert "event: turn_completed" in client.get(f"/api/turns/{turn}/events").text
        call = client.get(f"/api/turns/{turn}/events").text.partition('"call_id":"')[2].partition('"')[0]
        key = made("/api/keys", {"name": IMAGE, "scope": "read"})["id"]
        served.run(set_name(served.ledger, IMAGE))
        served.run(rename_member(served.ledger, talk.user.id, "<img src=x onerror=alert(1)>"))
        client.get("/settings/you", headers={"User-Agent": IMAGE})
        return {
            "account_id": account,
            "balance_id": stated["id"],
            "category_id": categories[0],
            "merchant_id": merchants[0],
            "tag_id": tags[0],
            "identity": rows[0]["id"],
            "out": rows[0]["id"],
            "other": other["id"],
            "token": token,
            "import_id": token,
            "upload_id": upload,
            "rule_id": rule["id"],
            "run_id": run,
            "edit_id": client.get("/api/edits").json()["edits"][0]["id"],
            "chat_id": chat,
            "egress_id": client.get("/api/egress", params={"turn": turn}).json()["requests"][0]["id"],
            "turn_id": turn,
            "call_id": call,
            "key_id": key,
            "session_id": "none",
            "user_id": talk.user.id,
            "link_id": served.run(join_link(served.ledger)).link.id,
        }


async def suggested(talk: Talk, transaction: int) -> None:
    said = Suggested(
        transaction_id=transaction,
        kind="merchant",
        merchant_name=SCRIPT,
        source="model",
        confidence=70,
        reason=IMAGE,
    )
    async with talk.served.parts.store.writing() as connection:
        assert await suggest(connection, talk.served.ledger, [said], Origin()) == 1


async def imported(talk: Talk) -> str:
    row = ImportedRow(
        date=DAY, amount=Decimal(-9), currency="EUR", description=SCRIPT, pending=False, line=1, payee=IMAGE
    )
    bank = ImportedAccount(id=IMAGE, name=IMAGE, currency="EUR", transactions=[row])
    target = NewAccount("Imported <b>", "EUR")
    result = await run_import(talk.served.ledger, BankFile(format="csv", accounts=(bank,)), [target], filename=IMAGE)
    return result.accounts[0].token


def shown(routes: list[Route], ids: Ids) -> list[str]:
    """The addresses of all pages and parts of pages."""
    pages = [one for one in routes if not one.writes and not one.is_api and one.path not in ("/health", "/sign-in")]
    paths = [one.at({**NOT_IDS, **ids}) + NEEDED.get(one.path, "") for one in pages if not one.path.endswith(FILES)]
    return [
        *paths,
        f"/transactions?open={ids['identity']}",
        "/transactions?q=%3Cimg%20src%3Dx%3E",
        "/chat/all?search=%3Cimg",
    ]


def assert_harmless(page: Page, talk: Talk, address: str) -> None:
    """Nothing of the payloads became a part of the page."""
    assert page.locator("a[href^='javascript:' i], form[action^='javascript:' i]").count() == 0, address
    assert page.locator("img, iframe, object, embed, [onerror], [onfocus]").count() == 0, address
    assert "alert(1)" not in " ".join(page.locator("script").all_inner_texts()), address
    foreign = [one for one in talk.requests if not one.startswith((talk.served.base_url, "data:", "blob:"))]
    assert not foreign, f"{address}: {foreign}"
    assert not talk.complaints, f"{address}: {talk.complaints}"


def test_every_page_shows_them_as_text(talk: Talk, ids: Ids) -> None:
    seen = 0
    for address in shown(routes_of(create_app(talk.served.parts)), ids):
        page = talk.open(address)
        seen += page.content().count("&lt;img src=")
        assert_harmless(page, talk, address)
    assert seen > 50, "the payloads are not on the pages"


def test_an_answer_that_grows_shows_them_as_text(talk: Talk, ids: Ids) -> None:
    talk.model.add(Reply(ANSWER, chunking=3))
    page = talk.open("/chat")
    talk.ask(IMAGE + SCRIPT)
    expect(talk.turn().locator("table")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert_harmless(page, talk, "/chat")


def test_messages_on_the_page_show_them_as_text(talk: Talk, ids: Ids) -> None:
    page = talk.open("/overview")
    dispatch = "([name, detail]) => document.body.dispatchEvent(new CustomEvent(name, {bubbles: true, detail}))"
    page.evaluate(dispatch, ["told", {"text": IMAGE, "undo": ADDRESS}])
    page.evaluate(dispatch, ["problem", {"text": SCRIPT}])
    expect(page.locator("#toasts").get_by_text(IMAGE)).to_be_visible()
    assert_harmless(page, talk, "/overview")


def test_who_is_invited_sees_them_as_text(talk: Talk, ids: Ids) -> None:
    page = talk.context.browser.new_context().new_page()  # type: ignore[union-attr]
    page.goto(talk.served.invitation())
    expect(page.get_by_text(IMAGE).first).to_be_visible()
    assert_harmless(page, talk, "/enter")
    page.context.close()

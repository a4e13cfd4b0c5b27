"""Markdown in a real browser: the same however it is cut, and nothing but text whatever it says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from web.served import Served, served

from tuppence.understudy import Reply
from tuppence.web.pages import static

from .chatting import Talk, talking
from .chromium import chromium

ANSWERS = (
    "You spent **$1,234.50** and $12, then *less*.\n\n## By category\n\n| Category | March |\n|---|---:|\n"
    "| Groceries | $512.10 |\n| Rent | $900.00 |\n\n1. first\n2. second\n   - deeper\n\n> quoted\n\n---\n\nThe end.",
    'A call of `get_income_statement` gives:\n\n```json\n{"a": [1, 2], "b": "\\\\(x\\\\)"}\n```\nand 5*3*2 = 30.',
    "See [1], [the bank](https://bank.example/a_b?c=d), <https://plain.example> and https://bare.example/x. Done!",
    "Ünïcödé 👩‍👩‍👧 عربى **שלום** and ~~gone~~ \\*kept\\* a_b_c __strong__ _it_\n- [ ] to do\n- [x] done",
    "| a | b |\n|---|---|\n| 1 | 2 |\nthen text\n\n| only | a | head |\n\nunfinished **bold and [link](http://x",
    "![chart](https://evil.example/x.png) wow![1] [no](foo\n\nThe rest stays. `a` ``b`c`` \\$5 \\(x^2\\) $$y$$",
)
PAYLOADS = (
    "<script>window.hit = 1</script>",
    "<img src=https://evil.example/i onerror='window.hit = 1'>",
    "![x](https://evil.example/i.png)",
    "[click](javascript:window.hit=1) [data](data:text/html,<script>window.hit=1</script>)",
    '[a](https://ok.example/"onmouseover=window.hit=1) <a href=javascript:hit>b</a>',
    '```"><img src=https://evil.example/i>\ncode\n```',
    "<iframe src=https://evil.example></iframe><style>*{display:none}</style>",
)
RENDER = """async ([module, text, splits]) => {
  const { Markdown } = await import(module)
  const rendered = (pieces) => {
    const root = document.createElement("div")
    const markdown = new Markdown(root)
    for (const piece of pieces) markdown.write(piece)
    markdown.end()
    return root.innerHTML
  }
  const whole = rendered([text])
  const differing = []
  for (let n = 0; n < splits; n += 1) {
    const [pieces, left] = [[], [...text]]
    while (left.length) pieces.push(left.splice(0, 1 + Math.floor(Math.random() * (n % 9 + 1))).join(""))
    if (rendered(pieces) !== whole) differing.push(pieces)
  }
  const root = document.createElement("div")
  const template = document.createElement("template")
  template.innerHTML = whole
  const all = [...template.content.querySelectorAll("*")]
  const links = all.filter((node) => node.localName === "a")
  return {
    differing,
    text: template.content.textContent,
    tags: all.map((node) => node.localName),
    links: links.map((node) => [node.getAttribute("href"), node.rel, node.target]),
    attributes: all.flatMap((node) => node.getAttributeNames()),
  }
}"""
BLOCKS = {"p", "br", "hr", "blockquote", "h3", "h4", "h5", "h6", "ul", "ol", "li", "pre", "div"}
TABLES = {"table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"}
HARMLESS = {*BLOCKS, *TABLES, "em", "strong", "s", "code", "a", "span"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("house")) as one:
        yield one


def _rendered(browser: Browser, house: Served, text: str, splits: int = 60) -> dict[str, Any]:
    page = browser.new_page()
    page.goto(house.base_url + "/sign-in")
    module = static("js/chat/markdown.js")
    found: dict[str, Any] = page.evaluate(RENDER, [module, text, splits])
    page.close()
    return found


@pytest.mark.parametrize("text", ANSWERS)
def test_where_it_is_cut_makes_no_difference(browser: Browser, house: Served, text: str) -> None:
    assert _rendered(browser, house, text)["differing"] == []


@pytest.mark.parametrize("text", PAYLOADS)
def test_payloads_become_text(browser: Browser, house: Served, text: str) -> None:
    found = _rendered(browser, house, text + "\n\n" + text, splits=20)
    assert found["differing"] == []
    assert set(found["tags"]) <= HARMLESS
    assert set(found["attributes"]) <= {
        "href",
        "rel",
        "target",
        "scope",
        "class",
        "style",
        "start",
        "tabindex",
        "hidden",
    }
    for address, rel, target in found["links"]:
        assert address.startswith(("http://", "https://", "mailto:"))
        assert (rel, target) == ("noopener noreferrer nofollow", "_blank")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("You spent $12 and $15 on $x and $y$.", "You spent $12 and $15 on $x and $y$."),
        ("Call get_income_statement, not __init__ now.", "Call get_income_statement, not init now."),
        ("5*3 is 15, see [1] and a[0].", "5*3 is 15, see [1] and a[0]."),
        ("[x](never closed\n\nand the rest", "[x](never closedand the rest"),
        ("**bold to the end", "bold to the end"),
        ("`code", "code"),
        ("a <b>c</b> & d", "a <b>c</b> & d"),
    ],
)
def test_no_word_goes_missing(browser: Browser, house: Served, text: str, shown: str) -> None:
    assert _rendered(browser, house, text)["text"] == shown


@pytest.fixture
def hostile(browser: Browser, tmp_path: Path) -> Iterator[Talk]:
    replies = [Reply(payload, chunking=1, split_utf8=True) for payload in PAYLOADS]
    with talking(browser, tmp_path, replies) as one:
        yield one


def test_hostile_answers_and_questions_run_and_fetch_nothing(hostile: Talk) -> None:
    for number, payload in enumerate(PAYLOADS, start=1):
        hostile.ask(payload)
        expect(hostile.page.locator(".figures")).to_have_count(number)
    hostile.page.reload()
    expect(hostile.page.locator(".words.shown")).to_have_count(len(PAYLOADS))
    hostile.page.goto(hostile.served.base_url + "/chat/all")
    assert hostile.page.evaluate("window.hit") is None
    assert [one for one in hostile.requests if not one.startswith(hostile.served.base_url)] == []
    assert hostile.complaints == []


def test_a_table_keeps_its_widths(browser: Browser, tmp_path: Path) -> None:
    gate = asyncio.Event()
    rows = "".join(f"| A merchant with a very long name indeed, number {n} | ${n},000.00 |\n" for n in range(1, 9))
    with talking(
        browser, tmp_path, [Reply(f"| Who | Sum |\n|---|---|\n| Ann | $1.00 |\n{rows}", gates={22: gate})]
    ) as talk:
        talk.ask("Who?")
        expect(talk.page.locator("th").first).to_be_visible()
        widths = "[...document.querySelectorAll('th')].map((cell) => Math.round(cell.getBoundingClientRect().width))"
        before = talk.page.evaluate(widths)
        talk.model.let(gate)
        expect(talk.page.locator(".figures")).to_be_visible()
        expect(talk.page.locator("tbody tr")).to_have_count(9)
        assert talk.page.evaluate(widths) == before
        expect(talk.page.locator("td.number")).to_have_count(9)
        assert talk.complaints == []

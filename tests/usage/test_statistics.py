"""Summaries against the same sums done row by row."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from tuppence.llm import TokenUsage
from tuppence.store import Presence, Store
from tuppence.store.tables import chats, runs
from tuppence.usage import By, UsageLog, UsageRow, UsageSummary

from .rows import a_dollar_per_token, opened, recorded

pytestmark = pytest.mark.anyio

KATHMANDU = timezone(timedelta(hours=5, minutes=45))
NEW_YORK = ZoneInfo("America/New_York")
CLOCK_CHANGE = datetime(2026, 11, 1, tzinfo=UTC)  # New York turns its clocks back that day
KEYS: dict[By, Callable[[UsageRow], str | None]] = {
    "model": lambda row: row.model,
    "operation": lambda row: row.purpose.operation,
    "chat": lambda row: row.purpose.chat_id,
}


@pytest.fixture
async def log(store: Store, presence: Presence) -> AsyncIterator[UsageLog]:
    async with UsageLog(store, presence.id, price_of=a_dollar_per_token) as log:
        yield log


async def many(log: UsageLog) -> list[UsageRow]:
    """Some of every kind over five days; those that are open included."""
    dice = random.Random(6)

    def count() -> int | None:
        return dice.choice([None, dice.randrange(1000)])

    rows = []
    for _ in range(60):
        row = opened(
            CLOCK_CHANGE + timedelta(seconds=dice.randrange(-200_000, 200_000)),
            model=dice.choice(["claude-sonnet-5", "claude-opus-5", "unpriced"]),
            operation=dice.choice(["chat", "categorize"]),
            chat_id=dice.choice([None, "one", "two"]),
        )
        outcome = dice.choice(["open", "completed", "completed", "stopped", "interrupted", "failed"])
        if outcome == "open":
            await log.open(row)
            rows.append(row)
            continue
        usage = TokenUsage() if outcome == "failed" else TokenUsage(count(), count(), count(), count(), count())
        fields = {"outcome": outcome, "usage": usage, "tokens_estimated": outcome in ("stopped", "interrupted")}
        rows.append(await recorded(log, row, **fields))
    return rows


def summed(key: str | date | None, rows: Iterable[UsageRow]) -> UsageSummary:
    rows = list(rows)

    def known(counts: Iterable[int | None]) -> int | None:
        reported = [count for count in counts if count is not None]
        return sum(reported) if reported else None

    answered = [row for row in rows if row.outcome not in ("open", "failed")]
    costs = [row.cost.amount for row in rows if row.cost]
    return UsageSummary(
        key=key,
        requests=len(rows),
        failed=sum(row.outcome == "failed" for row in rows),
        open=sum(row.outcome == "open" for row in rows),
        tokens=TokenUsage(
            known(row.usage.input_tokens for row in rows),
            known(row.usage.output_tokens for row in rows),
            known(row.usage.cache_read_tokens for row in rows),
            known(row.usage.cache_write_tokens for row in rows),
            known(row.usage.reasoning_tokens for row in rows),
        ),
        unreported=sum(row.usage.input_tokens is None or row.usage.output_tokens is None for row in answered),
        cost=sum(costs, Decimal(0)) if costs else None,
        unknown_costs=sum(row.cost_unknown for row in rows),
        estimated_costs=sum(row.cost_estimated for row in rows),
    )


def grouped(
    rows: list[UsageRow], key: Callable[[UsageRow], str | date | None]
) -> dict[str | date | None, UsageSummary]:
    groups: defaultdict[str | date | None, list[UsageRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {key: summed(key, members) for key, members in groups.items()}


@pytest.mark.parametrize("by", KEYS)
async def test_by_a_word(log: UsageLog, by: By) -> None:
    rows = await many(log)
    found = await log.summaries(1, by)
    assert {summary.key: summary for summary in found} == grouped(rows, KEYS[by])
    assert [summary.cost or 0 for summary in found] == sorted((summary.cost or 0 for summary in found), reverse=True)


@pytest.mark.parametrize("zone", [UTC, KATHMANDU, NEW_YORK], ids=str)
async def test_by_the_days_of_a_time_zone(log: UsageLog, zone: tzinfo) -> None:
    rows = await many(log)
    found = await log.summaries(1, "day", zone=zone)
    expected = grouped(rows, lambda row: row.started_at.astimezone(zone).date())
    assert {summary.key: summary for summary in found} == expected
    assert [summary.key for summary in found] == sorted(expected, key=str, reverse=True)


async def test_the_total_of_a_period(log: UsageLog) -> None:
    rows = await many(log)
    since, until = CLOCK_CHANGE - timedelta(days=1), CLOCK_CHANGE + timedelta(days=1)
    within = [row for row in rows if since <= row.started_at < until]
    assert 0 < len(within) < len(rows)
    assert await log.summaries(1, since=since, until=until) == [summed(None, within)]


async def test_nothing_is_one_total_of_nothing(log: UsageLog) -> None:
    assert await log.summaries(1) == [summed(None, [])]
    assert await log.summaries(1, "day") == []


async def test_an_unknown_cost_is_counted_and_not_taken_for_zero(log: UsageLog) -> None:
    await recorded(log, opened(), usage=TokenUsage(3, 4))
    await recorded(log, opened(model="unpriced"), usage=TokenUsage(3, 4))
    await recorded(log, opened(), usage=TokenUsage(), outcome="stopped")
    await recorded(log, opened(), usage=TokenUsage(), outcome="failed", status=429)
    (total,) = await log.summaries(1)
    assert (total.requests, total.failed, total.unreported) == (4, 1, 1)
    assert (total.cost, total.unknown_costs) == (Decimal(7), 2)
    (unpriced,) = [summary for summary in await log.summaries(1, "model") if summary.key == "unpriced"]
    assert (unpriced.cost, unpriced.unknown_costs) == (None, 1)


async def test_by_whose_chat_or_run_it_was(log: UsageLog, store: Store) -> None:
    chat = {"household_id": 1, "title": "", "created_at": CLOCK_CHANGE, "updated_at": CLOCK_CHANGE}
    run = {"household_id": 1, "kind": "categorize", "state": "completed", "orders": "{}", "transactions": 0}
    run |= {"planned": True, "created_at": CLOCK_CHANGE}
    async with store.writing() as connection:
        await connection.execute(
            insert(chats),
            [
                {**chat, "id": "hers", "author_id": 7},
                {**chat, "id": "his", "author_id": 8},
                {**chat, "id": "typed", "author_id": None},
                {**chat, "id": "next door", "household_id": 2, "author_id": 9},
            ],
        )
        await connection.execute(
            insert(runs),
            [
                {**run, "id": "ordered", "user_id": 7, "cause": "person"},
                {**run, "id": "imported", "user_id": None, "cause": "import"},
            ],
        )
    places: list[dict[str, Any]] = [
        {"chat_id": "hers"},
        {"chat_id": "hers"},
        {"chat_id": "his"},
        {"chat_id": "typed"},
        {"chat_id": "deleted"},
        {"chat_id": "next door"},
        {"run_id": "ordered"},
        {"run_id": "imported"},
        {},
    ]
    for place in places:
        await recorded(log, opened(**place))
    found = await log.summaries(1, "member")
    assert {one.key: one.requests for one in found} == {7: 3, 8: 1, None: 5}
    assert sum(one.cost or 0 for one in found) == 9 * 1100  # a dollar a token

"""What is written comes back, to its household only; and what a dead process left open is closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from tuppence.llm import TokenUsage
from tuppence.store import Presence, Store
from tuppence.usage import Cost, Purpose, UsageLog

from .rows import BEGIN, a_dollar_per_token, completed, opened, recorded

pytestmark = pytest.mark.anyio


async def test_all_that_is_known_comes_back(log: UsageLog) -> None:
    row = opened(chat_id="c", message_id="m", turn_id="t", round=3, operation="categorize")
    known = {
        "outcome": "interrupted",
        "status": 529,
        "error": "Stalled",
        "answered_model": "claude-sonnet-5-20260101",
        "request_id": "req_1",
        "first_chunk_microseconds": 1234,
        "tokens_estimated": True,
        "usage": TokenUsage(50_000, 7, 40_000, 1_000, 2),
    }
    written = await recorded(log, row, **known)
    assert written.purpose == Purpose("categorize", 1, chat_id="c", message_id="m", turn_id="t", round=3)
    assert written.cost is not None
    assert written.cost.amount == Decimal("0.02857")  # (9000 * 2 + 40000 * 0.2 + 1000 * 2.5 + 7 * 10) / 10**6
    assert await log.rows(1) == [written]


async def test_an_unknown_number_is_not_zero(log: UsageLog) -> None:
    written = await recorded(log, opened(), usage=TokenUsage())
    assert await log.rows(1) == [written]
    assert written.usage == TokenUsage(None, None, None, None, None)
    assert written.cost is None


async def test_zero_is_not_unknown(log: UsageLog) -> None:
    written = await recorded(log, opened(), usage=TokenUsage(0, 0, 0, 0, 0))
    assert await log.rows(1) == [written]
    assert written.usage == TokenUsage(0, 0, 0, 0, 0)
    assert written.cost is not None
    assert written.cost.amount == 0


@pytest.mark.parametrize(
    ("asked", "answered", "price"),
    [
        ("an-alias", "claude-sonnet-5", 2),
        ("claude-opus-5", "claude-sonnet-5", 2),
        ("claude-sonnet-5", "a-name-nobody-knows", 2),
        ("claude-sonnet-5", None, 2),
        ("an-alias", "a-name-nobody-knows", None),
    ],
)
async def test_the_model_that_answered_has_the_price(
    log: UsageLog, asked: str, answered: str | None, price: int | None
) -> None:
    written = await recorded(log, opened(model=asked), usage=TokenUsage(1_000_000, 0), answered_model=answered)
    assert (written.cost and written.cost.amount) == price


async def test_a_household_sees_its_own_rows_only(log: UsageLog) -> None:
    ours = await recorded(log, opened(household_id=1))
    theirs = await recorded(log, opened(household_id=2))
    assert await log.rows(1) == [ours]
    assert await log.rows(2) == [theirs]
    assert [summary.requests for summary in await log.summaries(1)] == [1]


async def test_rows_are_found_by_time_chat_and_turn_latest_first(log: UsageLog) -> None:
    rows = [
        await recorded(log, opened(BEGIN + timedelta(hours=n), chat_id=f"chat {n % 2}", turn_id=f"turn {n}"))
        for n in range(6)
    ]
    assert await log.rows(1) == rows[::-1]
    assert await log.rows(1, limit=2) == [rows[5], rows[4]]
    assert await log.rows(1, chat_id="chat 1") == [rows[5], rows[3], rows[1]]
    assert await log.rows(1, turn_id="turn 4") == [rows[4]]
    since, until = rows[2].started_at, rows[4].started_at
    assert await log.rows(1, since=since, until=until) == [rows[3], rows[2]]


async def test_closing_twice_changes_nothing(log: UsageLog) -> None:
    written = await recorded(log, opened())
    await log.close(completed(written, TokenUsage(1, 1), outcome="stopped"))
    assert await log.rows(1) == [written]


async def test_a_closed_row_cannot_be_discarded(log: UsageLog) -> None:
    written = await recorded(log, opened())
    await log.discard(written)
    assert await log.rows(1) == [written]


async def test_what_later_prices_say_does_not_change_a_row(log: UsageLog, store: Store, presence: Presence) -> None:
    written = await recorded(log, opened())
    async with UsageLog(store, presence.id, price_of=a_dollar_per_token) as later:
        assert await later.rows(1) == [written]
        assert (await recorded(later, opened())).cost == Cost(
            Decimal(1100), {"any_mtok": Decimal(1_000_000)}, "a test", BEGIN.date()
        )


async def test_rows_of_the_dead_are_closed_and_of_the_living_not(log: UsageLog, store: Store) -> None:
    ours, theirs = opened(BEGIN), opened(BEGIN + timedelta(seconds=1))
    await log.open(ours)
    await UsageLog(store, "nobody").open(theirs)
    assert await log.close_orphans() == 1
    assert await log.close_orphans() == 0
    interrupted = msgspec.structs.replace(theirs, outcome="interrupted")
    assert await log.rows(1) == [interrupted, ours]
    assert interrupted.cost_unknown


async def test_who_was_taken_for_dead_has_the_last_word(log: UsageLog, store: Store) -> None:
    async with UsageLog(store, "asleep") as sleeper:
        row = opened()
        await sleeper.open(row)
        assert await log.close_orphans() == 1
        closed = completed(row)
        await sleeper.close(closed)
        (found,) = await log.rows(1)
        assert (found.outcome, found.usage, found.ended_at) == ("completed", closed.usage, closed.ended_at)
        assert await log.close_orphans() == 0


async def test_the_rows_of_a_process_that_left_are_orphans(log: UsageLog, store: Store) -> None:
    async with Presence(store) as other:
        await UsageLog(store, other.id).open(opened())
        assert await log.close_orphans() == 0
    assert await log.close_orphans() == 1

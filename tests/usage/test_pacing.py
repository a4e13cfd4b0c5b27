"""The gate: so many at once, so many a minute, and never more than the cap, whoever asks at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from tuppence.ledger.household import open_ledger
from tuppence.llm import TokenUsage
from tuppence.store import Presence, Store
from tuppence.store.tables import llm_usage, now
from tuppence.usage import CapReached, Pacing, Purpose, Reservation, UsageLog, UsageRow
from tuppence.usage.row import Outcome

pytestmark = pytest.mark.anyio


def row(identity: int, *, run: str | None = "run", provider: str = "anthropic", household: int = 1) -> UsageRow:
    """A request of a run that is about to begin."""
    purpose = Purpose("auto_categorize", household, run_id=run)
    return UsageRow(
        id=f"{identity:032}",
        purpose=purpose,
        attempt=1,
        provider=provider,
        model="claude-sonnet-5",
        streaming=False,
        started_at=now(),
    )


async def closed(log: UsageLog, opened: UsageRow, tokens: int = 0, outcome: Outcome = "completed") -> None:
    """The request has ended, with so many tokens in and out."""
    usage = TokenUsage(input_tokens=tokens, output_tokens=tokens)
    await log.close(msgspec.structs.replace(opened, outcome=outcome, ended_at=now(), usage=usage))


async def test_so_many_at_once_in_all_processes(tmp_path: Path) -> None:
    pacing = Pacing(at_once=2)
    async with await Store.open(tmp_path) as store, Presence(store) as one, Presence(store) as other:
        await open_ledger(store)
        async with UsageLog(store, one.id) as here, UsageLog(store, other.id) as there:
            assert await here.open(row(1), pacing) is None
            assert await there.open(row(2), pacing) is None
            assert await here.open(row(3), pacing) is not None
            assert await there.open(row(4, provider="openai"), pacing) is None
            await closed(there, row(2))
            assert await here.open(row(3), pacing) is None
            await closed(here, row(1))
        async with UsageLog(store, "f" * 32) as dead:
            assert await dead.open(row(6), pacing) is None
        async with UsageLog(store, one.id) as here:
            assert await here.open(row(7), pacing) is None  # what dead processes left open keeps nobody waiting


async def test_so_many_a_minute(tmp_path: Path) -> None:
    pacing = Pacing(at_once=9, per_minute=2)
    async with await Store.open(tmp_path) as store, Presence(store) as me, UsageLog(store, me.id) as log:
        await open_ledger(store)
        for identity in (1, 2):
            assert await log.open(row(identity), pacing) is None
            await closed(log, row(identity))
        wait = await log.open(row(3), pacing)
        assert wait is not None and 55 < wait <= 60
        async with store.writing() as connection:
            earlier = llm_usage.c.id == row(1).id
            await connection.execute(update(llm_usage).where(earlier).values(started_at=now() - timedelta(seconds=61)))
        assert await log.open(row(3), pacing) is None


async def test_many_at_once_do_not_exceed_a_cap(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store, Presence(store) as me, UsageLog(store, me.id) as log:
        await open_ledger(store)
        pacing = Pacing(at_once=99, run_cap=1000, expected_cost=300)
        begun = await asyncio.gather(*(log.open(row(n), pacing) for n in range(10)), return_exceptions=True)
        assert sum(each is None for each in begun) == 3
        assert sum(isinstance(each, CapReached) for each in begun) == 7
        assert await log.open(row(20, run="other"), pacing) is None
        with pytest.raises(CapReached, match="one month"):
            await log.open(row(21, run="other"), Pacing(at_once=99, month_cap=1000, expected_cost=300))


async def test_what_was_really_paid_counts(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store, Presence(store) as me, UsageLog(store, me.id) as log:
        await open_ledger(store)
        pacing = Pacing(at_once=9, run_cap=10**12, expected_cost=10**9)  # one dollar, and a tenth of a cent a request
        assert await log.open(row(1), pacing) is None
        await closed(log, row(1), tokens=1_000_000)  # 3 + 15 dollars
        with pytest.raises(CapReached, match="1 US dollars for this run"):
            await log.open(row(2), pacing)


async def test_what_a_request_reserved_counts_and_not_what_is_expected_of_one(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store, Presence(store) as me, UsageLog(store, me.id) as log:
        await open_ledger(store)
        pacing = Pacing(at_once=9, run_cap=1000, expected_cost=100)
        await log.open(msgspec.structs.replace(row(1), reservation=Reservation(700, 5)), pacing)
        assert await log.open(row(2), pacing) is None  # 700 + 100, and 100 more
        with pytest.raises(CapReached):
            await log.open(msgspec.structs.replace(row(3), reservation=Reservation(201, 5)), pacing)
        assert await log.open(msgspec.structs.replace(row(3), reservation=Reservation(200, 5)), pacing) is None


async def test_without_a_price_a_cap_cannot_be_kept(tmp_path: Path) -> None:
    async with await Store.open(tmp_path) as store, Presence(store) as me, UsageLog(store, me.id) as log:
        await open_ledger(store)
        with pytest.raises(CapReached, match="is not known"):
            await log.open(row(1), Pacing(at_once=9, run_cap=10**12))
        assert await log.rows(1) == []

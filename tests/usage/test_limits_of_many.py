"""However many ask at the same time, in one process or in ten: what they take together is never over the limit."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.store import Presence, Store
from tuppence.store.tables import households, llm_usage, now
from tuppence.usage import LimitReached, Limits, UsageLog, UsageRow, admission, limit_uses, set_limits
from tuppence.usage.row import Outcome

from .opening import INPUT, OUTPUT, TOOK
from .rows import a_dollar_per_token, completed, household, opened

PROCESSES = 10
ROOT = Path(__file__).parents[2]

# ----------------------------------------------------------------------------------------------------- any interleaving

Wanted = tuple[int, int, int, int, Outcome]
"""Of one request: input and output at most; the hundredth part of each that it takes; and how it ends."""
REQUESTS = st.tuples(
    st.integers(0, 400),
    st.integers(1, 900),
    st.integers(0, 100),
    st.integers(0, 100),
    st.sampled_from(["completed", "stopped", "interrupted", "failed", "open"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(REQUESTS, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(300, 3000))
def test_no_interleaving_exceeds_a_limit(empty_database: Path, askers: list[list[Wanted]], cap: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty_database, folder)
        asyncio.run(_interleaved(Path(folder), askers, cap))


async def _interleaved(folder: Path, askers: Sequence[Sequence[Wanted]], cap: int) -> None:
    """Every asker has a log of its own, as a process would, and asks one request after the other."""
    async with await Store.open(folder) as store, Presence(store) as me:
        async with store.writing() as connection:
            await connection.execute(insert(households), [household(1)])
        ledger = Ledger(store, 1)
        await set_limits(ledger, Limits(month_cost=Decimal(cap), month_tokens=cap + 100, chat_tokens=cap))

        async def ask(wanted: Sequence[Wanted]) -> int:
            async with UsageLog(store, me.id, a_dollar_per_token) as log:
                return sum([await _asked(log, ledger, *each) for each in wanted])

        took = sum(await asyncio.gather(*(ask(wanted) for wanted in askers)))
        money, *_ = uses = await limit_uses(ledger, "chat")
        assert money.spent.used + money.spent.reserved == took * 10**12
        assert all(each.left >= 0 for each in uses)


async def _asked(log: UsageLog, ledger: Ledger, most: int, output: int, some: int, more: int, outcome: Outcome) -> int:
    """What one request takes in the end, in tokens or dollars; nothing when it was not admitted."""
    row = opened(now(), chat_id="chat")
    try:
        found = await admission(
            log, ledger, row.purpose, row.provider, row.model, input_tokens=most, max_output_tokens=output
        )
        row = opened(row.started_at, chat_id="chat", reservation=found.reservation)
        await log.open(row, found.gate)
    except LimitReached:
        return 0
    assert found.max_output_tokens is not None
    assert found.max_output_tokens >= min(output, 256)
    took = TokenUsage(most * some // 100, found.max_output_tokens * more // 100)
    return await _ended(log, row, took, outcome)


async def _ended(log: UsageLog, row: UsageRow, took: TokenUsage, outcome: Outcome) -> int:
    assert row.reservation is not None
    assert took.input_tokens is not None
    assert took.output_tokens is not None
    match outcome:
        case "open":
            return row.reservation.tokens
        case "failed":
            await log.close(completed(row, TokenUsage(), outcome=outcome))
            return 0
        case "interrupted":  # the output was not reported
            await log.close(completed(row, TokenUsage(took.input_tokens), outcome=outcome))
            return row.reservation.tokens
        case _:
            await log.close(completed(row, took, outcome=outcome))
            return took.input_tokens + took.output_tokens


# ------------------------------------------------------------------------------------------------------- ten processes


@contextmanager
def processes(folder: Path, what: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Ten of them, all ready to begin."""
    with ExitStack() as stack:
        started = []
        for _ in range(PROCESSES):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.usage.opening", str(folder), what],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.kill)
            started.append(stack.enter_context(process))
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield started


def let_go(started: Sequence[subprocess.Popen[str]]) -> int:
    """Have them all begin at once; how many rows they opened together."""
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in started)


async def _prepared(folder: Path, cap: int) -> None:
    async with await Store.open(folder) as store:
        async with store.writing() as connection:
            await connection.execute(insert(households), [household(1)])
        await set_limits(Ledger(store, 1), Limits(month_cost=Decimal(cap)))


async def _rows(folder: Path) -> tuple[int, int]:
    """How many rows there are, and how many of them are open."""
    async with await Store.open(folder) as store, store.reading() as connection:
        is_open = llm_usage.c.outcome == "open"
        found = (await connection.execute(select(func.count(), func.count().filter(is_open)))).one()
        return found[0], found[1]


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path) -> Path:
    shutil.copy(empty_database, tmp_path)
    return tmp_path


def test_ten_processes_open_as_many_as_there_is_room_for(folder: Path) -> None:
    """All of them stay open, as their processes die: their reservations count."""
    asyncio.run(_prepared(folder, 7 * (INPUT + OUTPUT) + 99))
    with processes(folder, "dies") as started:
        assert let_go(started) == 7
    assert asyncio.run(_rows(folder)) == (7, 7)


def test_ten_processes_use_up_a_limit_and_no_more(folder: Path) -> None:
    """Each row is corrected as it closes; they go on until what was taken leaves no room for another."""
    took = (TOOK.input_tokens or 0) + (TOOK.output_tokens or 0)
    cap = 20 * took + (INPUT + OUTPUT)
    asyncio.run(_prepared(folder, cap))
    with processes(folder, "closes") as started:
        through = let_go(started)
    assert asyncio.run(_rows(folder)) == (through, 0)
    assert through * took <= cap
    assert through == 21  # after 20 one fits exactly, after 21 there are 50 left

"""A limit stops a turn where one more request could exceed it, however many processes ask at once."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tuppence.assistant.events import OutputText, Waiting
from tuppence.understudy import Call, Exchange, Reply, Text, Usage
from tuppence.usage import Limits, OwnPrice, Priced, UsageRow, set_limits, set_own_price, total_cost

from .office import DAY, MODELS, Office, office

pytestmark = pytest.mark.anyio

CENT = Decimal("0.01")
PRICE = Priced("anthropic", MODELS["anthropic"])


def goes_on(exchange: Exchange) -> Reply:
    """Looks into one jar after the other, until it is told to answer."""
    if exchange.json and exchange.json.get("tool_choice") == {"type": "none"}:
        return Reply("That is all.")
    return Reply([Text("On. "), Call("left_over", {"jar": "blue"})])


async def priced(at: Office, limits: Limits, *, output: str = "2") -> None:
    """Two dollars for a million tokens of input."""
    await set_own_price(at.ledger, PRICE, OwnPrice(input=Decimal(2), output=Decimal(output), since=DAY))
    await set_limits(at.ledger, limits)


async def test_a_cent_stops_a_turn_of_ten_rounds_where_one_more_could_exceed_it(tmp_path: Path) -> None:
    async with office(tmp_path, goes_on, max_rounds=10) as at:
        await priced(at, Limits(month_cost=CENT))
        turn = await at.asked("How much is in every jar?")
        rows = await at.rows()
    assert (turn.state, turn.code) == ("failed", "limit_reached")
    assert turn.reason is not None and "0.01 US dollars for this month" in turn.reason
    cost = total_cost(rows)
    assert cost is not None and 2 < len(rows) < 10
    assert at.read(OutputText) == "On. " * len(rows)
    # What was left would not have paid for one more: each is as much longer as the one before, and wants 256 tokens.
    longest = [most_input(row, exchange) for row, exchange in zip(rows, at.server.account.asked, strict=True)]
    next_input = longest[-1] + max(after - before for before, after in pairwise(longest))
    assert CENT - Decimal(2) * (next_input + 256) / 1_000_000 <= cost <= CENT


def most_input(row: UsageRow, exchange: Exchange) -> int:
    """So many tokens of input were reserved."""
    assert row.reservation is not None
    return row.reservation.tokens - max_output(exchange)


def max_output(exchange: Exchange) -> int:
    assert exchange.json is not None
    return int(exchange.json["max_tokens"])


async def test_a_limit_for_a_chat_leaves_other_chats_alone(tmp_path: Path) -> None:
    async with office(tmp_path, goes_on, max_rounds=10) as at:
        await priced(at, Limits(chat_cost=CENT))
        chat = await at.chat()
        assert (await at.asked("How much is in every jar?", chat)).code == "limit_reached"
        spent = len(await at.rows())
        assert (await at.asked("And now?", chat)).code == "limit_reached"
        assert len(await at.rows()) == spent
        await at.asked("And now?")
        assert len(await at.rows()) > spent


async def test_tokens_have_limits_as_well(tmp_path: Path) -> None:
    async with office(tmp_path, goes_on, max_rounds=10) as at:
        await set_limits(at.ledger, Limits(month_tokens=6_000))
        turn = await at.asked("How much is in every jar?")
        taken = sum((row.usage.input_tokens or 0) + (row.usage.output_tokens or 0) for row in await at.rows())
    assert turn.code == "limit_reached"
    assert 0 < taken <= 6_000


async def test_an_answer_gets_no_more_tokens_than_can_be_paid(tmp_path: Path) -> None:
    async with office(tmp_path, [Reply("Seven.")]) as at:
        await priced(at, Limits(month_cost=CENT), output="5")
        assert (await at.asked("How much?")).state == "completed"
        assert 256 <= max_output(at.server.account.asked[0]) < 2_000


async def test_what_others_hold_is_waited_for(tmp_path: Path) -> None:
    gate = asyncio.Event()
    script = [Reply("First. And more.", gates={4: gate}), Reply("Second.")]
    async with office(tmp_path, list(script)) as at:
        await priced(at, Limits(month_cost=CENT))
        first = asyncio.ensure_future(at.asked("One?"))
        await at.server.account.request(1)
        second = asyncio.ensure_future(at.asked("Two?"))
        async with asyncio.timeout(20):
            while not at.of(Waiting):  # noqa: ASYNC110 - events are told to a list
                await asyncio.sleep(0.01)
        gate.set()
        assert {(await first).state, (await second).state} == {"completed"}


async def test_ten_processes_at_once_stay_within_a_cent(tmp_path: Path) -> None:
    async with office(tmp_path, goes_on) as at:
        await priced(at, Limits(month_cost=CENT))
        program = [sys.executable, "-W", "error", str(Path(__file__).with_name("capped.py"))]
        process = await asyncio.create_subprocess_exec(*program, str(tmp_path), at.server.base_url, "10", stdout=PIPE)
        said, _ = await process.communicate()
        assert (process.returncode, said) == (0, b"failed limit_reached\n" * 10)
        rows = await at.rows()
        cost = total_cost(rows)
        assert cost is not None and cost <= CENT
        assert len(rows) == len(at.server.account.asked) > 2
        assert CENT - cost < Decimal("0.006")  # what the longest of these requests could cost at most


async def test_within_a_turn_what_the_round_before_took_is_known(tmp_path: Path) -> None:
    looks = Reply([Text("On. "), Call("left_over", {"jar": "blue"})], usage=Usage(100, 5))
    async with office(tmp_path, [looks, Reply("Seven.")]) as at:
        await priced(at, Limits(month_cost=CENT))
        assert (await at.asked("How much?")).state == "completed"
        first, second = map(most_input, await at.rows(), at.server.account.asked)
    assert first > 1_000
    assert 100 < second < first // 2

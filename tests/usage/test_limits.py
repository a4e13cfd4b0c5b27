"""The household's limits: what is kept, how much is granted, what counts, and what is said when one is reached."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.llm import ChatRequest, Provider, TokenUsage, UserMessage
from tuppence.store import Presence, Store
from tuppence.store.tables import llm_usage, now
from tuppence.understudy import Fault, Reply, Understudy
from tuppence.usage import (
    Admission,
    LimitReached,
    Limits,
    LimitUse,
    OwnPrice,
    Priced,
    Reservation,
    UsageLog,
    UsageRow,
    admission,
    limit_uses,
    limits,
    metered,
    set_limits,
    set_own_price,
)
from tuppence.usage.limits import LEAST_OUTPUT, USUAL_OUTPUT
from tuppence.usage.spending import month_begin

from .rows import completed, opened, recorded

pytestmark = pytest.mark.anyio

MODEL = "claude-sonnet-5"
"""A million tokens: 2 dollars of input, 2.50 of input that is cached, 10 of output."""


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, 1)


async def admitted(log: UsageLog, ledger: Ledger, row: UsageRow, input_tokens: int, output: int | None) -> Admission:
    return await admission(
        log, ledger, row.purpose, row.provider, row.model, input_tokens=input_tokens, max_output_tokens=output
    )


async def begun(
    log: UsageLog, ledger: Ledger, input_tokens: int = 1000, output: int | None = 1000, **purpose: Any
) -> UsageRow:
    """A row that was opened as a request would open it. Raises LimitReached."""
    row = opened(now(), **purpose)
    found = await admitted(log, ledger, row, input_tokens, output)
    row = opened(row.started_at, **purpose, reservation=found.reservation)
    assert await log.open(row, found.gate) is None
    return row


async def use(ledger: Ledger, chat: str | None = None) -> LimitUse:
    (found,) = await limit_uses(ledger, chat)
    return found


# ------------------------------------------------------------------------------------------------------------ settings


async def test_limits_are_kept_and_taken_away(ledger: Ledger) -> None:
    assert await limits(ledger) == Limits()
    wanted = Limits(month_cost=Decimal("5.00"), chat_tokens=100_000)
    await set_limits(ledger, wanted)
    assert await limits(ledger) == wanted
    assert await limits(Ledger(ledger.store, 2)) == Limits()
    await set_limits(ledger, Limits())
    assert await limits(ledger) == Limits()


@pytest.mark.parametrize(
    "wanted",
    [
        Limits(month_cost=Decimal(0)),
        Limits(chat_cost=Decimal("-1")),
        Limits(month_cost=Decimal("NaN")),
        Limits(month_cost=Decimal("Infinity")),
        Limits(chat_cost=Decimal("0.0000001")),
        Limits(month_cost=Decimal(1_000_001)),
        Limits(month_tokens=0),
        Limits(chat_tokens=-5),
        Limits(chat_tokens=10**12),
    ],
)
async def test_what_can_be_no_limit_is_refused_and_the_others_stay(ledger: Ledger, wanted: Limits) -> None:
    before = Limits(month_tokens=7)
    await set_limits(ledger, before)
    with pytest.raises(ValueError, match="above 0"):
        await set_limits(ledger, wanted)
    assert await limits(ledger) == before


# ----------------------------------------------------------------------------------------------------- what is granted


async def test_without_limits_nothing_is_reserved(log: UsageLog, ledger: Ledger) -> None:
    assert await admitted(log, ledger, opened(), 10**9, None) == Admission()
    await set_limits(ledger, Limits(chat_cost=Decimal("0.01")))
    assert await admitted(log, ledger, opened(operation="doctor"), 10**9, None) == Admission()


async def test_what_is_wanted_is_granted_while_it_can_be_paid(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_cost=Decimal(5)))
    found = await admitted(log, ledger, opened(), 1000, 4000)
    # (1000 * 2.50 + 4000 * 10) / 10**6 dollars
    assert (found.max_output_tokens, found.reservation) == (4000, Reservation(42_500_000_000, 5000))
    assert (await admitted(log, ledger, opened(), 1000, None)).max_output_tokens == USUAL_OUTPUT


async def test_the_answer_is_as_long_as_can_be_paid(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_cost=Decimal("0.01")))
    found = await admitted(log, ledger, opened(), 1000, None)
    assert found.max_output_tokens == 750  # (0.01 - 1000 * 0.0000025) / 0.00001
    assert found.reservation == Reservation(10**10, 1750)
    await set_limits(ledger, Limits(month_cost=Decimal("0.01"), month_tokens=1600))
    assert (await admitted(log, ledger, opened(), 1000, None)).max_output_tokens == 600


async def test_too_short_an_answer_is_not_asked_for(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_tokens=1000 + LEAST_OUTPUT - 1))
    with pytest.raises(LimitReached, match=r"1,255 tokens for this month: 0 tokens are used, and it could take 1,256"):
        await admitted(log, ledger, opened(), 1000, 5000)
    assert (await admitted(log, ledger, opened(), 1000, 100)).max_output_tokens == 100
    with pytest.raises(LimitReached):
        await admitted(log, ledger, opened(), 1200, 100)


async def test_fractions_of_a_picodollar_do_not_exceed_the_limit(log: UsageLog, ledger: Ledger) -> None:
    price = OwnPrice(input=Decimal("0.000001"), output=Decimal("0.000003"), since=now().date())
    await set_own_price(ledger, Priced("anthropic", MODEL), price)
    await set_limits(ledger, Limits(month_cost=Decimal("0.000001")))  # a million picodollars; tokens cost 1 and 3
    found = await admitted(log, ledger, opened(), 400_001, 300_000)
    assert found.max_output_tokens == 199_999
    assert found.reservation == Reservation(999_998, 600_000)


async def test_own_prices_are_what_counts_with_the_dearest_kinds_of_tokens(log: UsageLog, ledger: Ledger) -> None:
    dear = OwnPrice(input=Decimal(1), cache_read=Decimal(7), output=Decimal(4), since=now().date())
    await set_own_price(ledger, Priced("anthropic", "mine"), dear)
    await set_limits(ledger, Limits(month_cost=Decimal(1)))
    found = await admitted(log, ledger, opened(model="mine"), 1000, 1000)
    assert found.reservation == Reservation(1000 * (7 + 4) * 10**6, 2000)


async def test_a_server_that_needs_no_key_costs_nothing_unless_it_has_a_price(log: UsageLog, ledger: Ledger) -> None:
    row = opened(provider="ollama", model="qwen3")
    await set_limits(ledger, Limits(month_cost=Decimal("0.000001")))
    found = await admitted(log, ledger, row, 1000, None)
    assert (found.max_output_tokens, found.reservation) == (None, Reservation(0, 1000 + USUAL_OUTPUT))
    await set_limits(ledger, Limits(month_cost=Decimal("0.000001"), month_tokens=5000))
    assert (await admitted(log, ledger, row, 1000, None)).max_output_tokens == 4000
    await set_own_price(
        ledger, Priced("ollama", "qwen3"), OwnPrice(input=Decimal(1), output=Decimal(1), since=now().date())
    )
    with pytest.raises(LimitReached, match="US dollars"):
        await admitted(log, ledger, row, 1000, None)


@pytest.mark.parametrize("provider", ["openai", "nobody-knows-it"])
async def test_a_limit_in_money_cannot_be_kept_without_a_price(log: UsageLog, ledger: Ledger, provider: str) -> None:
    row = opened(provider=provider, model="unheard-of", chat_id="chat")
    await set_limits(ledger, Limits(chat_cost=Decimal(5)))
    with pytest.raises(LimitReached, match=rf"`tuppence usage price {provider}/unheard-of .*take the limit away"):
        await admitted(log, ledger, row, 1000, None)
    await set_limits(ledger, Limits(chat_tokens=50_000))
    assert (await admitted(log, ledger, row, 1000, None)).reservation == Reservation(None, 9_192)


# --------------------------------------------------------------------------------------------------------- what counts


async def test_a_reservation_counts_until_it_is_known_what_was_taken(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_tokens=10_000))
    row = await begun(log, ledger)
    assert (await log.rows(1))[0].reservation == Reservation(12_500_000_000, 2000)
    spent = (await use(ledger)).spent
    assert (spent.used, spent.reserved) == (0, 2000)
    await log.close(completed(row, TokenUsage(300, 20)))
    spent = (await use(ledger)).spent
    assert (spent.used, spent.reserved) == (320, 0)


@pytest.mark.parametrize(
    ("outcome", "tokens", "used"),
    [
        ("failed", TokenUsage(), 0),
        ("stopped", TokenUsage(), 2000),
        ("interrupted", TokenUsage(900), 2000),
        ("interrupted", TokenUsage(900, 5), 905),
        ("completed", TokenUsage(), 2000),
        ("completed", TokenUsage(900, 100, 800), 1000),
    ],
)
async def test_what_ended_requests_count(
    log: UsageLog, ledger: Ledger, outcome: str, tokens: TokenUsage, used: int
) -> None:
    await set_limits(ledger, Limits(month_tokens=10_000))
    await log.close(completed(await begun(log, ledger), tokens, outcome=outcome))
    assert (await use(ledger)).spent.used == used


async def test_of_unknown_cost_the_reservation_counts(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_cost=Decimal(1)))
    row = await begun(log, ledger)
    await log.close(completed(row, answered_model=None, outcome="stopped", usage=TokenUsage(1000)))
    assert (await use(ledger)).spent.used == 12_500_000_000  # 1000 * 2.50 + 1000 * 10, in a millionth of a dollar


async def test_every_attempt_reserves(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(Reply(error=Fault(429)), Reply("No."))
    seen: list[Reservation | None] = []

    async def gate(connection: AsyncConnection, row: UsageRow) -> None:
        del connection
        seen.append(row.reservation)

    asked = provider.stream_chat_response(ChatRequest(MODEL, [UserMessage("Did we buy bread?")]))
    async with metered(asked, log, opened().purpose, gate=gate, reservation=Reservation(5, 7)) as stream:
        async for _ in stream:
            pass
    rows = await log.rows(1)
    assert [row.reservation for row in rows] == seen == [Reservation(5, 7)] * 2


async def test_a_process_that_died_leaves_its_reservation_behind(store: Store, log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_tokens=5000))
    async with UsageLog(store, "f" * 32) as dead:
        await begun(dead, ledger)
    await begun(log, ledger)
    found = await use(ledger)
    assert (found.spent.used, found.spent.reserved, found.left) == (2000, 2000, 1000)
    with pytest.raises(LimitReached) as reached:
        await begun(log, ledger, 3000, 1)
    assert not reached.value.may_pass  # nobody will ever say what the dead one's took
    assert await log.close_orphans() == 1
    assert await use(ledger) == found


async def test_requests_from_before_there_was_a_limit(log: UsageLog, ledger: Ledger) -> None:
    before = opened(now())
    await log.open(before)
    await recorded(log, opened(now(), model="unpriced"))
    await set_limits(ledger, Limits(month_cost=Decimal("0.10")))
    found = await use(ledger)
    assert (found.spent.open_unreserved, found.spent.ended_unknown) == (1, 1)
    # Half is left for the one that is under way: (0.05 - 1000 * 0.0000025) / 0.00001
    assert (await admitted(log, ledger, opened(), 1000, None)).max_output_tokens == 4750
    await log.close(completed(before))
    assert (await use(ledger)).spent.used == 3_000_000_000  # 1000 * 2 + 100 * 10


async def test_months_begin_anew(store: Store, log: UsageLog, ledger: Ledger) -> None:
    begin = month_begin(now())
    await recorded(log, opened(begin - timedelta(microseconds=1)))
    await recorded(log, opened(begin), usage=TokenUsage(1, 1))
    await set_limits(ledger, Limits(month_tokens=2))
    assert (await use(ledger)).spent.used == 2
    with pytest.raises(LimitReached, match="next month"):
        await begun(log, ledger, 0, 1)
    async with store.writing() as connection:
        this_month = llm_usage.c.started_at == begin
        await connection.execute(update(llm_usage).where(this_month).values(started_at=begin - timedelta(days=1)))
    await begun(log, ledger, 1, 1)


async def test_chats_have_limits_of_their_own(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(chat_tokens=2500))
    row = await begun(log, ledger, chat_id="one")
    with pytest.raises(LimitReached, match=r"for this chat: .* 2,000 tokens are reserved .* under way.*a new chat"):
        await begun(log, ledger, chat_id="one")
    await begun(log, ledger, chat_id="two")
    await begun(log, ledger, operation="auto_categorize", run_id="run")
    await begun(log, Ledger(ledger.store, 2), chat_id="one", household_id=2)
    await log.close(completed(row, TokenUsage(100, 100)))
    await begun(log, ledger, chat_id="one")
    assert (await use(ledger, "one")).spent.used == 200


async def test_who_may_ask_again_is_told_so(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_tokens=2500))
    row = await begun(log, ledger)
    with pytest.raises(LimitReached, match="Ask again when") as reached:
        await begun(log, ledger)
    assert reached.value.may_pass
    await log.close(completed(row, TokenUsage(1500, 500)))
    with pytest.raises(LimitReached, match="2,000 tokens are used") as reached:
        await begun(log, ledger)
    assert not reached.value.may_pass


async def test_the_gate_looks_again(log: UsageLog, ledger: Ledger) -> None:
    await set_limits(ledger, Limits(month_cost=Decimal("0.02")))
    both = [await admitted(log, ledger, opened(), 1000, 1000) for _ in range(2)]
    rows = [opened(now(), reservation=each.reservation) for each in both]
    await log.open(rows[0], both[0].gate)
    with pytest.raises(LimitReached, match=r"0\.02 US dollars for this month: 0\.00 US dollars are used, 0\.0125 US"):
        await log.open(rows[1], both[1].gate)
    assert len(await log.rows(1)) == 1


async def test_what_costs_nothing_is_asked_when_no_money_is_left(log: UsageLog, ledger: Ledger) -> None:
    await recorded(log, opened(now()))
    await set_limits(ledger, Limits(month_cost=Decimal("0.001")))
    assert (await use(ledger)).percent == 300
    await begun(log, ledger, provider="ollama", model="qwen3")
    with pytest.raises(LimitReached):
        await begun(log, ledger)


async def test_sums_over_many_rows_of_two_households(
    store: Store, presence: Presence, log: UsageLog, ledger: Ledger
) -> None:
    moment = now()
    row = {
        "operation": "chat", "attempt": 1, "provider": "anthropic", "model": MODEL, "streaming": True,
        "process_id": presence.id, "started_at": moment, "outcome": "completed", "input_tokens": 9, "output_tokens": 1,
        "tokens_estimated": False, "cost_estimated": False, "cost_picodollars": 7, "prices": "{}",
    }  # fmt: skip
    async with store.writing() as connection:
        many = [{**row, "id": f"{number:032}", "household_id": number % 2 + 1} for number in range(2000)]
        await connection.execute(insert(llm_usage), many)
    await set_limits(ledger, Limits(month_cost=Decimal(1), month_tokens=100_000))
    await begun(log, ledger)
    money, tokens = await limit_uses(ledger)
    assert (money.spent.used, money.spent.reserved) == (7000, 12_500_000_000)
    assert (tokens.spent.used, tokens.spent.reserved) == (10_000, 2000)

"""A week of five hundred requests, with all that goes wrong: the ledger, the understudy's account and a sum by hand."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest

from tuppence.ledger.household import Ledger
from tuppence.llm import ChatRequest, LLMError, Provider, Retry, TokenUsage, UserMessage, open_provider
from tuppence.store import Store
from tuppence.understudy import Exchange, Fault, Reply, Understudy, Usage
from tuppence.usage import (
    OwnPrice,
    Priced,
    Purpose,
    UsageLog,
    metered,
    price_of,
    read_export,
    reconciliation,
    set_own_price,
)

from .rows import BEGIN

pytestmark = pytest.mark.anyio

REQUESTS = 500
WEEK = timedelta(days=7)
WORDS = "You spent 412.80 dollars on groceries in March, in nineteen purchases."
SHOWN = 5
"""Events of Anthropic's stream after which some words are there; OpenAI's shows them then, too."""

PRICES: Mapping[str, tuple[str, str, str, str]] = {
    "claude-sonnet-5": ("2", "0.20", "2.50", "10"),
    "claude-haiku-4-5": ("1", "0.10", "1.25", "5"),
    "gpt-4.1": ("2", "0.50", "0", "8"),
    "understudy": ("0.125", "0.0125", "0", "0.5"),
}
"""US dollars for a million tokens of fresh input, read from the cache, written to it, and output."""
OWN = OwnPrice(input=Decimal("0.125"), output=Decimal("0.5"), cache_read=Decimal("0.0125"), since=BEGIN.date())
MODELS = {"claude-sonnet-5": "anthropic", "claude-haiku-4-5": "anthropic", "gpt-4.1": "openai", "understudy": "vllm"}


class Clock:
    """Tells the moment of the week it is set to, a microsecond later each time."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def now(self) -> datetime:
        self.moment += timedelta(microseconds=1)
        return self.moment


@pytest.fixture
async def providers(server: Understudy) -> AsyncIterator[Mapping[str, Provider]]:
    async with AsyncExitStack() as stack:
        opened = {}
        for name in set(MODELS.values()):
            address = server.base_url if name == "anthropic" else server.openai_base_url
            retry = Retry(attempts=2, first=0.0001)
            opened[name] = await stack.enter_async_context(
                open_provider(name, api_key="any", base_url=address, retry=retry)
            )
        yield opened


def used(dice: random.Random, model: str) -> Usage:
    hit = dice.random() < 0.5
    writes = model.startswith("claude") and dice.random() < 0.3
    return Usage(
        fresh_input_tokens=dice.randrange(1, 20_000),
        output_tokens=dice.randrange(1, 3_000),
        cache_read_tokens=dice.randrange(1, 50_000) if hit else 0,
        cache_write_tokens=dice.randrange(1, 10_000) if writes else 0 if model.startswith("claude") else None,
    )


def replies(dice: random.Random, usage: Usage) -> Iterator[Reply]:
    """What the server does with one question: with a failure that may be repeated it is asked twice."""
    match dice.choices(("whole", "busy", "refused", "cut", "error"), (60, 12, 5, 10, 5))[0]:
        case "busy":
            yield Reply(error=Fault(dice.choice((429, 500, 529))))
            yield Reply(WORDS, usage=usage)
        case "refused":
            yield Reply(error=Fault(400))
        case "cut":
            yield Reply(
                WORDS, usage=usage, cut_after_event=dice.randrange(SHOWN, 8), cut=dice.choice(("close", "reset"))
            )
        case "error":
            yield Reply(WORDS, usage=usage, error_event_after=SHOWN)
        case _:
            yield Reply(WORDS, usage=usage)


async def lived(server: Understudy, providers: Mapping[str, Provider], log: UsageLog, clock: Clock) -> list[date]:
    """The day of every request, in their order, once the week is over."""
    dice, days = random.Random(500), list[date]()
    while len(days) < REQUESTS:
        clock.moment = BEGIN + WEEK * len(days) / REQUESTS
        day = clock.moment.date()
        model = dice.choice(list(MODELS))
        usage = used(dice, model)
        stopped = dice.random() < 0.1
        script = [Reply(WORDS, usage=usage, stall_after=7)] if stopped else list(replies(dice, usage))
        if len(script) > REQUESTS - len(days):
            script = script[1:]
        server.add(*script)
        provider = providers[MODELS[model]]
        ask = provider.stream_chat_response if stopped or dice.random() < 0.8 else provider.plain_chat_response
        stream = metered(ask(ChatRequest(model, [UserMessage("Hm?")])), log, Purpose("chat", 1))
        try:
            async with stream:
                async for _ in stream:
                    if stopped:
                        break
        except LLMError:
            pass
        days += [day] * (len(server.account.asked) - len(days))
    return days


def reported(exchange: Exchange) -> TokenUsage:
    seen = exchange.usage or Usage()
    return TokenUsage(
        seen.input_tokens, seen.output_tokens, seen.cache_read_tokens, seen.cache_write_tokens, seen.reasoning_tokens
    )


def by_hand(exchange: Exchange) -> Decimal | None:
    """What a request cost, by the prices above; None when nothing or too little was reported."""
    seen = exchange.usage
    if seen is None or seen.fresh_input_tokens is None or seen.output_tokens is None:
        return None
    counts = (seen.fresh_input_tokens, seen.cache_read_tokens, seen.cache_write_tokens, seen.output_tokens)
    prices = map(Decimal, PRICES[exchange.model or ""])
    return sum((price * (count or 0) for price, count in zip(prices, counts, strict=True)), Decimal(0)) / 10**6


async def test_the_sums_of_a_week(
    server: Understudy,
    providers: Mapping[str, Provider],
    log: UsageLog,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, ledger = Clock(), Ledger(store, 1)
    monkeypatch.setattr(import_module("tuppence.usage.metered"), "now", clock.now)
    await set_own_price(ledger, Priced("vllm", "understudy"), OWN)
    days = await lived(server, providers, log, clock)
    for exchange in server.account.asked:
        await exchange.finished()
    rows, exchanges = (await log.rows(1))[::-1], server.account.asked

    assert len(rows) == len(exchanges) == REQUESTS
    assert {row.outcome for row in rows} == {"completed", "stopped", "interrupted", "failed"}
    assert sum(bool(row.usage.cache_read_tokens) for row in rows) > 100
    assert sum(row.attempt == 2 for row in rows) > 20
    for row, exchange, day in zip(rows, exchanges, days, strict=True):
        assert (row.usage, row.started_at.date()) == (reported(exchange), day)
        assert (None if row.cost is None else row.cost.amount) == by_hand(exchange)

    (total,) = await log.summaries(1)
    told = server.account.usage
    assert total.tokens == TokenUsage(
        told.input_tokens, told.output_tokens, told.cache_read_tokens, told.cache_write_tokens, told.reasoning_tokens
    )
    costs = [cost for cost in map(by_hand, exchanges) if cost is not None]
    assert total.cost is not None
    assert abs(total.cost - sum(costs)) < Decimal("0.000001")
    assert total.unknown_costs == sum(
        by_hand(exchange) is None and row.outcome != "failed" for row, exchange in zip(rows, exchanges, strict=True)
    )
    daily = defaultdict[date, Decimal](Decimal)
    for exchange, day in zip(exchanges, days, strict=True):
        daily[day] += by_hand(exchange) or 0
    by_day = await log.summaries(1, "day", zone=BEGIN.tzinfo)
    assert {one.key: (one.requests, one.cost) for one in by_day} == {
        day: (count, daily[day]) for day, count in Counter(days).items()
    }

    done = await reconciliation(ledger, read_export(anthropics_export(exchanges, days).encode()))
    assert done.is_equal, done.differences
    assert done.totals["output"].here > 0


def anthropics_export(exchanges: list[Exchange], days: list[date]) -> str:
    """The account as Anthropic's console would export it."""
    names = "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m"
    lines = [f"{names},usage_input_tokens_cache_read,usage_output_tokens"]
    for exchange, day in zip(exchanges, days, strict=True):
        if (seen := exchange.usage) is not None and MODELS[exchange.model or ""] == "anthropic":
            counts = (seen.fresh_input_tokens, seen.cache_write_tokens, seen.cache_read_tokens, seen.output_tokens)
            lines.append(",".join([str(day), exchange.model or "", *(str(count or 0) for count in counts)]))
    return "\n".join(lines)


def test_the_prices_above_are_the_published_ones() -> None:
    for model, provider in MODELS.items():
        cost = price_of(TokenUsage(1_000_000, 0), provider, model, BEGIN)
        assert (cost and cost.amount) == (None if model == "understudy" else Decimal(PRICES[model][0]))

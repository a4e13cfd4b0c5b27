"""Costs against sums done by hand, and over the whole price list against its own prices."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot

from tuppence.llm import TokenUsage
from tuppence.usage import dollars, picodollars, price_of

TODAY = datetime(2026, 11, 1, tzinfo=UTC)


def amount(usage: TokenUsage, model: str = "claude-sonnet-5", provider: str = "anthropic") -> Decimal | None:
    cost = price_of(usage, provider, model, TODAY)
    return cost.amount if cost else None


def test_input_counts_cached_tokens_and_each_kind_has_its_price() -> None:
    usage = TokenUsage(
        input_tokens=1000, output_tokens=200, cache_read_tokens=300, cache_write_tokens=100, reasoning_tokens=50
    )
    # 600 fresh * 2 + 300 read * 0.20 + 100 written * 2.50 + 200 out * 10, per million
    assert amount(usage) == Decimal("0.00351")


def test_the_prices_that_were_used_are_kept() -> None:
    cost = price_of(TokenUsage(10, 20, 5, 0), "anthropic", "claude-sonnet-5", TODAY)
    assert cost is not None
    assert cost.prices == {"input_mtok": Decimal(2), "cache_read_mtok": Decimal("0.2"), "output_mtok": Decimal(10)}
    assert cost.source.startswith("genai-prices ")
    assert cost.date == date(2026, 11, 1)


@pytest.mark.parametrize(("input_tokens", "price"), [(200_000, 3), (200_001, 6)])
def test_a_tier_holds_for_all_tokens_of_a_request_that_exceeds_it(input_tokens: int, price: int) -> None:
    cost = price_of(TokenUsage(input_tokens, 0), "anthropic", "claude-sonnet-4-5", TODAY)
    assert cost is not None
    assert cost.amount == Decimal(input_tokens * price) / 1_000_000
    assert cost.prices == {"input_mtok": price}


@pytest.mark.parametrize(("day", "price"), [(12, 6), (13, 3)])
def test_the_price_is_that_of_the_moment(day: int, price: int) -> None:
    cost = price_of(TokenUsage(300_000, 0), "anthropic", "claude-sonnet-4-6", datetime(2026, 3, day, tzinfo=UTC))
    assert cost is not None
    assert cost.amount == Decimal(300_000 * price) / 1_000_000


@pytest.mark.parametrize(
    ("usage", "provider", "model"),
    [
        (TokenUsage(10, 10), "anthropic", "claude-of-the-far-future"),
        (TokenUsage(10, 10), "anthropic", ""),
        (TokenUsage(10, 10), "nobody", "claude-sonnet-5"),
        (TokenUsage(10, 10), "openai-compatible", "gpt-4o"),
        (TokenUsage(None, 10), "anthropic", "claude-sonnet-5"),
        (TokenUsage(10, None), "anthropic", "claude-sonnet-5"),
        (TokenUsage(), "anthropic", "claude-sonnet-5"),
        (TokenUsage(10, 10, cache_read_tokens=11), "anthropic", "claude-sonnet-5"),
        (TokenUsage(10, 10, cache_read_tokens=1), "anthropic", "claude-2"),
    ],
    ids=[
        "unknown model",
        "no model",
        "unknown provider",
        "only the same protocol",
        "input not reported",
        "output not reported",
        "nothing reported",
        "more cached than read",
        "a kind without a price",
    ],
)
def test_what_cannot_be_told_is_unknown(usage: TokenUsage, provider: str, model: str) -> None:
    assert price_of(usage, provider, model, TODAY) is None


def test_a_kind_without_a_price_does_not_matter_when_none_of_it_was_used() -> None:
    assert amount(TokenUsage(1000, 0, cache_read_tokens=0), "claude-2") == Decimal("0.008")


def test_fractions_of_a_picodollar_are_rounded() -> None:
    usage = TokenUsage(1, 0, cache_write_tokens=1)
    # 0.0833333333333333 / 10**6 dollars are 83333.3333333 picodollars
    assert amount(usage, "google/gemini-2.5-flash", "openrouter") == dollars(83333)


def test_over_the_whole_price_list_the_cost_is_the_sum_of_its_own_prices() -> None:
    dice = random.Random(2)
    known = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            read, write, fresh, thought = (dice.randrange(5_000) for _ in range(4))
            usage = TokenUsage(fresh + read + write, thought + dice.randrange(5_000), read, write, thought)
            cost = price_of(usage, provider.id, model.id, TODAY)
            if cost is None:
                continue
            known += 1
            reasoning = cost.prices.get("output_reasoning_mtok")
            counts = {
                "input_mtok": fresh,
                "cache_read_mtok": read,
                "cache_write_mtok": write,
                "output_mtok": (usage.output_tokens or 0) - (thought if reasoning is not None else 0),
                "output_reasoning_mtok": thought,
            }
            expected = sum(
                price / 1000 if key == "requests_kcount" else price * counts[key] / 1_000_000
                for key, price in cost.prices.items()
            )
            assert abs(cost.amount - expected) <= Decimal("0.5e-12"), (provider.id, model.id)
    assert known > 100


@pytest.mark.parametrize("text", ["0", "0.000000000001", "0.00351", "12345.678901234567"])
def test_picodollars_and_back(text: str) -> None:
    assert dollars(picodollars(Decimal(text))) == Decimal(text)


def test_a_provider_may_be_listed_under_another_name() -> None:
    cost = price_of(TokenUsage(1_000_000, 0), "gemini", "gemini-2.5-flash", datetime.now(UTC))
    assert cost is not None
    assert cost == price_of(TokenUsage(1_000_000, 0), "google", "gemini-2.5-flash", datetime.now(UTC))

"""A price of one's own goes before the published one, from then on, and never changes a row that exists."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.store import Store
from tuppence.usage import (
    OwnPrice,
    Priced,
    UsageLog,
    checked_price,
    checked_priced,
    own_prices,
    remove_own_price,
    set_own_price,
)
from tuppence.usage.own_prices import own_cost

from .rows import BEGIN, opened, recorded

pytestmark = pytest.mark.anyio

SONNET = Priced("anthropic", "claude-sonnet-5")
TODAY = date(2026, 5, 1)
PRICE = OwnPrice(
    input=Decimal(3), output=Decimal("15.5"), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"), since=TODAY
)
WITHOUT_CACHE = OwnPrice(input=Decimal(3), output=Decimal(15), since=TODAY)
MIXED = TokenUsage(input_tokens=1000, output_tokens=200, cache_read_tokens=300, cache_write_tokens=100)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, 1)


async def test_it_holds_from_now_on_and_rows_that_exist_stay(log: UsageLog, ledger: Ledger) -> None:
    before = await recorded(log, opened(), usage=MIXED)
    await set_own_price(ledger, SONNET, PRICE)
    after = await recorded(log, opened(), usage=MIXED)
    assert after.cost is not None
    # 600 fresh * 3 + 300 read * 0.30 + 100 written * 3.75 + 200 out * 15.5, per million
    assert after.cost.amount == Decimal("0.005365")
    assert (after.cost.source, after.cost.date) == ("own price", BEGIN.date())
    assert after.cost.prices == {
        "input_mtok": Decimal(3),
        "cache_read_mtok": Decimal("0.3"),
        "cache_write_mtok": Decimal("3.75"),
        "output_mtok": Decimal("15.5"),
    }
    await remove_own_price(ledger, SONNET)
    again = await recorded(log, opened(), usage=MIXED)
    assert before.cost is not None
    assert again.cost == before.cost
    assert before.cost.amount == Decimal("0.00351")
    assert {row.id: row.cost for row in await log.rows(1)} == {row.id: row.cost for row in (before, after, again)}


async def test_a_household_has_its_own(log: UsageLog, store: Store) -> None:
    await set_own_price(Ledger(store, 2), SONNET, PRICE)
    row = await recorded(log, opened(household_id=1))
    assert row.cost is not None
    assert row.cost.source != "own price"
    assert await own_prices(Ledger(store, 1)) == {}


@pytest.mark.parametrize(
    ("asked", "answered", "source"),
    [
        ("claude-sonnet-5", "claude-sonnet-5-20260101", "own price"),
        ("an-alias", "claude-sonnet-5", "own price"),
        ("claude-opus-5", "claude-opus-5", None),
    ],
)
async def test_it_is_that_of_the_model_that_answered_or_was_asked_for(
    log: UsageLog, ledger: Ledger, asked: str, answered: str, source: str | None
) -> None:
    await set_own_price(ledger, SONNET, PRICE)
    row = await recorded(log, opened(model=asked), answered_model=answered)
    assert row.cost is not None
    assert (row.cost.source == "own price") is (source is not None)


async def test_a_kind_without_a_price_makes_the_cost_unknown(log: UsageLog, ledger: Ledger) -> None:
    await set_own_price(ledger, SONNET, WITHOUT_CACHE)
    assert (await recorded(log, opened(), usage=MIXED)).cost is None
    plain = await recorded(log, opened(), usage=TokenUsage(1000, 200, 0, 0))
    assert plain.cost is not None
    assert plain.cost.amount == Decimal("0.006")  # (1000 * 3 + 200 * 15) / 10**6


async def test_a_price_of_nothing_is_known(log: UsageLog, ledger: Ledger) -> None:
    at_home = Priced("anthropic", "unheard-of")
    await set_own_price(ledger, at_home, OwnPrice(input=Decimal(0), output=Decimal(0), since=TODAY))
    row = await recorded(log, opened(model="unheard-of"))
    assert row.cost is not None
    assert row.cost.amount == 0
    assert not row.cost_unknown


@pytest.mark.parametrize(
    "usage",
    [TokenUsage(), TokenUsage(None, 3), TokenUsage(3, None), TokenUsage(10, 1, cache_read_tokens=11)],
    ids=["nothing reported", "no input", "no output", "more cached than read"],
)
def test_what_cannot_be_told_is_unknown(usage: TokenUsage) -> None:
    assert own_cost(PRICE, usage, BEGIN) is None


def test_the_day_is_that_of_the_request_by_utc() -> None:
    cost = own_cost(PRICE, TokenUsage(1, 1), datetime.fromisoformat("2026-05-01T23:30:00-05:00"))
    assert cost is not None
    assert cost.date == datetime(2026, 5, 2, tzinfo=UTC).date()


async def test_prices_set_at_the_same_time_are_all_kept(ledger: Ledger) -> None:
    models = [Priced("openrouter", f"maker/model-{number}") for number in range(8)]
    await asyncio.gather(*(set_own_price(ledger, model, PRICE) for model in models))
    assert await own_prices(ledger) == dict.fromkeys(models, PRICE)
    assert await remove_own_price(ledger, models[0])
    assert not await remove_own_price(ledger, models[0])
    assert models[0] not in await own_prices(ledger)


@pytest.mark.parametrize("text", ["0", "3", "2.50", "0.000001", "1000000"])
def test_prices(text: str) -> None:
    assert checked_price(text) == Decimal(text)


@pytest.mark.parametrize("text", ["", "three", "-1", "1000000.1", "0.0000001", "NaN", "Infinity", "1,5"])
def test_what_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match="US dollars per million tokens"):
        checked_price(text)


@pytest.mark.parametrize(("provider", "model"), [("nobody", "x"), ("openai", " "), ("openai", "x" * 201)])
def test_what_has_no_price(provider: str, model: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        checked_priced(provider, model)

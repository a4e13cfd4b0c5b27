"""What a request cost, by the published prices that the package genai-prices brings along. Nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tuppence.llm import PRESETS, TokenUsage

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, PriceCalculation

PICODOLLAR = Decimal("1e-12")


class Cost(msgspec.Struct, frozen=True):
    """What a request cost and by which prices, so that later prices do not change it."""

    amount: Decimal
    """US dollars; a whole number of picodollars (10^-12 US dollars)."""
    prices: Mapping[str, Decimal]
    """The prices that were used, by the price list's own keys: `..._mtok` is US dollars per million tokens,
    `requests_kcount` per thousand requests. Where a price depends on the size of the request, the one that applied."""
    source: str
    """The price list and its version, or "own price"."""
    date: date
    """The day (UTC) whose prices were used."""


PriceOf: TypeAlias = Callable[[TokenUsage, str, str, datetime], Cost | None]
"""Takes usage, provider, model and the moment of the request, as `price_of` does."""


def price_of(usage: TokenUsage, provider: str, model: str, at: datetime) -> Cost | None:
    """What `usage` cost at the moment `at`; None when that cannot be told.

    It cannot when input or output was not reported, when the provider or the model has no price, when a kind of token
    that was used has none, and when the numbers contradict each other (more cached input than input).
    provider: the registered name, looked up exactly: what speaks a provider's protocol does not take its prices.
    Prices with many decimals can give fractions of a picodollar; these are rounded half to even. Slow the first time:
    see `load_prices`.
    """
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    import genai_prices

    listed = _listed_as(provider)
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens,
                cache_write_tokens=usage.cache_write_tokens,
                output_reasoning_tokens=usage.reasoning_tokens,
            ),
            model,
            provider_id=listed,
            genai_request_timestamp=at,
        )
    except (LookupError, ValueError):
        return None
    if found.provider.id != listed or not _covers(found.model_price, usage):
        return None
    return Cost(
        amount=found.total_price.quantize(PICODOLLAR, ROUND_HALF_EVEN),
        prices=dict(_prices_used(found, usage)),
        source=f"genai-prices {genai_prices.__version__}",
        date=at.astimezone(UTC).date(),
    )


def _listed_as(provider: str) -> str:
    """The price list's own name for a provider."""
    preset = PRESETS.get(provider)
    return preset.priced_as if preset is not None and preset.priced_as else provider


def load_prices() -> None:
    """Import the price list now. It takes the better part of a second: do it in a thread, before it is needed."""
    price_of(TokenUsage(0, 0), "", "", datetime.now(UTC))


def picodollars(amount: Decimal) -> int:
    """US dollars as a whole number of picodollars, rounded half to even."""
    return int((amount / PICODOLLAR).to_integral_value(ROUND_HALF_EVEN))


def dollars(picodollars: int) -> Decimal:
    """Picodollars as US dollars, exactly."""
    return Decimal(picodollars).scaleb(-12)


def _covers(price: ModelPrice, usage: TokenUsage) -> bool:
    """Whether every kind of token that was used has a price. Reasoning is output and has the output's price."""
    return all(getattr(price, key) is not None for key, count in token_kinds(usage) if count)


def token_kinds(usage: TokenUsage) -> Iterator[tuple[str, int]]:
    """How many tokens there are of each kind that has a price of its own, by the price's key. Input is less than
    nothing when more of it was cached than there was."""
    read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    yield "input_mtok", (usage.input_tokens or 0) - read - write
    yield "cache_read_mtok", read
    yield "cache_write_mtok", write
    yield "output_mtok", usage.output_tokens or 0


def _prices_used(found: PriceCalculation, usage: TokenUsage) -> Iterator[tuple[str, Decimal]]:
    used = [key for key, count in token_kinds(usage) if count]
    if usage.reasoning_tokens:
        used.append("output_reasoning_mtok")
    for key in (*used, "requests_kcount"):
        price = getattr(found.model_price, key)
        if price is None:
            continue
        if not isinstance(price, Decimal):  # the last tier that the input exceeds holds for all of its tokens
            exceeded = [tier.price for tier in price.tiers if (usage.input_tokens or 0) > tier.start]
            price = exceeded[-1] if exceeded else price.base
        yield key, price

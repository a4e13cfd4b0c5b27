"""What a household says that a model costs it: this goes before the published price, and changes no row that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import setting
from tuppence.llm import PRESETS, TokenUsage
from tuppence.store.tables import household_settings
from tuppence.usage.pricing import PICODOLLAR, Cost, token_kinds

SOURCE = "own price"
"""What a row says of where its price came from."""

HIGHEST = 1_000_000
"""US dollars per million tokens."""
DECIMALS = 6
"""So many decimals can a price have: what a token costs is a whole number of picodollars."""
LONGEST_MODEL = 200

_SETTING = "own_prices"
_MILLION = 1_000_000


class Priced(NamedTuple):
    """A model that has a price."""

    provider: str
    """As registered."""
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class OwnPrice(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars per million tokens. None: not said, and the cost of a request that used such tokens is unknown."""

    input: Decimal
    """Of input that was neither read from the cache nor written to it."""
    output: Decimal
    """Reasoning included."""
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    since: date
    """The day (UTC) on which it was set."""


async def own_prices(ledger: Ledger) -> dict[Priced, OwnPrice]:
    """The prices that the household has set, in the order of the models' names. Raises StoreUnusable."""
    kept = await setting(ledger, _SETTING, dict[str, OwnPrice], {})
    return {priced_named(name): kept[name] for name in sorted(kept)}


async def set_own_price(ledger: Ledger, priced: Priced, price: OwnPrice) -> None:
    """From now on requests to the model are charged by `price`. Raises StoreUnusable."""
    await _change(ledger, str(priced), price)


async def remove_own_price(ledger: Ledger, priced: Priced) -> bool:
    """From now on the published price holds again; whether there was one of the household's own.

    Raises StoreUnusable.
    """
    return await _change(ledger, str(priced), None)


def own_cost(price: OwnPrice, usage: TokenUsage, at: datetime) -> Cost | None:
    """What `usage` cost by `price`; None when a count is missing or contradicts another, or a kind has no price."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    used = {key: count for key, count in token_kinds(usage) if count}
    prices = {key: getattr(price, key.removesuffix("_mtok")) for key in used}
    if any(count < 0 for count in used.values()) or None in prices.values():
        return None
    amount = sum((prices[key] * count for key, count in used.items()), Decimal(0)) / _MILLION
    return Cost(
        amount=amount.quantize(PICODOLLAR, ROUND_HALF_EVEN),
        prices=prices,
        source=SOURCE,
        date=at.astimezone(UTC).date(),
    )


def priced_named(text: str) -> Priced:
    """The model of "provider/model"; the model's own name may hold slashes."""
    provider, _, model = text.partition("/")
    return Priced(provider, model)


def checked_priced(provider: str, model: str) -> Priced:
    """A model that can be given a price. Raises ValueError, whose message says what is wrong."""
    provider, model = provider.strip(), model.strip()
    if provider not in PRESETS:
        raise ValueError(f"There is no provider of that name. Choose one of: {', '.join(PRESETS)}.")
    if not model or len(model) > LONGEST_MODEL or not model.isprintable():
        raise ValueError(f"Name the model as the provider does, in at most {LONGEST_MODEL} characters.")
    return Priced(provider, model)


def checked_price(text: str) -> Decimal:
    """A price as programs write it, with a point before its decimals. Raises ValueError, which says what is wrong."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not (price.is_finite() and 0 <= price <= HIGHEST and price == round(price, DECIMALS)):
        raise ValueError(
            f"A price is an amount of US dollars per million tokens, such as 2.50: from 0 to {HIGHEST:,}, with at most "
            f"{DECIMALS} decimals."
        )
    return price


async def _change(ledger: Ledger, name: str, price: OwnPrice | None) -> bool:
    """Put `price` in the place of what is kept under `name`, None for nothing; whether there was something."""
    here = _here(ledger)
    async with ledger.store.writing() as connection:
        text = await connection.scalar(select(household_settings.c.value).where(here))
        kept = {} if text is None else msgspec.json.decode(text, type=dict[str, OwnPrice])
        before = kept.pop(name, None)
        if price is not None:
            kept[name] = price
        await connection.execute(delete(household_settings).where(here))
        if kept:
            await connection.execute(insert(household_settings).values(_row(ledger, kept)))
    return before is not None


def _row(ledger: Ledger, kept: Mapping[str, OwnPrice]) -> Mapping[str, object]:
    return {"household_id": ledger.household, "name": _SETTING, "value": msgspec.json.encode(kept).decode()}


def _here(ledger: Ledger) -> ColumnElement[bool]:
    return (household_settings.c.household_id == ledger.household) & (household_settings.c.name == _SETTING)


def kinds_without_price(price: OwnPrice) -> Iterator[str]:
    """What people call the kinds of tokens of which `price` says nothing."""
    if price.cache_read is None:
        yield "read from the cache"
    if price.cache_write is None:
        yield "written to the cache"

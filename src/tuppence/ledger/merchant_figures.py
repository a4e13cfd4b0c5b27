"""What went to and came from each merchant: the list of merchants by use, and one merchant month by month."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from tuppence.ledger.category_figures import MonthFigure, latest_first
from tuppence.ledger.days import Days
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant, list_merchants
from tuppence.ledger.names import name_key
from tuppence.ledger.sums import merchant_sums, total_of

MerchantOrder = Literal["use", "name"]


@dataclass(frozen=True, slots=True)
class MerchantSum:
    """What went to and came from a merchant in one currency, transfers left out. Amounts are minor units."""

    currency: str
    money_in: int
    money_out: int
    """Negative."""
    count: int

    @property
    def net(self) -> int:
        """What came in less what went out."""
        return self.money_in + self.money_out


@dataclass(frozen=True, slots=True)
class MerchantUse:
    """A merchant, and how much the household had to do with it."""

    merchant: Merchant
    sums: tuple[MerchantSum, ...]
    """The currency with the most transactions first; empty without any transaction."""
    last_month: int | None
    """Of the latest transaction, as 202603; None without one."""

    @property
    def count(self) -> int:
        """How many transactions, transfers left out."""
        return sum(one.count for one in self.sums)


@dataclass(frozen=True, slots=True)
class MerchantUses:
    """A part of the list of merchants."""

    uses: tuple[MerchantUse, ...]
    found: int
    """How many there are in all."""


async def merchant_uses(
    ledger: Ledger, days: Days, text: str = "", *, order: MerchantOrder = "use", limit: int, offset: int = 0
) -> MerchantUses:
    """The merchants whose name or website holds every word of `text`, with their figures on these days.

    The most used come first, or all go by name; `offset` of them are left out, then `limit` are listed.
    """
    words = name_key(text).split()
    merchants = [one for one in await list_merchants(ledger) if not words or _holds(one, words)]
    if order == "use":
        counts = await _counts(ledger, days)
        merchants.sort(key=lambda one: -counts.get(one.id, 0))  # those alike stay in the order of their names
    listed = merchants[offset : offset + limit]
    used = await _used(ledger, days, [one.id for one in listed])
    return MerchantUses(tuple(MerchantUse(one, *used.get(one.id, ((), None))) for one in listed), len(merchants))


def _holds(merchant: Merchant, words: Iterable[str]) -> bool:
    text = f"{name_key(merchant.name)} {merchant.website or ''}"
    return all(word in text for word in words)


async def _counts(ledger: Ledger, days: Days) -> Counter[int]:
    """How many transactions each merchant has: sooner known than all of its figures."""
    counts: Counter[int] = Counter()
    async with ledger.store.reading() as connection:
        for part in merchant_sums(ledger, days):
            query = select(part.c.merchant_id, total_of(part.c["count"])).group_by(part.c.merchant_id)
            for merchant, count in await connection.execute(query):
                counts[merchant] += count
    return counts


_Used = tuple[tuple[MerchantSum, ...], int | None]


async def _used(ledger: Ledger, days: Days, merchants: Collection[int]) -> dict[int, _Used]:
    """The sums of each of these merchants, and the month of its latest transaction."""
    found: dict[int, dict[str, list[int]]] = {}
    last: dict[int, int] = {}
    async with ledger.store.reading() as connection:
        for part in merchant_sums(ledger, days):
            row = part.c
            key = (row.merchant_id, row.currency)
            sums = (total_of(row.money_in), total_of(row.money_out), total_of(row["count"]))
            query = select(*key, func.max(row.month), *sums).where(row.merchant_id.in_(merchants), row["count"] > 0)
            for merchant, currency, month, *figures in await connection.execute(query.group_by(*key)):
                known = found.setdefault(merchant, {}).setdefault(currency, [0, 0, 0])
                known[:] = [one + other for one, other in zip(known, figures, strict=True)]
                last[merchant] = max(last.get(merchant, 0), month)
    return {merchant: (_by_use(sums), last[merchant]) for merchant, sums in found.items()}


def _by_use(sums: dict[str, list[int]]) -> tuple[MerchantSum, ...]:
    made = (MerchantSum(currency, *figures) for currency, figures in sums.items())
    return tuple(sorted(made, key=lambda one: (-one.count, one.currency)))


async def merchant_months(ledger: Ledger, identity: int, days: Days) -> list[MonthFigure]:
    """What went to and came from one merchant, by month, the latest first, and currency."""
    found: dict[tuple[int, str], list[int]] = {}
    async with ledger.store.reading() as connection:
        for part in merchant_sums(ledger, days):
            row = part.c
            key = (row.month, row.currency)
            sums = (total_of(row.money_in), total_of(row.money_out), total_of(row["count"]))
            query = select(*key, *sums).where(row.merchant_id == identity).group_by(*key)
            for month, currency, *figures in await connection.execute(query):
                known = found.setdefault((month, currency), [0, 0, 0])
                known[:] = [one + other for one, other in zip(known, figures, strict=True)]
    return latest_first(found)

"""The merchant report: what was paid to and came from each merchant in a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant, list_merchants
from tuppence.ledger.reports.covered_accounts import names_of_accounts
from tuppence.ledger.reports.period import Period
from tuppence.ledger.sums import category_sums, merchant_sums, total_of
from tuppence.ledger.transaction_figures import Coverage
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions


class MerchantSum(msgspec.Struct, frozen=True, gc=False):
    """The transactions with one merchant in one currency. Amounts are minor units."""

    merchant: int | None
    """The merchant's id; None for transactions whose merchant is not known."""
    currency: str
    money_in: int
    money_out: int
    """Positive."""
    count: int
    pending: int
    uncategorized: int
    transfers: int
    """How many sides of transfers there are besides; they are in none of the five above."""
    last_date: date | None
    """None for transactions whose merchant is not known."""

    def and_more(self, other: "MerchantSum") -> "MerchantSum":
        """The sums of both, which are of the same merchant, currency and period."""
        return MerchantSum(
            self.merchant,
            self.currency,
            money_in=self.money_in + other.money_in,
            money_out=self.money_out + other.money_out,
            count=self.count + other.count,
            pending=self.pending + other.pending,
            uncategorized=self.uncategorized + other.uncategorized,
            transfers=self.transfers + other.transfers,
            last_date=self.last_date,
        )


@dataclass(frozen=True, slots=True)
class MerchantLine:
    """What went to and came from one merchant in one currency, in minor units, both positive."""

    merchant: Merchant
    currency: str
    money_in: int
    money_out: int
    count: int
    last_date: date


@dataclass(frozen=True, slots=True)
class WithoutMerchant:
    """The transactions of one currency whose merchant is not known: money in minor units, both positive."""

    currency: str
    money_in: int
    money_out: int
    count: int


@dataclass(frozen=True, slots=True)
class MerchantReport:
    """Merchants of a period. Transfers between own accounts are left out; pending transactions count."""

    period: Period
    lines: tuple[MerchantLine, ...]
    """Where most money went first, currency by currency."""
    without: tuple[WithoutMerchant, ...]
    coverage: Coverage


async def merchant_report(ledger: Ledger, period: Period) -> MerchantReport:
    """What the household paid to and got from each merchant in `period`."""
    async with ledger.store.reading() as connection:
        sums: dict[tuple[int, str], MerchantSum] = {}
        for part in merchant_sums(ledger, period.days):
            for row in (await connection.execute(_sums(part, ledger, period))).all():
                one, key = MerchantSum(row[0] or None, *row[1:]), (row[0], row[1])
                sums[key] = one.and_more(sums[key]) if key in sums else one
        accounts = await _accounts(connection, ledger, period)
        days = (await connection.execute(_first_and_last(ledger, period))).one()
    return merchant_report_of(period, list(sums.values()), await list_merchants(ledger), accounts, (days[0], days[1]))


def merchant_report_of(
    period: Period,
    sums: Sequence[MerchantSum],
    merchants: Sequence[Merchant],
    accounts: Sequence[str],
    days: tuple[date | None, date | None] = (None, None),
) -> MerchantReport:
    """The report that `sums` make. `days` are the first and the last one with a transaction."""
    transfers = sum(one.transfers for one in sums)
    known = {merchant.id: merchant for merchant in merchants}
    lines = [
        MerchantLine(known[one.merchant], one.currency, one.money_in, one.money_out, one.count, one.last_date)
        for one in sums
        if one.merchant in known and one.count and one.last_date is not None
    ]
    unknown = [one for one in sums if one.merchant not in known]
    coverage = Coverage(
        first=days[0],
        last=days[1],
        accounts=tuple(accounts),
        rows=sum(one.count for one in sums) + transfers,
        pending=sum(one.pending for one in sums),
        uncategorized=sum(one.uncategorized for one in sums),
        transfers=transfers,
    )
    busiest = sorted({one.currency for one in sums}, key=lambda code: (-_count(sums, code), code))
    lines.sort(key=lambda line: (busiest.index(line.currency), line.money_in - line.money_out, line.merchant.name))
    without = tuple(_without(currency, unknown) for currency in busiest if _count(unknown, currency))
    return MerchantReport(period, tuple(lines), without, coverage)


def _count(sums: Sequence[MerchantSum], currency: str) -> int:
    return sum(one.count for one in sums if one.currency == currency)


def _without(currency: str, unknown: Sequence[MerchantSum]) -> WithoutMerchant:
    ours = [one for one in unknown if one.currency == currency]
    money_in, money_out = sum(one.money_in for one in ours), sum(one.money_out for one in ours)
    return WithoutMerchant(currency, money_in, money_out, sum(one.count for one in ours))


def _sums(part: Subquery, ledger: Ledger, period: Period) -> Select[Any]:
    """One row for each merchant and currency."""
    one, row = part.c, transactions.c
    last = select(func.max(row.date)).where(
        row.household_id == ledger.household,
        row.merchant_id == one.merchant_id,
        *period.days.within(row.date),
        row.currency == one.currency,
        visible(ledger),
    )
    columns = (
        total_of(one.money_in),
        total_of(-one.money_out),
        total_of(one["count"]),
        total_of(one.pending),
        total_of(one.uncategorized),
        total_of(one.transfers),
        last.correlate(part).scalar_subquery(),
    )
    key = (one.merchant_id, one.currency)
    return select(*key, *columns).group_by(*key)


async def _accounts(connection: AsyncConnection, ledger: Ledger, period: Period) -> Sequence[str]:
    """Names of the accounts that have transactions in the period, in alphabetical order."""
    found: set[int] = set()
    for part in category_sums(ledger, period.days):
        found.update(await connection.scalars(select(part.c.account_id).distinct()))
    return await names_of_accounts(connection, ledger, found)


def _first_and_last(ledger: Ledger, period: Period) -> Select[Any]:
    """The first and the last day with a transaction."""
    day = transactions.c.date
    days = select(day).where(visible(ledger), *period.days.within(day)).limit(1)
    return select(days.order_by(day).scalar_subquery(), days.order_by(day.desc()).scalar_subquery())

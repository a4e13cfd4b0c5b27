"""The merchant report: what was paid to and came from each merchant in a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant, list_merchants
from tuppence.ledger.reports.covered_accounts import covered_accounts
from tuppence.ledger.reports.period import Period, month_of
from tuppence.ledger.reports.totals import total
from tuppence.ledger.transactions import Coverage
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions


@dataclass(frozen=True, slots=True)
class MerchantSum:
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
    first_date: date
    last_date: date


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
        sums = [MerchantSum(*row) for row in await connection.execute(_sums(ledger, period))]
        accounts = await covered_accounts(connection, ledger, *_within(ledger, period))
    return merchant_report_of(period, sums, await list_merchants(ledger), accounts)


def merchant_report_of(
    period: Period, sums: Sequence[MerchantSum], merchants: Sequence[Merchant], accounts: Sequence[str]
) -> MerchantReport:
    """The report that `sums` make."""
    transfers = sum(one.transfers for one in sums)
    known = {merchant.id: merchant for merchant in merchants}
    lines = [
        MerchantLine(known[one.merchant], one.currency, one.money_in, one.money_out, one.count, one.last_date)
        for one in sums
        if one.merchant in known and one.count
    ]
    unknown = [one for one in sums if one.merchant not in known]
    coverage = Coverage(
        first=min((one.first_date for one in sums), default=None),
        last=max((one.last_date for one in sums), default=None),
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


def _sums(ledger: Ledger, period: Period) -> Select[Any]:
    row = transactions.c
    key = (row.merchant_id, row.currency)
    counts = row.transfer_id.is_(None)
    columns = (
        total(counts & (row.amount > 0), row.amount),
        total(counts & (row.amount < 0), -row.amount),
        total(counts, 1),
        total(counts & row.pending, 1),
        total(counts & row.category_id.is_(None), 1),
        total(row.transfer_id.is_not(None), 1),
        func.min(row.date),
        func.max(row.date),
    )
    return select(*key, *columns).where(*_within(ledger, period)).group_by(*key)


def _within(ledger: Ledger, period: Period) -> tuple[ColumnElement[bool], ...]:
    row = transactions.c
    months = row.month.between(month_of(period.since), month_of(period.until))
    return visible(ledger), months, row.date.between(period.since, period.until)

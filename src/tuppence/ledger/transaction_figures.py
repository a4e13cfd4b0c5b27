"""Totals over transactions, and what these rest on."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.days import Days, days_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.sums import category_sums, total
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter, Walk, at_once, below, conditions, narrowed
from tuppence.ledger.visibility import unindexed
from tuppence.money import Money
from tuppence.store.tables import accounts, transactions

ANY_NUMBER = 1 << 60
"""However many rows hold some words: they are found sooner than all rows are asked whether they are among them."""


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Money in and money out of one currency, transfers between own accounts left out."""

    money_in: Money
    money_out: Money
    """Negative."""

    @property
    def net(self) -> Money:
        """What came in less what went out."""
        return self.money_in + self.money_out


@dataclass(frozen=True, slots=True)
class Coverage:
    """What figures rest on, so that nobody takes them for more than they are."""

    first: datetime.date | None
    """The earliest and the latest day with a row; None when there is no row."""
    last: datetime.date | None
    accounts: tuple[str, ...]
    """Names of the accounts that have rows among these, in alphabetical order."""
    rows: int
    """How many there are in all, transfers included."""
    pending: int
    uncategorized: int
    """Without a category, not counting transfers."""
    transfers: int
    """How many of the rows are sides of transfers between own accounts, which no total counts."""


@dataclass(frozen=True, slots=True)
class TransactionFigures:
    """Figures over all of the transactions that were asked for."""

    totals: tuple[CurrencyTotal, ...]
    """By currency code."""
    coverage: Coverage


async def transaction_figures(ledger: Ledger, wanted: TransactionFilter = EVERYTHING) -> TransactionFigures:
    """The figures over the transactions that `wanted` means.

    Of accounts, categories, days, direction, currency and the like they come from sums that are kept; of words, tags,
    merchants and amounts they are added up row by row, which takes its time where these are true of very many rows.
    """
    async with ledger.store.reading() as connection:
        return TransactionFigures(*await figures_on(connection, ledger, wanted))


async def quick_figures(ledger: Ledger, wanted: TransactionFilter = EVERYTHING) -> TransactionFigures | None:
    """The same where nobody has to wait for it; None where so many rows would have to be read that it takes a while."""
    async with ledger.store.reading() as connection:
        if are_summed(wanted):
            return TransactionFigures(*await figures_on(connection, ledger, wanted))
        meant = await at_once(connection, ledger, wanted, _walk(wanted))
        if meant is None:
            return None
        return TransactionFigures(*await _figures(connection, ledger, wanted, [_of_rows(meant)]))


async def figures_on(
    connection: AsyncConnection, ledger: Ledger, wanted: TransactionFilter
) -> tuple[tuple[CurrencyTotal, ...], Coverage]:
    """Totals and coverage."""
    if are_summed(wanted):
        queries = [_of_sums(sums, ledger, wanted) for sums in category_sums(ledger, Days(wanted.since, wanted.until))]
    else:
        few = ANY_NUMBER if wanted.text else None
        queries = [_of_rows(await narrowed(connection, ledger, wanted, _walk(wanted), few=few))]
    return await _figures(connection, ledger, wanted, queries)


def _walk(wanted: TransactionFilter) -> Walk:
    """The index in which the rows are added up, unless they are fetched."""
    if wanted.merchants:
        return "merchant"
    return "date" if wanted.minimum is None and wanted.maximum is None else "size"


async def _figures(
    connection: AsyncConnection, ledger: Ledger, wanted: TransactionFilter, queries: Sequence[Select[Any]]
) -> tuple[tuple[CurrencyTotal, ...], Coverage]:
    """What the rows of `queries`, each for an account and currency, come to."""
    groups = [group for query in queries for group in await connection.execute(query)]
    totals = tuple(
        CurrencyTotal(
            Money(sum(group.money_in for group in groups if group.currency == currency), currency),
            Money(sum(group.money_out for group in groups if group.currency == currency), currency),
        )
        for currency in sorted({group.currency for group in groups})
    )
    first, last = await _first_and_last(connection, ledger, wanted, groups)
    names = select(accounts.c.name).where(
        accounts.c.household_id == ledger.household, accounts.c.id.in_({group.account_id for group in groups})
    )
    return totals, Coverage(
        first=first,
        last=last,
        accounts=tuple(sorted((await connection.scalars(names)).all())),
        rows=sum(group.rows for group in groups),
        pending=sum(group.pending for group in groups),
        uncategorized=sum(group.uncategorized for group in groups),
        transfers=sum(group.transfers for group in groups),
    )


def are_summed(wanted: TransactionFilter) -> bool:
    """Whether the sums that are kept know of everything that `wanted` asks."""
    by_amount = wanted.minimum is not None or wanted.maximum is not None
    return not (wanted.text.strip() or wanted.merchants or wanted.tags or wanted.imported or by_amount)


def _of_sums(sums: Subquery, ledger: Ledger, wanted: TransactionFilter) -> Select[Any]:
    """A row for each account and currency; `first` and `last` are months."""
    row = sums.c
    count = {"in": row.count_in, "out": row.count_out, None: row["count"]}[wanted.direction]
    counted = row.is_transfer.is_(False)
    asked = (
        count > 0,
        row.account_id.in_(wanted.accounts) if wanted.accounts else None,
        row.category_id.in_(below(ledger, wanted.categories)) if wanted.categories else None,
        row.currency == wanted.currency if wanted.currency else None,
        row.pending.is_(wanted.pending) if wanted.pending is not None else None,
        (row.category_id == 0) & counted if wanted.uncategorized else None,
    )
    columns = (
        row.account_id,
        row.currency,
        total(counted, row.money_in if wanted.direction != "out" else 0).label("money_in"),
        total(counted, row.money_out if wanted.direction != "in" else 0).label("money_out"),
        total(true(), count).label("rows"),
        total(row.pending, count).label("pending"),
        total(counted & (row.category_id == 0), count).label("uncategorized"),
        total(row.is_transfer, count).label("transfers"),
        func.min(row.month).label("first"),
        func.max(row.month).label("last"),
    )
    meant = [condition for condition in asked if condition is not None]
    return select(*columns).where(*meant).group_by(row.account_id, row.currency)


def _of_rows(meant: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The same of the transactions for which `meant` is true; `first` and `last` are days."""
    row = transactions.c
    account = unindexed(row.account_id).label("account_id")  # SQLite would read all accounts to find them in order
    counted = row.transfer_id.is_(None)
    columns = (
        account,
        row.currency,
        total(counted & (row.amount > 0), row.amount).label("money_in"),
        total(counted & (row.amount < 0), row.amount).label("money_out"),
        func.count().label("rows"),
        total(row.pending, 1).label("pending"),
        total(counted & row.category_id.is_(None), 1).label("uncategorized"),
        func.count(row.transfer_id).label("transfers"),
        func.min(row.date).label("first"),
        func.max(row.date).label("last"),
    )
    return select(*columns).where(*meant).group_by(account, row.currency)


async def _first_and_last(
    connection: AsyncConnection, ledger: Ledger, wanted: TransactionFilter, groups: Sequence[Row[Any]]
) -> tuple[datetime.date, datetime.date] | tuple[None, None]:
    """The first and the last day; where the groups know only their months, they are looked up in these."""
    if not groups:
        return None, None
    ends = min(group.first for group in groups), max(group.last for group in groups)
    if isinstance(ends[0], datetime.date):
        return ends
    meant = conditions(ledger, wanted, connection.dialect.name)
    day = transactions.c.date
    first = select(func.min(day)).where(*meant, *days_of(ends[0]).within(day))
    last = select(func.max(day)).where(*meant, *days_of(ends[1]).within(day))
    return (await connection.execute(first)).scalar_one(), (await connection.execute(last)).scalar_one()

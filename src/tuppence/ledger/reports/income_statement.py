"""The income statement: what came in and what was spent in a period, by category, per currency."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports.covered_accounts import covered_accounts
from tuppence.ledger.reports.period import Period, month_of
from tuppence.ledger.reports.statement import Statement, Sum, statement_of, statements_of
from tuppence.ledger.reports.totals import total
from tuppence.ledger.transactions import Coverage
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the household's money a report is about."""

    accounts: frozenset[int] | None = None
    """Ids; None for all accounts."""
    categories: frozenset[int] | None = None
    """Ids, those of sub-categories included; None for all categories and for what has none."""


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class IncomeStatement:
    """Income and spending of a period. Transfers between own accounts are neither; pending transactions count."""

    period: Period
    statements: tuple[Statement, ...]
    """One for each currency, never mixed; the one with the most transactions first. Empty without any transaction."""
    coverage: Coverage
    uncategorized_beside: int = 0
    """How many transactions without a category the period has besides, when the report is about some categories only:
    they could belong there."""

    def statement_in(self, currency: str) -> Statement:
        """The statement in `currency`; one of zeros when nothing was paid or received in it."""
        found = (one for one in self.statements if one.currency == currency)
        return next(found, None) or statement_of(currency, (), ())


async def income_statement(ledger: Ledger, period: Period, scope: Scope = EVERYTHING) -> IncomeStatement:
    """The household's income statement for `period`."""
    async with ledger.store.reading() as connection:
        sums = [Sum(*row) for row in await connection.execute(_sums(ledger, period, scope))]
        accounts = await covered_accounts(connection, ledger, *_within(ledger, period, scope), *_filed(scope))
    return income_statement_of(period, sums, await list_categories(ledger), accounts, scope)


def income_statement_of(
    period: Period,
    sums: Sequence[Sum],
    categories: Sequence[Category],
    accounts: Sequence[str],
    scope: Scope = EVERYTHING,
) -> IncomeStatement:
    """The statement that `sums` make. A sum whose category is not among `categories` counts as uncategorized."""
    known = {category.id for category in categories}
    beside = 0
    if scope.categories is not None:
        beside = sum(one.count for one in sums if one.category is None)
        sums = [one for one in sums if one.category is not None]
    transfers = sum(one.transfers for one in sums)
    coverage = Coverage(
        first=min((one.first_date for one in sums), default=None),
        last=max((one.last_date for one in sums), default=None),
        accounts=tuple(accounts),
        rows=sum(one.count for one in sums) + transfers,
        pending=sum(one.pending for one in sums),
        uncategorized=sum(one.count for one in sums if one.category not in known),
        transfers=transfers,
    )
    return IncomeStatement(period, statements_of(sums, categories), coverage, beside)


def _sums(ledger: Ledger, period: Period, scope: Scope) -> Select[Any]:
    """One row for each month, category and currency, in the order of the index that covers all of it.

    Where `scope` names categories, uncategorized rows come along, to be counted.
    """
    row = transactions.c
    is_transfer = row.transfer_id.is_not(None)
    counts = row.transfer_id.is_(None)
    key = (row.month, row.category_id, row.currency)
    columns = (
        total(counts & (row.amount > 0), row.amount),
        total(counts & (row.amount <= 0), row.amount),
        total(counts & (row.amount > 0), 1),
        total(counts & (row.amount <= 0), 1),
        total(counts & row.pending, 1),
        total(is_transfer & (row.amount > 0), row.amount),
        total(is_transfer & (row.amount <= 0), row.amount),
        total(is_transfer, 1),
        func.min(row.date),
        func.max(row.date),
    )
    query = select(*key, *columns).where(*_within(ledger, period, scope))
    if scope.categories is not None:
        query = query.where(or_(row.category_id.in_(scope.categories), row.category_id.is_(None)))
    return query.group_by(*key)


def _filed(scope: Scope) -> Iterator[ColumnElement[bool]]:
    if scope.categories is not None:
        yield transactions.c.category_id.in_(scope.categories)


def _within(ledger: Ledger, period: Period, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """What is true of the transactions of the period in the accounts of `scope`."""
    row = transactions.c
    yield visible(ledger)
    yield row.month.between(month_of(period.since), month_of(period.until))
    if not period.is_whole_months:
        yield row.date.between(period.since, period.until)
    if scope.accounts is not None:
        yield row.account_id.in_(scope.accounts)

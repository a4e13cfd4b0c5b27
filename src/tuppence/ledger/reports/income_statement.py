"""The income statement: what came in and what was spent in a period, by category, per currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, Subquery, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.days import days_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports.covered_accounts import names_of_accounts
from tuppence.ledger.reports.period import Period
from tuppence.ledger.reports.statement import Statement, Sum, statement_of, statements_of
from tuppence.ledger.sums import category_sums, total_of
from tuppence.ledger.transaction_figures import Coverage
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
        parts = category_sums(ledger, period.days)
        sums = [_sum(row) for part in parts for row in (await connection.execute(_sums(part, scope))).all()]
        accounts = await _accounts(connection, ledger, parts, scope)
        days = await _days(connection, ledger, period, scope, sums)
    return income_statement_of(period, sums, await list_categories(ledger), accounts, days, scope)


def income_statement_of(
    period: Period,
    sums: Sequence[Sum],
    categories: Sequence[Category],
    accounts: Sequence[str],
    days: tuple[date | None, date | None] = (None, None),
    scope: Scope = EVERYTHING,
) -> IncomeStatement:
    """The statement that `sums` make. A sum whose category is not among `categories` counts as uncategorized.

    `days` are the first and the last one with a transaction.
    """
    known = {category.id for category in categories}
    beside = 0
    if scope.categories is not None:
        beside = sum(one.count for one in sums if one.category is None)
        sums = [one for one in sums if one.category is not None]
    transfers = sum(one.transfers for one in sums)
    coverage = Coverage(
        first=days[0],
        last=days[1],
        accounts=tuple(accounts),
        rows=sum(one.count for one in sums) + transfers,
        pending=sum(one.pending for one in sums),
        uncategorized=sum(one.count for one in sums if one.category not in known),
        transfers=transfers,
    )
    return IncomeStatement(period, statements_of(sums, categories), coverage, beside)


def _sums(part: Subquery, scope: Scope) -> Select[Any]:
    """One row for each month, category and currency, those of transfers apart, in the order in which sums are kept.

    Where `scope` names categories, uncategorized rows come along, to be counted.
    """
    row = part.c
    key = (row.month, row.category_id, row.currency, row.is_transfer)
    count = row["count"]
    figures = (row.money_in, row.money_out, row.count_in, count, case((row.pending, count), else_=0))
    query = select(*key, *map(total_of, figures))
    if scope.accounts is not None:
        query = query.where(row.account_id.in_(scope.accounts))
    if scope.categories is not None:
        query = query.where(row.category_id.in_({*scope.categories, 0}))
    return query.group_by(*key).order_by(*key)


def _sum(row: Row[Any]) -> Sum:
    """What one row of `_sums` says."""
    month, category, currency, is_transfer, money_in, money_out, count_in, count, pending = tuple(row)
    if is_transfer:
        return Sum(month, category or None, currency, 0, 0, 0, 0, 0, money_in, money_out, count)
    return Sum(month, category or None, currency, money_in, money_out, count_in, count - count_in, pending, 0, 0, 0)


async def _accounts(
    connection: AsyncConnection, ledger: Ledger, parts: Sequence[Subquery], scope: Scope
) -> Sequence[str]:
    """Names of the accounts that have transactions among these, in alphabetical order."""
    found: set[int] = set()
    for part in parts:
        query = select(part.c.account_id).distinct()
        if scope.accounts is not None:
            query = query.where(part.c.account_id.in_(scope.accounts))
        if scope.categories is not None:
            query = query.where(part.c.category_id.in_(scope.categories))
        found.update(await connection.scalars(query))
    return await names_of_accounts(connection, ledger, found)


async def _days(
    connection: AsyncConnection, ledger: Ledger, period: Period, scope: Scope, sums: Sequence[Sum]
) -> tuple[date | None, date | None]:
    """The first and the last day with a transaction, looked up in the first and the last month that have one."""
    months = [one.month for one in sums if scope.categories is None or one.category is not None]
    if not months:
        return None, None
    row = transactions.c
    meant = [visible(ledger), *period.days.within(row.date)]
    if scope.accounts is not None:
        meant.append((row.account_id + 0).in_(scope.accounts))
    if scope.categories is not None:
        meant.append((row.category_id + 0).in_(scope.categories))
    first = select(func.min(row.date)).where(*meant, *days_of(min(months)).within(row.date))
    last = select(func.max(row.date)).where(*meant, *days_of(max(months)).within(row.date))
    return await connection.scalar(first), await connection.scalar(last)

"""Sums over days: of whole months from the summaries that the store keeps, of the days around them from the rows.

Each function gives selectables of the same columns, which have no transaction in common and together have all. Whoever
asks groups each of them. A category or merchant that is not known is 0.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, Table, case, cast, func, literal, select

from tuppence.ledger.days import Days, month_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import unindexed, visible
from tuppence.store.tables import category_months, merchant_months, transactions


def category_sums(ledger: Ledger, days: Days) -> list[Subquery]:
    """By month, category, currency, account, whether pending and whether the side of a transfer."""
    row = transactions.c
    columns = (
        func.coalesce(row.category_id, 0).label("category_id"),
        row.currency,
        unindexed(row.account_id).label("account_id"),  # SQLite would read all accounts to find them in order
        row.pending,
        row.transfer_id.is_not(None).label("is_transfer"),
        literal(1).label("count"),
        _one_if(row.amount > 0).label("count_in"),
        _one_if(row.amount < 0).label("count_out"),
        case((row.amount > 0, row.amount), else_=0).label("money_in"),
        case((row.amount < 0, row.amount), else_=0).label("money_out"),
    )
    return _sums(ledger, days, category_months, lambda days: select(_month(days), *columns))


def merchant_sums(ledger: Ledger, days: Days) -> list[Subquery]:
    """By merchant, currency and month. All but `transfers` are of transactions that are no transfers."""
    row = transactions.c
    counted = row.transfer_id.is_(None)
    columns = (
        func.coalesce(row.merchant_id, 0).label("merchant_id"),
        row.currency,
        _one_if(counted).label("count"),
        case((counted & (row.amount > 0), row.amount), else_=0).label("money_in"),
        case((counted & (row.amount < 0), row.amount), else_=0).label("money_out"),
        _one_if(counted & row.pending).label("pending"),
        _one_if(counted & row.category_id.is_(None)).label("uncategorized"),
        _one_if(row.transfer_id.is_not(None)).label("transfers"),
    )
    return _sums(ledger, days, merchant_months, lambda days: select(_month(days), *columns))


def _sums(ledger: Ledger, days: Days, table: Table, of_rows: Callable[[Days], Select[Any]]) -> list[Subquery]:
    months, around = days.split()
    found = [of_rows(some).where(visible(ledger), *some.within(transactions.c.date)) for some in around]
    if months is not None:
        shown = [column for column in table.c if column.name not in ("household_id", "import_id")]
        mine = table.c.household_id == ledger.household, table.c.import_id == 0
        found.append(select(*shown).where(*mine, *months.within(table.c.month)))
    return [query.subquery() for query in found]


def _month(days: Days) -> ColumnElement[int]:
    """The month of the rows of days that are of one."""
    day = days.since or days.until
    assert day is not None
    return literal(month_of(day)).label("month")


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def total(when: ColumnElement[bool], value: ColumnElement[int] | int) -> ColumnElement[int]:
    """The sum of `value` over the rows for which `when` is true, 0 without such rows."""
    return total_of(case((when, value), else_=0))


def total_of(value: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of `value`: a whole number in every database (PostgreSQL makes a numeric of it)."""
    return cast(func.sum(value), BigInteger)

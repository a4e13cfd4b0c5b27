"""Figures of the small household, each with its sum, and against plain SQL over many rows."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from random import Random

import pytest

from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories, with_subcategories
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import CategoryLine, Period, Scope, Statement, income_statement
from tuppence.ledger.transfers import refresh_transfers

from .small_household import Row, add_rows

pytestmark = pytest.mark.anyio
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
EVER = Period(date(2020, 1, 1), date(2029, 12, 31))


def outline(lines: tuple[CategoryLine, ...]) -> list[object]:
    return [(line.name, line.amount, line.count, outline(line.children)) for line in lines]


async def test_income_and_spending_by_category(ledger: Ledger) -> None:
    dollars, euros = (await income_statement(ledger, MARCH)).statements

    assert dollars.currency == "USD"
    assert dollars.income == 301500  # 300000 salary + 1500 uncategorized
    assert dollars.spending == 143049  # 120000 + (10000 - 2500 + 6050 + 4500) + 999 + 4000
    assert dollars.savings == 158451  # 301500 - 143049
    assert outline(dollars.income_lines) == [("Income", 300000, 1, [("Salary", 300000, 1, [])])]
    assert outline(dollars.spending_lines) == [
        ("Housing", 120000, 1, [("Rent", 120000, 1, [])]),
        ("Food", 18050, 4, [("Groceries", 7500, 2, []), ("Restaurants", 6050, 1, [])]),  # 7500 + 6050 + 4500
        ("Subscriptions", 999, 1, [("Streaming", 999, 1, [])]),
    ]
    assert dollars.spending_lines[1].own_amount == 4500
    assert (euros.currency, euros.income, euros.spending) == ("EUR", 0, 3000)


async def test_what_stands_beside_the_categories(ledger: Ledger) -> None:
    dollars = (await income_statement(ledger, MARCH)).statement_in("USD")

    assert (dollars.uncategorized_in, dollars.uncategorized_out) == (1500, 4000)
    assert (dollars.refunds, dollars.refund_count) == (2500, 1)
    assert (dollars.transfers_in, dollars.transfers_out) == (50000, 50000)
    assert outline(dollars.other_lines) == [("Savings & investments", 25000, 1, [("Investments", 25000, 1, [])])]


async def test_it_says_what_it_covers(ledger: Ledger) -> None:
    covers = (await income_statement(ledger, MARCH)).coverage

    assert covers.accounts == ("Euros", "Everyday", "Plastic", "Rainy day")  # House loan has no transactions
    assert covers.rows == 13  # of March, neither the running import's nor the neighbours'
    assert (covers.transfers, covers.pending, covers.uncategorized) == (2, 1, 2)
    assert (covers.first, covers.last) == (date(2026, 3, 1), date(2026, 3, 31))


async def test_a_month_is_cut_where_the_period_ends(ledger: Ledger) -> None:
    report = await income_statement(ledger, Period(date(2026, 3, 2), date(2026, 3, 9)))

    assert report.statement_in("USD").income == 0
    assert report.statement_in("USD").spending == 127500  # 120000 + 10000 - 2500
    assert (report.coverage.first, report.coverage.last) == (date(2026, 3, 2), date(2026, 3, 9))


async def test_months_add_up(ledger: Ledger) -> None:
    report = await income_statement(ledger, Period(date(2025, 12, 1), date(2026, 4, 30)))
    months = report.statement_in("USD").months

    assert [(one.month, one.income, one.spending) for one in months] == [
        (202602, 300000, 128000),  # 120000 + 8000
        (202603, 301500, 143049),
        (202604, 0, 122000),  # 120000 + 2000
    ]


async def test_a_month_without_transactions_between_others_is_zero(ledger: Ledger) -> None:
    accounts = {one.name: one for one in await list_accounts(ledger)}
    await add_rows(ledger, accounts, (Row("2025-12-24", "Plastic", -5000, "GIFT", "Gifts"),))
    months = (await income_statement(ledger, EVER)).statement_in("USD").months

    assert [(one.month, one.spending) for one in months[:3]] == [(202512, 5000), (202601, 0), (202602, 128000)]


async def test_only_some_categories(ledger: Ledger) -> None:
    tree = await list_categories(ledger)
    food = with_subcategories([one.id for one in tree if one.name == "Food"], tree)
    report = await income_statement(ledger, MARCH, Scope(categories=food))

    assert report.statement_in("USD").spending == 18050  # 10000 - 2500 + 6050 + 4500
    assert report.statement_in("USD").income == 0
    assert report.coverage.accounts == ("Euros", "Plastic")
    assert report.coverage.rows == 5
    assert report.uncategorized_beside == 2


async def test_only_some_accounts(ledger: Ledger) -> None:
    (plastic,) = [one for one in await list_accounts(ledger) if one.name == "Plastic"]
    report = await income_statement(ledger, MARCH, Scope(accounts=frozenset({plastic.id})))

    assert [one.currency for one in report.statements] == ["USD"]
    assert report.statement_in("USD").spending == 19049  # 10000 - 2500 + 6050 + 4500 + 999
    assert report.coverage.accounts == ("Plastic",)


async def test_one_side_of_a_transfer_is_no_income(ledger: Ledger) -> None:
    (savings,) = [one for one in await list_accounts(ledger) if one.name == "Rainy day"]
    report = await income_statement(ledger, MARCH, Scope(accounts=frozenset({savings.id})))

    assert report.statement_in("USD").income == 0
    assert report.statement_in("USD").transfers_in == 50000
    assert (report.coverage.rows, report.coverage.transfers) == (1, 1)


async def test_nothing_at_all(ledger: Ledger) -> None:
    report = await income_statement(ledger, Period(date(2001, 1, 1), date(2001, 12, 31)))

    assert report.statements == ()
    assert (report.coverage.rows, report.coverage.first) == (0, None)
    assert report.statement_in("USD").savings == 0


async def test_many_rows_equal_plain_sql(ledger: Ledger) -> None:
    await _add_random_rows(ledger, 600)
    period = Period(date(2025, 2, 11), date(2026, 1, 20))
    report = await income_statement(ledger, period)

    assert {one.currency: _figures(one) for one in report.statements} == _plain_figures(ledger, period)


def _figures(statement: Statement) -> tuple[int, int, int]:
    out_of_other = sum(line.amount for line in statement.other_lines)
    return statement.income, statement.spending, out_of_other


def _plain_figures(ledger: Ledger, period: Period) -> dict[str, tuple[int, int, int]]:
    query = """
        SELECT t.currency,
               sum(CASE WHEN c.kind = 'income' THEN t.amount
                        WHEN c.kind IS NULL AND t.amount > 0 THEN t.amount ELSE 0 END),
               -sum(CASE WHEN c.kind = 'expense' THEN t.amount
                         WHEN c.kind IS NULL AND t.amount < 0 THEN t.amount ELSE 0 END),
               -sum(CASE WHEN c.kind = 'other' THEN t.amount ELSE 0 END)
        FROM transactions t LEFT JOIN categories c ON c.id = t.category_id
        WHERE t.household_id = 1 AND t.import_id IS NULL AND t.transfer_id IS NULL AND t.date BETWEEN ? AND ?
        GROUP BY t.currency"""
    with closing(sqlite3.connect(ledger.store.path)) as database:
        rows = database.execute(query, (period.since.isoformat(), period.until.isoformat())).fetchall()
    return {currency: tuple(figures) for currency, *figures in rows}


async def _add_random_rows(ledger: Ledger, number: int) -> None:
    """Rows of two years over all accounts and categories; some of them make transfers by chance and some by intent."""
    random = Random(2)
    accounts = {one.name: one for one in await list_accounts(ledger)}
    names = [None, *(one.name for one in await list_categories(ledger))]
    rows = []
    for index in range(number):
        day = date(2025, 1, 1) + timedelta(days=random.randrange(500))
        source, target = random.sample(["Everyday", "Rainy day", "Plastic"], 2)
        amount = random.randrange(-30000, 10000)
        currency = random.choice(["USD", "USD", "EUR", "JPY"])
        category, pending = random.choice(names), random.random() < 0.1
        rows.append(Row(f"{day}", source, amount, f"ROW {index}", category, pending=pending, currency=currency))
        if index % 9 == 0 and not pending:
            rows.append(Row(f"{day}", target, -amount, f"ROW {index} BACK", currency=currency))
    await add_rows(ledger, accounts, tuple(rows))
    async with ledger.store.writing() as connection:
        assert await refresh_transfers(connection, ledger, date(2025, 1, 1), date(2026, 12, 31)) > number / 20

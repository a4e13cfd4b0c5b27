"""The demo household: the same for everybody on one day, and what its reports say is what plain SQL says."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tuppence.cli.demo_household import demo_file, move_in
from tuppence.cli.event_loop import EventLoop
from tuppence.cli.wiring import opened_ledger
from tuppence.ledger.default_categories import EXPENSES, INCOME, OTHER
from tuppence.ledger.imports import ImportedRow
from tuppence.ledger.reports import CategoryLine, Period, balance_sheet, income_statement
from tuppence.store.engine import FILENAME

TODAY = datetime.date(2026, 3, 19)
WHOLE = Period(datetime.date(2024, 9, 1), TODAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the household has moved into."""
    home = tmp_path_factory.mktemp("demo")

    async def moving() -> None:
        async with opened_ledger(home) as ledger:
            await move_in(ledger, TODAY)

    with EventLoop() as loop:
        loop.run(moving())
    return home


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / FILENAME)) as connection:
        yield connection


def test_eighteen_months_of_five_accounts() -> None:
    accounts = demo_file(TODAY).accounts
    rows = [row for account in accounts for row in account.transactions]
    assert len(accounts) == 5
    assert 2700 <= len(rows) <= 3300
    dates = [row.date for row in rows if row.date]
    assert (min(dates), max(dates)) == (WHOLE.since, WHOLE.until)
    assert sum(row.pending for row in rows) > 0
    assert sum(row.amount > 0 and "REFUND" in row.description for row in rows) > 0


def test_it_is_the_same_every_time() -> None:
    assert demo_file(TODAY) == demo_file(TODAY)


def test_the_households_of_two_days_agree_where_they_overlap() -> None:
    since, until = datetime.date(2025, 5, 1), datetime.date(2026, 3, 10)
    first, second = (demo_file(day).accounts[0].transactions for day in (TODAY, datetime.date(2026, 9, 3)))
    assert facts(first, since, until) == facts(second, since, until)


def test_every_category_is_one_of_the_usual_ones() -> None:
    usual = {name for tree in (INCOME, EXPENSES, OTHER) for parent in tree.items() for name in (parent[0], *parent[1])}
    used = {row.category for account in demo_file(TODAY).accounts for row in account.transactions if row.category}
    assert used <= usual


@pytest.mark.parametrize("day", [datetime.date(2024, 2, 29), datetime.date(2027, 1, 1), datetime.date(2026, 12, 31)])
def test_any_day_will_do(day: datetime.date) -> None:
    assert sum(len(account.transactions) for account in demo_file(day).accounts) > 2500


def test_own_transfers_are_recognised(database: sqlite3.Connection) -> None:
    words = ("%TRANSFER%", "%ACH%", "%MTG PMT%", "PAYMENT RECEIVED%", "%AUTOPAY", "AUTOMATIC PAYMENT%")
    is_one = " OR ".join("description LIKE ?" for _ in words)
    query = (
        f"SELECT count(*), count(transfer_id) FROM transactions WHERE ({is_one}) AND category_id IS NULL AND amount > 0"
    )
    arrived, paired = database.execute(query, words).fetchone()
    assert arrived == paired > 50


@pytest.mark.anyio
async def test_the_income_statement_is_what_plain_sql_says(folder: Path, database: sqlite3.Connection) -> None:
    for period in (WHOLE, Period(datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))):
        async with opened_ledger(folder) as ledger:
            statement = (await income_statement(ledger, period)).statement_in("USD")
        assert own_amounts(statement.spending_lines) == by_category(database, period, "expense", -1)
        assert own_amounts(statement.income_lines) == by_category(database, period, "income", 1)
        refunds = "SELECT sum(amount) FROM filed WHERE kind = 'expense' AND amount > 0"
        assert statement.refunds == (selected(database, period, refunds)[0][0] or 0)
        transfers = (
            "SELECT sum(amount) FROM transactions WHERE transfer_id IS NOT NULL AND amount > 0 AND date BETWEEN ? AND ?"
        )
        assert statement.transfers_in == database.execute(transfers, (period.since, period.until)).fetchone()[0]


@pytest.mark.anyio
async def test_the_balance_sheet_is_what_was_owned_at_first_and_all_that_was_booked(folder: Path) -> None:
    async with opened_ledger(folder) as ledger:
        sheet = await balance_sheet(ledger, TODAY)
    expected = {
        account.name: account.opening_balance + sum(row.amount for row in account.transactions if not row.pending)
        for account in demo_file(TODAY).accounts
        if account.opening_balance is not None
    }
    assert {line.account.name: line.amount for line in sheet.lines} == {
        name: int(amount * 100) for name, amount in expected.items()
    }
    (worth,) = sheet.net_worth
    assert worth.net == sum(int(amount * 100) for amount in expected.values())


def facts(rows: Sequence[ImportedRow], since: datetime.date, until: datetime.date) -> list[tuple[object, ...]]:
    return [
        (row.date, row.amount, row.description, row.category) for row in rows if row.date and since <= row.date <= until
    ]


def own_amounts(lines: Sequence[CategoryLine]) -> dict[str, int]:
    """What is filed under each category itself, the tree taken apart."""
    amounts: dict[str, int] = {}
    for line in lines:
        amounts |= {line.name: line.own_amount} | own_amounts(line.children)
    return {name: amount for name, amount in amounts.items() if amount}


def by_category(database: sqlite3.Connection, period: Period, kind: str, sign: int) -> dict[str, int]:
    query = (
        f"SELECT name, {sign} * sum(amount) AS total FROM filed WHERE kind = '{kind}' GROUP BY name HAVING total != 0"
    )
    return dict(selected(database, period, query))


def selected(database: sqlite3.Connection, period: Period, query: str) -> list[tuple[str, int]]:
    filed = """WITH filed AS (SELECT t.amount, c.name, c.kind FROM transactions t JOIN categories c
               ON c.id = t.category_id WHERE t.transfer_id IS NULL AND t.date BETWEEN ? AND ?) """
    return database.execute(filed + query, (period.since.isoformat(), period.until.isoformat())).fetchall()

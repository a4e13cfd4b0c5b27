"""Triggers keep the sums of months true to the transactions, whatever is written."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, day, imported, row, rows_of
from tuppence.ledger.days import Days, Months, month_end, month_of
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import undo_import

UNSEEN = "COALESCE((SELECT id FROM imports WHERE imports.id = import_id AND state <> 'done'), 0)"
CATEGORY_MONTHS = f"""SELECT household_id, month, COALESCE(category_id, 0), currency, transfer_id IS NOT NULL,
    account_id, pending, {UNSEEN}, count(*), sum(amount > 0), sum(amount < 0), sum(max(amount, 0)), sum(min(amount, 0))
    FROM transactions GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
COUNTED = "filter (WHERE transfer_id IS NULL)"
MERCHANT_MONTHS = f"""SELECT household_id, COALESCE(merchant_id, 0), currency, month, {UNSEEN}, count(*) {COUNTED},
    COALESCE(sum(max(amount, 0)) {COUNTED}, 0), COALESCE(sum(min(amount, 0)) {COUNTED}, 0),
    COALESCE(sum(pending) {COUNTED}, 0), count(*) FILTER (WHERE transfer_id IS NULL AND category_id IS NULL),
    count(transfer_id) FROM transactions GROUP BY 1, 2, 3, 4, 5"""


def assert_true(database: sqlite3.Connection) -> None:
    for table, expected in (("category_months", CATEGORY_MONTHS), ("merchant_months", MERCHANT_MONTHS)):
        assert set(database.execute(f"SELECT * FROM {table}")) == set(database.execute(expected))


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[sqlite3.Connection]:
    """Two households with two accounts, categories, merchants and imports each, and no transactions."""
    path = tmp_path / "sums.db"
    path.write_bytes(migrated.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in (1, 2):
            connection.execute("INSERT INTO households VALUES (?, 'Ours', 'EUR', 'en', 0)", (one,))
            for number in (one * 10, one * 10 + 1):
                named = {"id": number, "one": one, "name": f"name {number}"}
                connection.execute(
                    "INSERT INTO accounts VALUES (:id, :one, :name, :name, 'cash', 'EUR', NULL, 0, NULL, 0)", named
                )
                connection.execute("INSERT INTO categories VALUES (:id, :one, NULL, :name, :name, 'other')", named)
                connection.execute("INSERT INTO merchants VALUES (:id, :one, :name, :name, NULL)", named)
                connection.execute("INSERT INTO transfers VALUES (:id, :one, 'person')", named)
                connection.execute(
                    "INSERT INTO imports VALUES (:id, :one, :name, :name, :id, 'file', 'done', '', 0, 0, 0, 0, 0)",
                    named,
                )
        yield connection


def test_random_changes(database: sqlite3.Connection) -> None:
    chance = random.Random(4)
    for _ in range(400):
        _change(database, chance)
        assert_true(database)


def _change(database: sqlite3.Connection, chance: random.Random) -> None:
    one = chance.choice((1, 2))
    known = [identity for (identity,) in database.execute("SELECT id FROM transactions WHERE household_id = ?", (one,))]
    kind = chance.random()
    if kind < 0.4 or not known:
        values = {name: _value(name, one, chance) for name in SUMMED}
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        fixed = "household_id, date, description"
        database.execute(
            f"INSERT INTO transactions ({columns}, {fixed}) VALUES ({marks}, {one}, '2026-03-01', 'words')", values
        )
    elif kind < 0.7:
        name = chance.choice(SUMMED)
        some = chance.sample(known, min(len(known), 3))
        database.execute(
            f"UPDATE transactions SET {name} = ? WHERE id IN ({', '.join(map(str, some))})",
            (_value(name, one, chance),),
        )
    elif kind < 0.8:
        database.execute("DELETE FROM transactions WHERE id = ?", (chance.choice(known),))
    else:
        state = chance.choice(("running", "done", "undone"))
        database.execute("UPDATE imports SET state = ? WHERE id = ?", (state, one * 10 + chance.choice((0, 1))))


SUMMED = (
    "account_id",
    "month",
    "amount",
    "currency",
    "pending",
    "category_id",
    "merchant_id",
    "transfer_id",
    "import_id",
)


def _value(name: str, one: int, chance: random.Random) -> object:
    thing = one * 10 + chance.choice((0, 1))
    choices = {
        "account_id": (thing,),
        "month": (202602, 202603),
        "amount": (-250, 0, 400),
        "currency": ("EUR", "JPY"),
        "pending": (0, 1),
    }
    return chance.choice(choices.get(name, (None, thing)))


@pytest.mark.anyio
async def test_imports_edits_and_undone_imports(ledger: Ledger) -> None:
    checking = [
        row("03-01", "2500", "Wages"),
        row("03-04", "-300", "To savings"),
        row("02-05", "-9", "Box", pending=True),
    ]
    result = await bring_in(
        ledger, bank_file(imported(checking), imported([row("03-05", "300", "From checking")])), CHECKING, SAVINGS
    )
    wages = next(each for each in await rows_of(ledger) if each.description == "Wages")
    await file_transactions(ledger, [wages.id], TransactionChange(category=1))
    with closing(sqlite3.connect(ledger.store.path)) as database:
        assert_true(database)
        assert database.execute("SELECT sum(count) FROM category_months WHERE import_id = 0").fetchone() == (4,)
        for one in result.accounts:
            await undo_import(ledger, one.token)
            assert_true(database)
        assert database.execute("SELECT count(*) FROM category_months").fetchone() == (0,)


@pytest.mark.parametrize(
    ("since", "until", "months", "around"),
    [
        (None, None, (None, None), []),
        ("2026-03-01", "2026-03-31", (202603, 202603), []),
        ("2026-03-02", "2026-03-31", None, [("2026-03-02", "2026-03-31")]),
        ("2026-03-01", "2026-03-30", None, [("2026-03-01", "2026-03-30")]),
        ("2026-03-05", "2026-03-06", None, [("2026-03-05", "2026-03-06")]),
        ("2025-12-31", "2026-01-01", None, [("2025-12-31", "2025-12-31"), ("2026-01-01", "2026-01-01")]),
        ("2025-12-01", "2026-01-01", (202512, 202512), [("2026-01-01", "2026-01-01")]),
        ("2025-12-02", "2026-01-31", (202601, 202601), [("2025-12-02", "2025-12-31")]),
        ("2024-02-10", "2024-04-29", (202403, 202403), [("2024-02-10", "2024-02-29"), ("2024-04-01", "2024-04-29")]),
        ("2025-12-15", None, (202601, None), [("2025-12-15", "2025-12-31")]),
        (None, "2026-01-15", (None, 202512), [("2026-01-01", "2026-01-15")]),
        ("2026-03-05", "2026-02-06", None, [("2026-03-05", "2026-02-06")]),
    ],
)
def test_days_are_whole_months_and_what_is_around_them(
    since: str | None,
    until: str | None,
    months: tuple[int | None, int | None] | None,
    around: list[tuple[str, str]],
) -> None:
    def days(first: str | None, last: str | None) -> Days:
        return Days(date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)

    expected = None if months is None else Months(*months)
    assert days(since, until).split() == (expected, tuple(days(*one) for one in around))


def test_the_ends_of_time() -> None:
    whole, around = Days(date.min, date.max).split()
    assert (whole, around) == (Months(101, 999912), ())
    assert (month_of(day("03-09")), month_end(day("03-09"))) == (202603, day("03-31"))

"""An invented household with a million transactions, written past the ledger: importing them would take minutes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, chain, islice
from pathlib import Path

from tuppence.ledger.accounts import AccountKind, NewAccount, create_account
from tuppence.ledger.balances import state_balance
from tuppence.ledger.categories import create_category, list_categories
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store

FIRST, YEARS = date(2016, 1, 1), 10
LAST = FIRST.replace(year=FIRST.year + YEARS) - timedelta(days=1)
CATEGORIES, MERCHANTS, TAGS = 90, 3_000, 20
COMMON, RARE = "CARDPAY", "ZEPPELIN"  # words in a tenth of the descriptions, and in one of 80,000
ACCOUNTS: tuple[tuple[str, AccountKind, int], ...] = (  # the last: how much of the household's rows it has
    ("Everyday", "checking", 30),
    ("Joint", "checking", 20),
    ("Card", "credit_card", 25),
    ("Second card", "credit_card", 10),
    ("Savings", "savings", 5),
    ("Cash", "cash", 5),
    ("Brokerage", "brokerage", 3),
    ("Abroad", "checking", 2),
)
COLUMNS = (
    "household_id, account_id, date, month, amount, currency, description, memo, pending, category_id,"
    " category_source, merchant_id, merchant_source, transfer_id, import_id, fingerprint, occurrence"
)
_SYLLABLES = ("ba", "ko", "ri", "ta", "mel", "so", "nor", "vin", "pe", "lu", "gra", "dim", "fes", "hol", "jun", "wick")
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Part:
    """What one account brought in one year: one import."""

    account: int
    currency: str
    first: date
    rows: int
    import_id: int


def write_household(folder: Path, rows: int, last: date = LAST) -> None:
    """Make the household in an empty folder, its latest transactions of the day `last`."""
    asyncio.run(_frame(folder, last))
    with closing(sqlite3.connect(folder / "tuppence.db", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -200000")
        database.execute("BEGIN")
        _write_rows(database, rows, last, random.Random(7))
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _frame(folder: Path, last: date) -> None:
    async with await Store.open(folder) as store:
        ledger = await open_ledger(store, currency="EUR")
        for name, kind, _ in ACCOUNTS:
            account = await create_account(ledger, NewAccount(name, "USD" if name == "Abroad" else "EUR", kind))
            await state_balance(ledger, account, last, 1_000_00)
        await _categories(ledger)


async def _categories(ledger: Ledger) -> None:
    tops = [one for one in await list_categories(ledger) if one.parent_id is None]
    for number in range(len(await list_categories(ledger)), CATEGORIES):
        await create_category(ledger, f"Category {number}", parent=tops[number % len(tops)])


def _write_rows(database: sqlite3.Connection, rows: int, last: date, chance: random.Random) -> None:
    """All rows; the indexes that only lists need and the search's triggers are made again afterwards, at once."""
    made_later = database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE (type = 'trigger' AND name LIKE '%_search_%')"
        " OR (type = 'index' AND tbl_name = 'transactions' AND sql NOT NULL)"
    ).fetchall()
    for kind, name, _ in made_later:
        database.execute(f"DROP {kind} {name}")
    _names(database, chance)
    parts = list(_parts(database, rows, last))
    drawn = chain.from_iterable(_rows_of(part, last, chance) for part in parts)
    marks = f"({', '.join('?' * len(COLUMNS.split(', ')))})"
    while some := list(islice(drawn, _AT_ONCE)):
        values = ", ".join([marks] * len(some))
        database.execute(f"INSERT INTO transactions ({COLUMNS}) VALUES {values}", list(chain.from_iterable(some)))
    _pair_transfers(database, rows)
    database.execute(
        "INSERT INTO transaction_tags SELECT 1, id, 1 + id / 30 % ? FROM transactions WHERE id % 30 = 0", (TAGS,)
    )
    for _, _, sql in made_later:
        database.execute(sql)
    database.execute("INSERT INTO transactions_search (transactions_search) VALUES ('rebuild')")


def _names(database: sqlite3.Connection, chance: random.Random) -> None:
    for number in range(1, MERCHANTS + 1):
        name = f"{''.join(chance.sample(_SYLLABLES, 3)).title()} {number}"
        database.execute("INSERT INTO merchants VALUES (?, 1, ?, ?, NULL)", (number, name, name.casefold()))
    for number in range(1, TAGS + 1):
        database.execute("INSERT INTO tags VALUES (?, 1, ?, ?)", (number, f"Tag {number}", f"tag {number}"))


def _parts(database: sqlite3.Connection, rows: int, last: date) -> Iterator[_Part]:
    imports = "INSERT INTO imports VALUES (NULL, 1, ?, ?, ?, 'statement.csv', 'done', '', ?, 0, 0, 0, 0) RETURNING id"
    for year in range(FIRST.year, FIRST.year + YEARS):
        for account, (name, _, share) in enumerate(ACCOUNTS, start=1):
            number = rows * share // 100 // YEARS
            token = f"{account}-{year}"
            (import_id,) = database.execute(imports, (token, token, account, number)).fetchone()
            first = date(year, 1, 1) + (last - LAST)
            yield _Part(account, "USD" if name == "Abroad" else "EUR", first, number, import_id)


_BY_RANK = list(accumulate(1 / rank for rank in range(1, MERCHANTS + 1)))
_MERCHANTS = range(1, MERCHANTS + 1)


def _rows_of(part: _Part, last: date, chance: random.Random) -> Iterator[tuple[object, ...]]:
    drawn = chance.choices(_MERCHANTS, cum_weights=_BY_RANK, k=part.rows)
    for number, merchant in enumerate(drawn):
        day = part.first + timedelta(days=number * 365 // part.rows)
        luck = chance.random()
        known = luck < 0.9
        category = None if luck > 0.95 else 1 + merchant * 7 % CATEGORIES
        amount = int(chance.lognormvariate(8, 1.2)) + 1
        yield (
            1,
            part.account,
            day.isoformat(),
            day.year * 100 + day.month,
            amount if luck < 0.06 else -amount,
            "USD" if part.account == 3 and number % 50 == 0 else part.currency,
            _words(merchant, number, chance),
            "standing order" if number % 25 == 0 else None,
            day > last - timedelta(days=3),
            category,
            "import" if category else None,
            merchant if known else None,
            "import" if known else None,
            None,
            part.import_id,
            number.to_bytes(8, "big") + part.import_id.to_bytes(8, "big"),
            1,
        )


def _words(merchant: int, number: int, chance: random.Random) -> str:
    common = COMMON if chance.random() < 0.1 else "POS"
    rare = f" {RARE}" if chance.random() < 1 / 80_000 else ""
    shop = f"{_SYLLABLES[merchant % 16]}{_SYLLABLES[merchant // 16 % 16]}".upper()
    return f"{common} {shop}{merchant} {number * 7919 % 100_000:05}{rare}"


def _pair_transfers(database: sqlite3.Connection, rows: int) -> None:
    """One row of 50 is a side of a transfer (its other side is a row of anywhere: no list asks)."""
    sides = "SELECT id FROM transactions WHERE id % 100 IN (0, 1)"
    database.execute(f"INSERT INTO transfers SELECT id, 1, 'pairing' FROM ({sides}) WHERE id % 100 = 0")
    database.execute(
        "UPDATE transactions SET transfer_id = id / 100 * 100, category_id = NULL, category_source = NULL"
        " WHERE id % 100 IN (0, 1) AND id BETWEEN 100 AND ?",
        (rows // 100 * 100 - 1,),
    )


if __name__ == "__main__":
    import sys

    began = time.perf_counter()
    write_household(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{time.perf_counter() - began:.1f} s")

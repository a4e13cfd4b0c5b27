"""How long lists and reports of a large household take: `python bench/lists.py [--rows N] [--only WORD]`.

Makes a household of a million transactions (bench/large_household.py), asks for each list and report as the web app
does, over the real store, and again and again once the file is in memory. Beside each stands how many times the floor
of the same run that is: SQLite counting the rows of a year in an index, through its driver alone. Prints the figures
and the bounds they have to keep, and exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from large_household import COMMON, FIRST, LAST, RARE, write_household

from tuppence.ledger.balances import account_balances
from tuppence.ledger.categories import find_category, list_categories
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.reports import (
    Period,
    Scope,
    balance_sheet,
    balance_sheets,
    income_statement,
    list_tags,
    merchant_report,
    span_of,
)
from tuppence.ledger.transaction_figures import transaction_figures
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Order, Place, list_transactions
from tuppence.store import Store

UNINDEXED = "two letters, never"
LIMIT = 150.0  # milliseconds at the 95th percentile
ORDERS: tuple[Order, ...] = ("newest", "oldest", "largest", "smallest")
FLOOR = (
    "SELECT count(*), sum(amount) FROM transactions"
    " WHERE household_id = 1 AND date BETWEEN '2024-01-01' AND '2024-12-31'"
)
YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
ODD_YEAR = Period(date(2024, 11, 12), date(2025, 11, 11))
ALL = Period(FIRST, LAST)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a page asks."""

    name: str
    ask: Callable[[], Awaitable[object]]
    limit: float | None = LIMIT
    """None: what it takes is shown, and why it may take so long stands in docs/decisions/0004-lists.md."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How long a question took, in milliseconds."""

    question: Question
    median: float
    p95: float
    cpu: float
    """At the median: what is left of it on a machine that does nothing else."""

    @property
    def kept(self) -> bool:
        return self.question.limit is None or self.p95 <= self.question.limit

    def line(self, floor: float) -> str:
        verdict = "" if self.question.limit is None else "kept" if self.kept else "MISSED"
        figures = (self.median, self.p95, self.cpu, self.median / floor)
        return f"{self.question.name:64}{''.join(f'{figure:9.1f}' for figure in figures)}  {verdict}"


async def filters(ledger: Ledger) -> dict[str, tuple[TransactionFilter, bool]]:
    """By name what may be asked of transactions, and whether figures over all of it are promised in time as well."""
    food = (await find_category(ledger, "Food")).id
    leaf = (await list_categories(ledger))[-1].id
    tag = (await list_tags(ledger))[0].id
    wanted = TransactionFilter
    day = date(2021, 6, 15)
    return {
        "everything": (wanted(), True),
        "without transfers": (wanted(include_transfers=False), True),
        "the largest account": (wanted(accounts=(1,)), True),
        "the smallest account": (wanted(accounts=(8,)), True),
        "two accounts": (wanted(accounts=(2, 5)), True),
        "a category with sub-categories": (wanted(categories=(food,)), True),
        "a small category": (wanted(categories=(leaf,)), True),
        "the busiest merchant": (wanted(merchants=(1,)), True),
        "a rare merchant": (wanted(merchants=(2_900,)), True),
        "a tag": (wanted(tags=(tag,)), True),
        "a month": (wanted(since=date(2021, 6, 1), until=date(2021, 6, 30)), True),
        "a year": (wanted(since=YEAR.since, until=YEAR.until), True),
        "a year from an odd day on": (wanted(since=ODD_YEAR.since, until=ODD_YEAR.until), True),
        "since a day five years ago": (wanted(since=day), True),
        "a word in 100,000 rows": (wanted(text=COMMON), False),
        "a word in 900,000 rows": (wanted(text="pos "), False),
        "a rare word": (wanted(text=RARE.lower()), True),
        "no such word": (wanted(text="zzzzzz"), True),
        "two letters, often": (wanted(text="po"), False),
        UNINDEXED: (wanted(text="zx"), False),
        "amounts from 100 to 200": (wanted(minimum=Decimal(100), maximum=Decimal(200)), False),
        "amounts of 2,000 and more": (wanted(minimum=Decimal(2_000)), True),
        "money in": (wanted(direction="in"), True),
        "money out": (wanted(direction="out"), True),
        "pending": (wanted(pending=True), True),
        "uncategorized": (wanted(uncategorized=True), True),
        "dollars": (wanted(currency="USD"), True),
        "an account and a category": (wanted(accounts=(1,), categories=(food,)), True),
        "an account, a year, money out": (
            wanted(accounts=(3,), since=YEAR.since, until=YEAR.until, direction="out"),
            True,
        ),
        "a merchant and a year": (wanted(merchants=(1,), since=YEAR.since, until=YEAR.until), True),
        "a common word and an account": (wanted(text=COMMON, accounts=(8,)), False),
        "a common word and a year": (wanted(text=COMMON, since=YEAR.since, until=YEAR.until), False),
        "a common word and uncategorized": (wanted(text=COMMON, uncategorized=True), False),
        "a common word and amounts": (wanted(text=COMMON, minimum=Decimal(500)), False),
        "a merchant never seen on an account": (
            wanted(merchants=(1,), accounts=(8,), direction="in", pending=True),
            True,
        ),
    }


async def questions(ledger: Ledger) -> list[Question]:
    asked = []
    for name, (wanted, figures) in (await filters(ledger)).items():
        for order in ORDERS:
            limit = None if name == UNINDEXED else LIMIT
            asked.append(Question(f"{name}: {order}", partial(list_transactions, ledger, wanted, order=order), limit))
            if place := await _middle(ledger, wanted, order):
                next_page = partial(list_transactions, ledger, wanted, order=order, after=place)
                asked.append(Question(f"{name}: {order}, a page in the middle", next_page))
        asked.append(
            Question(f"{name}: figures", partial(transaction_figures, ledger, wanted), LIMIT if figures else None)
        )
    return asked + _reports(ledger)


async def _middle(ledger: Ledger, wanted: TransactionFilter, order: Order) -> Place | None:
    """A place half way through all transactions, where a list has more than one page."""
    if (await list_transactions(ledger, wanted, order=order)).next is None:
        return None
    return Place(date(2021, 1, 1) if order in ("newest", "oldest") else 3_000, 500_000)


def _reports(ledger: Ledger) -> list[Question]:
    months = [date(FIRST.year + number // 12, number % 12 + 1, 1) - timedelta(days=1) for number in range(1, 120)]
    days = partial(balance_sheets, ledger, [FIRST + timedelta(days=30 * number + 5) for number in range(120)])
    food = Scope(categories=frozenset({6, 7, 8, 9}))
    one_account = Scope(accounts=frozenset({1}))
    reports: dict[str, Callable[[], Awaitable[object]]] = {
        "income statement: a year": partial(income_statement, ledger, YEAR),
        "income statement: a year from an odd day on": partial(income_statement, ledger, ODD_YEAR),
        "income statement: ten years": partial(income_statement, ledger, ALL),
        "income statement: ten years of one account": partial(income_statement, ledger, ALL, one_account),
        "income statement: ten years of four categories": partial(income_statement, ledger, ALL, food),
        "merchant report: a month": partial(merchant_report, ledger, Period.month_of(LAST)),
        "merchant report: a year": partial(merchant_report, ledger, YEAR),
        "merchant report: a year from an odd day on": partial(merchant_report, ledger, ODD_YEAR),
        "merchant report: ten years": partial(merchant_report, ledger, ALL),
        "balance sheet: today": partial(balance_sheet, ledger, LAST),
        "balance sheet: five years ago": partial(balance_sheet, ledger, date(2020, 12, 31)),
        "balance sheets: the ends of 120 months": partial(balance_sheets, ledger, months),
        "balance sheets: 120 days": days,
        "account balances": partial(account_balances, ledger),
        "merchants": partial(list_merchants, ledger),
        "categories": partial(list_categories, ledger),
        "tags": partial(list_tags, ledger),
        "span": partial(span_of, ledger),
    }
    return [Question(name, ask, None if ask is days else LIMIT) for name, ask in reports.items()]


async def figure_of(question: Question, runs: int) -> Figure:
    await question.ask()
    times, cpu = [], []
    for _ in range(runs):
        begun = time.perf_counter(), time.process_time()
        await question.ask()
        times.append((time.perf_counter() - begun[0]) * 1e3)
        cpu.append((time.process_time() - begun[1]) * 1e3)
    times.sort()
    p95 = times[max(0, -(-len(times) * 95 // 100) - 1)]
    return Figure(question, statistics.median(times), p95, statistics.median(cpu))


def floor_of(folder: Path, runs: int) -> float:
    """Milliseconds, at the median."""
    times = []
    with closing(sqlite3.connect(folder / "tuppence.db")) as database:
        for _ in range(runs):
            begun = time.perf_counter()
            database.execute(FLOOR).fetchall()
            times.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(times)


async def measured(folder: Path, only: str, runs: int) -> tuple[float, Sequence[Figure]]:
    floor = floor_of(folder, runs)
    columns = "".join(f"{name:>9}" for name in ("median", "p95", "CPU", "x floor"))
    print(f"Milliseconds over {runs} runs; the floor takes {floor:.1f}\n{'':64}{columns}")
    found = []
    async with await Store.open(folder) as store:
        ledger = await open_ledger(store)
        for question in await questions(ledger):
            if only in question.name:
                found.append(await figure_of(question, runs))
                print(found[-1].line(floor), flush=True)
    return floor, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many transactions the household has")
    parser.add_argument("--runs", type=int, default=20, help="how often each question is asked")
    parser.add_argument("--only", default="", metavar="WORD", help="questions with this in their name")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the household stays, to be used again")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if not (folder / "tuppence.db").exists():
            begun = time.perf_counter()
            write_household(folder, options.rows)
            print(f"{options.rows} transactions written in {time.perf_counter() - begun:.0f} s")
        _, found = asyncio.run(measured(folder, options.only, options.runs))
    missed = [figure.question.name for figure in found if not figure.kept]
    kept = sum(figure.question.limit is not None for figure in found) - len(missed)
    print(f"\n{kept} of {kept + len(missed)} bounds of {LIMIT:g} ms kept; {_megabytes():.0f} MB of memory at most")
    for name in missed:
        print(f"MISSED {name}")
    return 1 if missed else 0


def _megabytes() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    raise SystemExit(main())

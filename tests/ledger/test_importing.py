"""An import is all or nothing, adds nothing twice, loses nothing, and can be undone."""

import asyncio
import datetime
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.statements import (
    CHECKING,
    SAVINGS,
    bank_file,
    bring_in,
    counted,
    day,
    imported,
    row,
    rows_of,
    seen,
    statement,
)
from tuppence.ledger import import_turns, importing
from tuppence.ledger.accounts import NewAccount, find_account, list_accounts
from tuppence.ledger.balances import account_balances
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.ledger.import_turns import ImportLost
from tuppence.ledger.importing import (
    ImportCounts,
    ImportRefused,
    plan_import,
    run_import,
    undo_import,
)
from tuppence.ledger.imports.bank_file import ImportedRow, Question
from tuppence.ledger.imports.matching import RowRefused
from tuppence.store import Store
from tuppence.store.tables import (
    accounts,
    balances,
    households,
    imports,
    metadata,
    now,
    processes,
    transactions,
    transfers,
)

pytestmark = pytest.mark.anyio

COFFEE = row("03-02", "-3.20", "Corner coffee")


async def stored(ledger: Ledger) -> dict[str, int]:
    """How many rows of each kind that imports make are in the database, seen or not."""
    async with ledger.store.reading() as connection:
        return {
            table.name: int((await connection.execute(select(func.count()).select_from(table))).scalar_one())
            for table in (accounts, balances, imports, processes, transactions, transfers)
        }


NOTHING = {"accounts": 0, "balances": 0, "imports": 0, "processes": 0, "transactions": 0, "transfers": 0}


class Rows(Sequence[ImportedRow]):
    """Rows that are made while they are walked, with something happening before one of them."""

    def __init__(self, count: int, at: int, happens: Callable[[], None]) -> None:
        self._count, self._at, self._happens = count, at, happens

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ImportedRow]:
        for number in range(self._count):
            if number == self._at:
                self._happens()
            yield row("03-02", f"-{number + 1}.00")

    @overload
    def __getitem__(self, index: int) -> ImportedRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ImportedRow]: ...
    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("rows are walked, never held")


def nothing() -> None:
    """What happens in most imports."""


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows a transaction, so that a small file takes several."""
    monkeypatch.setattr(importing, "SLICE", 10)
    monkeypatch.setattr(import_turns, "SLICE", 10)


async def test_what_the_file_says_is_kept(ledger: Ledger) -> None:
    said = row("03-02", "-12.50", "Lunch", payee="Canteen", memo="Table 4", bank_id="X1", category="restaurants")
    await bring_in(ledger, statement(said, row("03-03", "2000", "Wages", currency="USD", pending=True)))
    lunch, wages = await rows_of(ledger)
    assert (lunch.date, lunch.amount.minor, lunch.amount.currency) == (day("03-02"), -1250, "EUR")
    assert (lunch.description, lunch.payee, lunch.memo, lunch.pending) == ("Lunch", "Canteen", "Table 4", False)
    assert (lunch.category, lunch.category_source, lunch.account) == ("Restaurants", "import", "Checking")
    assert (wages.amount.minor, wages.amount.currency, wages.pending) == (200000, "USD", True)
    assert (wages.category, wages.category_source, wages.transfer_id) == (None, None, None)


async def test_the_month_is_that_of_the_day(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("01-31", "1"), row("12-01", "1")))
    async with ledger.store.reading() as connection:
        months = (await connection.scalars(select(transactions.c.month).order_by(transactions.c.date))).all()
    assert months == [202601, 202612]


async def test_the_same_file_again_adds_nothing(ledger: Ledger) -> None:
    file = statement(COFFEE, COFFEE, row("03-03", "5"))
    assert await counted(ledger, file) == (3, 0, 0)
    assert await counted(ledger, file) == (0, 3, 0)


async def test_two_equal_purchases_of_one_day_stay_two(ledger: Ledger) -> None:
    assert await counted(ledger, statement(COFFEE)) == (1, 0, 0)
    assert await counted(ledger, statement(COFFEE, COFFEE)) == (1, 1, 0)
    assert await counted(ledger, statement(COFFEE, COFFEE)) == (0, 2, 0)


async def test_equal_purchases_that_the_bank_numbers_are_two_whatever_the_file(ledger: Ledger) -> None:
    first, second = (row("03-02", "-3.20", "Corner coffee", bank_id=f"2026030{number}") for number in (1, 2))
    assert await counted(ledger, statement(first)) == (1, 0, 0)
    assert await counted(ledger, statement(second)) == (1, 0, 0)
    assert await counted(ledger, statement(second, first)) == (0, 2, 0)


async def test_rows_without_a_day_are_counted_and_left_out(ledger: Ledger) -> None:
    result = await bring_in(ledger, statement(COFFEE, row(None, "-9", pending=True)))
    assert result.accounts[0].counts == ImportCounts(new=1, undated=1)


async def test_a_plan_says_what_an_import_does_and_does_nothing(ledger: Ledger) -> None:
    await bring_in(ledger, statement(COFFEE, row("03-04", "-20", "Garage Miller", pending=True)))
    before = await stored(ledger)
    file = imported([COFFEE, COFFEE, row("03-06", "-20", "Garage Miller"), row(None, "-1", pending=True)])
    plan = await plan_import(ledger, CHECKING, file)
    assert plan == ImportCounts(new=1, same=1, changed=1, undated=1)
    assert await stored(ledger) == before
    assert (await bring_in(ledger, bank_file(file))).accounts[0].counts == plan


async def test_a_plan_for_a_new_account_counts_its_rows(ledger: Ledger) -> None:
    assert await plan_import(ledger, CHECKING, imported([COFFEE, COFFEE])) == ImportCounts(new=2)
    assert await stored(ledger) == NOTHING


@pytest.mark.parametrize(
    "booked", [row("03-04", "-20", "GARAGE MILLER, Main St"), row("03-09", "-23", "Garage Miller")]
)
async def test_a_booked_row_takes_the_place_of_its_pending_one(ledger: Ledger, booked: ImportedRow) -> None:
    await bring_in(ledger, statement(row("03-04", "-20", "Garage Miller", pending=True)))
    (pending,) = await rows_of(ledger)
    await file_transactions(ledger, [pending.id], TransactionChange(notes="new tyres"))
    assert await counted(ledger, statement(booked)) == (0, 0, 1)
    (after,) = await rows_of(ledger)
    assert (after.id, after.notes, after.pending) == (pending.id, "new tyres", False)
    assert (after.date, after.amount.amount, after.description) == (booked.date, booked.amount, booked.description)
    assert await counted(ledger, statement(booked)) == (0, 1, 0)
    assert await counted(ledger, statement(row("03-04", "-20", "Garage Miller", pending=True))) == (0, 1, 0)


async def test_a_pending_row_that_is_still_there_is_not_replaced(ledger: Ledger) -> None:
    pending = row("03-04", "-20", "Garage Miller", pending=True)
    booked = row("03-05", "-20", "Garage Miller")
    await bring_in(ledger, statement(pending))
    assert await counted(ledger, statement(booked, pending)) == (1, 1, 0)
    assert [each[3] for each in await seen(ledger)] == [True, False]


async def test_several_accounts_are_imported_together_and_transfers_found(ledger: Ledger) -> None:
    file = bank_file(imported([row("03-02", "-500", "To savings")]), imported([row("03-04", "500", "From checking")]))
    result = await bring_in(ledger, file, CHECKING, SAVINGS)
    assert result.transfers == 1
    assert len({each.transfer_id for each in await rows_of(ledger)} - {None}) == 1
    assert [account.name for account in await list_accounts(ledger)] == ["Checking", "Savings"]


async def test_an_account_of_the_file_may_be_left_out(ledger: Ledger) -> None:
    await bring_in(ledger, bank_file(imported([COFFEE]), imported([row("03-04", "7")])), None, SAVINGS)
    assert [each.account for each in await rows_of(ledger)] == ["Savings"]


async def test_an_existing_account_is_found_by_its_name(ledger: Ledger) -> None:
    await bring_in(ledger, statement(COFFEE))
    assert await counted(ledger, statement(COFFEE), NewAccount(" CHECKING ", "EUR")) == (0, 1, 0)
    assert await counted(ledger, statement(COFFEE), await find_account(ledger, "checking")) == (0, 1, 0)
    assert len(await list_accounts(ledger)) == 1


async def test_what_is_not_decided_is_not_imported(ledger: Ledger) -> None:
    asking = statement(COFFEE)
    asking = type(asking)(
        format="x", accounts=asking.accounts, questions=(Question("day_first", "Which?", ("yes", "no")),)
    )
    with pytest.raises(ImportRefused, match="Which"):
        await bring_in(ledger, asking)
    with pytest.raises(ImportRefused, match="one account"):
        await bring_in(
            ledger, bank_file(imported([COFFEE]), imported([COFFEE])), CHECKING, NewAccount("checking", "EUR")
        )
    assert await stored(ledger) == NOTHING


async def test_a_row_that_cannot_be_kept_leaves_nothing_of_any_account(ledger: Ledger, small_slices: None) -> None:
    sound = imported([row("03-02", f"-{number}") for number in range(1, 40)])
    broken = imported([*sound.transactions, row("03-02", "1.005", line=77)])
    with pytest.raises(RowRefused, match="Line 77"):
        await bring_in(ledger, bank_file(sound, broken), SAVINGS, CHECKING)
    assert await stored(ledger) == NOTHING


async def test_a_cancelled_import_leaves_nothing(ledger: Ledger, small_slices: None) -> None:
    with anyio.CancelScope() as scope:
        rows = Rows(40, 25, lambda: anyio.from_thread.run_sync(scope.cancel))
        await bring_in(ledger, statement_of(rows))
    assert scope.cancelled_caught
    assert await stored(ledger) == NOTHING
    assert await counted(ledger, statement(COFFEE)) == (1, 0, 0)


def statement_of(rows: Sequence[ImportedRow]) -> Any:
    return bank_file(imported(rows))


async def test_nobody_sees_a_running_import_and_everybody_all_of_it_afterwards(
    ledger: Ledger, small_slices: None, tmp_path: Path
) -> None:
    looks: list[tuple[int, int, int]] = []

    def look() -> None:
        async def looked() -> tuple[int, int, int]:
            async with await Store.open(tmp_path) as store:
                other = await open_ledger(store)
                written = (await stored(other))["transactions"]
                return written, len(await rows_of(other)), len(await list_accounts(other))

        looks.append(asyncio.run(looked()))

    await bring_in(ledger, statement_of(Rows(40, 35, look)))
    assert looks in ([(20, 0, 0)], [(30, 0, 0)])  # the file is read one slice ahead
    assert len(await rows_of(ledger)) == 40


async def test_progress_is_told_in_rows(ledger: Ledger, small_slices: None) -> None:
    steps: list[tuple[int, int]] = []
    file = bank_file(imported(Rows(25, -1, nothing)), imported(Rows(5, -1, nothing)))
    await run_import(
        ledger, file, [CHECKING, SAVINGS], filename="x", progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(10, 30), (20, 30), (25, 30), (30, 30)]


async def test_an_import_that_was_taken_for_dead_stops_and_leaves_nothing(
    ledger: Ledger, small_slices: None, tmp_path: Path
) -> None:
    def take_over() -> None:
        async def other() -> None:
            async with await Store.open(tmp_path) as store:
                async with store.writing() as connection:
                    await connection.execute(processes.delete())
                await bring_in(await open_ledger(store), statement(COFFEE), CHECKING)

        asyncio.run(other())

    with pytest.raises(ImportLost):
        await bring_in(ledger, statement_of(Rows(40, 25, take_over)))
    assert [each[2] for each in await seen(ledger)] == ["Corner coffee"]
    assert (await stored(ledger))["imports"] == 1


PROCESS = """
import asyncio, sys
from pathlib import Path
from ledger.test_importing import *

importing.SLICE = import_turns.SLICE = 10

def happens():
    print("walking", flush=True)
    sys.stdin.readline()

async def main():
    async with await Store.open(Path(sys.argv[1])) as store:
        ledger = await open_ledger(store)
        print(await counted(ledger, statement_of(Rows(40, 25, happens))), flush=True)

asyncio.run(main())
"""


async def importer(folder: Path) -> anyio.abc.Process:
    """Another process that imports forty rows, and waits for a line of input before the twenty-sixth."""
    tests = str(Path(__file__).parent.parent)
    return await anyio.open_process([sys.executable, "-c", PROCESS, str(folder)], env={"PYTHONPATH": tests})


async def line(process: anyio.abc.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.receive()).decode().strip()


async def test_a_killed_import_is_never_seen_and_the_next_one_works(ledger: Ledger, tmp_path: Path) -> None:
    async with await importer(tmp_path) as process:
        assert await line(process) == "walking"
        process.kill()
    left = await stored(ledger)
    assert left["transactions"] in (10, 20)  # the file is read one slice ahead
    assert (left["imports"], left["accounts"]) == (1, 1)
    assert await seen(ledger) == []
    assert await list_accounts(ledger) == []
    assert await counted(ledger, statement_of(Rows(40, -1, nothing))) == (40, 0, 0)
    after = await stored(ledger)
    assert (after["transactions"], after["imports"], after["accounts"]) == (40, 1, 1)


async def test_two_processes_importing_one_file_at_once_add_it_once(ledger: Ledger, tmp_path: Path) -> None:
    async with await importer(tmp_path) as first, await importer(tmp_path) as second:
        said = {process: asyncio.create_task(line(process)) for process in (first, second)}
        walking, waiting = await asyncio.wait(said.values(), return_when="FIRST_COMPLETED")
        assert (len(walking), len(waiting)) == (1, 1)
        while (await stored(ledger))["processes"] < 2:
            pass  # the second one has not come to where it must wait
        for process in (first, second):
            assert process.stdin is not None
            await process.stdin.send(b"go\n")
        outputs = [f"{await said[process]}\n{await rest_of(process)}" for process in (first, second)]
    assert sorted(output.strip().splitlines()[-1] for output in outputs) == ["(0, 40, 0)", "(40, 0, 0)"]
    assert len(await rows_of(ledger)) == 40


async def rest_of(process: anyio.abc.Process) -> str:
    assert process.stdout is not None
    return b"".join([chunk async for chunk in process.stdout]).decode()


async def test_undoing_takes_back_everything_and_it_can_be_imported_again(ledger: Ledger, small_slices: None) -> None:
    await bring_in(ledger, statement(row("03-01", "-500", "To savings"), row("03-04", "-20", "Miller", pending=True)))
    before = await seen(ledger), await account_balances(ledger)
    file = bank_file(
        imported([row("03-05", "-22", "Miller"), *Rows(30, -1, nothing)], closing_balance=row("03-05", "9").amount),
        imported([row("03-03", "500", "From checking")]),
    )
    result = await bring_in(ledger, file, CHECKING, SAVINGS)
    assert result.transfers == 1
    after = await seen(ledger)
    for one in result.accounts:
        assert await undo_import(ledger, one.token) == one.counts
    assert (await seen(ledger), (await account_balances(ledger))[:1]) == before
    assert all(each.transfer_id is None for each in await rows_of(ledger))
    assert (await stored(ledger)) == {**NOTHING, "accounts": 2, "imports": 3, "transactions": 2}
    await bring_in(ledger, file, CHECKING, SAVINGS)
    assert await seen(ledger) == after


async def test_an_import_is_undone_once(ledger: Ledger) -> None:
    token = (await bring_in(ledger, statement(COFFEE))).accounts[0].token
    await undo_import(ledger, token)
    for unknown in (token, "no such import"):
        with pytest.raises(LookupError, match="no import"):
            await undo_import(ledger, unknown)


async def test_what_a_person_filed_survives_the_booking_and_its_undoing(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-04", "-20", "Miller", pending=True)))
    (pending,) = await rows_of(ledger)
    token = (await bring_in(ledger, statement(row("03-05", "-22", "Miller", category="Groceries")))).accounts[0].token
    await file_transactions(ledger, [pending.id], TransactionChange(category=None))
    await undo_import(ledger, token)
    (after,) = await rows_of(ledger)
    assert (after.id, after.pending, after.amount.minor, after.category_source) == (pending.id, True, -2000, "person")


async def test_undoing_the_import_of_a_pending_row_spares_what_it_became(ledger: Ledger) -> None:
    first = (await bring_in(ledger, statement(row("03-04", "-20", "Miller", pending=True)))).accounts[0].token
    second = (await bring_in(ledger, statement(row("03-05", "-22", "Miller")))).accounts[0].token
    await undo_import(ledger, first)
    assert [each[1] for each in await seen(ledger)] == ["-22.00"]
    await undo_import(ledger, second)
    assert await seen(ledger) == []


async def test_statements_anchor_balances(ledger: Ledger) -> None:
    file = statement(
        row("03-01", "100"),
        row("03-10", "-30"),
        row("03-10", "-5", pending=True),
        closing_balance=row("03-10", "570").amount,
    )
    await bring_in(ledger, file)
    (known,) = await account_balances(ledger)
    assert (known.amount, known.as_of, known.anchored_on, known.source) == (
        57000,
        day("03-10"),
        day("03-10"),
        "statement",
    )
    (earlier,) = await account_balances(ledger, on=day("03-05"))
    assert earlier.amount == 60000  # 570 + 30


async def test_an_opening_balance_is_that_of_the_evening_before(ledger: Ledger) -> None:
    opening = row("03-01", "40").amount
    await bring_in(ledger, statement(row("03-01", "100"), opening_balance=opening, opening_date=day("03-01")))
    (known,) = await account_balances(ledger)
    assert (known.amount, known.anchored_on) == (14000, day("02-28"))


DAYS = [datetime.date(2026, 3, number) for number in range(1, 11)]
purchases = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from(["-1", "-2", "2"]), st.sampled_from(["Bakery", "Kiosk"])),
    max_size=14,
)
a_span = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda ends: (min(ends), max(ends)))
all_days = st.lists(a_span, max_size=2).map(lambda more: [(0, 4), (3, 9), *more]).flatmap(st.permutations)


@settings(max_examples=20, deadline=None)
@given(purchases, all_days, st.booleans(), st.booleans())
async def test_overlapping_parts_in_any_order_are_the_whole(
    migrated: Path, said: list[Any], spans: list[tuple[int, int]], numbered: bool, newest_first: bool
) -> None:
    """The parts are spans of days, as banks give them out; together they cover every day."""
    rows = [
        row(when, amount, words, bank_id=f"2026-{number:04}" if numbered else None)
        for number, (when, amount, words) in enumerate(sorted(said))
    ]
    parts = [[each for each in rows if each.date and DAYS[first] <= each.date <= DAYS[last]] for first, last in spans]
    other = imported([row("03-05", "1", "From checking"), row("03-06", "2", "From checking")])
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(migrated, folder)
        async with await Store.open(Path(folder)) as store:
            whole = await ledger_after(await new_ledger(store), [rows], other, 1)
            pieces = [part[:: -1 if newest_first else 1] for part in parts]
            assert await ledger_after(await new_ledger(store), pieces, other, 1) == whole


async def new_ledger(store: Store) -> Ledger:
    """The ledger of one household more."""
    async with store.writing() as connection:
        row = households.insert().values(name="Another", language="en", created_at=now()).returning(households.c.id)
        return Ledger(store, (await connection.execute(row)).scalar_one())


async def ledger_after(ledger: Ledger, parts: list[list[ImportedRow]], other: Any, when: int) -> Counter[Any]:
    """What is seen after importing the parts, and another account's file after so many of them."""
    for part in parts[:when]:
        await bring_in(ledger, statement(*part))
    await bring_in(ledger, bank_file(other), SAVINGS)
    for part in parts[when:]:
        await bring_in(ledger, statement(*part))
    return Counter(
        (each.account, each.date, each.amount, each.description, each.transfer_id is not None)
        for each in await rows_of(ledger)
    )


def test_every_table_of_the_ledger_carries_its_household() -> None:
    without = {table.name for table in metadata.sorted_tables if "household_id" not in table.c}
    assert not without & {
        "accounts",
        "balances",
        "categories",
        "imports",
        "merchants",
        "tags",
        "transactions",
        "transfers",
    }

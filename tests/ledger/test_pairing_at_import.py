"""Pairs are looked for before the write lock is taken; what others change meanwhile never makes a wrong one."""

import datetime
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, imported, row, rows_of, statement
from tuppence.ledger.accounts import NewAccount
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.ledger.importing import TRIES, run_import, undo_import
from tuppence.ledger.imports.bank_file import BankFile, ImportedRow
from tuppence.ledger.transfers import Movement, movements_revision, pair_transfers
from tuppence.store import Store

pytestmark = pytest.mark.anyio

Edit = Callable[[AsyncConnection], Awaitable[object]]
OUT, IN = row("03-10", "-50", "out"), row("03-12", "50", "in")
BY_HAND = (
    "INSERT INTO transactions (household_id, account_id, date, month, amount, currency, description, pending)"
    " VALUES (1, 1, '2026-03-11', 202603, -5000, 'EUR', 'by hand', 0)"
)
PAIRED_BY_A_PERSON = (
    f"{BY_HAND}; INSERT INTO transfers (id, household_id, source) VALUES (900, 1, 'person');"
    "UPDATE transactions SET transfer_id = 900 WHERE description IN ('out', 'by hand')"
)


class RestlessStore(Store):
    """A store in which something happens each time that somebody has read, as long as there is something to happen."""

    events: list[str]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with super().reading() as connection:
            yield connection
        if events := getattr(self, "events", []):
            await changed(self, events.pop(0))


async def changed(store: Store, statements: str) -> None:
    async with store.writing() as connection:
        for statement_ in statements.split(";"):
            await connection.execute(text(statement_))


@pytest.fixture
async def restless(tmp_path: Path, migrated: Path, anyio_backend: str) -> AsyncIterator[RestlessStore]:
    folder = tmp_path / "restless"
    folder.mkdir()
    shutil.copy(migrated, folder / "tuppence.db")
    opened = await RestlessStore.open(folder)
    assert isinstance(opened, RestlessStore)
    async with opened:
        yield opened


async def import_amid(store: RestlessStore, file: BankFile, events: list[str]) -> int:
    """Import into the savings account; the events happen from when its last row has been written."""

    def told(done: int, total: int) -> None:
        if done == total:
            store.events = events

    ledger = await open_ledger(store)
    return (await run_import(ledger, file, [SAVINGS], filename="test.csv", progress=told)).transfers


async def pairs(ledger: Ledger) -> set[tuple[int, ...]]:
    sides: dict[int, list[int]] = {}
    for each in await rows_of(ledger):
        if each.transfer_id is not None:
            sides.setdefault(each.transfer_id, []).append(each.id)
    return {tuple(sorted(ids)) for ids in sides.values()}


@pytest.mark.parametrize(
    ("event", "transfers"),
    [
        ("UPDATE transactions SET notes = 'nothing that matters'", 1),
        ("UPDATE transactions SET amount = -5100 WHERE description = 'out'", 0),
        ("UPDATE transactions SET date = '2026-03-01' WHERE description = 'out'", 0),
        ("UPDATE transactions SET currency = 'USD' WHERE description = 'out'", 0),
        ("DELETE FROM transactions WHERE description = 'out'", 0),
        (BY_HAND, 0),
        (PAIRED_BY_A_PERSON, 0),
    ],
)
async def test_what_changes_after_the_pairs_were_found_is_seen(
    restless: RestlessStore, event: str, transfers: int
) -> None:
    await bring_in(await open_ledger(restless), statement(OUT))
    assert await import_amid(restless, statement(IN), [event]) == transfers
    assert restless.events == []


async def test_a_counterpart_that_comes_after_the_pairs_were_found_is_paired(restless: RestlessStore) -> None:
    await bring_in(await open_ledger(restless), statement(row("03-10", "-51", "out")))
    event = "UPDATE transactions SET amount = -5000 WHERE description = 'out'"
    assert await import_amid(restless, statement(IN), [event]) == 1


async def test_a_ledger_that_never_holds_still_is_paired_under_the_lock(restless: RestlessStore) -> None:
    await bring_in(await open_ledger(restless), statement(OUT))
    amounts = [*range(-5000 - TRIES + 1, -4999), -5100]  # as many as there are tries, the last one fits, and one more
    events = [f"UPDATE transactions SET amount = {amount} WHERE description = 'out'" for amount in amounts]
    assert await import_amid(restless, statement(IN), events) == 1
    assert len(events) == 1


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        ("UPDATE transactions SET notes = 'x', category_source = 'person', pending = 1", False),
        ("UPDATE accounts SET name = 'Other'", False),
        ("UPDATE imports SET state = 'undone'", True),
        ("UPDATE transactions SET amount = amount + 1", True),
        ("UPDATE transactions SET transfer_id = NULL", True),
        ("UPDATE transfers SET source = 'person'", True),
        ("DELETE FROM transactions", True),
        (BY_HAND, True),
    ],
)
async def test_the_revision_changes_with_what_pairing_depends_on(ledger: Ledger, event: str, counts: bool) -> None:
    await bring_in(ledger, bank_file(imported([OUT]), imported([IN])), CHECKING, SAVINGS)
    before = await revision(ledger)
    await changed(ledger.store, event)
    assert (await revision(ledger) != before) == counts


async def revision(ledger: Ledger) -> int:
    async with ledger.store.reading() as connection:
        return await movements_revision(connection, ledger)


async def test_rows_that_nobody_sees_leave_the_revision_alone(ledger: Ledger) -> None:
    await bring_in(ledger, statement(OUT))
    await changed(ledger.store, "UPDATE imports SET state = 'undone'")
    before = await revision(ledger)
    await changed(ledger.store, "DELETE FROM transactions")
    assert await revision(ledger) == before


@pytest.mark.parametrize("seed", range(12))
async def test_after_each_import_the_pairs_are_those_of_the_whole_ledger(ledger: Ledger, seed: int) -> None:
    """Among them rows that were pending, and are booked on another day or with another amount."""
    chance = random.Random(seed)
    targets = [CHECKING, SAVINGS, NewAccount("Cash", "EUR")]
    tokens: list[str] = []
    pending: dict[int, list[ImportedRow]] = {0: [], 1: [], 2: []}
    for _ in range(8):
        chosen = chance.sample(range(3), 2)
        rows: dict[int, list[ImportedRow]] = {}
        for account in chosen:
            booked = [settled(chance, one) for one in pending[account]]
            fresh = [some_row(chance, len(tokens), number) for number in range(3)]
            pending[account] = [one for one in fresh if one.pending]
            rows[account] = booked + fresh
        file = bank_file(*(imported(rows[account]) for account in chosen))
        result = await bring_in(ledger, file, *(targets[account] for account in chosen))
        tokens.append(result.accounts[0].token)
        assert await pairs(ledger) == await pairs_of_the_whole(ledger)
    await undo_import(ledger, tokens[-1])
    assert await pairs(ledger) == await pairs_of_the_whole(ledger)


def some_row(chance: random.Random, file: int, number: int) -> ImportedRow:
    date = datetime.date(2026, 3, 1) + datetime.timedelta(chance.randrange(40))
    amount = str(chance.choice([-1, 1]) * chance.choice([50, 52, 60]))
    return row(date, amount, f"Words {file} {number} {chance.random()}", pending=chance.random() < 0.4)


def settled(chance: random.Random, pending: ImportedRow) -> ImportedRow:
    assert pending.date is not None
    later = pending.date + datetime.timedelta(chance.randrange(8))
    return row(later, str(pending.amount + chance.choice([0, 0, 2])), pending.description)


async def pairs_of_the_whole(ledger: Ledger) -> set[tuple[int, ...]]:
    query = text(
        "SELECT id, account_id, date, amount, currency FROM transactions WHERE import_id IN"
        " (SELECT id FROM imports WHERE state = 'done') AND amount <> 0"
    )
    async with ledger.store.reading() as connection:
        found = [
            Movement(one.id, one.account_id, datetime.date.fromisoformat(one.date), one.amount, one.currency)
            for one in await connection.execute(query)
        ]
    return {tuple(sorted(pair)) for pair in pair_transfers(found).pairs}

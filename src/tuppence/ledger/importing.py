"""Brings what a bank's file says into the ledger: all of it or nothing, and nothing twice.

New rows are written in slices under an import that is still running, for which reason nobody sees them. The last
transaction makes them visible together with balances, changes of pending rows, and transfers.
"""

import asyncio
import datetime
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

import anyio
from anyio import to_thread
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.accounts import Account, NewAccount, account_values
from tuppence.ledger.household import Ledger
from tuppence.ledger.import_rows import CategoryIds, add_rows, category_ids, replace_rows, rows_to_compare
from tuppence.ledger.import_turns import SLICE, end_as_undone, give_up, still_running, sweep, turn_to_import
from tuppence.ledger.imports.bank_file import BankFile, ImportedAccount, ImportedRow
from tuppence.ledger.imports.matching import SETTLING_DAYS, Decision, FileRow, Matching
from tuppence.ledger.names import name_key
from tuppence.ledger.transfers import (
    Arrivals,
    TransferChanges,
    change_transfers,
    free_movements,
    movements_revision,
    refresh_transfers,
    shifted,
    transfer_changes,
)
from tuppence.ledger.visibility import visible, visible_accounts
from tuppence.money import InexactAmount, minor_units
from tuppence.store import Presence
from tuppence.store.tables import accounts, balances, imports, now, transactions

Target = Account | NewAccount | None
"""Where an account of a file belongs. A NewAccount whose name exists already is that account; None is left out."""
Progress = Callable[[int, int], None]
"""Called with the number of rows done and of rows in all."""
TRIES = 3
"""So often transfers are paired without keeping others from writing."""


class ImportRefused(ValueError):
    """The file cannot be imported as asked; the message says what to decide first."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What becomes of the rows of one account of a file."""

    new: int = 0
    same: int = 0
    """The account has them already."""
    changed: int = 0
    """They take the place of pending ones."""
    undated: int = 0
    """Pending rows to which the bank has given no date yet; they are left out."""


@dataclass(frozen=True, slots=True)
class AccountImport:
    """The import of one account of a file."""

    token: str
    """By which it can be undone: 128 random bits in hexadecimal."""
    account_id: int
    counts: ImportCounts


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did."""

    accounts: tuple[AccountImport, ...]
    transfers: int
    """How many pairs of rows were newly recognised as transfers between own accounts."""


@dataclass(slots=True)
class _Running:
    """One account of a file while it is imported."""

    id: int
    token: str
    account_id: int
    currency: str
    imported: ImportedAccount
    tally: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "same", "changed"), 0))
    changes: list[Decision] = field(default_factory=list)
    rows: int = 0
    dated: int = 0
    currencies: set[str] = field(default_factory=set)
    first_booked: datetime.date | None = None
    last_booked: datetime.date | None = None

    def add(self, read: int, rows: Sequence[FileRow]) -> None:
        """Take note of a slice of the file: `read` rows, of which `rows` have a date."""
        self.rows += read
        self.dated += len(rows)
        self.currencies |= {row.currency for row in rows}
        days = [row.date for row in rows if not row.row.pending]
        self.first_booked = min((*days, *filter(None, [self.first_booked])), default=None)
        self.last_booked = max((*days, *filter(None, [self.last_booked])), default=None)

    @property
    def stated_currency(self) -> str:
        """The currency of the balances that the file states."""
        return self.imported.currency or self.currency

    @property
    def counts(self) -> ImportCounts:
        return ImportCounts(**self.tally, undated=self.rows - self.dated)


async def plan_import(ledger: Ledger, target: Account | NewAccount, imported: ImportedAccount) -> ImportCounts:
    """What importing one account of a file would do, without doing it. Raises RowRefused."""
    tally = dict.fromkeys(("new", "same", "changed"), 0)
    async for decisions in planned_rows(ledger, target, imported):
        for decision in decisions:
            tally[decision.verdict] += 1
    return ImportCounts(**tally, undated=len(imported.transactions) - sum(tally.values()))


async def planned_rows(
    ledger: Ledger, target: Account | NewAccount, imported: ImportedAccount
) -> AsyncIterator[list[Decision]]:
    """The same row by row, for a preview, slice by slice; a row that may be a change of another one comes last."""
    account_id = target.id if isinstance(target, Account) else await _account_named(ledger, target.name)
    matching = Matching(target.currency)
    async with _slices(imported, matching) as slices:
        async for _, rows in slices:
            yield await _decisions(ledger, account_id, matching, rows)
    yield matching.rest()


async def run_import(
    ledger: Ledger,
    bank_file: BankFile,
    targets: Sequence[Target],
    *,
    filename: str,
    progress: Progress | None = None,
) -> ImportResult:
    """Import the accounts of `bank_file` into `targets`, one for each, all together or not at all.

    Waits while another import of the household is running. Whether rows that could not be read (`bank_file.problems`)
    stand in the way is for the caller to decide beforehand. Raises ImportRefused, RowRefused, ImportLost or
    StoreUnusable; then, and when cancelled, nothing is left of it.
    """
    chosen = _chosen(bank_file, targets)
    async with Presence(ledger.store) as presence:
        running = await _begun(ledger, chosen, presence.id, filename)
        try:
            await sweep(ledger)
            filed = await category_ids(ledger)
            steps = _Steps(progress, sum(len(one.imported.transactions) for one in running))
            for one in running:
                await _import_rows(ledger, one, filed, steps)
            return await _finished(ledger, running)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await give_up(ledger, [one.id for one in running])
            raise


async def undo_import(ledger: Ledger, token: str) -> ImportCounts:
    """Take back what an import did, and return what that was. Waits while an import is running.

    What it changed is as before, what it added is gone with all that was said about it since. Raises LookupError when
    there is no finished import of that token.
    """
    async with turn_to_import(ledger) as connection:
        columns = (imports.c.id, imports.c.rows_new, imports.c.rows_same, imports.c.rows_changed)
        query = select(*columns).where(
            imports.c.household_id == ledger.household, imports.c.token == token, imports.c.state == "done"
        )
        if (found := (await connection.execute(query)).one_or_none()) is None:
            raise LookupError("There is no import of that name that could be undone.")
        touched = await _dates(connection, ledger, found.id)
        await end_as_undone(connection, ledger, found.id)
        if touched:
            # Rows that are pending again are so on the days of then.
            days = shifted(min(touched), -SETTLING_DAYS), shifted(max(touched), SETTLING_DAYS)
            await refresh_transfers(connection, ledger, *days)
    await sweep(ledger)
    return ImportCounts(found.rows_new, found.rows_same, found.rows_changed)


def _chosen(bank_file: BankFile, targets: Sequence[Target]) -> list[tuple[Account | NewAccount, ImportedAccount]]:
    if bank_file.questions:
        raise ImportRefused(
            f"The file leaves something open. {bank_file.questions[0].why} Answer it, then import again."
        )
    pairs = zip(targets, bank_file.accounts, strict=True)
    chosen = [(target, imported) for target, imported in pairs if target is not None]
    names = [name_key(target.name) for target, _ in chosen]
    if len(set(names)) < len(names):
        raise ImportRefused("Two accounts of the file cannot go into one account. Give each a name of its own.")
    return chosen


async def _begun(
    ledger: Ledger, chosen: Sequence[tuple[Account | NewAccount, ImportedAccount]], process: str, filename: str
) -> list[_Running]:
    """The imports, running, with their accounts, of which new ones are invisible still."""
    begun: list[_Running] = []
    async with turn_to_import(ledger) as connection:
        batch = secrets.token_hex(16)
        for target, imported in chosen:
            account_id, currency, made = await _account(connection, ledger, target)
            token = secrets.token_hex(16)
            row = insert(imports).values(
                household_id=ledger.household,
                token=token,
                batch=batch,
                account_id=account_id,
                filename=filename,
                state="running",
                process_id=process,
                rows_new=0,
                rows_same=0,
                rows_changed=0,
                created_at=now(),
            )
            import_id = (await connection.execute(row.returning(imports.c.id))).scalar_one()
            if made:
                mine = accounts.c.household_id == ledger.household, accounts.c.id == account_id
                await connection.execute(update(accounts).where(*mine).values(created_by=import_id))
            begun.append(_Running(import_id, token, account_id, currency, imported))
    return begun


async def _account(connection: AsyncConnection, ledger: Ledger, target: Account | NewAccount) -> tuple[int, str, bool]:
    """Id and currency of the account to import into, and whether it exists only from now on."""
    if isinstance(target, Account):
        return target.id, target.currency, False
    known = select(accounts.c.id, accounts.c.currency, accounts.c.created_by).where(
        accounts.c.household_id == ledger.household, accounts.c.name_key == name_key(target.name)
    )
    if (row := (await connection.execute(known)).one_or_none()) is None:
        made = insert(accounts).values(account_values(ledger, target)).returning(accounts.c.id)
        return (await connection.execute(made)).scalar_one(), target.currency, True
    if row.created_by is None:
        return row.id, row.currency, False
    # An import that died had begun to make it: from now on it is ours to make.
    values = {name: value for name, value in account_values(ledger, target).items() if name != "household_id"}
    await connection.execute(
        update(accounts).where(accounts.c.household_id == ledger.household, accounts.c.id == row.id).values(values)
    )
    return row.id, target.currency, True


async def _account_named(ledger: Ledger, name: str) -> int | None:
    query = select(accounts.c.id).where(visible_accounts(ledger), accounts.c.name_key == name_key(name))
    async with ledger.store.reading() as connection:
        return await connection.scalar(query)


class _Steps:
    """Counts rows for whoever wants to see progress."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def add(self, rows: int) -> None:
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._total)


@asynccontextmanager
async def _slices(
    imported: ImportedAccount, matching: Matching
) -> AsyncIterator[AsyncIterator[tuple[int, list[FileRow]]]]:
    """The rows of the file, SLICE at a time: how many were read, and those of them that can be stored.

    Reading may mean parsing, so it is done off the event loop, and one slice ahead.
    """
    walk = iter(imported.transactions)

    def next_slice() -> asyncio.Task[tuple[int, list[FileRow]]]:
        return asyncio.create_task(to_thread.run_sync(_slice, walk, matching))

    ahead = next_slice()

    async def slices() -> AsyncIterator[tuple[int, list[FileRow]]]:
        nonlocal ahead
        while (found := await asyncio.shield(ahead))[0]:
            ahead = next_slice()
            yield found

    try:
        yield slices()
    finally:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([ahead])


def _slice(walk: Iterator[ImportedRow], matching: Matching) -> tuple[int, list[FileRow]]:
    read = list(islice(walk, SLICE))
    return len(read), matching.file_rows(read)


async def _decisions(
    ledger: Ledger, account_id: int | None, matching: Matching, rows: Sequence[FileRow]
) -> list[Decision]:
    if account_id is None:
        return matching.decisions(rows, {}, [])
    async with ledger.store.reading() as connection:
        equal, near = await rows_to_compare(connection, ledger, account_id, rows)
    return matching.decisions(rows, equal, near)


async def _import_rows(ledger: Ledger, one: _Running, filed: CategoryIds, steps: _Steps) -> None:
    matching = Matching(one.currency)
    compared = one.account_id if await _has_rows(ledger, one.account_id) else None
    async with _slices(one.imported, matching) as slices:
        async for read, rows in slices:
            await _carry_out(ledger, one, await _decisions(ledger, compared, matching, rows), filed)
            one.add(read, rows)
            steps.add(read)
    await _carry_out(ledger, one, matching.rest(), filed)


async def _has_rows(ledger: Ledger, account_id: int) -> bool:
    query = select(transactions.c.id).where(visible(ledger), transactions.c.account_id == account_id).limit(1)
    async with ledger.store.reading() as connection:
        return await connection.scalar(query) is not None


async def _carry_out(ledger: Ledger, one: _Running, decisions: Sequence[Decision], filed: CategoryIds) -> None:
    """Write the new rows, keep the changes for the end."""
    new: list[FileRow] = []
    for decision in decisions:
        one.tally[decision.verdict] += 1
        if decision.verdict == "new":
            new.append(decision.row)
        elif decision.verdict == "changed":
            one.changes.append(decision)
    if new:
        async with ledger.store.writing() as connection:
            await still_running(connection, ledger, [one.id])
            await add_rows(
                connection, new, filed, household_id=ledger.household, account_id=one.account_id, import_id=one.id
            )


async def _finished(ledger: Ledger, running: Sequence[_Running]) -> ImportResult:
    """Make all of it visible at once.

    Transfers are paired before others are locked out. When what they depend on has changed by then, once more; and
    when it does not hold still at all, under the lock.
    """
    for _ in range(TRIES):
        async with ledger.store.reading() as connection:
            found = await _paired(connection, ledger, running)
        async with ledger.store.writing() as connection:
            await still_running(connection, ledger, [one.id for one in running])
            if await movements_revision(connection, ledger) == found.revision:
                return await _made_visible(connection, ledger, running, found)
    async with ledger.store.writing() as connection:
        await still_running(connection, ledger, [one.id for one in running])
        return await _made_visible(connection, ledger, running, await _paired(connection, ledger, running))


async def _paired(connection: AsyncConnection, ledger: Ledger, running: Sequence[_Running]) -> TransferChanges:
    """What becomes of transfers when all of it is visible."""
    after = {change.stored: change.row for one in running for change in one.changes if change.stored is not None}
    before = await free_movements(connection, ledger, tuple(after))
    moved = tuple(
        row._replace(date=file_row.date, amount=file_row.amount, currency=file_row.currency)
        for row in before
        for file_row in [after[row.id]]
    )
    ids = frozenset(one.id for one in running)
    days = {row.date for row in (*before, *moved)}.union(*[await _dates(connection, ledger, one) for one in ids])
    if not days:
        return TransferChanges(await movements_revision(connection, ledger), (), ())
    return await transfer_changes(connection, ledger, min(days), max(days), Arrivals(ids, moved))


async def _made_visible(
    connection: AsyncConnection, ledger: Ledger, running: Sequence[_Running], found: TransferChanges
) -> ImportResult:
    for one in running:
        await _finish(connection, ledger, one)
    paired = await change_transfers(connection, ledger, found)
    return ImportResult(tuple(AccountImport(one.token, one.account_id, one.counts) for one in running), paired)


async def _finish(connection: AsyncConnection, ledger: Ledger, one: _Running) -> None:
    """End one import."""
    await replace_rows(connection, ledger, one.id, one.changes)
    await connection.execute(
        update(imports)
        .where(imports.c.household_id == ledger.household, imports.c.id == one.id)
        .values(
            state="done",
            rows_new=one.tally["new"],
            rows_same=one.tally["same"],
            rows_changed=one.tally["changed"],
            finished_at=now(),
        )
    )
    await connection.execute(
        update(accounts)
        .where(accounts.c.household_id == ledger.household, accounts.c.created_by == one.id)
        .values(created_by=None)
    )
    await _anchor(connection, ledger, one)


async def _dates(connection: AsyncConnection, ledger: Ledger, import_id: int) -> tuple[datetime.date, ...]:
    """The first and the last day of an import's rows; empty when it has none."""
    query = select(func.min(transactions.c.date), func.max(transactions.c.date)).where(
        transactions.c.household_id == ledger.household, transactions.c.import_id == import_id
    )
    first, last = (await connection.execute(query)).one()
    return () if first is None else (first, last)


async def _anchor(connection: AsyncConnection, ledger: Ledger, one: _Running) -> None:
    """Keep the balance that the file states, which from now on anchors the account's."""
    stated = _stated_balance(one)
    if stated is not None:
        amount, day = stated
        try:
            minor = minor_units(amount, one.stated_currency)
        except InexactAmount as error:
            raise ImportRefused(f"The balance in the file cannot be kept: {error}. Correct the file.") from error
        await connection.execute(
            insert(balances).values(
                household_id=ledger.household,
                account_id=one.account_id,
                date=day,
                amount=minor,
                currency=one.stated_currency,
                source="statement",
                import_id=one.id,
            )
        )


def _stated_balance(one: _Running) -> tuple[Decimal, datetime.date] | None:
    """The closing balance and its day, by default that of the last booked row; else the opening one, the day before.

    None when the file states none, or leaves open for which day or currency.
    """
    imported = one.imported
    if len(one.currencies | {one.stated_currency}) > 1 and imported.currency is None:
        return None
    if imported.closing_balance is not None and (day := imported.closing_date or one.last_booked):
        return imported.closing_balance, day
    if imported.opening_balance is not None and (day := imported.opening_date or one.first_booked):
        return imported.opening_balance, shifted(day, -1)
    return None

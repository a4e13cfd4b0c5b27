"""Bank files as values, short to write in a test."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tuppence.ledger.accounts import Account, NewAccount
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import ImportResult, Target, run_import
from tuppence.ledger.imports.bank_file import BankFile, ImportedAccount, ImportedRow
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter
from tuppence.ledger.transactions import Transaction, find_transactions


def day(text: str) -> datetime.date:
    """ "03-14" is that day of 2026."""
    return datetime.date.fromisoformat(f"2026-{text}")


def row(date: str | datetime.date | None, amount: str, description: str = "Bakery", **rest: Any) -> ImportedRow:
    """A booked row, unless told otherwise."""
    values = {"currency": None, "pending": False, "line": 1, **rest}
    when = day(date) if isinstance(date, str) else date
    return ImportedRow(date=when, amount=Decimal(amount), description=description, **values)


def statement(*rows: ImportedRow, **about: Any) -> BankFile:
    """A file of one account."""
    return bank_file(imported(rows, **about))


def imported(rows: Sequence[ImportedRow], **about: Any) -> ImportedAccount:
    """One account of a file."""
    return ImportedAccount(**{"id": None, "currency": None, "transactions": rows, **about})


def bank_file(*accounts: ImportedAccount) -> BankFile:
    """A file of several accounts."""
    return BankFile(format="test", accounts=accounts)


CHECKING = NewAccount("Checking", "EUR")
SAVINGS = NewAccount("Savings", "EUR", "savings")


async def bring_in(ledger: Ledger, file: BankFile, *targets: Target) -> ImportResult:
    """Import the file, by default into the checking account."""
    return await run_import(ledger, file, targets or [CHECKING], filename="test.csv")


async def counted(ledger: Ledger, file: BankFile, target: Account | NewAccount = CHECKING) -> tuple[int, int, int]:
    """Import a file of one account; how many rows were new, the same and changed."""
    counts = (await bring_in(ledger, file, target)).accounts[0].counts
    return counts.new, counts.same, counts.changed


async def rows_of(ledger: Ledger, wanted: TransactionFilter = EVERYTHING) -> tuple[Transaction, ...]:
    """Every transaction that `wanted` means, oldest first."""
    return (await find_transactions(ledger, wanted, order="oldest", limit=1_000_000)).rows


async def seen(ledger: Ledger) -> list[tuple[str, str, str, bool]]:
    """Day, amount, words and whether pending, of every transaction, sorted."""
    return sorted(
        (f"{each.date:%m-%d}", str(each.amount.amount), each.description, each.pending)
        for each in await rows_of(ledger)
    )

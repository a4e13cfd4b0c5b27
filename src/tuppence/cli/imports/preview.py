"""What was read in a bank's file, before anything is done with it."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tuppence.cli.console import harmless
from tuppence.cli.tables import Column, print_remark, print_table
from tuppence.ledger.importing import ImportCounts
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow

_UNKNOWN = "unknown"  # the key of sums whose currency the file does not say
_ROWS = 5
_COLUMNS = (Column("Date"), Column("Amount", is_number=True), Column("Description", may_shrink=True))


def reading_as_json(filename: str, bank_file: BankFile) -> dict[str, Any]:
    """The whole reading, for programs; amounts are strings."""
    return {
        "file": filename,
        "accounts": [_account_as_json(account) for account in bank_file.accounts],
        "problems": [{"line": one.line, "why": one.why} for one in bank_file.problems],
        "questions": [
            {"field": one.field, "why": one.why, "choices": list(one.choices)} for one in bank_file.questions
        ],
    }


def _account_as_json(account: ImportedAccount) -> dict[str, Any]:
    rows = [_row_as_json(row, account) for row in account.transactions]
    dates = [row["date"] for row in rows if row["date"] is not None]
    return {
        "id": account.id,
        "currency": account.currency,
        "transactions": len(rows),
        "pending": sum(row["pending"] for row in rows),
        "first_date": min(dates, default=None),
        "last_date": max(dates, default=None),
        "sum": {currency: f"{amount:f}" for currency, amount in _sums(account).items()},
        "opening_balance": _amount(account.opening_balance),
        "closing_balance": _amount(account.closing_balance),
        "rows": rows,
    }


def _row_as_json(row: ImportedRow, account: ImportedAccount) -> dict[str, Any]:
    return {
        "date": None if row.date is None else row.date.isoformat(),
        "amount": f"{row.amount:f}",
        "currency": row.currency or account.currency,
        "description": row.description,
        "pending": row.pending,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _sums(account: ImportedAccount) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in account.transactions:
        sums[row.currency or account.currency or _UNKNOWN] += row.amount
    return dict(sums)


def print_preview(filename: str, bank_file: BankFile, names: Sequence[str], plans: Sequence[ImportCounts]) -> None:
    """For people: what the file holds, its first rows, and what importing it would do."""
    print_remark(f"{filename}: {bank_file.format.upper()}, nothing is imported by --dry-run.")
    for account, name, plan in zip(bank_file.accounts, names, plans, strict=True):
        rows = account.transactions
        dates = [row.date for row in rows if row.date is not None]
        period = f"{min(dates)} to {max(dates)}" if dates else "no dates"
        sums = ", ".join(f"{amount:f} {currency}" for currency, amount in _sums(account).items()) or "0"
        print_remark(f"{name}: {len(rows):,} transactions, {period}, sum {sums}")
        listed = [(str(row.date or "–"), f"{row.amount:f}", row.description) for row in rows[:_ROWS]]
        print_table(_COLUMNS, listed, empty="The file has no transactions.")
        if len(rows) > _ROWS:
            print_remark(f"… and {len(rows) - _ROWS:,} more")
        print_remark(f"Importing it would {told_counts(plan)}.")


def told_counts(counts: ImportCounts) -> str:
    """Counts as the end of a sentence: "add 12 transactions, find 3 that are there already"."""
    parts = [f"add {counts.new:,} {'transaction' if counts.new == 1 else 'transactions'}"]
    parts += [f"find {counts.same:,} that are there already"] if counts.same else []
    parts += [f"bring {counts.changed:,} pending ones up to date"] if counts.changed else []
    parts += [f"leave out {counts.undated:,} pending ones that have no date yet"] if counts.undated else []
    return harmless(", ".join(parts))

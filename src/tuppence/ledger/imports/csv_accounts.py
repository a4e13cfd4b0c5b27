"""Puts the rows of a table together as accounts, without holding a large file in memory."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import overload

from tuppence.ledger.imports.bank_file import AccountKind, ImportedAccount, ImportedRow, Problem
from tuppence.ledger.imports.csv_rows import AccountKey, BalanceLine, LeftOut, Movement, RowReader

_ROWS_KEPT = 10_000
_PROBLEMS_KEPT = 1_000
_LINES_NAMED = 5


class FileRows(Sequence[ImportedRow]):
    """The rows of one account in a large file, read anew from its bytes each time they are walked."""

    def __init__(self, reader: RowReader, key: AccountKey, count: int) -> None:
        self._reader = reader
        self._key = key
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ImportedRow]:
        return (item.row for item in self._reader.items() if type(item) is Movement and item.key == self._key)

    @overload
    def __getitem__(self, index: int) -> ImportedRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ImportedRow]: ...
    def __getitem__(self, index: int | slice) -> ImportedRow | Sequence[ImportedRow]:
        """A row, or a tuple of rows. Reads the file from its beginning: to visit all rows, iterate."""
        if isinstance(index, slice):
            wanted = range(*index.indices(self._count))
            if not wanted:
                return ()
            low, high = min(wanted), max(wanted)
            kept = {place: row for place, row in enumerate(self) if low <= place <= high and place in wanted}
            return tuple(kept[place] for place in wanted)
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError(f"There is no row {index}: the account has {self._count} rows.")
        return next(row for at, row in enumerate(self) if at == place)


@dataclass(slots=True)
class _Collected:
    """What is known of one account after a walk over its rows."""

    count: int = 0
    total: Decimal = Decimal()
    """Of the booked rows."""
    kept: list[ImportedRow] = field(default_factory=list)
    first: ImportedRow | None = None
    last: ImportedRow | None = None
    latest: ImportedRow | None = None
    """The row of the latest date, None again when several rows share it."""
    latest_day: datetime.date | None = None
    currencies: set[str | None] = field(default_factory=set)
    opening: BalanceLine | None = None
    closing: BalanceLine | None = None

    def add(self, row: ImportedRow) -> None:
        self.count += 1
        if self.count <= _ROWS_KEPT:
            self.kept.append(row)
        elif self.kept:
            self.kept.clear()
        self.currencies.add(row.currency)
        if not row.pending:
            self.total += row.amount
        if row.date is not None and not row.pending:
            self._note_order(row, row.date)
        if row.balance is not None and not row.pending:
            self.first = self.first or row
            self.last = row

    def _note_order(self, row: ImportedRow, day: datetime.date) -> None:
        if self.latest_day is None or day > self.latest_day:
            self.latest, self.latest_day = row, day
        elif day == self.latest_day:
            self.latest = None

    def add_balance(self, balance: BalanceLine) -> None:
        if balance.kind == "opening":
            self.opening = self.opening or balance
        elif balance.kind == "closing":
            self.closing = balance


@dataclass(slots=True)
class Collection:
    """The accounts and problems of a table after one walk over all its rows."""

    accounts: list[ImportedAccount]
    problems: list[Problem]
    totals: list[Decimal]
    """Of the booked rows of each account."""


def collected_accounts(
    reader: RowReader, *, name: str | None, kind: AccountKind | None, progress: Callable[[int], None] | None = None
) -> Collection:
    """Walks the table once; the rows of a small account are kept, those of a large one are read again when wanted."""
    found: dict[AccountKey, _Collected] = {}
    problems: list[Problem] = []
    left_out: list[int] = []
    zeros: list[int] = []
    stated: list[int] = []
    missed = 0
    for item in reader.items(progress):
        if type(item) is Movement:
            found.setdefault(item.key, _Collected()).add(item.row)
            if not item.row.amount:
                zeros.append(item.row.line)
        elif type(item) is BalanceLine:
            found.setdefault(item.key, _Collected()).add_balance(item)
            if item.dated:
                stated.append(item.line)
        elif type(item) is LeftOut:
            left_out.append(item.line)
        elif isinstance(item, Problem):
            missed += len(problems) >= _PROBLEMS_KEPT
            if len(problems) < _PROBLEMS_KEPT:
                problems.append(item)
    problems += _remarks(left_out, zeros, stated, missed)
    merged = _merged(found)
    accounts = [_account(reader, key, rows, name, kind) for key, rows in merged.items()]
    return Collection(accounts, problems, [rows.total for rows in merged.values()])


def balance_remark(account: ImportedAccount, total: Decimal) -> Problem | None:
    """A remark when the stated balances do not differ by the booked rows; None when they do, or are unknown."""
    opening, closing = account.opening_balance, account.closing_balance
    if opening is None or closing is None or opening + total == closing:
        return None
    off = closing - opening - total
    why = f"The rows do not lead from the opening to the closing balance: {off:+} is missing; rows may be absent."
    return Problem(None, why, kept=True)


def _remarks(left_out: list[int], zeros: list[int], stated: list[int], missed: int) -> list[Problem]:
    remarks = []
    if missed:
        remarks.append(Problem(None, f"{missed} more rows cannot be read."))
    if left_out:
        remarks.append(
            Problem(
                left_out[0], f"{len(left_out)} cancelled or declined rows were left out: {_lines(left_out)}.", kept=True
            )
        )
    if stated:
        why = f"{len(stated)} rows are balances or totals by their words, and no transactions: {_lines(stated)}."
        remarks.append(Problem(stated[0], why, kept=True))
    if zeros:
        remarks.append(
            Problem(
                zeros[0],
                f"{len(zeros)} rows have the amount zero and may be mere notices; they were kept: {_lines(zeros)}.",
                kept=True,
            )
        )
    return remarks


def _lines(lines: list[int]) -> str:
    named = ", ".join(str(line) for line in lines[:_LINES_NAMED])
    word = "line" if len(lines) == 1 else "lines"
    return f"{word} {named}" + (" and others" if len(lines) > _LINES_NAMED else "")


def _merged(found: dict[AccountKey, _Collected]) -> dict[AccountKey, _Collected]:
    """Balances that were stated without an account go to the only account there is."""
    with_rows = {key: rows for key, rows in found.items() if rows.count}
    if len(with_rows) == 1:
        only = next(iter(with_rows.values()))
        for rows in found.values():
            only.opening = only.opening or rows.opening
            only.closing = only.closing or rows.closing
    return with_rows or dict(list(found.items())[:1])


def _account(
    reader: RowReader, key: AccountKey, rows: _Collected, name: str | None, kind: AccountKind | None
) -> ImportedAccount:
    opening, opening_date = _opening(rows, reader)
    closing, closing_date = _closing(rows, reader)
    currencies = {code for code in rows.currencies if code is not None}
    currency = next(iter(currencies)) if len(currencies) == 1 else None if currencies else reader.layout.currency
    return ImportedAccount(
        id=key[0],
        name=" ".join(part for part in (key[1], key[2]) if part) or name,
        kind=kind,
        currency=currency,
        transactions=tuple(rows.kept) if rows.count <= _ROWS_KEPT else FileRows(reader, key, rows.count),
        opening_balance=opening,
        opening_date=opening_date,
        closing_balance=closing,
        closing_date=closing_date,
    )


def _opening(rows: _Collected, reader: RowReader) -> tuple[Decimal | None, datetime.date | None]:
    """As stated; else the balance before the oldest row, where the running balance proves which row that is."""
    if rows.opening is not None:
        return rows.opening.amount, rows.opening.date
    oldest = {True: rows.last, False: rows.first, None: None}[reader.signs.newest_first]
    if oldest is None or oldest.balance is None:
        return None, None
    return oldest.balance - oldest.amount, oldest.date


def _closing(rows: _Collected, reader: RowReader) -> tuple[Decimal | None, datetime.date | None]:
    """As stated; else the running balance of the newest row, where balances or dates prove which row that is."""
    if rows.closing is not None:
        return rows.closing.amount, rows.closing.date
    newest = {True: rows.first, False: rows.last, None: rows.latest}[reader.signs.newest_first]
    if newest is None or newest.balance is None:
        return None, None
    return newest.balance, newest.date

"""What the cells of a column look like, whatever its header says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from tuppence.ledger.imports.amounts import DecimalEvidence, DecimalMark, amount_of
from tuppence.ledger.imports.csv_words import MONEY_IN, MONEY_OUT, NO_DIRECTION, plain_words
from tuppence.ledger.imports.currencies import currency_of
from tuppence.ledger.imports.dates import date_parts

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
_ACCOUNT_NUMBER = re.compile(r"[*xX\d][*xX\d /.-]{6,24}\d[A-Z]?")


@dataclass(slots=True)
class ColumnContent:
    """Counts over the sample of a column."""

    rows: int = 0
    filled: int = 0
    dates: int = 0
    amounts: int = 0
    telling: int = 0
    """Amounts that cannot be mere numbers: with decimals, a sign or a currency."""
    negatives: int = 0
    directions: int = 0
    currencies: int = 0
    letters: int = 0
    values: set[str] = field(default_factory=set)

    def add(self, cell: str) -> None:
        self.rows += 1
        text = cell.strip().strip("'")
        if not text:
            return
        self.filled += 1
        self.values.add(text)
        if date_parts(text) is not None:
            self.dates += 1
        money = amount_of(text, ".") or amount_of(text, ",")
        if money is not None:
            self.amounts += 1
            self.telling += not text.isdigit()
            self.negatives += money.value < 0
        words = plain_words(text) or text.casefold()
        self.directions += words in MONEY_IN or words in MONEY_OUT or words in NO_DIRECTION
        known = currency_of(text)
        self.currencies += known is not None
        self.letters += any(char.isalpha() for char in text)

    def mostly(self, count: int, share: float = 0.7) -> bool:
        return self.filled > 0 and count >= share * self.filled

    @property
    def is_dates(self) -> bool:
        return self.mostly(self.dates, 0.6)

    @property
    def is_amounts(self) -> bool:
        return self.mostly(self.amounts, 0.5)

    @property
    def is_money(self) -> bool:
        """Amounts for sure, also without a header that says so."""
        return self.mostly(self.amounts, 0.9) and self.telling > 0 and not self.is_dates

    @property
    def is_directions(self) -> bool:
        return self.mostly(self.directions, 0.95) and len({value.casefold() for value in self.values}) <= 4

    @property
    def has_direction_words(self) -> bool:
        """Directions for sure, also without a header that says so: not mere signs or single letters of any meaning."""
        return self.is_directions and any(len(value) > 1 or value in "DCHS借贷收支" for value in self.values)

    @property
    def is_currencies(self) -> bool:
        return self.mostly(self.currencies, 0.8) and len(self.values) <= 30

    @property
    def is_account(self) -> bool:
        """The same account number or IBAN in every row."""
        if len(self.values) != 1 or self.filled < self.rows:
            return False
        value = next(iter(self.values)).replace(" ", "")
        return bool(_IBAN.fullmatch(value) or (_ACCOUNT_NUMBER.fullmatch(value) and not date_parts(value)))


def column_contents(rows: Sequence[Sequence[str]], width: int) -> list[ColumnContent]:
    """The content of each of the first `width` columns."""
    contents = [ColumnContent() for _ in range(width)]
    for row in rows:
        for content, cell in zip(contents, row, strict=False):
            content.add(cell)
    return contents


@dataclass(frozen=True, slots=True)
class MoneyColumns:
    """Which columns hold the money: one signed column, or one for money out and one for money in."""

    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    balance: int | None = None


def money_columns(rows: Sequence[Sequence[str]], candidates: Sequence[int]) -> MoneyColumns | None:
    """The reading of unnamed money columns that the running balance proves, or the only one there is; else None."""
    if len(candidates) == 1:
        return MoneyColumns(amount=candidates[0])
    values = _values(rows, candidates)
    if values is None:
        return None
    proven = [reading for reading in _readings(candidates) if _chains(values, reading)]
    if len(proven) == 1:
        return proven[0]
    before = [reading for reading in _readings(candidates) if _chains(values, reading, balance_before=True)]
    if not proven and len(before) == 1:
        return replace(before[0], balance=None)
    by_size = [
        reading for reading in _readings(candidates) if reading.amount is not None and _chains_by_size(values, reading)
    ]
    if not proven and not before and len(by_size) == 1:
        return by_size[0]
    if not proven and len(candidates) == 2 and all(row[candidates[0]] == row[candidates[1]] for row in values):
        return MoneyColumns(amount=candidates[0])
    return None


def _readings(candidates: Sequence[int]) -> list[MoneyColumns]:
    readings = [MoneyColumns(amount=a, balance=b) for a in candidates for b in candidates if a != b]
    if len(candidates) >= 3:
        readings += [
            MoneyColumns(debit=out, credit=into, balance=balance)
            for balance in candidates
            for out in candidates
            for into in candidates
            if len({balance, out, into}) == 3
        ]
    return readings


def _values(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> list[dict[int, Decimal | None]] | None:
    evidence = DecimalEvidence()
    for row in rows:
        for column in columns:
            if column < len(row):
                evidence.add(row[column])
    marks = evidence.marks()
    if len(marks) > 1:
        return None
    mark: DecimalMark = marks[0] if marks else "."
    listed = []
    for row in rows:
        read = {column: amount_of(row[column], mark) if column < len(row) else None for column in columns}
        listed.append({column: money.value if money else None for column, money in read.items()})
    return listed


def _chains(
    values: Sequence[dict[int, Decimal | None]], reading: MoneyColumns, *, balance_before: bool = False
) -> bool:
    """Whether the balances follow from the amounts, oldest or newest first, in nearly all neighbouring rows.

    `balance_before`: the balance stands for the moment before the row's movement, not after it.
    """
    forward = backward = tried = 0
    for before, after in pairwise(values):
        older, newer = _movement(before, reading), _movement(after, reading)
        first, second = before.get(reading.balance or 0), after.get(reading.balance or 0)
        if reading.balance is None or first is None or second is None or older is None or newer is None:
            continue
        if balance_before:
            older, newer = newer, older
        tried += 1
        forward += second - first == newer
        backward += first - second == older
    return tried >= 2 and max(forward, backward) >= 0.85 * tried


def _chains_by_size(values: Sequence[dict[int, Decimal | None]], reading: MoneyColumns) -> bool:
    """Whether the balances differ by amounts that have no sign of their own, in all neighbouring rows."""
    amounts = [row.get(reading.amount or 0) for row in values]
    balances = [row.get(reading.balance or 0) for row in values]
    if len(values) < 3 or any(value is None or value < 0 for value in amounts):
        return False
    if any(balance is None for balance in balances):
        return False
    rises = [abs((after or 0) - (before or 0)) for before, after in pairwise(balances)]
    return rises == amounts[1:] or rises == amounts[:-1]


def _movement(row: dict[int, Decimal | None], reading: MoneyColumns) -> Decimal | None:
    if reading.amount is not None:
        return row[reading.amount]
    out, into = row[reading.debit or 0], row[reading.credit or 0]
    if (out is None) == (into is None):
        return None
    return into if into is not None else -abs(out or Decimal())

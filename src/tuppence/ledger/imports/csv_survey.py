"""One walk over a whole table that collects the evidence from which its layout is decided."""

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tuppence.ledger.imports.amounts import DecimalEvidence
from tuppence.ledger.imports.csv_columns import Table
from tuppence.ledger.imports.csv_text import CsvText, Dialect, Record
from tuppence.ledger.imports.csv_words import balance_words
from tuppence.ledger.imports.dates import DateEvidence, DateParts, date_parts

_VALUES_KEPT = 500
_DATES_KEPT = 5_000
_DATE_INSIDE = re.compile(r"(?<!\d)(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?!\d)|(\d{4}年\d{1,2}月(?:\d{1,2}日)?)")

_WHEN = re.compile(r"\s+(as (of|at)|on|per|am|au|al|den|zum)\s.*", re.IGNORECASE)
"""What follows an amount to say of which day it is."""


@dataclass(slots=True)
class Survey:
    """What the cells of the whole table show."""

    dates: DateEvidence
    decimals: DecimalEvidence = field(default_factory=DecimalEvidence)
    values: dict[int, Counter[str]] = field(default_factory=dict)
    """The different values, with their counts, of the columns that hold few (state, direction, currency, account)."""
    day_texts: dict[str, None] = field(default_factory=dict)
    """The different dates in the order of the file."""
    rows: int = 0
    split_decimals: int = 0
    """Rows in which the delimiter seems to stand inside an amount: whole number, delimiter, exactly two digits."""
    preamble: list[Record] = field(default_factory=list)

    def distinct(self, column: int | None) -> list[str]:
        """The different non-empty values of a column that were collected."""
        return [] if column is None else [value for value in self.values.get(column, {}) if value]


def surveyed(text: CsvText, dialect: Dialect, table: Table, today: datetime.date) -> Survey:
    """The evidence of a table."""
    survey = Survey(DateEvidence(today))
    columns = table.columns
    few = [
        c
        for c in (columns.direction, columns.status, columns.currency, columns.account, columns.pocket)
        if c is not None
    ]
    survey.values = {column: Counter() for column in few}
    money = [*columns.money, *(c for c in (columns.balance, columns.fee) if c is not None)]
    dates = [*columns.dates, *(() if columns.value_date is None else (columns.value_date,))]
    seen: set[str] = set()
    for line, cells in text.records(dialect):
        if line < table.first_line:
            survey.preamble.append((line, cells))
            continue
        if table.header and line == table.first_line:
            continue
        survey.rows += 1
        _note_dates(survey, cells, dates, seen)
        for column in money:
            if column < len(cells) and (cell := cells[column].strip()):
                survey.decimals.add(cell)
        for column in few:
            if column < len(cells) and len(survey.values[column]) < _VALUES_KEPT:
                survey.values[column][cells[column].strip()] += 1
        survey.split_decimals += _has_split_decimals(cells, table)
    _note_preamble(survey)
    return survey


def _note_dates(survey: Survey, cells: Sequence[str], columns: Sequence[int], seen: set[str]) -> None:
    for column in columns:
        if column >= len(cells):
            continue
        text = day_text(cells[column])
        if text in seen:
            continue
        seen.add(text)
        parts = date_parts(text)
        if parts is None:
            continue
        survey.dates.add(parts)
        if column == columns[0] and len(survey.day_texts) < _DATES_KEPT:
            survey.day_texts[text] = None


def day_text(cell: str) -> str:
    """The cell without the time of day after an ISO date, so that few different texts remain."""
    cell = cell.strip()
    return (
        cell[:10]
        if len(cell) > 10
        and cell[10] in " T"
        and cell[:10].count("-") + cell[:10].count("/") + cell[:10].count(".") == 2
        else cell
    )


def _has_split_decimals(cells: Sequence[str], table: Table) -> bool:
    for column in table.columns.money:
        if column + 1 < len(cells) and len(cells[column + 1]) == 2 and cells[column + 1].isdigit():
            whole = cells[column].strip().lstrip("+-")
            if whole.isdigit() and (not table.header or len(cells) > table.width):
                return True
    return False


def _note_preamble(survey: Survey) -> None:
    for parts in preamble_dates(survey.preamble):
        if parts.order is None and not parts.two_digit_year:
            survey.dates.add(parts)


def preamble_dates(preamble: Sequence[Record]) -> Iterator[DateParts]:
    """The dates that stand anywhere in the lines above a table."""
    for _, cells in preamble:
        for cell in cells:
            for match in _DATE_INSIDE.finditer(cell):
                parts = date_parts(match[0])
                if parts is not None:
                    yield parts


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A balance line outside of the rows: which balance, and the text of its amount and its date."""

    line: int
    kind: str
    amount: str
    date: str | None


def labelled_balance(line: int, cells: Sequence[str]) -> LabelledValue | None:
    """The balance that a line like "Closing balance;1.234,56 EUR" states, or None for any other line."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(filled) == 1 and ":" in filled[0]:
        filled = [part.strip() for part in filled[0].rsplit(":", 1)]
    kinds = [(index, kind) for index, cell in enumerate(filled) if (kind := balance_words(cell))]
    if not kinds:
        return None
    index, kind = kinds[0]
    amounts = [cell for cell in filled[index + 1 :] if any(char.isdigit() for char in cell) and not date_parts(cell)]
    if not amounts:
        return None
    dates = [match[0] for cell in filled for match in _DATE_INSIDE.finditer(cell)]
    return LabelledValue(line, kind, _WHEN.sub("", amounts[0]), dates[0] if dates else None)

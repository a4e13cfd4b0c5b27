"""Which column of a delimited file is read as what, for people to look at before they import it."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from tuppence.ledger.imports.bank_file import BankFile, ReadOptions, UnreadableBankFile
from tuppence.ledger.imports.csv_columns import Columns, column_label
from tuppence.ledger.imports.csv_file import recognised
from tuppence.ledger.imports.csv_layout import decided_layout
from tuppence.ledger.imports.csv_survey import surveyed
from tuppence.ledger.imports.csv_text import decoded
from tuppence.ledger.imports.csv_words import Role

ROLES: tuple[Role, ...] = get_args(Role)
_HEAD = 256 * 1024
"""Bytes: a table's columns are recognised by its first rows."""
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class RecognisedColumn:
    """A column of the file."""

    label: str
    """Its header, or its number from 1 where it has none: by this name `ReadOptions.columns` takes it."""
    role: Role | None
    """As what it is read; None: it is not."""
    examples: tuple[str, ...]
    """What its first rows say."""


def recognised_columns(
    data: bytes, bank_file: BankFile, *, filename: str, options: ReadOptions
) -> tuple[RecognisedColumn, ...]:
    """The columns of a file that was read as `bank_file`; none for formats that name their fields themselves."""
    if bank_file.format != "csv":
        return ()
    today = options.today or datetime.date.today()
    try:
        text = decoded(_head(data), options.encoding)
        dialect, table = recognised(text, options)
        layout = decided_layout(table, surveyed(text, dialect, table, today), options, today, filename)
    except UnreadableBankFile:  # the whole of it can be read, its beginning alone cannot
        return ()
    roles = dict(_roles(layout.columns))
    body = [cells for line, cells in text.records(dialect) if line > table.first_line or not table.header]
    shown = [cells for cells in body if len(cells) == table.width][:_EXAMPLES]
    return tuple(
        RecognisedColumn(
            _label(table.header, column), roles.get(column), tuple(cells[column].strip()[:80] for cells in shown)
        )
        for column in range(table.width)
    )


def _head(data: bytes) -> bytes:
    """The beginning of the file, whole lines of it."""
    if len(data) <= _HEAD:
        return data
    end = data.rfind(b"\n", 0, _HEAD)
    return data[: end + 1] if end > 0 else data[:_HEAD]


def _label(header: tuple[str, ...], column: int) -> str:
    """The name of a column, which is its number where another one before it has the same header."""
    label = column_label(header, column)
    return str(column + 1) if label in {column_label(header, other) for other in range(column)} else label


def _roles(columns: Columns) -> Iterator[tuple[int, Role]]:
    """Columns and their roles; what a column tells besides (a payee within the texts) comes later, and so counts."""
    for role, several in (("description", columns.texts), ("date", columns.dates), ("amount", columns.amounts)):
        for column in several:
            yield column, role  # type: ignore[misc]  # the literals are roles
    for role in ROLES:
        single: int | None = getattr(columns, role, None)
        if single is not None:
            yield single, role

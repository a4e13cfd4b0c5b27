"""Reads the rows of a table whose layout is decided."""

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import msgspec

from tuppence.ledger.imports.amounts import Money, amount_of
from tuppence.ledger.imports.bank_file import ImportedRow, Problem
from tuppence.ledger.imports.csv_columns import column_label, header_score
from tuppence.ledger.imports.csv_layout import Layout, preamble_account
from tuppence.ledger.imports.csv_signs import Signs
from tuppence.ledger.imports.csv_survey import LabelledValue, day_text, labelled_balance
from tuppence.ledger.imports.csv_text import CsvText, Dialect, Record
from tuppence.ledger.imports.csv_words import (
    BOOKED_WORDS,
    CANCELLED,
    PENDING,
    balance_words,
    plain_words,
    section_words,
)
from tuppence.ledger.imports.currencies import currency_of
from tuppence.ledger.imports.dates import date_near, date_parts, whole_date

_PENDING_TEXT = re.compile(
    r"transakcja nierozliczona|blokada środków|^pending\b|\bpending$|^vorgemerkt\b|\(pending\)|^\[pending\]"
)
_STATION = re.compile(r"total\W*\d*", re.IGNORECASE)
"""A filling station's name, unless the row has no date."""
_PENDING_HINTS = ("nierozliczona", "pending", "vorgemerkt", "blokada")
_ACCOUNT_PART_LIMIT = 80

AccountKey = tuple[str | None, str | None, str | None]
"""Account as in the file, pocket, currency (the last only where each currency has a balance of its own)."""


class Movement(NamedTuple):
    """A transaction, and the account it belongs to."""

    key: AccountKey
    row: ImportedRow


class BalanceLine(NamedTuple):
    """A row that states a balance and moves no money."""

    key: AccountKey
    line: int
    kind: str
    amount: Decimal
    date: datetime.date | None
    dated: bool = False
    """It has the date and the amount of a transaction; only its words say that it is none."""


class LeftOut(NamedTuple):
    """A row that is no transaction by its own words (cancelled, declined)."""

    line: int


Item = Movement | BalanceLine | LeftOut | Problem


class _Unreadable(Exception):
    """A row cannot be read; the message says why."""


@dataclass(slots=True)
class RowReader:
    """Walks a table and gives its rows in file order, and what could not be read in its place."""

    text: CsvText
    dialect: Dialect
    layout: Layout
    signs: Signs
    split_by_currency: bool = False
    _elsewhere: bool = False
    """Inside a second table with other columns."""
    _section: str | None = None
    _account: str | None = None
    _texts: list[Record] = field(default_factory=list)
    """The lines of text since the last header; above a repeated header they may name the next account."""
    _days: dict[str, datetime.date | None] = field(default_factory=dict)
    _states: dict[str, str] = field(default_factory=dict)

    def items(self, progress: Callable[[int], None] | None = None) -> Iterator[Item]:
        """The rows; a row that only carries on the text of the row before is joined to it.

        Walks may overlap: each has a reader of its own.
        """
        walk = RowReader(self.text, self.dialect, self.layout, self.signs, self.split_by_currency)
        items = walk._joined(progress)
        if self.signs.rule == "balance":
            return _signed_by_balance(items, newest_first=bool(self.signs.newest_first))
        return items

    def _joined(self, progress: Callable[[int], None] | None) -> Iterator[Item]:
        held: Movement | None = None
        self._account = self.layout.account
        for line, cells in self.text.records(self.dialect, progress=progress):
            if line < self.layout.first_line or (self.layout.header and line == self.layout.first_line):
                continue
            if held is not None and (more := self._continuation(cells)) is not None:
                description = f"{held.row.description} {more}".strip()
                held = Movement(held.key, msgspec.structs.replace(held.row, description=description))
                continue
            item = self._item(line, cells)
            if item is None:
                continue
            if held is not None:
                yield held
                held = None
            if type(item) is Movement:
                held = item
            else:
                yield item
        if held is not None:
            yield held

    def _continuation(self, cells: Sequence[str]) -> str | None:
        """The text of a row that has nothing but text, in the columns of texts; None for any other row."""
        columns = self.layout.columns
        if columns.dates[0] < len(cells) and cells[columns.dates[0]].strip():
            return None
        filled = [index for index, cell in enumerate(cells) if cell.strip()]
        if not filled or not self.layout.header or any(index not in columns.texts for index in filled):
            return None
        joined = " ".join(cells[index] for index in filled)
        return None if balance_words(joined) else " ".join(joined.split())

    def _item(self, line: int, cells: list[str]) -> Item | None:
        if self._is_header(cells):
            self._begin_section()
            return None
        if self._elsewhere:
            return None
        try:
            return self._movement(line, cells)
        except _Unreadable as error:
            return self._other(line, cells, str(error))

    def _begin_section(self) -> None:
        """The header once more: perhaps another account's rows, named by the lines between."""
        self._elsewhere = False
        self._account = preamble_account(self._texts) or self._account
        self._texts.clear()

    def _is_header(self, cells: Sequence[str]) -> bool:
        """Whether the record is the header once more."""
        header = self.layout.header
        return bool(header) and cells[0] == header[0] and tuple(cells) == header

    def _movement(self, line: int, cells: list[str]) -> Item:
        layout, columns = self.layout, self.layout.columns
        if len(cells) < layout.width:
            if not layout.header and 2 * len(cells) <= layout.width:
                raise _Unreadable(f"The row has {len(cells)} cells where others have {layout.width}.")
            cells = [*cells, *[""] * (layout.width - len(cells))]
        extra = self._extra_text(cells) if len(cells) > layout.width else ""
        state = self._state(cells[columns.status]) if columns.status is not None else ""
        day, waits = self._booking_day(cells, pending=state == "pending")
        money = self._money(cells)
        description = self._description(cells, extra)
        if not description:
            description = next((cell for cell in cells if balance_words(cell)), "")
        if len(description) <= 90 and (kind := balance_words(description)) and not _STATION.fullmatch(description):
            return self._balance_line(line, cells, kind, money, day)
        if state == "cancelled":
            return LeftOut(line)
        pending = waits or "pending" in (state, self._section) or _is_pending_text(description)
        return self._row(line, cells, day, money, description, pending=pending)

    def _row(
        self, line: int, cells: list[str], day: datetime.date | None, money: Money, description: str, *, pending: bool
    ) -> Movement:
        columns = self.layout.columns
        currency = self._currency(cells, money)
        row = ImportedRow(
            date=day,
            amount=money.value,
            currency=currency,
            description=description,
            pending=pending,
            line=line,
            bank_id=_cell(cells, columns.bank_id),
            payee=_cell(cells, columns.payee),
            memo=_cell(cells, columns.memo),
            category=_cell(cells, columns.category),
            kind=_cell(cells, columns.kind),
            value_date=self._day(cells[columns.value_date]) if columns.value_date is not None else None,
            balance=self._value(cells, columns.balance),
            fee=self._value(cells, columns.fee),
            counterparty_account=_cell(cells, columns.counterparty_account),
        )
        return Movement(self._key(cells, currency), row)

    def _key(self, cells: Sequence[str], currency: str | None) -> AccountKey:
        columns = self.layout.columns
        account = _cell(cells, columns.account)
        if account is not None:
            account = account.strip("'\"= ")[:_ACCOUNT_PART_LIMIT]
        return (
            account or self._account,
            _cell(cells, columns.pocket),
            currency if self.split_by_currency else None,
        )

    def _extra_text(self, cells: list[str]) -> str:
        """The text in cells beyond the header, which go on with the text of the last column."""
        width = self.layout.width
        extra = " ".join(cell for cell in cells[width:] if cell.strip())
        if extra and not (self.layout.header and width - 1 in self.layout.columns.texts):
            raise _Unreadable(
                f"The row has {len(cells)} cells where the header has {width}; a delimiter may stand inside a text."
            )
        return extra

    def _booking_day(self, cells: Sequence[str], *, pending: bool) -> tuple[datetime.date | None, bool]:
        """The booking date, and whether its absence shows that the row is pending."""
        columns = self.layout.columns
        for position, column in enumerate(columns.dates):
            text = cells[column].strip()
            if not text:
                continue
            day = self._day(text)
            if day is not None:
                return day, bool(position) and columns.booked_date
            if plain_words(text) in PENDING:
                later = next(
                    (found for other in columns.dates[position + 1 :] if (found := self._day(cells[other]))), None
                )
                return later, True
            raise _Unreadable(
                f"The date in column {column_label(self.layout.header, column)} cannot be read or is no day."
            )
        if pending:
            return None, True
        raise _Unreadable("The row has no date.")

    def _day(self, cell: str) -> datetime.date | None:
        text = day_text(cell)
        if text in self._days:
            return self._days[text]
        parts, day = date_parts(text), None
        if parts is not None and parts.has_year:
            day = whole_date(parts, self.layout.date_order, self.layout.today)
        elif parts is not None and self.layout.year_end is not None:
            day = date_near(parts, self.layout.date_order, self.layout.year_end)
        if day is not None and not 1950 <= day.year <= self.layout.today.year + 5:
            day = None
        if len(self._days) < 20_000:
            self._days[text] = day
        return day

    def _money(self, cells: list[str]) -> Money:
        """The amount with the household's sign."""
        columns = self.layout.columns
        money = self._split_money(cells) if self.signs.rule == "split" else self._signed_money(cells)
        if self.signs.fees and (fee := self._value(cells, columns.fee)):
            money = money._replace(value=money.value - abs(fee))
        return money

    def _signed_money(self, cells: list[str]) -> Money:
        filled = [column for column in self.layout.columns.amounts if not is_blank(cells[column])]
        if len(filled) != 1:
            raise _Unreadable("The row has no amount." if not filled else "The row has an amount in several columns.")
        money = amount_of(cells[filled[0]], self.layout.decimal)
        if money is None:
            raise _Unreadable(f"The amount in column {column_label(self.layout.header, filled[0])} cannot be read.")
        if money.currency is None and len(self.layout.columns.amounts) > 1:
            known = currency_of(self.layout.header[filled[0]].replace("$", "")) if self.layout.header else None
            money = money._replace(currency=known.code if known else None)
        return money._replace(value=self._signed(money, cells))

    def _signed(self, money: Money, cells: Sequence[str]) -> Decimal:
        rule, value = self.signs.rule, money.value
        if rule == "written":
            return -abs(value) if money.mark < 0 else value
        if rule == "flipped":
            return -value
        if rule == "balance":
            return value
        column = self.layout.columns.direction
        direction = self.layout.directions.get(cells[column].strip(), 0) if column is not None else 0
        if rule == "marks":
            direction = direction or money.mark or self.signs.unmarked
        if not value:
            return value
        if not direction:
            raise _Unreadable("The row does not say whether money came in or went out.")
        if rule == "direction_checked":
            if (value > 0) != (direction > 0):
                raise _Unreadable("The sign of the amount contradicts the direction that the row states.")
            return value
        if value < 0 and direction > 0 and rule == "direction":
            raise _Unreadable("The amount is negative although the row says that money came in.")
        return abs(value) * direction

    def _split_money(self, cells: list[str]) -> Money:
        columns = self.layout.columns
        out, into = self._side(cells, columns.debit), self._side(cells, columns.credit)
        if out is None and into is None:
            raise _Unreadable("The row has no amount.")
        if out is not None and into is not None and out.value and into.value:
            raise _Unreadable("The row has an amount both as money out and as money in.")
        if into is not None and (into.value or out is None):
            if self.signs.in_is_negative and self.layout.columns.debit is not None:
                return into._replace(value=abs(into.value))
            if into.value < 0 and self.layout.columns.debit is not None:
                raise _Unreadable("The amount of money that came in is negative.")
            return into
        assert out is not None
        if out.value and (out.value < 0) != self.signs.out_is_negative:
            raise _Unreadable("The amount of money that went out has another sign than the others of its column.")
        return out._replace(value=-abs(out.value))

    def _side(self, cells: Sequence[str], column: int | None) -> Money | None:
        if column is None or is_blank(cells[column]):
            return None
        money = amount_of(cells[column], self.layout.decimal)
        if money is None:
            raise _Unreadable(f"The amount in column {column_label(self.layout.header, column)} cannot be read.")
        return money

    def _value(self, cells: Sequence[str], column: int | None) -> Decimal | None:
        if column is None or column >= len(cells) or not cells[column]:
            return None
        money = amount_of(cells[column], self.layout.decimal)
        return None if money is None else -money.value if money.mark < 0 < money.value else money.value

    def _currency(self, cells: Sequence[str], money: Money) -> str | None:
        column = self.layout.columns.currency
        if column is not None and (text := cells[column].strip()):
            if len(text) == 3 and text.isascii() and text.isupper():
                return text
            known = currency_of(text)
            return known.code if known else None
        return money.currency or self.layout.currency

    def _description(self, cells: Sequence[str], extra: str) -> str:
        texts = [cells[column] for column in self.layout.columns.texts]
        if extra:
            texts.append(extra)
        return " ".join(" ".join(texts).split())

    def _state(self, cell: str) -> str:
        """`pending`, `cancelled` or nothing, from the cell of the state column."""
        if cell not in self._states:
            self._states[cell] = self._meaning(cell)
        return self._states[cell]

    def _meaning(self, cell: str) -> str:
        column = self.layout.columns.status
        named = (
            plain_words(self.layout.header[column]) if column is not None and column < len(self.layout.header) else ""
        )
        words = plain_words(cell)
        if named == "pending":
            return "pending" if words in {"true", "yes", "y", "1", "x", "pending"} else ""
        if named in {"posted", "cleared"}:
            return "pending" if words in {"false", "no", "n", "0", "pending", "uncleared"} else ""
        if words in BOOKED_WORDS:
            return ""
        if words in CANCELLED:
            return "cancelled"
        head = words.split()[:1]
        return "pending" if words in PENDING or (head and head[0] in PENDING) else ""

    def _balance_line(
        self, line: int, cells: Sequence[str], kind: str, money: Money, day: datetime.date | None
    ) -> BalanceLine:
        stated = self._value(cells, self.layout.columns.balance)
        amount = money.value if stated is None else stated
        return BalanceLine(self._key(cells, self._currency(cells, money)), line, kind, amount, day, dated=True)

    def _other(self, line: int, cells: list[str], why: str) -> Item | None:
        """What a row that is no transaction is: a balance, a line of text (None), or a problem."""
        if header_score(cells) >= 20:
            self._elsewhere = True
            return Problem(line, "A second table with other columns begins here; its rows were not read.")
        stated = labelled_balance(line, cells)
        if stated is not None:
            return self._stated_balance(stated, cells)
        filled = [cell for cell in cells if cell.strip()]
        if any(balance_words(cell) for cell in filled):
            return None
        if len(filled) <= 2:
            self._texts.append((line, cells))
            self._section = section_words(filled[0]) or self._section if filled else self._section
        blank = all(is_blank(_at(cells, column)) for column in (*self.layout.columns.dates, *self.layout.columns.money))
        if blank and not (any(map(date_parts, filled)) and "\ufffd" not in filled):
            return None
        if not filled or (len(filled) <= 2 and not _looks_like_row(cells, self.layout)):
            return None
        return Problem(line, why)

    def _stated_balance(self, stated: LabelledValue, cells: Sequence[str]) -> Item | None:
        balance = self._value(cells, self.layout.columns.balance)
        money = amount_of(stated.amount, self.layout.decimal)
        value = balance if balance is not None else money.value if money else None
        if value is None:
            return None
        padded = [*cells, *[""] * (self.layout.width - len(cells))]
        day = (
            self._day(stated.date)
            if stated.date
            else next((day for c in self.layout.columns.dates if (day := self._day(padded[c]))), None)
        )
        key = self._key(padded, self._currency(padded, Money(value, None, 0)))
        return BalanceLine(key, stated.line, stated.kind, value, day)


def _looks_like_row(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a short record still has something where a date or an amount belongs."""
    columns = layout.columns
    has_date = any(column < len(cells) and date_parts(cells[column]) for column in columns.dates)
    has_amount = any(column < len(cells) and amount_of(cells[column], layout.decimal) for column in columns.money)
    return has_date or has_amount or "\ufffd" in cells


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def is_blank(cell: str) -> bool:
    """Whether a cell of amounts is empty, or holds nothing but a dash in place of an amount."""
    return not cell.strip().strip("-\u2013\u2014")


def _cell(cells: Sequence[str], column: int | None) -> str | None:
    if column is None or column >= len(cells):
        return None
    text = cells[column]
    return " ".join(text.split()) or None if text else None


def _is_pending_text(description: str) -> bool:
    lowered = description.casefold()
    return any(hint in lowered for hint in _PENDING_HINTS) and _PENDING_TEXT.search(lowered) is not None


def _signed_by_balance(items: Iterator[Item], *, newest_first: bool) -> Iterator[Item]:
    """Gives each unsigned amount the sign by which the balance moved; without a balance before it it is a problem."""
    balances: dict[AccountKey, Decimal] = {}
    waiting: dict[AccountKey, Movement] = {}
    for item in items:
        if type(item) is BalanceLine:
            if newest_first and item.key in waiting and item.kind == "opening":
                yield _with_sign(waiting.pop(item.key), item.amount)
            balances[item.key] = item.amount
            yield item
        elif type(item) is not Movement:
            yield item
        elif newest_first:
            if item.key in waiting:
                yield _with_sign(waiting[item.key], item.row.balance)
            waiting[item.key] = item
        else:
            yield _with_sign(item, balances.get(item.key))
            if item.row.balance is not None:
                balances[item.key] = item.row.balance
    for movement in waiting.values():
        yield _with_sign(movement, None)


def _with_sign(movement: Movement, before: Decimal | None) -> Item:
    row = movement.row
    if before is not None and row.balance is not None:
        for amount in (row.amount, -row.amount):
            if row.balance - before == amount:
                return Movement(movement.key, msgspec.structs.replace(row, amount=amount))
    return Problem(
        row.line, "The amount has no sign, and no balance before it shows whether money came in or went out."
    )

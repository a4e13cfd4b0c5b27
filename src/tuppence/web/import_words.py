"""What the pages of the import say of files: questions and their choices, columns, amounts, counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_decimal

from tuppence.ledger.importing import ImportCounts
from tuppence.ledger.imports import ImportedAccount, ImportedRow, Question, ReadOptions
from tuppence.ledger.imports.answers import columns_of
from tuppence.money import MINUS, InexactAmount, Money, minor_units
from tuppence.web.formats import Formats

ROLES: dict[str, str] = {
    "date": "Date",
    "value_date": "Value date",
    "amount": "Amount",
    "debit": "Money out",
    "credit": "Money in",
    "balance": "Balance after it",
    "fee": "Fee",
    "currency": "Currency",
    "direction": "In or out",
    "status": "Booked or pending",
    "description": "Description",
    "payee": "Payee",
    "memo": "Memo",
    "category": "Category",
    "kind": "Kind of booking",
    "account": "Own account",
    "pocket": "Part of the account",
    "counterparty_account": "Other account",
    "bank_id": "The bank’s number",
    "other": "Not read",
}
"""What a column may be read as."""

_CHOICES = {
    ("day_first", "yes"): "Day first: 03/04 is 3 April",
    ("day_first", "no"): "Month first: 03/04 is March 4",
    ("date_order", "dmy"): "Day, month, year",
    ("date_order", "mdy"): "Month, day, year",
    ("date_order", "ymd"): "Year, month, day",
    ("decimal", "."): "A point begins the decimals: 1.50",
    ("decimal", ","): "A comma begins the decimals: 1,50",
    ("flip_sign", "yes"): "Yes, a positive amount was spent",
    ("flip_sign", "no"): "No, a positive amount came in",
    ("include_fees", "yes"): "Yes, fees come on top",
    ("include_fees", "no"): "No, the amount is all of it",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered."""

    field: str
    text: str


def choice_text(field: str, choice: str) -> str:
    """One choice of a question, for a button."""
    if (field, choice) in _CHOICES:
        return _CHOICES[field, choice]
    if field == "columns":
        return ", ".join(f"“{column}” is {_role_text(role)}" for role, column in columns_of([choice]).items())
    return choice


def _role_text(role: str) -> str:
    return ROLES.get("other" if role == "ignore" else role, role).lower()


def question_text(question: Question) -> str:
    """The question as the page asks it: the buttons say the rest."""
    return question.why


def answered(options: ReadOptions) -> list[Answered]:
    """What a person has answered so far."""
    found = []
    for field in ("day_first", "date_order", "flip_sign", "include_fees"):
        value = getattr(options, field)
        if value is not None:
            word = value if isinstance(value, str) else ("yes" if value else "no")
            found.append(Answered(field, choice_text(field, word)))
    if options.decimal is not None:
        found.append(Answered("decimal", choice_text("decimal", options.decimal)))
    if options.year is not None:
        found.append(Answered("year", f"The last row is of {options.year}"))
    if options.delimiter is not None:
        shown = {"\t": "a tab", " ": "a space"}.get(options.delimiter, f"“{options.delimiter}”")
        found.append(Answered("delimiter", f"The cells are separated by {shown}"))
    if options.encoding is not None:
        found.append(Answered("encoding", f"The text is encoded as {options.encoding}"))
    if options.currency is not None:
        found.append(Answered("currency", f"The amounts are in {options.currency}"))
    if options.columns:
        texts = [choice_text("columns", f"{role}={column}") for role, column in options.columns.items()]
        found.append(Answered("columns", ", ".join(texts)))
    return found


def amount_text(row: ImportedRow, account: ImportedAccount, formats: Formats) -> str:
    """The amount of a row as the file has it, with its currency where that is known."""
    return decimal_text(row.amount, row.currency or account.currency, formats)


def decimal_text(amount: Decimal, currency: str | None, formats: Formats) -> str:
    """An amount that may have no currency yet, or more decimals than its currency has."""
    if currency is not None:
        try:
            return formats.money(Money(minor_units(amount, currency), currency))
        except InexactAmount:
            pass
    text = str(format_decimal(amount, format="#,##0.00########", locale=formats.locale)).replace("-", MINUS)
    return f"{text} {currency}" if currency else text


def counted(number: int, one: str, many: str, formats: Formats) -> str:
    """ "1 row", "1,200 rows"."""
    return f"{formats.number(number)} {one if number == 1 else many}"


def counts_text(counts: ImportCounts, formats: Formats) -> str:
    """ "12 new, 3 already there, 1 brought up to date"."""
    parts = [f"{formats.number(counts.new)} new"]
    parts += [f"{formats.number(counts.same)} already there"] if counts.same else []
    parts += [f"{formats.number(counts.changed)} brought up to date"] if counts.changed else []
    return ", ".join(parts)


def size_text(size: int, formats: Formats) -> str:
    """The size of a file, in decimal units as file managers give it."""
    if size < 1000:
        return counted(size, "byte", "bytes", formats)
    if size < 1_000_000:
        return f"{formats.number(round(size / 1000))} kB"
    return f"{formats.number(round(Decimal(size) / 1_000_000, 1))} MB"

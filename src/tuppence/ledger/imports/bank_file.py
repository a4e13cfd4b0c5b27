"""What a bank's file says, as plain values: accounts with their rows, what could not be read, what has to be asked."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

AccountKind = Literal["checking", "savings", "credit_card", "loan", "investment"]


class UnreadableBankFile(Exception):
    """The file as a whole cannot be read; the message is one sentence that says what to do."""


class ImportedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One movement of money, as the file has it."""

    date: datetime.date | None
    """Booking date. None only for a pending row whose date the bank has not set yet."""
    amount: Decimal
    """In units of `currency`; money out is negative, whatever sign the file uses."""
    currency: str | None
    """ISO 4217 code, or None when the file does not say."""
    description: str
    """All the texts of the row that tell what it was, in file order, white space collapsed; may be empty."""
    pending: bool
    line: int
    """Line of the file on which the row begins, counted from 1."""
    bank_id: str | None = None
    """The bank's own identifier of the row (OFX FITID, a transaction id column)."""
    payee: str | None = None
    memo: str | None = None
    category: str | None = None
    kind: str | None = None
    """The bank's word for the sort of row (card payment, standing order), untranslated."""
    value_date: datetime.date | None = None
    balance: Decimal | None = None
    """Running balance after the row, as printed."""
    fee: Decimal | None = None
    """A fee that the file states in a column of its own, as printed; `amount` does not include it unless a question was
    answered so or the running balance proves it."""
    counterparty_account: str | None = None


class ImportedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the file. `transactions` are in file order and can be walked any number of times."""

    id: str | None
    """As in the file (account number, IBAN), or None when the file does not say."""
    currency: str | None
    """ISO 4217 code; None when the file does not say, or when the rows have several currencies."""
    transactions: Sequence[ImportedRow]
    name: str | None = None
    kind: AccountKind | None = None
    opening_balance: Decimal | None = None
    opening_date: datetime.date | None = None
    closing_balance: Decimal | None = None
    closing_date: datetime.date | None = None


class Problem(msgspec.Struct, frozen=True):
    """Something in the file that could not be read as it stands."""

    line: int | None
    """Counted from 1; None when it concerns the file as a whole."""
    why: str
    kept: bool = False
    """True for a remark: what it concerns was read, or is no transaction. False when a row is missing."""


class Question(msgspec.Struct, frozen=True):
    """Something the file leaves open. The answer goes into the `ReadOptions` field of the same name."""

    field: str
    why: str
    choices: tuple[str, ...]
    """The answers, in the words that the command line and the form of the web app take."""
    assumed: str | None = None
    """The choice with which the rows of this reading were made, for a preview only; None when none was made."""


class ReadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A person's answers. None leaves the decision to the file, and a question is asked where it does not decide."""

    day_first: bool | None = None
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    """For two-digit years, which may stand first. Goes before `day_first`."""
    year: int | None = None
    """The year of the last row, for dates without a year."""
    decimal: Literal[".", ","] | None = None
    flip_sign: bool | None = None
    """True: a positive amount in the file is money out (many card statements). False: the signs are right."""
    include_fees: bool | None = None
    """True: the fee column is taken off the amount in addition to it."""
    columns: Mapping[str, str] = {}
    """Role (date, amount, debit, credit, balance, description, ...) to a header cell, or to a column number from 1."""
    delimiter: str | None = None
    encoding: str | None = None
    currency: str | None = None
    account: str | None = None
    """The account's id, for a file that does not name it."""
    today: datetime.date | None = None
    """The day the file was taken, for telling impossible dates; None is the day of reading."""


class BankFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. With open `questions` the rows are a preview only, or absent: nothing may be imported yet."""

    format: str
    accounts: tuple[ImportedAccount, ...]
    problems: tuple[Problem, ...] = ()
    questions: tuple[Question, ...] = ()

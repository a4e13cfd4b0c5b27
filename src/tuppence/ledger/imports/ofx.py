"""Reads OFX, QFX and QBO: bank, card and investment statements of OFX 1 and OFX 2.

We read the elements ourselves. ofxparse, tried on real files, gives up a whole file for one bad amount or an empty
balance, knows no line numbers, and makes sixteen accounts of sixteen statements of one card; here only the row that is
wrong is lost. Source of the elements' meaning: OFX 1.6 and 2.2 specifications, chapters 11 and 13.
"""

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tuppence.ledger.imports.amounts import DecimalEvidence, DecimalMark, amount_of
from tuppence.ledger.imports.bank_file import (
    AccountKind,
    BankFile,
    ImportedAccount,
    ImportedRow,
    Problem,
    Question,
    ReadOptions,
    UnreadableBankFile,
)
from tuppence.ledger.imports.csv_text import decoded
from tuppence.ledger.imports.ofx_elements import Element, elements

_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_ROWS = frozenset({"STMTTRN", "STMTTRNP"})
_GROUPS = frozenset(
    {
        "PAYEE",
        "EXTDPAYEE",
        "BANKACCTTO",
        "CCACCTTO",
        "CURRENCY",
        "ORIGCURRENCY",
        "LEDGERBAL",
        "AVAILBAL",
        "BAL",
        "INVBAL",
    }
)
_BALANCES = frozenset({"LEDGERBAL", "AVAILBAL"})
_TRADES = frozenset(
    {"INVBUY", "INVSELL", "INCOME", "REINVEST", "INVEXPENSE", "TRANSFER", "MARGININTEREST", "RETOFCAP", "SPLIT"}
)
_AMOUNT = re.compile(r"[-+]?\s*(?:\d[\d.,' ]*|[.,]\d+)")
_DATE = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]?\d{2}:?\d{2}(?::?\d{2})?(?:[.,]\d*)?)?\s*"
    r"(?:\[[^\]]*\]?|Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?"
)
_CHARSET = re.compile(rb"(?:CHARSET:|encoding=[\"'])\s*([A-Za-z0-9_-]+)")
_KINDS: dict[str, AccountKind] = {
    "CHECKING": "checking", "SAVINGS": "savings", "MONEYMRKT": "savings", "CD": "savings", "CREDITLINE": "loan",
}  # fmt: skip


def is_ofx(head: bytes) -> bool:
    """Whether the beginning of a file is OFX, in any of the ways banks send it."""
    plain = head.replace(b"\x00", b"").upper()
    return b"OFXHEADER" in plain or re.search(rb"<OFX[\s>]", plain) is not None or b"<STMTTRN>" in plain


@dataclass(slots=True)
class _Fields:
    """The texts of a row or a statement by element; those of a group inside it as GROUP.ELEMENT."""

    line: int
    texts: dict[str, str] = field(default_factory=dict)
    pending: bool = False

    def get(self, name: str) -> str | None:
        return " ".join(self.texts.get(name, "").split()) or None


@dataclass(slots=True)
class _Statement:
    """One STMTRS, CCSTMTRS or INVSTMTRS."""

    wraps: str
    about: _Fields
    rows: list[_Fields] = field(default_factory=list)
    trades: int = 0

    def key(self, place: int) -> tuple[str, str]:
        """Statements with the same key are of the same account."""
        return self.about.get("ACCTID") or f"\x00{place}", self.about.get("BANKID") or ""


def read_ofx(
    data: bytes, *, filename: str, options: ReadOptions, progress: Callable[[int, int], None] | None = None
) -> BankFile:
    """The accounts of an OFX file; the statements of one account are put together, in file order.

    Rows that cannot be read are problems. Raises UnreadableBankFile when there is no statement in the file.
    """
    statements = _statements(elements(_text(data, options)), len(data), progress)
    if not statements:
        raise UnreadableBankFile(
            "The OFX file holds no account statement: choose a period with transactions and download it again."
        )
    rows = _RowMaker(_decimal_mark(statements), options)
    grouped: dict[tuple[str, str], list[_Statement]] = {}
    for place, statement in enumerate(statements):
        grouped.setdefault(statement.key(place), []).append(statement)
    accounts = tuple(_account(parts, rows) for parts in grouped.values())
    trades = sum(statement.trades for statement in statements)
    if trades:
        why = f"{trades} trades of securities are not read; only movements of cash are."
        rows.problems.append(Problem(None, why, kept=True))
    questions = _sign_questions(statements, rows, options)
    return BankFile(format="ofx", accounts=accounts, problems=tuple(rows.problems), questions=questions)


def _text(data: bytes, options: ReadOptions) -> str:
    """The text: UTF-8 where the bytes are that (many banks declare less), else as declared, else as they suggest."""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and data[1:200:2].count(0) < 50:
        data = data.replace(b"\x00", b"")
    declared = _CHARSET.search(data[:2000])
    encoding = options.encoding
    if encoding is None and declared is not None:
        name = declared[1].decode("ascii")
        name = f"cp{name}" if name.isdigit() else name
        if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and not _fits(data, "utf-8") and _fits(data, name):
            encoding = name
    return "".join(decoded(data, encoding).lines())


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def _statements(source: Iterator[Element], size: int, progress: Callable[[int, int], None] | None) -> list[_Statement]:
    statements: list[_Statement] = []
    row: _Fields | None = None
    group = ""
    for element in source:
        if progress is not None and not element.line % 5000:
            progress(min(element.line * 20, size), size)
        name = element.name
        if element.closes:
            group = "" if name == group else group
            row = None if name in _ROWS or name in _STATEMENTS or name.endswith("TRANLIST") else row
        elif name in _STATEMENTS:
            statements.append(_Statement(name, _Fields(element.line)))
            row, group = None, ""
        elif name in _ROWS:
            if not statements:
                statements.append(_Statement("STMTRS", _Fields(element.line)))
            row, group = _Fields(element.line, pending=name == "STMTTRNP"), ""
            statements[-1].rows.append(row)
        elif statements:
            row = None if name in _BALANCES else row
            _take(statements[-1], row, group, element)
            group = name if name in _GROUPS and not element.text else group
    return statements


def _take(statement: _Statement, row: _Fields | None, group: str, element: Element) -> None:
    statement.trades += row is None and element.name in _TRADES
    if not element.text:
        return
    texts = statement.about.texts if row is None else row.texts
    texts.setdefault(f"{group}.{element.name}" if group else element.name, element.text)


def _decimal_mark(statements: list[_Statement]) -> DecimalMark | None:
    """The mark of the decimals that the amounts prove. The specification allows both and no thousands separators."""
    evidence = DecimalEvidence()
    for statement in statements:
        for row in (*statement.rows, statement.about):
            for name in ("TRNAMT", "LEDGERBAL.BALAMT"):
                if text := row.get(name):
                    evidence.add(text)
    marks = evidence.marks()
    return marks[0] if len(marks) == 1 else None


class _RowMaker:
    """Makes rows of the texts of STMTTRN elements and keeps the problems met."""

    def __init__(self, mark: DecimalMark | None, options: ReadOptions) -> None:
        self.problems: list[Problem] = []
        self._mark = options.decimal or mark
        self._flip = bool(options.flip_sign)

    def rows(self, statement: _Statement, currency: str | None) -> Iterator[ImportedRow]:
        """The rows of a statement that can be read."""
        for fields in statement.rows:
            amount, day = self.amount(fields.get("TRNAMT")), _day(fields.get("DTPOSTED"))
            if day is None and fields.pending:
                day = _day(fields.get("DTTRAN"))
            if amount is None:
                self.problems.append(Problem(fields.line, "The amount (TRNAMT) is missing or cannot be read."))
            elif day is None and not (fields.pending and fields.get("DTPOSTED") is None):
                self.problems.append(
                    Problem(fields.line, "The date (DTPOSTED) is missing, cannot be read, or is no day.")
                )
            else:
                yield self._row(fields, day, -amount if self._flip else amount, currency)

    def _row(self, fields: _Fields, day: datetime.date | None, amount: Decimal, currency: str | None) -> ImportedRow:
        payee = fields.get("NAME") or fields.get("PAYEE.NAME") or fields.get("EXTDPAYEE.NAME")
        memo = fields.get("MEMO")
        parts = [text for text in (payee, memo) if text]
        if payee and memo and payee.casefold() in memo.casefold():
            parts = [memo]
        return ImportedRow(
            date=day,
            amount=amount,
            currency=fields.get("CURRENCY.CURSYM") or currency,
            description=" ".join(parts),
            pending=fields.pending,
            line=fields.line,
            bank_id=fields.get("FITID"),
            payee=payee,
            memo=memo,
            kind=fields.get("TRNTYPE"),
            value_date=_day(fields.get("DTAVAIL")),
            counterparty_account=fields.get("BANKACCTTO.ACCTID") or fields.get("CCACCTTO.ACCTID"),
        )

    def amount(self, text: str | None) -> Decimal | None:
        """The amount, or None when there is none, when it is no number, or when 1,234 may mean two things."""
        text = text and text.replace("\u2212", "-")
        if text is None or not _AMOUNT.fullmatch(text):
            return None
        evidence = DecimalEvidence()
        evidence.add(text)
        own = evidence.marks()
        mark = own[0] if own else self._mark
        if mark is None:
            if evidence.grouping_mark() is not None:
                return None
            mark = "."
        money = amount_of(text, mark)
        return None if money is None else money.value


def _day(text: str | None) -> datetime.date | None:
    """The day as written: a time and its zone do not move it."""
    match = _DATE.fullmatch(text) if text else None
    if match is None:
        return None
    try:
        day = datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day if day.year >= 1950 else None


def _account(parts: list[_Statement], rows: _RowMaker) -> ImportedAccount:
    """One account of its statements; the closing balance is that of the latest day."""
    about = parts[0].about
    currency = about.get("CURDEF")
    listed = tuple(row for part in parts for row in rows.rows(part, part.about.get("CURDEF") or currency))
    closing, closing_date = None, None
    for part in parts:
        amount, day = rows.amount(part.about.get("LEDGERBAL.BALAMT")), _day(part.about.get("LEDGERBAL.DTASOF"))
        if amount is not None and (
            closing is None or (day is not None and (closing_date is None or day > closing_date))
        ):
            closing, closing_date = amount, day
    return ImportedAccount(
        id=about.get("ACCTID"),
        currency=currency.upper() if currency else None,
        transactions=listed,
        kind=_kind(parts[0]),
        closing_balance=closing,
        closing_date=closing_date,
    )


def _kind(statement: _Statement) -> AccountKind | None:
    if statement.wraps == "CCSTMTRS":
        return "credit_card"
    if statement.wraps == "INVSTMTRS":
        return "investment"
    return _KINDS.get((statement.about.get("ACCTTYPE") or "").upper())


def _sign_questions(statements: list[_Statement], rows: _RowMaker, options: ReadOptions) -> tuple[Question, ...]:
    """Asks when every row of type DEBIT is positive, against the specification, or every CREDIT negative."""
    if options.flip_sign is not None:
        return ()
    signs: dict[str, set[bool]] = {"DEBIT": set(), "CREDIT": set()}
    for statement in statements:
        for fields in statement.rows:
            amount, kind = rows.amount(fields.get("TRNAMT")), (fields.get("TRNTYPE") or "").upper()
            if amount and kind in signs:
                signs[kind].add(amount > 0)
    if signs["DEBIT"] == {True} and signs["CREDIT"] <= {False}:
        why = "Debits are positive here, although OFX writes them negative. Is a positive amount money that was spent?"
        return (Question("flip_sign", why, ("yes", "no"), "no"),)
    return ()

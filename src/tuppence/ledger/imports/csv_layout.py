"""Decides from the evidence of a table how its dates and amounts are read, and asks what it leaves open."""

import calendar
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tuppence.ledger.imports.amounts import DecimalMark
from tuppence.ledger.imports.bank_file import Problem, Question, ReadOptions, UnreadableBankFile
from tuppence.ledger.imports.csv_columns import Columns, Table
from tuppence.ledger.imports.csv_survey import Survey, preamble_dates
from tuppence.ledger.imports.csv_text import Record
from tuppence.ledger.imports.csv_words import (
    BOOKED_WORDS,
    CANCELLED,
    CARD,
    MONEY_IN,
    MONEY_OUT,
    NO_DIRECTION,
    PENDING,
    STATE_NAMES,
    plain_words,
)
from tuppence.ledger.imports.currencies import currency_of
from tuppence.ledger.imports.dates import DateOrder, DateParts, date_parts, in_order, whole_date

_DAY_FIRST_WORDS = re.compile(
    r"\b(datum|fecha|data|dato|pvm|tarih|libelle|montant|betrag|importe|importo|bedrag|kwota|valor|belopp|belob|"
    r"belop|solde|saldo|montant|"
    r"descripcion|descricao|descrizione|omschrijving|buchung\w*|valuta|concepto|historico|paivamaara|castka|osszeg|"
    r"tutar)\b"
)
_CARD_NAME = re.compile(
    r"(?<![^\W\d_])(card|karte|kreditkarte|carte|tarjeta|cartao|kort|fatura)(?![^\W\d_])", re.IGNORECASE
)
_MONTH_OF = re.compile(r"(\d{4})\s*[年/-]\s*(\d{1,2})\s*月?(?!\d)")
_NO_DECIMALS_WORDS = re.compile("[\u3040-\u30ff]|残高|日付|円|원|[\uac00-\ud7a3]")
_NO_DECIMALS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "IDR", "HUF", "COP"})
_THREE_DECIMALS = frozenset({"KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD"})
_MONTH_FIRST_CURRENCIES = frozenset({"USD"})
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_ACCOUNT_LABEL = re.compile(
    r"\b(account( number| no| details( for)?| name)?|konto(nummer)?|girokonto|iban|compte|numero de compte|cuenta|"
    r"conto|rekening(nummer)?|conta|rachunek|numer rachunku|"
    r"rachunkow|account number|kontonr|tagesgeldkonto|tagesgeld|kreditkarte|karte|card number|card no|"
    r"numero de cuenta|saskaita|tili)\b|账号|卡号|账户|口座"
)
_ACCOUNT_TEXT = re.compile(r"[A-Z]{0,4}[\d*xX•][\d*xX• ./-]{3,32}[\dA-Z]")


@dataclass(slots=True)
class Layout:
    """How a table is read; what is not yet known is None."""

    columns: Columns
    width: int
    header: tuple[str, ...]
    first_line: int
    today: datetime.date
    date_order: DateOrder = "dmy"
    year_end: datetime.date | None = None
    decimal: DecimalMark = "."
    directions: dict[str, int] = field(default_factory=dict)
    currency: str | None = None
    account: str | None = None
    is_card: bool = False
    """The file calls itself the statement of a credit card."""
    mentions_card: bool = False
    questions: list[Question] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    readable: bool = True
    """False when an open question leaves nothing to show."""


def decided_layout(table: Table, survey: Survey, options: ReadOptions, today: datetime.date, filename: str) -> Layout:
    """The layout of a table, with its open questions."""
    layout = Layout(table.columns, table.width, table.header, table.first_line, today)
    layout.questions.extend(table.questions)
    if (named := _named_currency(layout)) is not None:
        layout.columns = replace(layout.columns, currency=None)
    layout.currency = options.currency or named or _file_currency(table, survey)
    above = " ".join(cell for _, cells in survey.preamble for cell in cells)
    layout.is_card = bool(
        CARD.search(plain_words(f"{_CARD_NAME.sub('credit card', filename)} {above} {' '.join(table.header)}"))
    )
    layout.mentions_card = layout.is_card or "card" in plain_words(" ".join(table.header)).split()
    if not table.columns.is_complete:
        _ask_for_columns(layout)
        return layout
    _decide_decimal(layout, survey, options)
    _decide_dates(layout, survey, options)
    _remark_on_states(layout, survey)
    layout.directions = {value: _direction(value) for value in survey.distinct(table.columns.direction)}
    _decide_account(layout, survey, options)
    return layout


def _remark_on_states(layout: Layout, survey: Survey) -> None:
    """Names the states that no word list knows; their rows are read as booked."""
    known = PENDING | CANCELLED | BOOKED_WORDS
    column = layout.columns.status
    if column is None or column >= len(layout.header) or plain_words(layout.header[column]) not in STATE_NAMES:
        return
    states = [(value, plain_words(value)) for value in survey.distinct(column)]
    unknown = [value for value, words in states if words and words not in known and words.split()[0] not in PENDING]
    if unknown:
        named = ", ".join(f"{value[:30]!r}" for value in unknown[:5])
        why = f"The column {layout.header[column].strip()} has states that are not known, read as booked: {named}."
        layout.remarks.append(Problem(None, why, kept=True))


def _ask_for_columns(layout: Layout) -> None:
    layout.readable = False
    missing = "date" if not layout.columns.dates else "amount"
    names = [cell.strip() or str(index + 1) for index, cell in enumerate(layout.header)] or [
        str(n + 1) for n in range(layout.width)
    ]
    if not any(question.field == "columns" for question in layout.questions):
        why = f"No column could be recognised as the {missing}."
        layout.questions.append(Question("columns", why, tuple(f"{missing}={name}" for name in names)))


def _direction(value: str) -> int:
    words = plain_words(value) or value
    if words in NO_DIRECTION:
        return 0
    return 1 if words in MONEY_IN else -1 if words in MONEY_OUT else 0


def _decide_decimal(layout: Layout, survey: Survey, options: ReadOptions) -> None:
    if options.decimal is not None:
        layout.decimal = options.decimal
        return
    if survey.split_decimals and survey.split_decimals * 2 >= survey.rows:
        raise UnreadableBankFile(
            "The character between the cells also stands inside the amounts, so that they fall apart: "
            "download the file with another delimiter, or as OFX."
        )
    marks = survey.decimals.marks()
    if len(marks) == 1:
        layout.decimal = marks[0]
        return
    if marks:
        _decide_mixed_decimals(layout, survey)
        return
    grouping = survey.decimals.grouping_mark()
    if grouping is None:
        return
    example = survey.decimals.undecided()
    whole_units = layout.currency is None and _NO_DECIMALS_WORDS.search(" ".join(layout.header)) is not None
    if example is None or whole_units or layout.currency in _NO_DECIMALS:
        layout.decimal = "," if grouping == "." else "."
    elif layout.currency in _THREE_DECIMALS:
        layout.decimal = "." if grouping == "." else ","
    else:
        mark = "dot" if example == "." else "comma"
        why = f"In amounts like 1{example}234 the {mark} may group thousands or begin the decimals."
        layout.questions.append(Question("decimal", why, (".", ","), "," if grouping == "." else "."))
        layout.decimal = "," if grouping == "." else "."


def _decide_mixed_decimals(layout: Layout, survey: Survey) -> None:
    majority = survey.decimals.majority()
    if majority is not None:
        layout.decimal = majority
        return
    layout.questions.append(
        Question("decimal", "Some amounts have a decimal comma and some a decimal point.", (".", ","))
    )
    layout.readable = False


def _decide_dates(layout: Layout, survey: Survey, options: ReadOptions) -> None:
    possible = survey.dates.possible()
    if options.date_order is not None:
        layout.date_order = options.date_order
    elif options.day_first is not None and possible != ("ymd",):
        layout.date_order = "dmy" if options.day_first else "mdy"
    elif survey.dates.may_begin_with_year(possible):
        why = "The dates have years of two digits, which may stand first or last."
        layout.questions.append(Question("date_order", why, ("dmy", "mdy", "ymd"), "ymd"))
        layout.date_order = "ymd"
    elif len(possible) == 1:
        layout.date_order = possible[0]
    else:
        _decide_day_or_month(layout, survey)
    if survey.dates.year_missing:
        layout.year_end = _year_end(layout, survey, options)
        if layout.year_end is None:
            why = "The dates have no year, and the file does not say of which time it is."
            layout.questions.append(Question("year", why, (str(layout.today.year), str(layout.today.year - 1))))
            layout.readable = False


def _decide_day_or_month(layout: Layout, survey: Survey) -> None:
    counts: dict[DateOrder, int] = {order: survey.dates.votes(order) for order in ("dmy", "mdy")}
    orders: tuple[DateOrder, DateOrder] = ("dmy", "mdy")
    if counts["dmy"] == counts["mdy"] == len(survey.dates.undecided):
        fitting = [order for order in orders if _is_in_order(survey, order, layout.today)]
        if len(fitting) == 1 and len(survey.day_texts) >= 5:
            layout.date_order = fitting[0]
            words = "day" if fitting[0] == "dmy" else "month"
            layout.remarks.append(
                Problem(None, f"Dates are read {words} first: only then are the rows in order.", kept=True)
            )
            return
        why = "Every date can be read day first and month first."
    else:
        why = "Some dates can be read day first only, and some month first only."
    assumed = _likely_order(layout)
    layout.questions.append(
        Question("day_first", why, ("yes", "no"), assumed and ("yes" if assumed == "dmy" else "no"))
    )
    if assumed is None:
        layout.readable = False
    else:
        layout.date_order = assumed


def _likely_order(layout: Layout) -> DateOrder | None:
    """What a preview may show: the habit of the header's language, the currency's countries, a decimal comma."""
    if _DAY_FIRST_WORDS.search(plain_words(" ".join(layout.header))):
        return "dmy"
    if layout.currency in _MONTH_FIRST_CURRENCIES:
        return "mdy"
    if layout.decimal == "," or layout.currency is not None:
        return "dmy"
    return None


def _is_in_order(survey: Survey, order: DateOrder, today: datetime.date) -> bool:
    parts = [found for text in survey.day_texts if (found := date_parts(text)) is not None]
    days = [whole_date(found, order, today) for found in parts]
    return in_order(day for day in days if day is not None)


def _year_end(layout: Layout, survey: Survey, options: ReadOptions) -> datetime.date | None:
    """The day which no row comes after, for dates without a year."""
    if options.year is not None:
        months = {
            _month(parts, layout.date_order) for text in survey.day_texts if (parts := date_parts(text)) is not None
        }
        turns = bool(months & {11, 12}) and bool(months & {1, 2}) and not months & {5, 6, 7, 8}
        return datetime.date(options.year, 6, 30) if turns else datetime.date(options.year, 12, 31)
    full = [
        day for parts in preamble_dates(survey.preamble) if (day := whole_date(parts, layout.date_order, layout.today))
    ]
    full += [
        datetime.date(int(match[1]), int(match[2]), calendar.monthrange(int(match[1]), int(match[2]))[1])
        for _, cells in survey.preamble
        for match in _MONTH_OF.finditer(" ".join(cells))
        if 1 <= int(match[2]) <= 12 and 1970 <= int(match[1]) <= layout.today.year + 1
    ]
    return max(full, default=None)


def _month(parts: DateParts, order: DateOrder) -> int:
    first, second = parts.numbers[:2]
    return second if (parts.order or order) == "dmy" else first


def _named_currency(layout: Layout) -> str | None:
    """The currency that the header of the amount names, beside a column of currencies that is another amount's."""
    if layout.columns.currency is None:
        return None
    names = [layout.header[column] for column in layout.columns.money if column < len(layout.header)]
    words = {word for name in names for word in re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", name)}
    codes = {known.code for word in words if (known := currency_of(word)) is not None}
    return codes.pop() if len(codes) == 1 and len(names) == len(layout.columns.money) else None


def _file_currency(table: Table, survey: Survey) -> str | None:
    """The one currency that the column of currencies, the header or the lines above the table name, or None."""
    if table.columns.currency is not None:
        codes = {known.code for value in survey.distinct(table.columns.currency) if (known := currency_of(value))}
        return next(iter(codes)) if len(codes) == 1 else None
    money = [table.header[column] for column in table.columns.money if column < len(table.header)]
    for names in (money, table.header):
        found = {code for name in names if (code := _code_in(name)) is not None}
        if len(found) == 1:
            return found.pop()
    return _preamble_currency(survey.preamble) or _sign_currency(survey)


def _code_in(text: str) -> str | None:
    for word in re.findall(r"[A-Z]{3}\b|R\$|[€£₹]|人民币|US\$|CAD\$|USD\$|\b[Ee]uros?\b|美元|[元円]", text):
        known = currency_of(word)
        if known is not None and known.code is not None:
            return known.code
    return None


def _preamble_currency(preamble: Sequence[Record]) -> str | None:
    found: set[str] = set()
    for _, cells in preamble:
        for cell in cells:
            for word in re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])|[€£]", cell):
                known = currency_of(word)
                if (
                    known is not None
                    and known.code is not None
                    and word not in {"ALL", "TRY", "TOP", "NET", "PER", "END"}
                ):
                    found.add(known.code)
    return found.pop() if len(found) == 1 else None


def _sign_currency(survey: Survey) -> str | None:
    found: set[str | None] = set()
    for shape in list(survey.decimals.shapes)[:2000]:
        word = re.sub(r"[\d\s.,'’`()+−-]", "", shape)
        known = currency_of(word) if word and word.casefold() not in {"cr", "dr", "c", "d"} else None
        if known is not None:
            found.add(known.code)
    return found.pop() if len(found) == 1 else None


def _decide_account(layout: Layout, survey: Survey, options: ReadOptions) -> None:
    """The account's id from an answer or the lines above the table; a column of other people's accounts is let go."""
    column = layout.columns.account
    values = survey.distinct(column)
    layout.account = options.account or preamble_account(survey.preamble)
    if column is None:
        return
    always = survey.rows - sum(survey.values[column].values()) == 0 and survey.values[column].get("", 0) == 0
    named = plain_words(layout.header[column]) if column < len(layout.header) else ""
    weak = named in {"iban", "konto", "kontonummer", "kontonr", "conto", "账号", "账户", "account iban bban", "tili"}
    blanks = survey.values[column].get("", 0)
    scarce = layout.columns.payee is not None and "number" in named.split() and blanks * 5 >= survey.rows
    others = len(values) > 1 or not always or (layout.account is not None and layout.account not in values)
    foreign = scarce or (weak and others)
    if foreign or len(values) > max(12, survey.rows // 10):
        counterparty = layout.columns.counterparty_account
        layout.columns = replace(
            layout.columns, account=None, counterparty_account=column if counterparty is None else counterparty
        )


def preamble_account(preamble: Sequence[Record]) -> str | None:
    """The account number or IBAN that lines above rows name, or None."""
    for _, cells in preamble:
        filled = [part.strip() for cell in cells for part in re.split(r"[:：]", cell) if part.strip()]
        for index, part in enumerate(filled):
            if (match := _IBAN.search(part)) is not None:
                return match[0]
            if (
                index
                and _ACCOUNT_LABEL.search(plain_words(filled[index - 1]))
                and (found := _ACCOUNT_TEXT.search(part))
            ):
                return found[0].strip()
    return None

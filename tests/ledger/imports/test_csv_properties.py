import csv
import dataclasses
import datetime
import io
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tuppence.ledger.imports import BankFile, ImportedRow, ReadOptions, UnreadableBankFile, read_bank_file

TODAY = datetime.date(2025, 1, 15)
PREAMBLES = {
    "": "",
    "title": "Statement of movements\n\n",
    "account": "Account Number:{d}00123456789\nBranch{d}Harbour{d}\n",
}
DATE_STYLES = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y%m%d",
    "%d-%b-%Y",
    "%m/%d/%y",
    "%Y/%m/%d",
    "%d/%m/%Y %H:%M",
)
HEADERS = {
    "en": ("Date", "Description", "Amount", "Debit", "Credit", "Balance", "DR/CR"),
    "de": ("Buchungstag", "Verwendungszweck", "Betrag", "Soll", "Haben", "Saldo", "Soll/Haben"),
    "fr": ("Date", "Libellé", "Montant", "Débit", "Crédit", "Solde", "Sens"),
    "es": ("Fecha", "Concepto", "Importe", "Cargo", "Abono", "Saldo", "Debe/Haber"),
}
DIRECTIONS = {"en": ("DR", "CR"), "de": ("S", "H"), "fr": ("Débit", "Crédit"), "es": ("Debe", "Haber")}


@dataclass(frozen=True)
class Style:
    """One way to write a statement."""

    delimiter: str
    decimal: str
    thousands: str
    dates: str
    signs: str
    language: str
    quote_all: bool
    balance: bool
    newest_first: bool
    preamble: str
    line_end: str
    encoding: str


@dataclass(frozen=True)
class Made:
    date: datetime.date
    cents: int
    text: str


styles = st.builds(
    Style,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from(["", ".", ",", " ", "'"]),
    dates=st.sampled_from(DATE_STYLES),
    signs=st.sampled_from(["minus", "parentheses", "trailing", "split", "direction", "suffix", "plus", "unsigned"]),
    language=st.sampled_from(sorted(HEADERS)),
    quote_all=st.booleans(),
    balance=st.booleans(),
    newest_first=st.booleans(),
    preamble=st.sampled_from(sorted(PREAMBLES)),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
texts = st.builds(
    "X{}Y{}".format,
    st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ   0123456789 ,;.'&/-\"\n"), min_size=1, max_size=30),
    st.sampled_from(["", "", " Café Müller"]),
)
made_rows = st.lists(
    st.builds(
        Made,
        st.dates(datetime.date(2019, 1, 1), datetime.date(2024, 12, 31)),
        st.integers(-2_000_000, 2_000_000),
        texts,
    ),
    min_size=1,
    max_size=12,
)


def money_text(cents: int, style: Style) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{whole:,}".replace(",", style.thousands) + f"{style.decimal}{rest:02}"


def signed_text(cents: int, style: Style) -> str:
    text = money_text(cents, style)
    if cents >= 0:
        return f"+{text}" if style.signs == "plus" else text
    return {"parentheses": f"({text})", "trailing": f"{text}-"}.get(style.signs, f"-{text}")


def amount_cells(cents: int, style: Style) -> list[str]:
    text = money_text(cents, style)
    out, into = DIRECTIONS[style.language]
    if style.signs == "split":
        return [text, ""] if cents < 0 else ["", text]
    if style.signs == "direction":
        return [text, out if cents < 0 else into]
    if style.signs == "suffix":
        return [f"{text} {'DR' if cents < 0 else 'CR'}"]
    return [text if style.signs == "unsigned" else signed_text(cents, style)]


def rendered(rows: list[Made], style: Style) -> bytes:
    """The file, rows in the order given; balances as the bank would print them."""
    date, text, amount, debit, credit, balance, direction = HEADERS[style.language]
    money = {"split": [debit, credit], "direction": [amount, direction]}.get(style.signs, [amount])
    target = io.StringIO()
    writer = csv.writer(
        target,
        delimiter=style.delimiter,
        quoting=csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL,
        lineterminator=style.line_end,
    )
    writer.writerow([date, text, *money, *([balance] if style.balance else [])])
    balances = running_balances(rows, newest_first=style.newest_first)
    for row, held in zip(rows, balances, strict=True):
        plain = dataclasses.replace(style, signs="minus")
        cells = [row.date.strftime(style.dates), row.text, *amount_cells(row.cents, style)]
        writer.writerow([*cells, *([signed_text(held, plain)] if style.balance else [])])
    above = PREAMBLES[style.preamble].format(d=style.delimiter).replace("\n", style.line_end)
    return (above + target.getvalue()).encode(style.encoding)


def running_balances(rows: list[Made], *, newest_first: bool) -> list[int]:
    held, balances = 12_345_67, []
    for row in reversed(rows) if newest_first else rows:
        held += row.cents
        balances.append(held)
    return balances[::-1] if newest_first else balances


def told(row: ImportedRow) -> tuple[datetime.date | None, Decimal, str]:
    return row.date, row.amount, "".join(row.description.split())


def expected(row: Made) -> tuple[datetime.date | None, Decimal, str]:
    return row.date, Decimal(row.cents).scaleb(-2), "".join(row.text.split())


def all_rows(bank_file: BankFile) -> list[ImportedRow]:
    return [row for account in bank_file.accounts for row in account.transactions]


def refusal(data: bytes, name: str) -> str:
    """The sentence with which a file is refused; a dot when it is read. Any other exception goes through."""
    try:
        read_bank_file(data, filename=name)
    except UnreadableBankFile as error:
        return str(error)
    return "."


def truth(style: Style) -> ReadOptions:
    return ReadOptions(
        today=TODAY,
        day_first=not style.dates.startswith("%m"),
        decimal="." if style.decimal == "." else ",",
        flip_sign=False,
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made_rows, styles)
def test_a_statement_in_any_layout_is_read_right_or_asked_about(rows: list[Made], style: Style) -> None:
    assume(style.thousands != style.decimal)
    rows = sorted(rows, key=lambda row: row.date, reverse=style.newest_first)
    data = rendered(rows, style)
    wanted = [expected(row) for row in rows]

    bank_file = read_bank_file(data, filename="export.csv", options=ReadOptions(today=TODAY))
    if bank_file.questions and style.signs != "unsigned":
        bank_file = read_bank_file(data, filename="export.csv", options=truth(style))

    if bank_file.questions:
        return
    got = [told(row) for row in all_rows(bank_file)]
    if any(not problem.kept for problem in bank_file.problems):
        assert all(row in wanted for row in got)
    else:
        assert got == wanted


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.ofx", "a.txt", "a"]))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, name: str) -> None:
    assert refusal(data, name).endswith(".")


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('Date,Amount;\t|"\n\r 0123456789-/.()€<>&OFXSTMTTRN'), max_size=300))
def test_any_text_like_a_table_is_read_or_refused(text: str) -> None:
    for name, lead in (("a.csv", "Date,Amount\n"), ("a.ofx", "<OFX><STMTRS><STMTTRN>")):
        assert refusal((lead + text).encode(), name).endswith(".")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made_rows, styles, st.data())
def test_a_file_cut_off_anywhere_gives_no_row_that_is_not_in_it(
    rows: list[Made], style: Style, data: st.DataObject
) -> None:
    style = dataclasses.replace(style, thousands="", signs="minus", dates="%Y-%m-%d")
    whole = rendered(rows, style)
    cut = data.draw(st.integers(1, len(whole)))
    try:
        bank_file = read_bank_file(whole[:cut], filename="export.csv", options=ReadOptions(today=TODAY))
    except UnreadableBankFile:
        return
    wanted = {(row.date, abs(row.cents)) for row in rows}
    complete = all_rows(bank_file)[:-1]
    if not bank_file.questions:
        assert all((row.date, int(abs(row.amount) * 100)) in wanted for row in complete)

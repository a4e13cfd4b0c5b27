from __future__ import annotations

from tuppence.ledger.imports import ReadOptions, read_bank_file
from tuppence.ledger.imports.csv_recognition import RecognisedColumn, recognised_columns


def columns(text: str, options: ReadOptions | None = None, encoding: str = "utf-8") -> tuple[RecognisedColumn, ...]:
    data, chosen = text.encode(encoding), options or ReadOptions()
    read = read_bank_file(data, filename="x.csv", options=chosen)
    return recognised_columns(data, read, filename="x.csv", options=chosen)


def roles(text: str, options: ReadOptions | None = None) -> list[tuple[str, str | None]]:
    return [(one.label, one.role) for one in columns(text, options)]


NAMED = "Booked,Paid to,Purpose,Debit,Credit,Balance,Colour\n2026-03-01,Bakery,Rolls,4.50,,10.00,red\n"


def test_columns_with_names() -> None:
    assert roles(NAMED) == [
        ("Booked", "date"),
        ("Paid to", "payee"),
        ("Purpose", "description"),
        ("Debit", "debit"),
        ("Credit", "credit"),
        ("Balance", "balance"),
        ("Colour", None),
    ]


def test_columns_without_names_go_by_their_numbers_and_examples() -> None:
    found = columns("2026-03-01;Bakery;-4.50\n2026-03-02;Shop;-1.00\n")
    assert [(one.label, one.role) for one in found] == [("1", "date"), ("2", "description"), ("3", "amount")]
    assert found[1].examples == ("Bakery", "Shop")


def test_two_columns_of_one_name_can_be_told_apart() -> None:
    labels = [one.label for one in columns("Date,Text,Text,Amount\n2026-03-01,Bakery,Rolls,-4.50\n")]
    assert labels == ["Date", "Text", "3", "Amount"]


def test_an_answer_changes_what_a_column_is() -> None:
    text = "Date,Text,Sum,Value\n2026-03-01,Bakery,-4.50,-5.00\n2026-03-02,Shop,-1.00,-2.00\n"
    answered = ReadOptions(columns={"amount": "Value"})
    assert dict(roles(text, answered))["Value"] == "amount"
    assert dict(roles(text, answered))["Sum"] != "amount"


def test_only_the_beginning_of_a_large_file_is_looked_at() -> None:
    rows = "".join(f"2026-03-{1 + n % 28:02d},Shop {n},-1.00\n" for n in range(20_000))
    for encoding in ("utf-8", "utf-16"):
        assert [one.role for one in columns("Date,Text,Amount\n" + rows, encoding=encoding)][:3] == [
            "date",
            "description",
            "amount",
        ]


def test_formats_that_name_their_fields_have_no_columns() -> None:
    text = (
        "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1"
        "<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260301<DTEND>20260331<STMTTRN><TRNTYPE>DEBIT"
        "<DTPOSTED>20260302<TRNAMT>-4.50<FITID>a1<NAME>Bakery</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>"
    )
    assert columns(text) == ()

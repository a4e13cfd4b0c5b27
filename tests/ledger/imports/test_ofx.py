import datetime
from decimal import Decimal

import pytest

from tuppence.ledger.imports import BankFile, ReadOptions, UnreadableBankFile, read_bank_file

HEADER = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"


def transaction(
    amount: str, day: str = "20240131120000[-5:EST]", name: str = "Shop", kind: str = "DEBIT", more: str = ""
) -> str:
    head = f"<STMTTRN>\n<TRNTYPE>{kind}\n<DTPOSTED>{day}\n<TRNAMT>{amount}\n"
    return head + f"<FITID>id-{name}\n<NAME>{name}\n{more}</STMTTRN>\n"


def statement(
    rows: str, account: str = "111222", balance: str = "<LEDGERBAL><BALAMT>90.00<DTASOF>20240131</LEDGERBAL>"
) -> str:
    return (
        f"<STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>9<ACCTID>{account}<ACCTTYPE>SAVINGS</BANKACCTFROM>\n"
        f"<BANKTRANLIST><DTSTART>20240101<DTEND>20240131\n{rows}</BANKTRANLIST>{balance}</STMTRS></STMTTRNRS>"
    )


def read(body: str, filename: str = "a.ofx", encoding: str = "utf-8", options: ReadOptions | None = None) -> BankFile:
    return read_bank_file((HEADER + f"<OFX>{body}</OFX>").encode(encoding), filename=filename, options=options)


def test_a_statement_without_end_tags() -> None:
    (account,) = read(statement(transaction("-10.50", more="<MEMO>bread &amp; butter\n"))).accounts
    (row,) = account.transactions
    assert (account.id, account.kind, account.currency) == ("111222", "savings", "EUR")
    assert (account.closing_balance, account.closing_date) == (Decimal("90.00"), datetime.date(2024, 1, 31))
    assert (row.date, row.amount, row.currency, row.pending) == (
        datetime.date(2024, 1, 31),
        Decimal("-10.50"),
        "EUR",
        False,
    )
    assert (row.description, row.bank_id, row.kind) == ("Shop bread & butter", "id-Shop", "DEBIT")
    assert row.line == 9


def test_xml_with_a_prefix_cdata_comments_and_a_doctype_that_is_never_read() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200"?>\n'
        '<!DOCTYPE OFX [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
        "<o:OFX><!-- <STMTTRN> --><CCSTMTRS><CURDEF>USD</CURDEF>"
        "<CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT</TRNTYPE>"
        "<DTPOSTED>20240131</DTPOSTED><TRNAMT>5</TRNAMT><NAME><![CDATA[A < B & C]]></NAME>"
        "<MEMO>&x; caf&#233;</MEMO></STMTTRN></BANKTRANLIST></CCSTMTRS></o:OFX>"
    )
    (account,) = read_bank_file(text.encode(), filename="a.ofx").accounts
    assert account.kind == "credit_card"
    assert account.transactions[0].description == "A < B & C &x; café"


def test_statements_of_one_account_are_put_together_with_the_latest_balance() -> None:
    older = "<LEDGERBAL><BALAMT>50.00<DTASOF>20231231</LEDGERBAL>"
    body = statement(transaction("-1.00", name="A")) + statement(transaction("-2.00", name="B"), balance=older)
    body += statement("", account="333", balance="")
    first, second = read(body).accounts
    assert [row.amount for row in first.transactions] == [Decimal("-1.00"), Decimal("-2.00")]
    assert first.closing_balance == Decimal("90.00")
    assert (second.id, len(second.transactions), second.closing_balance) == ("333", 0, None)


def test_bad_rows_are_reported_by_line_and_the_sound_ones_kept() -> None:
    rows = (
        transaction("-1.00")
        + transaction("$5")
        + transaction("-2.00", day="20240231")
        + transaction("")
        + transaction("3.00")
    )
    bank_file = read(statement(rows))
    assert [row.amount for row in bank_file.accounts[0].transactions] == [Decimal("-1.00"), Decimal("3.00")]
    assert [problem.line for problem in bank_file.problems] == [16, 23, 30]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("-12,34", "-12.34"),
        ("+12.34", "12.34"),
        ("1.234,56", "1234.56"),
        ("-1,234.56", "-1234.56"),
        ("-.5", "-0.5"),
        ("7", "7"),
    ],
)
def test_amounts_with_either_mark(written: str, amount: str) -> None:
    assert read(statement(transaction(written))).accounts[0].transactions[0].amount == Decimal(amount)


def test_an_amount_of_two_meanings_is_reported_unless_the_file_shows_which() -> None:
    assert read(statement(transaction("1,234"), balance="")).accounts[0].transactions == ()
    both = read(statement(transaction("1,234") + transaction("-5.50"), balance="")).accounts[0].transactions
    assert both[0].amount == Decimal("1234")


def test_debits_without_a_minus_are_asked_about() -> None:
    bank_file = read(statement(transaction("5.00") + transaction("-7.00", kind="CREDIT")))
    assert [question.field for question in bank_file.questions] == ["flip_sign"]
    answered = read(statement(transaction("5.00")), options=ReadOptions(flip_sign=True))
    assert answered.accounts[0].transactions[0].amount == Decimal("-5.00")


def test_pending_rows_may_lack_a_date() -> None:
    row = "<STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20240130<TRNAMT>-5.00<NAME>Cafe</STMTTRNP>"
    (pending,) = read(statement(row)).accounts[0].transactions
    assert (pending.pending, pending.date) == (True, datetime.date(2024, 1, 30))


def test_a_row_in_another_currency_says_so_and_an_original_one_does_not() -> None:
    rows = transaction("-5.00", more="<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>")
    rows += transaction("-6.00", more="<ORIGCURRENCY><CURRATE>1.1<CURSYM>USD</ORIGCURRENCY>")
    assert [row.currency for row in read(statement(rows)).accounts[0].transactions] == ["USD", "EUR"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_encodings_whatever_the_header_declares(encoding: str) -> None:
    (row,) = read(statement(transaction("-1.00", name="Café Müller")), encoding=encoding).accounts[0].transactions
    assert row.payee == "Café Müller"


@pytest.mark.parametrize("name", ["a.qfx", "a.qbo", "a.csv", "download"])
def test_ofx_is_recognised_by_content(name: str) -> None:
    assert read(statement(transaction("-1.00")), filename=name).format == "ofx"


def test_text_before_and_after_does_no_harm() -> None:
    data = ("\n\n" + HEADER + f"<OFX>{statement(transaction('-1.00'))}</OFX>\x00\x1a trailing").encode()
    assert len(read_bank_file(data, filename="a.ofx").accounts[0].transactions) == 1


def test_a_cut_off_file_keeps_the_rows_that_are_whole() -> None:
    text = HEADER + "<OFX>" + statement(transaction("-1.00") + transaction("-2.00"))
    cut = text[: text.index("<TRNAMT>-2.00")]
    bank_file = read_bank_file(cut.encode(), filename="a.ofx")
    assert [row.amount for row in bank_file.accounts[0].transactions] == [Decimal("-1.00")]
    assert len(bank_file.problems) == 1


def test_a_file_without_a_statement_is_refused() -> None:
    with pytest.raises(UnreadableBankFile, match="no account statement"):
        read("<SIGNONMSGSRSV1></SIGNONMSGSRSV1>")
    with pytest.raises(UnreadableBankFile, match="is none"):
        read_bank_file(b"nothing of the kind", filename="a.ofx")

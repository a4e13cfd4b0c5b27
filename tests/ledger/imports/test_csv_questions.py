import datetime
from decimal import Decimal

import pytest

from tuppence.ledger.imports import BankFile, ReadOptions, UnreadableBankFile, read_bank_file

TODAY = datetime.date(2025, 1, 15)


def read(text: str, filename: str = "export.csv", **answers: object) -> BankFile:
    options = ReadOptions(**{"today": TODAY, **answers})  # type: ignore[arg-type]
    return read_bank_file(text.encode(), filename=filename, options=options)


def amounts(bank_file: BankFile) -> list[str]:
    return [str(row.amount) for account in bank_file.accounts for row in account.transactions]


def dates(bank_file: BankFile) -> list[str]:
    return [str(row.date) for account in bank_file.accounts for row in account.transactions]


def asked(bank_file: BankFile) -> list[str]:
    return [question.field for question in bank_file.questions]


def unread_lines(bank_file: BankFile) -> list[int | None]:
    return [problem.line for problem in bank_file.problems if not problem.kept]


TWO_WAYS = "Date,Payee,Amount\n04/03/2024,Shop,-5.00\n05/03/2024,Friend,6.00\n"


def test_dates_that_fit_both_ways_are_asked_about_and_nothing_is_shown() -> None:
    bank_file = read(TWO_WAYS)
    assert asked(bank_file) == ["day_first"]
    assert bank_file.questions[0].choices == ("yes", "no")
    assert amounts(bank_file) == []


@pytest.mark.parametrize(("day_first", "first"), [(True, "2024-03-04"), (False, "2024-04-03")])
def test_the_answer_decides_the_dates(day_first: bool, first: str) -> None:
    bank_file = read(TWO_WAYS, day_first=day_first)
    assert asked(bank_file) == []
    assert dates(bank_file)[0] == first


def test_a_preview_follows_the_language_but_still_asks() -> None:
    bank_file = read(TWO_WAYS.replace("Date,Payee,Amount", "Fecha,Concepto,Importe"))
    assert asked(bank_file) == ["day_first"]
    assert bank_file.questions[0].assumed == "yes"
    assert dates(bank_file) == ["2024-03-04", "2024-03-05"]


def test_one_day_above_twelve_decides_all_dates() -> None:
    assert dates(read(TWO_WAYS + "13/03/2024,Shop,-1.00\n"))[0] == "2024-03-04"
    assert dates(read(TWO_WAYS + "03/13/2024,Shop,-1.00\n"))[0] == "2024-04-03"


def test_the_period_above_the_table_decides() -> None:
    assert dates(read("Period,01/03/2024,31/03/2024\n\n" + TWO_WAYS))[0] == "2024-03-04"


def test_a_date_in_the_future_decides() -> None:
    bank_file = read("Date,Payee,Amount\n02/11/2025,Shop,-5.00\n", today=datetime.date(2025, 2, 15))
    assert (asked(bank_file), dates(bank_file)) == ([], ["2025-02-11"])


def test_the_only_order_in_which_rows_rise_is_taken_with_a_remark() -> None:
    rows = "".join(f"0{day}/0{month}/2024,Shop,-5.00\n" for month in (3, 4) for day in (2, 5, 8))
    bank_file = read("Date,Payee,Amount\n" + rows)
    assert dates(bank_file)[0] == "2024-03-02"
    assert [problem.kept for problem in bank_file.problems] == [True]


def test_dates_of_both_orders_in_one_file_are_asked_about() -> None:
    assert asked(read("Date,Payee,Amount\n13/03/2024,Shop,-5.00\n03/14/2024,Friend,6.00\n")) == ["day_first"]


def test_two_digit_years_that_may_stand_first_are_asked_about() -> None:
    text = "Date,Payee,Amount\n24/01/05,Shop,-5.00\n24/01/11,Friend,6.00\n"
    assert asked(read(text)) == ["date_order"]
    assert dates(read(text, date_order="dmy")) == ["2005-01-24", "2011-01-24"]
    assert dates(read(text.replace("24/01/11", "24/01/31"))) == ["2024-01-05", "2024-01-31"]


def test_dates_without_a_year_need_one() -> None:
    text = "Date,Payee,Amount\n28 Dec,Shop,-5.00\n02 Jan,Friend,6.00\n"
    assert asked(read(text)) == ["year"]
    assert dates(read(text, year=2024)) == ["2023-12-28", "2024-01-02"]
    assert dates(read("Statement January 2024,31.01.2024\n" + text)) == ["2023-12-28", "2024-01-02"]


def test_a_mark_before_three_digits_is_asked_about() -> None:
    text = 'Date,Payee,Amount\n2024-01-31,Shop,"-1,234"\n2024-02-01,Friend,"5,000"\n'
    assert asked(read(text)) == ["decimal"]
    assert amounts(read(text, decimal=".")) == ["-1234", "5000"]
    assert amounts(read(text, decimal=",")) == ["-1.234", "5.000"]
    assert amounts(read(text + "2024-02-02,Friend,500\n")) == ["-1234", "5000", "500"]


def test_both_decimal_marks_in_one_file_are_asked_about() -> None:
    assert asked(read('Date,Payee,Amount\n2024-01-31,Shop,"-1,25"\n2024-02-01,Friend,5.50\n')) == ["decimal"]


def test_amounts_without_any_sign_are_asked_about() -> None:
    text = "Date,Payee,Amount\n2024-01-31,Shop,1.00\n2024-02-01,Friend,5.00\n"
    assert asked(read(text)) == ["flip_sign"]
    assert amounts(read(text, flip_sign=True)) == ["-1.00", "-5.00"]
    assert amounts(read(text, flip_sign=False)) == ["1.00", "5.00"]


def test_a_card_payment_with_a_minus_is_asked_about() -> None:
    text = "Date,Payee,Amount\n2024-01-31,SHOP,10.00\n2024-02-01,PAYMENT RECEIVED - THANK YOU,-15.00\n"
    text += "2024-02-02,SHOP,5.00\n"
    assert asked(read(text)) == ["flip_sign"]
    assert read(text).questions[0].assumed == "yes"
    assert amounts(read(text, filename="credit-card.csv")) == ["-10.00", "15.00", "-5.00"]


def test_a_running_balance_that_falls_with_positive_amounts_is_asked_about() -> None:
    text = "Date,Payee,Amount,Balance\n2024-01-30,A,1.00,99.00\n2024-01-31,B,2.00,97.00\n2024-02-01,C,-5.00,102.00\n"
    bank_file = read(text)
    assert asked(bank_file) == ["flip_sign"]
    assert amounts(bank_file) == ["-1.00", "-2.00", "5.00"]


def test_unnamed_money_columns_that_nothing_tells_apart_are_asked_about() -> None:
    text = "2024-01-31,SHOP,12.50,\n2024-02-01,EMPLOYER,,100.00\n"
    bank_file = read(text)
    assert asked(bank_file) == ["columns"]
    answered = dict(pair.split("=") for pair in bank_file.questions[0].choices[1].split(","))
    assert amounts(read(text, columns=answered)) == ["12.50", "-100.00"]


def test_columns_can_be_named_by_header_or_number() -> None:
    text = "Wann;Was;Wieviel\n2024-01-31;Laden;-5,00\n2024-02-01;Freund;6,00\n"
    assert amounts(read(text, columns={"date": "Wann", "amount": "3", "description": "Was"})) == ["-5.00", "6.00"]
    with pytest.raises(UnreadableBankFile, match="no column 'Nirgends'"):
        read(text, columns={"date": "Nirgends"})


def test_fees_are_taken_off_only_when_the_balance_or_an_answer_says_so() -> None:
    header = "Date,Payee,Amount,Fee\n"
    text = header + "2024-01-31,A,-10.00,1.00\n2024-02-01,B,20.00,0.00\n"
    assert asked(read(text)) == ["include_fees"]
    assert amounts(read(text, include_fees=True)) == ["-11.00", "20.00"]
    proven = "Date,Payee,Amount,Fee,Balance\n2024-01-30,A,5.00,0.00,50.00\n2024-01-31,B,-10.00,1.00,{}\n"
    assert amounts(read(proven.format("39.00"))) == ["5.00", "-11.00"]
    assert amounts(read(proven.format("40.00"))) == ["5.00", "-10.00"]


def test_bad_rows_are_reported_by_line_and_the_sound_ones_kept() -> None:
    bank_file = read(
        "Date,Payee,Amount\n2024-01-31,Good,-1.00\n2024-02-30,No such day,-2.00\n2024-02-01,No number,abc\n"
        "2024-02-02,Nothing,\n,No day,3.00\n2024-02-03,Good,4.00\n"
    )
    assert amounts(bank_file) == ["-1.00", "4.00"]
    assert unread_lines(bank_file) == [3, 4, 5, 6]


def test_a_delimiter_inside_a_text_does_not_shift_the_amount() -> None:
    bank_file = read(
        "Date,Payee,Amount,Balance\n2024-01-31,A,-1.00,9.00\n2024-02-01,B, 12 Inc,-5.00,4.00\n2024-02-02,C,1.00,5.00\n"
    )
    assert amounts(bank_file) == ["-1.00", "1.00"]
    assert unread_lines(bank_file) == [3]


@pytest.mark.parametrize("row", ["2024-01-{},Shop,-12,34", "2024-01-{},-12,34,Shop"])
def test_amounts_that_the_delimiter_cuts_are_refused(row: str) -> None:
    header = "Date,Payee,Amount\n" if row.endswith("34") else "Date,Amount,Payee\n"
    with pytest.raises(UnreadableBankFile, match="another delimiter"):
        read(header + row.format("30") + "\n" + row.format("31") + "\n")


def test_a_quotation_mark_never_closed_spoils_one_row() -> None:
    bank_file = read(
        'Date,Payee,Amount\n2024-01-30,A,-1.00\n2024-01-31,"B,-2.00\n2024-02-01,C,3.00\n2024-02-02,"D",4.00\n'
    )
    assert amounts(bank_file) == ["-1.00", "-2.00", "3.00", "4.00"]


def test_cancelled_rows_are_left_out_with_a_remark() -> None:
    bank_file = read("Date,Payee,Amount,Status\n2024-01-31,A,-1.00,Declined\n2024-02-01,B,-2.00,Completed\n")
    assert amounts(bank_file) == ["-2.00"]
    assert [(problem.line, problem.kept) for problem in bank_file.problems] == [(2, True)]


def test_rows_below_a_title_of_pending_ones_are_pending() -> None:
    bank_file = read(
        "Date,Payee,Amount\nPending transactions\n2024-01-31,A,-1.00\nPosted transactions\n2024-01-30,B,-2.00\n"
    )
    assert [row.pending for row in bank_file.accounts[0].transactions] == [True, False]


def test_an_account_named_above_a_repeated_header_begins_there() -> None:
    bank_file = read(
        "Account: 11112222\nDate,Payee,Amount\n2024-01-31,A,-1.00\n\n"
        "Account: 33334444\nDate,Payee,Amount\n2024-01-31,B,2.00\n"
    )
    assert [(account.id, len(account.transactions)) for account in bank_file.accounts] == [
        ("11112222", 1),
        ("33334444", 1),
    ]


def test_accounts_of_a_column_are_kept_apart_with_their_balances() -> None:
    bank_file = read(
        "Account,Date,Text,Amount,Balance\nA-1000,2024-01-30,x,-1.00,9.00\n"
        "B-2000,2024-01-30,y,-2.00,18.00\nA-1000,2024-01-31,z,3.00,12.00\n"
    )
    assert [(account.id, account.closing_balance) for account in bank_file.accounts] == [
        ("A-1000", Decimal("12.00")),
        ("B-2000", Decimal("18.00")),
    ]


def test_currencies_with_a_balance_each_are_accounts_of_their_own() -> None:
    text = "Date,Text,Amount,Currency,Balance\n2024-01-30,x,-1.00,EUR,9.00\n2024-01-30,y,-2.00,USD,18.00\n"
    assert [account.currency for account in read(text).accounts] == ["EUR", "USD"]
    without = "Date,Text,Amount,Currency\n2024-01-30,x,-1.00,EUR\n2024-01-30,y,-2.00,USD\n"
    assert [account.currency for account in read(without).accounts] == [None]


def test_balances_that_the_rows_do_not_explain_are_remarked_on() -> None:
    text = "Opening balance,10.00\nClosing balance,{}\n\nDate,Payee,Amount\n2024-01-31,A,-1.00\n2024-02-01,B,2.00\n"
    assert read(text.format("11.00")).problems == ()
    (problem,) = read(text.format("12.50")).problems
    assert problem.kept
    assert "+1.50" in problem.why


def test_a_direction_column_that_contradicts_the_signs_is_asked_about() -> None:
    text = "Date,Payee,Amount,Debit/Credit\n2024-01-30,A,-1.00,Debit\n2024-01-31,B,-2.00,Credit\n"
    text += "2024-02-01,C,3.00,Credit\n"
    assert asked(read(text)) == ["flip_sign"]
    assert amounts(read(text.replace(",-", ","))) == ["-1.00", "2.00", "3.00"]


def test_a_second_table_with_other_columns_is_reported() -> None:
    bank_file = read("Date,Payee,Amount\n2024-01-31,A,-1.00\n\nDate,Amount,Balance,Text\n2024-02-01,-5.00,100.00,B\n")
    assert (amounts(bank_file), unread_lines(bank_file)) == (["-1.00"], [4])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "spreadsheet"),
        (b"<html><body>Session expired</body></html>", "web page"),
        (b"hello\nworld\n", "no table"),
        (b"\x01\x00\x02\x00binary\x00\x00", "not text"),
    ],
)
def test_other_files_are_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableBankFile, match=words):
        read_bank_file(data, filename="export.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "iso-8859-15"])
def test_western_encodings_are_recognised(encoding: str) -> None:
    text = "Datum;Empfänger;Betrag (€)\n31.01.2024;Bäckerei Groß;-5,00\n"
    text = text.replace("€", "EUR") if encoding == "iso-8859-15" else text
    (row,) = read_bank_file(text.encode(encoding), filename="x.csv").accounts[0].transactions
    assert row.description == "Bäckerei Groß"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "交易日期,摘要,金额\n2024-01-31,早餐店消费,-5.00\n"),
        ("big5", "交易日期,摘要,金額\n2024-01-31,早餐店消費,-5.00\n"),
        ("cp932", "日付,内容,金額\n2024-01-31,カードのお支払い,-500\n"),
        ("euc_kr", "거래일자,적요,금액\n2024-01-31,편의점 결제,-500\n"),
        ("cp1250", "Data;Opis;Kwota\n2024-01-31;Żółta gęś na święta;-5,00\n"),
        ("cp1251", "Дата;Описание;Сумма\n31.01.2024;Магазин продуктов;-5,00\n"),
    ],
)
def test_other_encodings_are_recognised(encoding: str, text: str) -> None:
    bank_file = read_bank_file(text.encode(encoding), filename="x.csv")
    assert bank_file.accounts[0].transactions[0].description in text


def test_a_large_file_is_walked_again_and_never_held() -> None:
    rows = "".join(f"2024-01-{1 + line % 28:02},Shop {line},-{line % 50 + 1}.25\n" for line in range(12_000))
    steps: list[tuple[int, int]] = []
    data = ("Date,Payee,Amount\n" + rows).encode()
    bank_file = read_bank_file(data, filename="x.csv", progress=lambda done, total: steps.append((done, total)))
    transactions = bank_file.accounts[0].transactions
    assert not isinstance(transactions, tuple)
    assert len(transactions) == sum(1 for _ in transactions) == 12_000
    first, second = iter(transactions), iter(transactions)
    assert (next(first), next(first).line, next(second).line) == (transactions[0], 3, 2)
    assert transactions[-1].line == 12_001
    assert [row.line for row in transactions[5:8]] == [7, 8, 9]
    assert steps[-1][0] <= steps[-1][1]

from __future__ import annotations

import pytest

from tuppence.ledger.imports import ReadOptions, read_bank_file
from tuppence.ledger.imports.answers import columns_of, with_answer


@pytest.mark.parametrize(
    ("field", "answer", "options"),
    [
        ("day_first", "yes", ReadOptions(day_first=True)),
        ("day_first", "no", ReadOptions(day_first=False)),
        ("date_order", "ymd", ReadOptions(date_order="ymd")),
        ("decimal", ",", ReadOptions(decimal=",")),
        ("year", "2026", ReadOptions(year=2026)),
        ("delimiter", "tab", ReadOptions(delimiter="\t")),
        ("columns", "date=Booked", ReadOptions(columns={"date": "Booked"})),
        ("columns", "debit=3,credit=4", ReadOptions(columns={"debit": "3", "credit": "4"})),
        ("columns", "amount=Sum, net, in EUR", ReadOptions(columns={"amount": "Sum, net, in EUR"})),
        ("day_first", "", ReadOptions()),
        ("columns", "", ReadOptions()),
    ],
)
def test_an_answer_is_an_option(field: str, answer: str, options: ReadOptions) -> None:
    assert with_answer(ReadOptions(), field, answer) == options


@pytest.mark.parametrize(
    ("field", "answer"),
    [("day_first", "perhaps"), ("year", "26"), ("columns", "Booked"), ("today", "2026-01-01"), ("__class__", "x")],
)
def test_what_is_no_answer_is_refused(field: str, answer: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        with_answer(ReadOptions(), field, answer)


def test_answers_about_columns_add_up() -> None:
    options = with_answer(ReadOptions(), "columns", "date=Booked")
    assert with_answer(options, "columns", "amount=Sum").columns == columns_of(["date=Booked", "amount=Sum"])


def test_every_choice_of_a_question_answers_it() -> None:
    data = b"2026-01-05;Bakery;4.50;\n2026-01-06;Wages;;900.00\n2026-01-07;Shop;7.25;\n2026-01-08;Refund;;3.00\n"
    [question] = read_bank_file(data, filename="x.csv").questions
    assert question.field == "columns"
    for choice in question.choices:
        answered = with_answer(ReadOptions(), question.field, choice)
        assert not read_bank_file(data, filename="x.csv", options=answered).questions

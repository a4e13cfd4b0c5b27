"""Questions recognised by their words, and the periods in them."""

from __future__ import annotations

from datetime import date

import pytest

from tuppence.understudy.repertoire.asks import Ask, Topic, asked
from tuppence.understudy.repertoire.periods import periods_in

TODAY = date(2026, 4, 20)  # a Monday


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("in March", "2026-03-01", "2026-03-31"),
        ("in march 2024", "2024-03-01", "2024-03-31"),
        ("in May", "2025-05-01", "2025-05-31"),
        ("last December", "2025-12-01", "2025-12-31"),
        ("this month", "2026-04-01", "2026-04-30"),
        ("last month", "2026-03-01", "2026-03-31"),
        ("last week", "2026-04-13", "2026-04-19"),
        ("this quarter", "2026-04-01", "2026-06-30"),
        ("last quarter", "2026-01-01", "2026-03-31"),
        ("in Q3", "2025-07-01", "2025-09-30"),
        ("in the first quarter of 2024", "2024-01-01", "2024-03-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("in 2024", "2024-01-01", "2024-12-31"),
        ("year to date", "2026-01-01", "2026-04-20"),
        ("since February", "2026-02-01", "2026-04-20"),
        ("in the last 30 days", "2026-03-22", "2026-04-20"),
        ("over the past three months", "2026-02-01", "2026-04-20"),
        ("between November and January", "2025-11-01", "2026-01-31"),
        ("from 2026-01-15 to 2026-02-03", "2026-01-15", "2026-02-03"),
        ("in 2026-02", "2026-02-01", "2026-02-28"),
        ("yesterday", "2026-04-19", "2026-04-19"),
    ],
)
def test_periods_in_plain_words(text: str, since: str, until: str) -> None:
    periods, rest = periods_in(f"What did I spend on rent {text}?", TODAY)
    assert [(str(period.since), str(period.until)) for period in periods] == [(since, until)]
    assert rest == "What did I spend on rent ?"


@pytest.mark.parametrize("text", ["May I ask you something?", "2026-13-45 is not a day", "the 30 days", "marching on"])
def test_what_is_no_period_is_left_alone(text: str) -> None:
    assert periods_in(text, TODAY)[0] == ()


@pytest.mark.parametrize(
    ("question", "topic", "subject", "periods"),
    [
        ("What did I spend on groceries in March?", Topic.SPENDING, "groceries", 1),
        ("how much did we spend at Blue Door Bakery this year", Topic.SPENDING, "Blue Door Bakery", 1),
        ("How much was rent in February 2026?", Topic.SPENDING, "rent", 1),
        ("How much did Netflix cost me in Q1?", Topic.SPENDING, "Netflix", 1),
        ("What did I pay for electricity last year?", Topic.SPENDING, "electricity", 1),
        ("Where does my money go?", Topic.SPENDING, None, 0),
        ("spending by category since January", Topic.SPENDING, None, 1),
        ("What is my net worth?", Topic.NET_WORTH, None, 0),
        ("How much do I owe?", Topic.NET_WORTH, None, 0),
        ("What are my account balances?", Topic.BALANCES, None, 0),
        ("How much do I have in savings?", Topic.BALANCES, "savings", 0),
        ("How much did I earn in 2025?", Topic.INCOME, None, 1),
        ("What's my cash flow over the last 6 months?", Topic.CASH_FLOW, None, 1),
        ("income vs expenses this year", Topic.CASH_FLOW, None, 1),
        ("How much have I saved this year?", Topic.CASH_FLOW, None, 1),
        ("Show me my recent transactions", Topic.TRANSACTIONS, None, 0),
        ("my Netflix transactions", Topic.TRANSACTIONS, "Netflix", 0),
        ("Which subscriptions do I pay for?", Topic.SUBSCRIPTIONS, None, 0),
        ("Compare my grocery spending in February and March", Topic.COMPARISON, "grocery", 2),
        ("Did I spend more on dining in March than in February?", Topic.COMPARISON, "dining", 2),
        ("Which categories are there?", Topic.CATEGORIES, None, 0),
        ("List my merchants", Topic.MERCHANTS, None, 0),
        ("Are you Claude?", Topic.MYSELF, None, 0),
        ("Which model are you?", Topic.MYSELF, None, 0),
        ("hello", Topic.MYSELF, None, 0),
        ("Write me a poem about spring", Topic.OUTSIDE, None, 0),
        ("What is the capital of France?", Topic.OUTSIDE, None, 0),
    ],
)
def test_questions_are_recognised(question: str, topic: Topic, subject: str | None, periods: int) -> None:
    ask = asked((question,), "", TODAY)
    assert (ask.topic, ask.subject, len(ask.periods)) == (topic, subject, periods)


def test_counts_are_not_taken_from_periods() -> None:
    assert asked(("What were my 5 largest purchases in the last 3 months?",), "", TODAY).count == 5
    assert asked(("What were my largest purchases in the last 3 months?",), "", TODAY).count is None


def follow_up(text: str) -> Ask:
    return asked(("What did I spend on groceries in March?", text), "", TODAY)


def test_a_follow_up_keeps_what_it_leaves_out() -> None:
    other_month, other_subject = follow_up("And in February?"), follow_up("What about rent?")
    assert (other_month.topic, other_month.subject) == (Topic.SPENDING, "groceries")
    assert other_month.periods[0].month == "2026-02"
    assert (other_subject.topic, other_subject.subject) == (Topic.SPENDING, "rent")
    assert other_subject.periods[0].month == "2026-03"
    assert follow_up("Tell me a joke").topic is Topic.OUTSIDE


def test_the_day_is_taken_from_the_conversation() -> None:
    question = "How much was rent in March?\n\n(Today is 2025-02-03.)"
    ask = asked((question,), "Today is 2030-01-01.", TODAY)
    assert (ask.topic, ask.subject, ask.periods[0].month) == (Topic.SPENDING, "rent", "2024-03")
    assert asked(("Which rent? Today is 2025-02-03. What is my income?",), "", TODAY).topic is Topic.INCOME
    assert asked(("What did I spend in March?",), "Today is Tuesday, 2030-01-01.", TODAY).periods[0].month == "2029-03"


def test_tagged_context_is_not_the_question() -> None:
    ask = asked(("<context>accounts: Checking. Today is 2026-04-20.</context>\nWho are you?",), "", date(2020, 1, 1))
    assert (ask.topic, ask.today) == (Topic.MYSELF, TODAY)

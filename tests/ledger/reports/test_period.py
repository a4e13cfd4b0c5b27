"""Periods: both days included, compared with the one before, and said in few words."""

from datetime import date

import pytest

from tuppence.ledger.reports import Period
from tuppence.ledger.reports.period import months_through


def period(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="2026-03-01"):
        period("2026-03-02", "2026-03-01")


@pytest.mark.parametrize(
    ("since", "until", "label"),
    [
        ("2026-03-01", "2026-03-31", "March 2026"),
        ("2024-02-01", "2024-02-29", "February 2024"),
        ("2024-02-01", "2024-02-28", "1 February 2024 to 28 February 2024"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("2025-04-01", "2026-03-31", "April 2025 to March 2026"),
        ("2026-03-01", "2026-04-05", "1 March 2026 to 5 April 2026"),
        ("2026-03-07", "2026-03-07", "7 March 2026"),
    ],
)
def test_label(since: str, until: str, label: str) -> None:
    assert period(since, until).label == label


@pytest.mark.parametrize(
    ("since", "until", "before_since", "before_until"),
    [
        ("2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-02-01", "2026-02-28", "2026-01-01", "2026-01-31"),
        ("2026-03-01", "2026-03-15", "2026-02-01", "2026-02-15"),
        ("2026-03-01", "2026-03-30", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"),
        ("2026-01-01", "2026-04-10", "2025-09-01", "2025-12-10"),
        ("2026-03-09", "2026-03-15", "2026-03-02", "2026-03-08"),  # a week
    ],
)
def test_before(since: str, until: str, before_since: str, before_until: str) -> None:
    assert period(since, until).before() == period(before_since, before_until)


def test_a_year_before() -> None:
    assert period("2024-02-01", "2024-02-29").year_before() == period("2023-02-01", "2023-02-28")
    assert period("2025-02-01", "2025-02-28").year_before() == period("2024-02-01", "2024-02-29")
    assert period("2026-03-05", "2026-04-10").year_before() == period("2025-03-05", "2025-04-10")


def test_there_is_nothing_before_the_calendar() -> None:
    with pytest.raises(OverflowError):
        period("0001-01-01", "0001-01-31").before()


def test_months_go_on_over_the_new_year() -> None:
    assert list(months_through(202511, 202602)) == [202511, 202512, 202601, 202602]
    assert list(months_through(202603, 202603)) == [202603]

"""Amounts and days as people type them, and as they are shown."""

from __future__ import annotations

import datetime
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.money import Money
from tuppence.web.formats import Formats, Unreadable

TODAY = datetime.date(2026, 3, 31)
LANGUAGES = ("en", "de", "de-AT", "fr", "pt-BR", "sv", "nl", "ja", "pl", "de-CH", "en-IN")


@pytest.mark.parametrize(
    ("language", "currency", "text", "minor"),
    [
        ("en", "USD", "1,234.50", 123450),
        ("en", "USD", "$1,234.50", 123450),
        ("en", "USD", "-$12", -1200),
        ("en", "USD", "$-12", -1200),
        ("en", "USD", "−12.00 USD", -1200),
        ("en", "USD", "usd 3", 300),
        ("en", "USD", "+7", 700),
        ("en", "USD", ".5", 50),
        ("en", "USD", "12,5", 1250),
        ("de", "EUR", "1.234,50 €", 123450),
        ("de", "EUR", "12.5", 1250),
        ("de", "EUR", "1.234", 123400),
        ("fr", "EUR", "1 234,50", 123450),
        ("de-CH", "CHF", "1'234.50", 123450),
        ("ja", "JPY", "¥1,200", 1200),
    ],
)
def test_an_amount_is_read_as_it_is_typed(language: str, currency: str, text: str, minor: int) -> None:
    assert Formats(language, currency).typed_amount(text, currency) == minor


@pytest.mark.parametrize("text", ["", "twelve", "1e5", "12x", "1.2.3", "1,23,4", "--3", "nan", "Infinity", "1.234567"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Formats("en", "USD").typed_amount(text, "USD")


@given(st.sampled_from(LANGUAGES), st.integers(-(10**12), 10**12), st.sampled_from(["USD", "EUR", "JPY", "KWD"]))
def test_what_is_shown_can_be_typed(language: str, minor: int, currency: str) -> None:
    formats = Formats(language, currency)
    assert formats.typed_amount(formats.money(Money(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "2026-03-01", (2026, 3, 1)),
        ("en", "3/1/2026", (2026, 3, 1)),
        ("en", "3/1/25", (2025, 3, 1)),
        ("en", "3/1", (2026, 3, 1)),
        ("en", "12/24", (2025, 12, 24)),
        ("en", "Mar 1", (2026, 3, 1)),
        ("en", "1 March 2025", (2025, 3, 1)),
        ("en", "today", (2026, 3, 31)),
        ("en", "Yesterday", (2026, 3, 30)),
        ("de", "1.3.", (2026, 3, 1)),
        ("de", "1.3.2026", (2026, 3, 1)),
        ("de", "1. März", (2026, 3, 1)),
        ("fr", "1 mars 2026", (2026, 3, 1)),
        ("sv", "2026-03-01", (2026, 3, 1)),
    ],
)
def test_a_day_is_read_as_it_is_typed(language: str, text: str, day: tuple[int, int, int]) -> None:
    assert Formats(language, None).typed_day(text, TODAY) == datetime.date(*day)


@pytest.mark.parametrize("text", ["", "32/1/2026", "2026-13-01", "soon", "1/2/3/4", "99999999999/1/2", "2/30", "5"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Formats("en", None).typed_day(text, TODAY)


@given(st.sampled_from(LANGUAGES), st.dates(datetime.date(1990, 1, 1), datetime.date(2059, 12, 31)))
def test_a_day_that_is_shown_can_be_typed(language: str, day: datetime.date) -> None:
    formats = Formats(language, None)
    assert formats.typed_day(formats.day(day), TODAY) == day


@given(st.text(max_size=30), st.sampled_from(LANGUAGES))
def test_whatever_is_typed_is_read_or_refused(text: str, language: str) -> None:
    formats = Formats(language, None)
    with suppress(Unreadable):
        formats.typed_day(text, TODAY)
    with suppress(Unreadable):
        formats.typed_amount(text, "EUR")


@pytest.mark.parametrize(
    ("cost", "text"),
    [(None, "unknown"), ("0", "$0.00"), ("1.5", "$1.50"), ("0.01234", "$0.0123"), ("0.0000123", "$0.000012")],
)
def test_costs_are_as_fine_as_it_matters(cost: str | None, text: str) -> None:
    assert Formats("en", None).dollars(None if cost is None else Decimal(cost)) == text

"""Amounts are exact or refused; people read them with all their decimals and a true minus."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.money import InexactAmount, Money, decimal_amount, exponent, minor_units, money_text

CURRENCIES = ["USD", "EUR", "JPY", "KRW", "KWD", "BHD", "CLF", "RSD", "XXX"]


@pytest.mark.parametrize(
    ("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("RSD", 2), ("IQD", 3), ("ZZZ", 2)]
)
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.sampled_from(CURRENCIES))
def test_minor_units_and_decimals_are_one_amount(minor: int, currency: str) -> None:
    amount = decimal_amount(minor, currency)
    assert minor_units(amount, currency) == minor
    assert -(amount.as_tuple().exponent) == exponent(currency)  # type: ignore[operator]  # finite


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.3", "USD", 1230), ("-0.01", "USD", -1), ("1.5000", "USD", 150), ("1E+3", "JPY", 1000), ("0.001", "KWD", 1)],
)
def test_amounts_that_fit(text: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(text), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("NaN", "USD"),
        ("sNaN", "USD"),
        ("Infinity", "USD"),
        ("1e30", "USD"),
        ("0.0199999999999999999999999999999999999", "USD"),
    ],
)
def test_amounts_that_do_not_fit_are_refused(text: str, currency: str) -> None:
    with pytest.raises(InexactAmount, match=currency):
        minor_units(Decimal(text), currency)


def test_currencies_are_never_added_up() -> None:
    assert Money(1, "USD") + Money(2, "USD") == Money(3, "USD")
    assert -Money(1, "USD") == Money(-1, "USD")
    with pytest.raises(ValueError, match="USD and EUR"):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(-123456, "USD"), "en", "−$1,234.56"),
        (Money(-123456, "EUR"), "de", "−1.234,56\N{NO-BREAK SPACE}€"),
        (Money(1234, "JPY"), "en", "¥1,234"),
        (Money(-1234567, "KWD"), "en", "−KWD1,234.567"),
        (Money(105, "RSD"), "en", "RSD1.05"),
        (Money(10000000, "INR"), "en-IN", "₹1,00,000.00"),
        (Money(0, "USD"), "xx-YY", "$0.00"),
        (Money(5, "USD"), "", "$0.05"),
    ],
)
def test_people_read(money: Money, language: str, text: str) -> None:
    assert money_text(money, language) == text


def test_machines_read() -> None:
    assert str(Money(-5, "USD")) == "-0.05 USD"
    assert str(Money(5, "JPY")) == "5 JPY"

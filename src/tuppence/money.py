"""Exact amounts of money: whole minor units of a currency, never a float."""

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

MINUS = "\N{MINUS SIGN}"

# Source: ISO 4217, list one, column "Minor unit". CLDR (and so Babel) differs on purpose: it rounds away units that are
# no longer paid in cash, which banks still book.
CURRENCIES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {
    currency: decimals for decimals, currencies in CURRENCIES_BY_DECIMALS.items() for currency in currencies.split()
}
_EXACT = Context(prec=18, traps=[Inexact, InvalidOperation])  # every amount of 18 digits fits 64 bits


class InexactAmount(ValueError):
    """The amount has more decimals than its currency has, or is no amount at all."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount. Amounts of different currencies are never added: that raises ValueError."""

    minor: int
    """In the currency's smallest unit (cents, yen, fils); negative is money out."""
    currency: str
    """ISO 4217 code."""

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added without a rate")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    @property
    def amount(self) -> Decimal:
        """In whole units of the currency, with all its decimals."""
        return decimal_amount(self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD; 2 for a code that ISO 4217 does not know."""
    return _DECIMALS.get(currency, 2)


def minor_units(amount: Decimal, currency: str) -> int:
    """`amount` in minor units of `currency`.

    Raises InexactAmount when it has more decimals than the currency, or more than 18 digits.
    """
    try:
        scaled = amount.scaleb(exponent(currency), _EXACT)
        if scaled.is_finite() and scaled.adjusted() < _EXACT.prec:
            return int(scaled.to_integral_exact(context=_EXACT))
    except (Inexact, InvalidOperation):
        pass
    raise InexactAmount(f"{amount} is not an amount of {currency}, which has {exponent(currency)} decimals")


def checked_minor(minor: int) -> int:
    """`minor` units as they are. Raises InexactAmount for an amount of more than 18 digits."""
    if abs(minor) >= 10**_EXACT.prec:
        raise InexactAmount(f"{minor} is more than can be kept: amounts have 18 digits at most")
    return minor


def decimal_amount(minor: int, currency: str) -> Decimal:
    """`minor` units of `currency` in whole units, always with the currency's number of decimals: 1200 USD is 12.00."""
    return Decimal(f"{minor}e-{exponent(currency)}") if exponent(currency) else Decimal(minor)


def money_text(money: Money, language: str = "en") -> str:
    """`money` as people write it in `language` ("en", "de-AT"), with a true minus sign.

    A language that is not known is written as English. All decimals of the currency are shown, whatever is customary
    for cash.
    """
    locale = _locale(language)
    pattern = _pattern(language, exponent(money.currency))
    text: str = pattern.apply(money.amount, locale, currency=money.currency, currency_digits=False)
    return text.replace("-", MINUS)


@lru_cache
def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache
def _pattern(language: str, decimals: int) -> "NumberPattern":
    from babel.numbers import parse_pattern

    standard = _locale(language).currency_formats["standard"]
    pattern = parse_pattern(standard.pattern)
    pattern.frac_prec = (decimals, decimals)
    return pattern

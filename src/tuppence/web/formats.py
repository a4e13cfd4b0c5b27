"""Figures and days as people write and type them, in the language of their household."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_timedelta,
    get_date_format,
    get_month_names,
)
from babel.numbers import (
    NumberFormatError,
    format_compact_decimal,
    format_decimal,
    get_currency_symbol,
    get_decimal_symbol,
    parse_decimal,
)

from tuppence.money import MINUS, InexactAmount, Money, minor_units, money_text

_LONGEST_AMOUNT = 60  # characters


class Unreadable(ValueError):
    """What was typed is no amount or no day; the message shows what is understood."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How one household reads and writes."""

    language: str
    """As in "en" or "de-AT"."""
    currency: str | None
    """ISO 4217; None while nobody has said."""

    @property
    def locale(self) -> Locale:
        """Babel's idea of the language; English when it knows none of that name."""
        try:
            return Locale.parse(self.language.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return Locale("en")

    def money(self, money: Money | None) -> str:
        """An amount with its currency; "unknown" for None, which is not nothing."""
        return "unknown" if money is None else money_text(money, self.language)

    def number(self, number: int | float | Decimal) -> str:
        """A count, in groups of digits."""
        return str(format_decimal(number, locale=self.locale)).replace("-", MINUS)

    def compact(self, number: int | float | Decimal) -> str:
        """A number for an axis or a label: "12K"."""
        return str(format_compact_decimal(number, locale=self.locale, fraction_digits=1)).replace("-", MINUS)

    def day(self, day: datetime.date | None) -> str:
        """A day in full, as in "3 Mar 2026"."""
        return "" if day is None else str(format_date(day, "medium", locale=self.locale))

    def short_day(self, day: datetime.date | None) -> str:
        """A day without its year."""
        return "" if day is None else str(format_skeleton("MMMd", day, locale=self.locale))

    def month(self, day: datetime.date) -> str:
        """A month with its year, as in "March 2026"."""
        return str(format_skeleton("yMMMM", day, locale=self.locale))

    def moment(self, moment: datetime.datetime | None) -> str:
        """A day and a time of the server's clock."""
        return "" if moment is None else str(format_datetime(moment.astimezone(), "short", locale=self.locale))

    def ago(self, moment: datetime.datetime) -> str:
        """How long ago a moment was, roughly."""
        past = moment - datetime.datetime.now(datetime.UTC)
        return str(format_timedelta(past, add_direction=True, locale=self.locale))

    def dollars(self, cost: Decimal | None) -> str:
        """What a model cost, as finely as it matters; "unknown" for None."""
        if cost is None:
            return "unknown"
        digits = 2 if cost >= 1 or cost == 0 else 4 if cost >= Decimal("0.001") else 6
        return f"${cost.quantize(Decimal(1).scaleb(-digits)):f}"

    # ----------------------------------------------------------------------------------------------- what is typed

    def typed_amount(self, text: str, currency: str) -> int:
        """Minor units of `currency` from what a person typed: "1,234.50", "1.234,50 €", "-12". Raises Unreadable."""
        try:
            return minor_units(self._decimal(self._without_currency(text, currency)), currency)
        except InexactAmount as error:
            raise Unreadable(f"{error}.") from error
        except (InvalidOperation, NumberFormatError, ValueError):
            example = self.money(Money(-123450, currency))
            raise Unreadable(f"“{text.strip()[:_LONGEST_AMOUNT]}” is no amount. Type it as {example}.") from None

    def _without_currency(self, text: str, currency: str) -> str:
        """Figures, marks and signs alone. Raises ValueError when anything else was typed."""
        if len(text) > _LONGEST_AMOUNT:
            raise ValueError("too long")
        bare = text.replace(MINUS, "-").replace("–", "-").replace("’", "'")
        for locale in (self.locale, Locale("en")):
            bare = bare.replace(str(get_currency_symbol(currency, locale)), " ")
        bare = re.sub(rf"{currency}|[$€£¥₹]", " ", bare, flags=re.IGNORECASE).strip()
        if re.fullmatch(r"[+-]?\s*[\d.,'\s]*\d[\d.,'\s]*", bare) is None:
            raise ValueError(text)
        return bare

    def _decimal(self, text: str) -> Decimal:
        """A number in the household's notation; a lone other mark before one or two digits is a decimal mark too."""
        symbol = get_decimal_symbol(self.locale)
        digits = re.sub(r"[\s']", "", text)
        other = "," if symbol == "." else "."
        if symbol not in digits and re.fullmatch(rf"[+-]?\d*{re.escape(other)}\d{{1,2}}", digits):
            return Decimal(digits.replace(other, "."))
        number = parse_decimal(digits, locale=self.locale, strict=True)
        if not number.is_finite():
            raise ValueError(text)
        return number

    def typed_day(self, text: str, today: datetime.date) -> datetime.date:
        """A day from what a person typed: "2026-03-01", "1.3.", "3 Mar", "yesterday". Raises Unreadable.

        Without a year the nearest such day that is not after `today` is meant.
        """
        words = text.strip().casefold()
        named = {"today": 0, "yesterday": 1}
        if words in named:
            return today - datetime.timedelta(days=named[words])
        parts = re.findall(r"\d+|[^\W\d_]+", words)
        try:
            year, month, day = self._parts_of_day(parts)
            if year is not None:
                return datetime.date(year if year > 99 else 2000 + year, month, day)
            found = datetime.date(today.year, month, day)
            return found if found <= today else datetime.date(today.year - 1, month, day)
        except (ValueError, OverflowError):
            example = self.day(today)
            raise Unreadable(
                f"“{text.strip()[:_LONGEST_AMOUNT]}” is no day. Type it as {example} or {today.isoformat()}."
            ) from None

    def _parts_of_day(self, parts: list[str]) -> tuple[int | None, int, int]:
        """Year (None: not said), month and day. Raises ValueError."""
        numbers = [int(part) for part in parts if part.isdigit()]
        words = [part for part in parts if not part.isdigit()]
        if words:
            month = self._month_named(words)
            day, *rest = sorted(numbers, key=lambda number: number > 31)
            return (rest[0] if rest else None), month, day
        if len(numbers) == 3 and parts[0].isdigit() and len(parts[0]) == 4:
            return numbers[0], numbers[1], numbers[2]
        order = re.sub(r"[^dMy]", "", get_date_format("short", self.locale).pattern)
        first, second, *rest = numbers
        month, day = (second, first) if order.index("d") < order.index("M") else (first, second)
        if len(rest) > 1:
            raise ValueError("too many numbers")
        return (rest[0] if rest else None), month, day

    def _month_named(self, words: list[str]) -> int:
        for locale in (self.locale, Locale("en")):
            for width in ("wide", "abbreviated"):
                for number, name in get_month_names(width, locale=locale).items():
                    if any(len(word) > 2 and name.casefold().rstrip(".").startswith(word) for word in words):
                        return int(number)
        raise ValueError("no month")

"""Dates as banks write them, and the evidence in a whole file for how they are to be read."""

import datetime
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Literal

from babel import Locale

DateOrder = Literal["dmy", "mdy", "ymd"]

_TIME = (
    r"(?:[ T,;\u00a0-]+\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?\s*(?:[ap]\.?m\.?)?\s*"
    r"(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?)?"
)
_NUMERIC = re.compile(
    r"(\d{1,4})(?P<sep>[-/.]|\s?[./-]\s|年)(\d{1,2})(?:(?P=sep)|[月.])(\d{1,4})(?:日|\.)?" + _TIME, re.IGNORECASE
)
_COMPACT = re.compile(r"(\d{8})(?:\d{4}|\d{6})?(?:\.\d+)?(?:\s?\[.*\])?" + _TIME)
_SHORT = re.compile(r"(\d{1,2})(?P<sep>[-/.]|月)(\d{1,2})(?P<end>[.日]?)" + _TIME)
_WEEKDAY = r"(?:[^\W\d_]{2,10}[.,]?\s+)?"
_NAMED_DAY = re.compile(
    _WEEKDAY
    + r"(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[\s/-]*(?:de\s+)?([^\W\d_]{3,12})\.?,?"
    + r"(?:[\s/,'’-]*(?:del?\s+)?(\d{4}|\d{2}))?"
    + _TIME,
    re.IGNORECASE,
)
_NAMED_MONTH = re.compile(
    _WEEKDAY + r"([^\W\d_]{3,12})\.?[\s/-]*(\d{1,2})(?:st|nd|rd|th)?(?:[\s/,-]+(\d{4}|\d{2}))?" + _TIME, re.IGNORECASE
)
_NAMED_YEAR = re.compile(r"(\d{4})[\s/-]+([^\W\d_]{3,12})\.?[\s/-]+(\d{1,2})" + _TIME, re.IGNORECASE)

_MONTH_LOCALES = (  # not hr: its "lis" is October, that of pl and cs November
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "sl", "lt", "lv", "et", "hu",
    "ro", "tr", "id", "ca", "el", "ru", "uk", "bg",
)  # fmt: skip
_LONGEST = 60
_EARLIEST_YEAR = 1970


@dataclass(frozen=True, slots=True)
class DateParts:
    """A date taken apart, its order not yet decided.

    `numbers` are the three (or, without a year, two) numbers in the order written; `order` is known where the writing
    itself tells (year first with four digits, a month's name, dots between day, month and year), else None.
    """

    numbers: tuple[int, ...]
    order: DateOrder | None
    two_digit_year: bool = False

    @property
    def has_year(self) -> bool:
        return len(self.numbers) == 3


@cache
def month_names() -> dict[str, int]:
    """Month names and abbreviations, without accents and case, that mean one month only in the languages known."""
    found: dict[str, set[int]] = {}
    for language in _MONTH_LOCALES:
        months = Locale(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    found.setdefault(_plain(name), set()).add(number)
    for name, number in (
        ("sept", 9),
        ("juni", 6),
        ("juli", 7),
        ("mrz", 3),
        ("set", 9),
        ("ene", 1),
        ("abr", 4),
        ("ago", 8),
    ):
        found.setdefault(name, set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1 and len(name) >= 3}


def date_parts(text: str) -> DateParts | None:
    """The numbers of a date (a time of day after it is left out), or None when the text is no date."""
    text = text.strip().strip("'\"[]")
    if not text or len(text) > _LONGEST or not text[0].isalnum():
        return None
    if match := _NUMERIC.fullmatch(text):
        return _numeric_parts(match)
    if match := _COMPACT.fullmatch(text):
        return _compact_parts(match[1])
    if match := _SHORT.fullmatch(text):
        return _short_parts(match)
    return _named_parts(text)


def _numeric_parts(match: re.Match[str]) -> DateParts | None:
    first, second, third = match[1], match[3], match[4]
    numbers = (int(first), int(second), int(third))
    if len(first) >= 3:
        fits = len(first) == 4 and len(third) <= 2 and _is_day_and_month(numbers[1:])
        return DateParts(numbers, "ymd") if fits else None
    if len(third) == 3 or not (_is_day_and_month(numbers[:2]) or (len(third) <= 2 and _is_day_and_month(numbers[1:]))):
        return None
    dotted = "." in match["sep"]
    short = len(third) <= 2
    return DateParts(numbers, "dmy" if dotted else None, two_digit_year=short)


def _is_day_and_month(numbers: tuple[int, ...]) -> bool:
    return 1 <= min(numbers) <= 12 and 1 <= max(numbers) <= 31


def _short_parts(match: re.Match[str]) -> DateParts | None:
    """Day and month. With a dot between them only when one follows, too: 12.10 is rather an amount."""
    order: DateOrder | None = "mdy" if match["sep"] == "月" else "dmy" if match["sep"] == "." else None
    numbers = (int(match[1]), int(match[3]))
    if (match["sep"] == "." and not match["end"]) or not _is_day_and_month(numbers):
        return None
    return DateParts(numbers, order)


def _compact_parts(digits: str) -> DateParts | None:
    if 1950 <= int(digits[:4]) <= 2100 and 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:]) <= 31:
        return DateParts((int(digits[:4]), int(digits[4:6]), int(digits[6:])), "ymd")
    if 1950 <= int(digits[4:]) <= 2100:
        return DateParts((int(digits[:2]), int(digits[2:4]), int(digits[4:])), None)
    return None


def _named_parts(text: str) -> DateParts | None:
    if match := _NAMED_DAY.fullmatch(text):
        day, name, year = match[1], match[2], match[3]
    elif match := _NAMED_MONTH.fullmatch(text):
        name, day, year = match[1], match[2], match[3]
    elif match := _NAMED_YEAR.fullmatch(text):
        year, name, day = match[1], match[2], match[3]
    else:
        return None
    month = month_names().get(_plain(name))
    if month is None:
        return None
    if year is None:
        return DateParts((int(day), month), "dmy")
    return DateParts((int(day), month, int(year)), "dmy", two_digit_year=len(year) == 2)


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip(". ")


def whole_date(parts: DateParts, order: DateOrder, today: datetime.date) -> datetime.date | None:
    """The day that the numbers mean in this order, or None for no such day. `today` places two-digit years."""
    if parts.order is not None:
        order = parts.order
    if not parts.has_year:
        return None
    first, second, third = parts.numbers
    year, month, day = {"ymd": (first, second, third), "dmy": (third, second, first), "mdy": (third, first, second)}[
        order
    ]
    if parts.two_digit_year:
        year += 2000 if year <= today.year % 100 + 1 else 1900
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def date_near(parts: DateParts, order: DateOrder, end: datetime.date) -> datetime.date | None:
    """The day of a date without a year: the last such day not after `end`, or None when there is none."""
    first, second = parts.numbers
    day, month = (second, first) if (parts.order or order) in ("mdy", "ymd") else (first, second)
    for year in (end.year, end.year - 1, end.year - 2, end.year - 3, end.year - 4):
        try:
            found = datetime.date(year, month, day)
        except ValueError:
            continue
        if found <= end:
            return found
    return None


@dataclass(slots=True)
class DateEvidence:
    """Collects the dates of a file and says in which orders they can be read."""

    today: datetime.date
    undecided: set[tuple[int, ...]] = field(default_factory=set)
    two_digit: bool = False
    year_missing: bool = False
    decided: int = 0

    def add(self, parts: DateParts) -> None:
        if not parts.has_year:
            self.year_missing = True
        if parts.order is not None:
            self.decided += 1
        elif len(self.undecided) < 20_000:
            self.undecided.add(parts.numbers)
            self.two_digit = self.two_digit or parts.two_digit_year

    def votes(self, order: DateOrder) -> int:
        """How many of the undecided dates can be read in this order and are not in the far future or the far past."""
        return sum(self._fits(numbers, order) for numbers in self.undecided)

    def _fits(self, numbers: tuple[int, ...], order: DateOrder) -> bool:
        if len(numbers) == 2:
            day, month = numbers if order == "dmy" else numbers[::-1]
            return order != "ymd" and 1 <= month <= 12 and 1 <= day <= 31
        latest = self.today + datetime.timedelta(days=45)
        found = whole_date(DateParts(numbers, None, self.two_digit), order, self.today)
        return found is not None and found.year >= _EARLIEST_YEAR and found <= latest

    def possible(self) -> tuple[DateOrder, ...]:
        """The orders in which the dates can be read, most dates first; orders that lose more than a few dates are out.

        Reading a two-digit year first is considered only where the other orders fail: hardly any bank writes it.
        """
        if not self.undecided:
            return ("dmy",)
        counts: dict[DateOrder, int] = {order: self.votes(order) for order in ("dmy", "mdy")}
        best = max(counts.values())
        orders = [order for order, count in counts.items() if count == best]
        if self.two_digit and self.votes("ymd") > best:
            return ("ymd",)
        if len(orders) == 1 and min(counts.values()) and not self._clearly(counts):
            return ("dmy", "mdy")
        return tuple(orders)

    def may_begin_with_year(self, others: tuple[DateOrder, ...]) -> bool:
        """Whether two-digit years may stand first: every date allows it, and then the dates lie closer together.

        So do statements; a wrong order scatters them over decades. A few dates near today count as close, too.
        """
        if not self.two_digit or not self.undecided or self.votes("ymd") < len(self.undecided) or others == ("ymd",):
            return False
        first_year, spans = self._span("ymd"), [self._span(order) for order in others]
        recent = first_year is not None and (self.today - first_year[1]).days < 1100
        return first_year is not None and any(
            span is None
            or span[1] - span[0] > first_year[1] - first_year[0]
            or (recent and (self.today - span[1]).days > 8 * 365)
            for span in spans
        )

    def _span(self, order: DateOrder) -> tuple[datetime.date, datetime.date] | None:
        days = [whole_date(DateParts(numbers, None, True), order, self.today) for numbers in self.undecided]
        known = [day for day in days if day is not None]
        return (min(known), max(known)) if len(known) == len(days) else None

    def _clearly(self, counts: dict[DateOrder, int]) -> bool:
        """Whether the lesser order has no date of its own, that is, none which the better order cannot read."""
        better, lesser = sorted(counts, key=lambda order: -counts[order])
        return not any(self._fits(numbers, lesser) and not self._fits(numbers, better) for numbers in self.undecided)


def in_order(days: Iterable[datetime.date]) -> bool:
    """Whether the days only rise or only fall."""
    pairs = list(pairwise(days))
    return all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs)

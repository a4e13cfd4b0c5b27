"""Periods of time in plain English."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name[:length].lower(): at for at, name in enumerate(month_name) if at for length in (3, len(name))}
_MONTHS["sept"] = 9
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)\d\d"
_ISO = r"\d{4}-\d{2}-\d{2}"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
_TODAY = re.compile(rf"\btoday(?:'s date)? is (?:\w+day,? )?({_ISO})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to `until`, both days included; `label` reads after a noun: "in March 2026"."""

    since: date
    until: date
    label: str

    @property
    def month(self) -> str | None:
        """`YYYY-MM` when it is exactly one calendar month, else None."""
        whole = self.since.day == 1 and self.until == _month_end(self.since)
        return f"{self.since:%Y-%m}" if whole else None


def stated_today(text: str) -> date | None:
    """The day in the last "Today is YYYY-MM-DD", or None."""
    found = _TODAY.findall(text)
    try:
        return date.fromisoformat(found[-1]) if found else None
    except ValueError:
        return None


def month_of(year: int, month: int) -> Period:
    """A calendar month."""
    first = date(year, month, 1)
    return Period(first, _month_end(first), f"in {month_name[month]} {year}")


def year_of(year: int) -> Period:
    """A calendar year."""
    return Period(date(year, 1, 1), date(year, 12, 31), f"in {year}")


def last_days(days: int, today: date) -> Period:
    """The `days` days that end today."""
    return Period(today - timedelta(days=days - 1), today, f"in the last {days} days")


def last_months(months: int, today: date) -> Period:
    """This month so far and the ones before it, `months` in all."""
    month = today.year * 12 + today.month - 1 - (months - 1)
    return Period(date(month // 12, month % 12 + 1, 1), today, f"in the last {months} months")


def spanned(periods: tuple[Period, ...]) -> Period:
    """One period from the first to the last of several."""
    if len(periods) == 1:
        return periods[0]
    since, until = min(p.since for p in periods), max(p.until for p in periods)
    return Period(since, until, f"from {since} to {until}")


def periods_in(text: str, today: date) -> tuple[tuple[Period, ...], str]:
    """The periods named in `text`, in the order of the text, and the text without them."""
    found: list[tuple[int, Period]] = []
    rest = text
    for pattern, made in _PHRASES:
        for match in list(pattern.finditer(rest)):
            period = made(match, today)
            if period is not None:
                found.append((match.start(), period))
                rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    found.sort(key=lambda entry: entry[0])
    return tuple(dict.fromkeys(period for _, period in found)), re.sub(r"\s+", " ", rest).strip()


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _named_month(name: str, year: str | None, today: date) -> Period:
    """The month of that name: of the year given, else the latest that has begun."""
    month = _MONTHS[name.lower()]
    if year:
        return month_of(int(year), month)
    return month_of(today.year if month <= today.month else today.year - 1, month)


def _dates(match: re.Match[str], today: date) -> Period | None:
    try:
        since, until = sorted((date.fromisoformat(match[1]), date.fromisoformat(match[2])))
    except ValueError:
        return None
    return Period(since, until, f"from {since} to {until}")


def _months(match: re.Match[str], today: date) -> Period | None:
    until = _named_month(match[3], match[4], today)
    since = _named_month(match[1], match[2] or str(until.until.year), today)
    if since.since > until.since:
        since = _named_month(match[1], str(until.until.year - 1), today)
    return Period(since.since, until.until, f"from {since.label[3:]} to {until.label[3:]}")


def _since(match: re.Match[str], today: date) -> Period | None:
    if match[1][0].isdigit():
        try:
            since = date.fromisoformat(match[1])
        except ValueError:
            return None
    else:
        since = _named_month(match[1], match[2], today).since
    return Period(since, today, f"since {since}") if since <= today else None


def _day(match: re.Match[str], today: date) -> Period | None:
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        return None
    return Period(day, day, f"on {day}")


def _iso_month(match: re.Match[str], today: date) -> Period | None:
    return month_of(int(match[1]), int(match[2])) if 1 <= int(match[2]) <= 12 else None


def _count(match: re.Match[str], today: date) -> Period | None:
    words = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12, "couple of": 2}
    count = words.get(match[1].lower()) or int(match[1])
    match match[2].lower().rstrip("s"):
        case "day":
            return last_days(max(1, count), today)
        case "week":
            return Period(last_days(7 * count, today).since, today, f"in the last {count} weeks")
        case "month":
            return last_months(count, today)
        case _:
            return Period(last_months(12 * count, today).since, today, f"in the last {count} years")


def _calendar(match: re.Match[str], today: date) -> Period | None:
    this = match[1].lower() in ("this", "current")
    match match[2].lower():
        case "week":
            monday = today - timedelta(days=today.weekday() + (0 if this else 7))
            return Period(monday, monday + timedelta(days=6), "this week" if this else "last week")
        case "month":
            day = today if this else today.replace(day=1) - timedelta(days=1)
            return month_of(day.year, day.month)
        case "quarter":
            at = today.year * 4 + (today.month - 1) // 3 - (0 if this else 1)
            return _quarter_of(at // 4, at % 4 + 1)
        case _:
            return year_of(today.year if this else today.year - 1)


def _quarter(match: re.Match[str], today: date) -> Period | None:
    number = int(match[1]) if match[1].isdigit() else _ORDINALS[match[1].lower()]
    if match[2]:
        return _quarter_of(int(match[2]), number)
    return _quarter_of(today.year if number <= (today.month + 2) // 3 else today.year - 1, number)


def _quarter_of(year: int, number: int) -> Period:
    until = _month_end(date(year, 3 * number, 1))
    return Period(date(year, 3 * number - 2, 1), until, f"in the {number}. quarter of {year}")


def _month(match: re.Match[str], today: date) -> Period | None:
    name = match["month"]
    if name.lower() == "may" and not match["year"] and not match["lead"] and (name == "may" or not match.start()):
        return None  # the verb
    if match["last"] and not match["year"]:
        named = _named_month(name, None, today)
        return month_of(named.since.year - (named.since.month == today.month), named.since.month)
    return _named_month(name, match["year"], today)


def _phrase(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LEAD = r"(?P<lead>\b(?:in|for|of|during|and|vs\.?|versus|to|than|with|over|about)\s+)?"
_PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period | None]], ...] = (
    (_phrase(rf"\b(?:from|between)\s+({_ISO})\s+(?:to|and|until|through|-)\s+({_ISO})\b"), _dates),
    (
        _phrase(
            rf"\b(?:from|between)\s+({_MONTH})\b\s*({_YEAR})?\s+(?:to|and|until|through)\s+({_MONTH})\b\s*({_YEAR})?"
        ),
        _months,
    ),
    (_phrase(rf"\bsince\s+({_ISO}|{_MONTH}\b)\s*({_YEAR})?"), _since),
    (_phrase(rf"\b(?:on\s+)?({_ISO})\b"), _day),
    (_phrase(r"\b(?:in\s+)?(\d{4})-(\d{2})\b"), _iso_month),
    (
        _phrase(
            r"\b(?:in\s+|over\s+|for\s+|during\s+)?(?:the\s+)?(?:last|past|previous)\s+"
            r"(\d{1,3}|two|three|four|five|six|seven|ten|twelve|couple of)\s+(days?|weeks?|months?|years?)\b"
        ),
        _count,
    ),
    (
        _phrase(r"\b(?:year[- ]to[- ]date|ytd|so far this year|this year so far)\b"),
        lambda match, today: Period(date(today.year, 1, 1), today, f"in {today.year} so far"),
    ),
    (
        _phrase(
            r"\b(?:in\s+|for\s+|during\s+)?(?:the\s+)?(this|current|last|previous|past)\s+(week|month|quarter|year)\b"
        ),
        _calendar,
    ),
    (_phrase(rf"\b(?:in\s+)?q([1-4])\b(?:\s+(?:of\s+)?({_YEAR}))?"), _quarter),
    (
        _phrase(rf"\b(?:in\s+)?(?:the\s+)?(first|second|third|fourth|last) quarter\b(?:\s+(?:of\s+)?({_YEAR}))?"),
        _quarter,
    ),
    (
        re.compile(
            rf"{_LEAD}(?P<last>\blast\s+)?\b(?P<month>(?i:{_MONTH}))\b\.?(?:,?\s+(?:of\s+)?(?P<year>{_YEAR})\b)?"
        ),
        _month,
    ),
    (
        _phrase(rf"\b(?:in\s+|for\s+|of\s+|during\s+)?(?<![\d-])({_YEAR})\b(?!-\d)"),
        lambda match, today: year_of(int(match[1])),
    ),
    (_phrase(r"\byesterday\b"), lambda match, today: _one_day(today - timedelta(days=1), "yesterday")),
    (_phrase(r"\btoday\b"), lambda match, today: _one_day(today, "today")),
)


def _one_day(day: date, label: str) -> Period:
    return Period(day, day, label)

"""What the usage page shows: periods, bars by day or month, and names for what was asked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tuppence.ledger.days import month_end
from tuppence.usage import UsageSummary

PeriodName = Literal["7-days", "30-days", "this-month", "last-month", "this-year", "all"]
PERIODS: dict[PeriodName, str] = {
    "7-days": "7 days",
    "30-days": "30 days",
    "this-month": "This month",
    "last-month": "Last month",
    "this-year": "This year",
    "all": "All",
}
"""How they are called, in the order in which they are offered."""

DAILY = 92
"""Over at most so many days there is a bar for each day; over more one for each month."""
_OPERATIONS = {
    "chat": "Chat",
    "doctor": "Checks of providers",
    "categorize": "Categorising",
    "detect_merchants": "Recognising merchants",
}
Measure = Literal["cost", "tokens"]


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are looked at, by this machine's clock."""

    since: datetime.date | None
    """Included; None: from the first request on."""
    until: datetime.date | None
    """Included; None: to the last one."""

    @property
    def first_moment(self) -> datetime.datetime | None:
        """When they begin; included."""
        return None if self.since is None else _midnight(self.since)

    @property
    def end(self) -> datetime.datetime | None:
        """When they are over; not included."""
        return None if self.until is None else _midnight(self.until + datetime.timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Bar:
    """A day or a month of the chart."""

    first: datetime.date
    is_month: bool
    value: Decimal
    """US dollars or tokens; nothing was asked, or nothing is known, when it is 0."""
    height: int
    """Of the highest, in thousandths."""
    requests: int
    unknown: int
    """Requests whose cost nobody can tell: `value` is without them."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart."""

    measure: Measure
    """Dollars where any are known; else tokens, as of servers that cost nothing."""
    bars: Sequence[Bar]
    highest: Decimal


def named_days(name: PeriodName, today: datetime.date) -> Days:
    """The days of a period by its name, as of `today`, which is included."""
    first = today.replace(day=1)
    match name:
        case "7-days":
            return Days(_earlier(today, 6), today)
        case "30-days":
            return Days(_earlier(today, 29), today)
        case "this-month":
            return Days(first, today)
        case "last-month":
            last = first - datetime.timedelta(days=1)
            return Days(last.replace(day=1), last)
        case "this-year":
            return Days(today.replace(month=1, day=1), today)
        case "all":
            return Days(None, None)


def bars_of(by_day: Sequence[UsageSummary], days: Days, today: datetime.date) -> Bars | None:
    """The summaries of days as a chart without gaps; None when nothing was asked."""
    found = {summary.key: summary for summary in by_day if isinstance(summary.key, datetime.date)}
    if not found:
        return None
    first = days.since or min(found)
    last = max(first, min(days.until or today, max(today, *found)))
    if (last - first).days >= DAILY:
        first = max(first, min(found))
    measure: Measure = "cost" if any(summary.cost for summary in by_day) else "tokens"
    spans = _spans(first, last)
    parts = [[one for day, one in found.items() if begins <= day <= ends] for begins, ends, _ in spans]
    values = [sum((_value(one, measure) for one in part), Decimal(0)) for part in parts]
    highest = max(values)
    return Bars(
        measure,
        [
            Bar(
                first=begins,
                is_month=is_month,
                value=value,
                height=_height(value, highest),
                requests=sum(one.requests for one in part),
                unknown=sum(one.unknown_costs for one in part),
            )
            for (begins, _, is_month), part, value in zip(spans, parts, values, strict=True)
        ],
        highest,
    )


def operation_name(operation: str) -> str:
    """What people call an operation."""
    return _OPERATIONS.get(operation, operation.replace("_", " ").capitalize())


def _height(value: Decimal, highest: Decimal) -> int:
    """In thousandths of the highest; what is more than nothing can be seen."""
    return max(12, round(1000 * value / highest)) if value else 0


def _value(summary: UsageSummary, measure: Measure) -> Decimal:
    if measure == "cost":
        return summary.cost or Decimal(0)
    return Decimal((summary.tokens.input_tokens or 0) + (summary.tokens.output_tokens or 0))


def _spans(first: datetime.date, last: datetime.date) -> list[tuple[datetime.date, datetime.date, bool]]:
    """First and last day of each bar, and whether it is a month's."""
    if (last - first).days < DAILY:
        return [(day, day, False) for day in _each_day(first, last)]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    begins = [datetime.date(number // 12, number % 12 + 1, 1) for number in months]
    return [(day, month_end(day), True) for day in begins]


def _each_day(first: datetime.date, last: datetime.date) -> Iterable[datetime.date]:
    return (first + datetime.timedelta(days=number) for number in range((last - first).days + 1))


def _earlier(day: datetime.date, days: int) -> datetime.date:
    return day - datetime.timedelta(days=days)


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day).astimezone()

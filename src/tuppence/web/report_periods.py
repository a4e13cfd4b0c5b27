"""The periods that reports are asked for by name, or by their first and last day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import Query

from tuppence.ledger.days import month_end
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import Period, span_of
from tuppence.web.problems import Problem

PeriodName = Literal["last-12-months", "this-year", "last-year", "all"]
PERIODS: dict[PeriodName, str] = {
    "last-12-months": "Last 12 months",
    "this-year": "This year",
    "last-year": "Last year",
    "all": "All",
}
"""How they are called, in the order in which they are offered."""

Named = Annotated[PeriodName, Query(alias="period")]
MOST_POINTS = 120


async def named_period(ledger: Ledger, name: PeriodName, today: datetime.date) -> Period:
    """The days of a period by its name, as of `today`.

    The last 12 months are this one so far and the eleven before it; all is from the first day with a transaction on.
    """
    year = datetime.date(today.year, 1, 1)
    match name:
        case "last-12-months":
            return Period(_months_earlier(today.replace(day=1), 11), today)
        case "this-year":
            return Period(year, today)
        case "last-year":
            return Period(datetime.date(max(today.year - 1, 1), 1, 1), year - datetime.timedelta(days=1))
        case "all":
            span = await span_of(ledger)
            return Period(year, today) if span is None else Period(min(span.since, today), max(span.until, today))


async def asked_period(
    ledger: Ledger,
    name: PeriodName,
    since: datetime.date | None,
    until: datetime.date | None,
    today: datetime.date,
) -> Period:
    """The period between two days, both included; what is not given is that of the named one. Raises Problem."""
    named = await named_period(ledger, name, today)
    try:
        return Period(since or min(named.since, until or named.since), until or max(named.until, since or named.until))
    except ValueError as error:
        raise Problem(422, "invalid", f"The period cannot be used: {error}.") from error


def points_of(period: Period, until: datetime.date) -> list[datetime.date]:
    """Days at whose end to look at balances: before the period, at the end of its months, and at its last day.

    None of them is after `until`. Of a long period they are quarters' or years' ends.
    """
    last = min(period.until, until)
    step = next((months for months in (1, 3, 12) if _months(period) / months <= MOST_POINTS), 120)
    ends = [day for day in _month_ends(period.since, last) if day.month % min(step, 12) == 0]
    ends = [day for day in ends if step <= 12 or day.year % 10 == 0]
    before = [period.since - datetime.timedelta(days=1)] if period.since > datetime.date.min else []
    return sorted({*(day for day in before if day < last), *ends, last})


def _month_ends(since: datetime.date, until: datetime.date) -> Iterator[datetime.date]:
    for number in range(since.year * 12 + since.month - 1, until.year * 12 + until.month):
        day = month_end(datetime.date(number // 12, number % 12 + 1, 1))
        if day <= until:
            yield day


def _months(period: Period) -> int:
    return (period.until.year - period.since.year) * 12 + period.until.month - period.since.month + 1


def _months_earlier(first_of_month: datetime.date, months: int) -> datetime.date:
    number = max(first_of_month.year * 12 + first_of_month.month - 1 - months, 12)
    return datetime.date(number // 12, number % 12 + 1, 1)

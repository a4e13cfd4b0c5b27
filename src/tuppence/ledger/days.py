"""Days, and the whole months among them."""

import datetime
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Months:
    """Whole months, each as 202603."""

    first: int | None
    """None: from the beginning."""
    last: int | None
    """None: to the end."""

    def within(self, month: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
        """What is true of a `month` that is one of these."""
        if self.first is not None:
            yield month >= self.first
        if self.last is not None:
            yield month <= self.last


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, one after the other."""

    since: datetime.date | None = None
    """Included; None: from the beginning."""
    until: datetime.date | None = None
    """Included; None: to the end."""

    def split(self) -> "tuple[Months | None, tuple[Days, ...]]":
        """The whole months of these days, None when there are none, and what is left before and after them.

        What is left is of one month each.
        """
        since, until = self.since, self.until
        first = last = None
        around: list[Days] = []
        if since is not None:
            first = month_of(since)
            if since.day > 1:
                first = _next(first)
                around.append(Days(since, month_end(since)))
        if until is not None:
            last = month_of(until)
            if until != month_end(until):
                last = _previous(last)
                around.append(Days(until.replace(day=1), until))
        if since is not None and until is not None and month_of(since) >= month_of(until) and around:
            return None, (self,)
        if first is not None and last is not None and first > last:
            return None, tuple(around)
        return Months(first, last), tuple(around)

    def within(self, date: ColumnElement[datetime.date]) -> Iterator[ColumnElement[bool]]:
        """What is true of a `date` that is one of these days."""
        if self.since is not None:
            yield date >= self.since
        if self.until is not None:
            yield date <= self.until


def month_of(day: datetime.date) -> int:
    """The month of `day` as the ledger's rows carry it: 202603."""
    return day.year * 100 + day.month


def days_of(month: int) -> Days:
    """The days of a `month` like 202603."""
    first = datetime.date(month // 100, month % 100, 1)
    return Days(first, month_end(first))


def month_end(day: datetime.date) -> datetime.date:
    """The last day of the month that `day` lies in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _next(month: int) -> int:
    return month + 1 if month % 100 < 12 else month + 89


def _previous(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89

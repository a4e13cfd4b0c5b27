"""Period: from one day to another, both included."""

from calendar import month_name, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tuppence.ledger.days import Days, month_end


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` to `until`, both included. Raises ValueError when `until` comes first."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError(f"the last day ({self.until}) comes before the first one ({self.since})")

    @classmethod
    def month_of(cls, day: date) -> "Period":
        """The calendar month that `day` lies in."""
        return cls(day.replace(day=1), month_end(day))

    @property
    def days(self) -> Days:
        """The same days, as the ledger's sums are asked for."""
        return Days(self.since, self.until)

    @property
    def is_whole_months(self) -> bool:
        """Whether it begins on the first day of a month and ends on the last one of the same or another month."""
        return self.since.day == 1 and self.until == month_end(self.until)

    @property
    def label(self) -> str:
        """In English, as short as it can be said: "March 2026", "2026", "1 March 2026 to 5 April 2026"."""
        if self.since == self.until:
            return _day(self.since)
        if not self.is_whole_months:
            return f"{_day(self.since)} to {_day(self.until)}"
        if (self.since.year, self.since.month) == (self.until.year, self.until.month):
            return _month(self.since)
        if (self.since.month, self.until.month, self.since.year) == (1, 12, self.until.year):
            return str(self.since.year)
        return f"{_month(self.since)} to {_month(self.until)}"

    def before(self) -> "Period":
        """The period to compare with: just as long, and next before this one.

        A period that begins with a month is moved by whole months, so that 1 to 15 March is compared with 1 to 15
        February (and March with all of February); any other one by its number of days. Raises OverflowError before the
        year 1.
        """
        if self.since.day == 1:
            return self._months_earlier(_number(self.until) - _number(self.since) + 1)
        length = self.until - self.since + timedelta(days=1)
        return Period(self.since - length, self.until - length)

    def year_before(self) -> "Period":
        """The same days of the year before. Raises OverflowError before the year 1."""
        return self._months_earlier(12)

    def _months_earlier(self, months: int) -> "Period":
        until = _months_earlier(self.until, months)
        return Period(
            _months_earlier(self.since, months),
            month_end(until) if self.until == month_end(self.until) else until,
        )


def months_through(first: int, last: int) -> Iterator[int]:
    """Every month from `first` to `last`, both included, each as 202603."""
    for number in range(first // 100 * 12 + first % 100 - 1, last // 100 * 12 + last % 100):
        yield number // 12 * 100 + number % 12 + 1


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months_earlier(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last one where it is shorter."""
    number = _number(day) - months
    if number < 12:
        raise OverflowError("there is no such period")
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _day(day: date) -> str:
    return f"{day.day} {_month(day)}"


def _month(day: date) -> str:
    return f"{month_name[day.month]} {day.year}"

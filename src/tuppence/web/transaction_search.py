"""A search among the transactions, as the address of the list says it: read, checked, and written again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast, get_args
from urllib.parse import urlencode

from fastapi import Request

from tuppence.ledger.reports.period import Period
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Order
from tuppence.money import decimal_amount
from tuppence.web.formats import Formats, Unreadable
from tuppence.web.visitor import Visitor

PATH = "/transactions"
ORDERS: tuple[Order, ...] = get_args(Order)
PERIODS = {
    "this-month": "This month",
    "last-month": "Last month",
    "this-year": "This year",
    "last-year": "Last year",
    "last-12-months": "Last 12 months",
}
MOST = 10**12
"""Whole units of a currency that may be asked for: more than any household moves, and what any currency can hold."""
LONGEST_TEXT = 200

_ONE_OF: Mapping[str, Iterable[str]] = {
    "period": PERIODS,
    "direction": ("in", "out"),
    "state": ("pending", "booked"),
    "uncategorized": ("yes",),
    "transfers": ("no",),
    "order": ORDERS,
}
_IDS = {"account": "accounts", "category": "categories", "merchant": "merchants", "tag": "tags"}
"""Parts of the address that may be there several times, and what they are in a TransactionFilter."""
_TYPED = ("since", "until", "minimum", "maximum", "currency")
_NAMES = ("q", *_IDS, "imported", "period", *_TYPED, "direction", "state", "uncategorized", "transfers", "order")


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of the transactions, and how it is written in an address."""

    wanted: TransactionFilter
    order: Order
    fields: tuple[tuple[str, str], ...]
    """What is set, as it was typed, in the order in which it is written."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By name of the field: why it cannot be used. `wanted` leaves those out."""

    @classmethod
    def read(cls, given: Iterable[tuple[str, str]], formats: Formats, today: datetime.date) -> Search:
        """The search of an address's query. Names that mean nothing here are left out."""
        fields = _tidied(given)
        reading = _Reading(fields, formats, today)
        wanted = reading.wanted()
        order = cast(Order, reading.chosen("order") or "newest")
        return cls(wanted, order, fields, reading.errors)

    def value(self, name: str) -> str:
        """What is typed into one field; empty when nothing is."""
        return next((value for key, value in self.fields if key == name), "")

    def values(self, name: str) -> tuple[str, ...]:
        """The same of a field that may be there several times."""
        return tuple(value for key, value in self.fields if key == name)

    @property
    def is_by_date(self) -> bool:
        """Whether the list goes by days."""
        return self.order in ("newest", "oldest")

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for less than everything."""
        return any(name != "order" for name, _ in self.fields)

    @property
    def query(self) -> str:
        """As it stands behind the question mark of an address; empty when nothing is set."""
        return urlencode(self.fields)

    def address(self, path: str = PATH, **more: Any) -> str:
        """An address with this search, and `more` that is not None."""
        query = urlencode([*self.fields, *((name, value) for name, value in more.items() if value is not None)])
        return f"{path}?{query}" if query else path

    def without(self, *names: str, value: str | None = None) -> str:
        """The address of the list without these fields, or without this `value` of them."""
        left = [one for one in self.fields if one[0] not in names or value not in (None, one[1])]
        query = urlencode(left)
        return f"{PATH}?{query}" if query else PATH


def search_of(request: Request, visitor: Visitor) -> Search:
    """The search that the address of a request says."""
    return Search.read(request.query_params.multi_items(), visitor.formats, datetime.date.today())


def _tidied(given: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """What is set, once each; of a field that can be there only once the last. Days that are typed beat a period."""
    several: dict[str, list[str]] = {name: [] for name in _NAMES}
    for name, raw in given:
        value = " ".join(raw.split())
        if not value or name not in several or value in several[name]:
            continue
        several[name] = [*several[name], value] if name in _IDS else [value]
    if several["since"] or several["until"]:
        several["period"] = []
    if several["order"] == ["newest"]:
        several["order"] = []
    return tuple((name, value) for name in _NAMES for value in several[name])


class _Reading:
    """Reads the fields, and collects what is wrong with them."""

    def __init__(self, fields: tuple[tuple[str, str], ...], formats: Formats, today: datetime.date) -> None:
        self._fields, self._formats, self._today = fields, formats, today
        self.errors: dict[str, str] = {}

    def wanted(self) -> TransactionFilter:
        state, direction = self.chosen("state"), self.chosen("direction")
        currency = self._currency()
        since, until = self._days()
        minimum, maximum = self._amounts(currency or self._formats.currency or "EUR")
        return TransactionFilter(
            text=self._text(),
            imported=self._value("imported"),
            since=since,
            until=until,
            minimum=minimum,
            maximum=maximum,
            direction=cast(Any, direction),
            currency=currency,
            pending=None if state is None else state == "pending",
            uncategorized=self.chosen("uncategorized") is not None,
            include_transfers=self.chosen("transfers") is None,
            **{plural: self._ids(name) for name, plural in _IDS.items()},
        )

    def _value(self, name: str) -> str | None:
        return next((value for key, value in self._fields if key == name), None)

    def _text(self) -> str:
        text = self._value("q") or ""
        if len(text) > LONGEST_TEXT:
            self.errors["q"] = f"A search has at most {LONGEST_TEXT} characters. Leave some words out."
            return ""
        return text

    def chosen(self, name: str) -> str | None:
        """One of the words that this field knows; None when it is not set."""
        value = self._value(name)
        if value is not None and value not in _ONE_OF[name]:
            self.errors[name] = f"“{value}” cannot be chosen here. Choose one of: {', '.join(_ONE_OF[name])}."
            return None
        return value

    def _ids(self, name: str) -> tuple[int, ...]:
        values = [value for key, value in self._fields if key == name]
        if any(not (value.isascii() and value.isdecimal() and len(value) <= 18) for value in values):
            self.errors[name] = f"There is no such {name}. Choose one from the list."
            return ()
        return tuple(map(int, values))

    def _currency(self) -> str | None:
        value = (self._value("currency") or "").upper()
        if value and not (len(value) == 3 and value.isascii() and value.isalpha()):
            self.errors["currency"] = f"“{value}” is no currency. Give its code of three letters, such as EUR."
            return None
        return value or None

    def _days(self) -> tuple[datetime.date | None, datetime.date | None]:
        if (period := self.chosen("period")) is not None:
            days = preset(period, self._today)
            return days.since, days.until
        since, until = self._day("since"), self._day("until")
        if since is not None and until is not None and until < since:
            self.errors["until"] = "The last day comes before the first one. Swap the two."
            return None, None
        return since, until

    def _day(self, name: str) -> datetime.date | None:
        if (text := self._value(name)) is None:
            return None
        try:
            return self._formats.typed_day(text, self._today)
        except Unreadable as error:
            self.errors[name] = str(error)
            return None

    def _amounts(self, currency: str) -> tuple[Decimal | None, Decimal | None]:
        minimum, maximum = self._amount("minimum", currency), self._amount("maximum", currency)
        if minimum is not None and maximum is not None and maximum < minimum:
            self.errors["maximum"] = "The largest amount is less than the smallest one. Swap the two."
            return None, None
        return minimum, maximum

    def _amount(self, name: str, currency: str) -> Decimal | None:
        if (text := self._value(name)) is None:
            return None
        try:
            amount = abs(decimal_amount(self._formats.typed_amount(text, currency), currency))
        except Unreadable as error:
            self.errors[name] = str(error)
            return None
        if amount > MOST:
            self.errors[name] = "That is more than any amount here. Type a smaller one."
            return None
        return amount


def preset(name: str, today: datetime.date) -> Period:
    """The days of one of PERIODS, as of `today`."""
    month = Period.month_of(today)
    year = Period(today.replace(month=1, day=1), today.replace(month=12, day=31))
    match name:
        case "this-month":
            return month
        case "last-month":
            return month.before()
        case "this-year":
            return year
        case "last-year":
            return year.year_before()
        case "last-12-months":
            return Period(Period(today, today).year_before().until + datetime.timedelta(days=1), today)
    raise ValueError(f"“{name}” is no period that is known.")

"""The kinds of parameters that functions share: what a model may say, and how it is told so."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from tuppence.assistant.functions.function import FunctionInputError
from tuppence.ledger.reports import Period

FIRST_YEAR, LAST_YEAR = 1900, 2199
LARGEST_SIZE = 10**12
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso_day(value: Any) -> Any:
    """pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value.strip()):
        raise ValueError("a day is written YYYY-MM-DD, such as 2026-03-31")
    if not isinstance(value, str | date):
        raise ValueError("a day is a string, written YYYY-MM-DD, such as 2026-03-31")
    return value


def _in_our_times(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year lies between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_iso_day), AfterValidator(_in_our_times)]
"""A day, YYYY-MM-DD."""

Size = Annotated[
    Decimal, Field(ge=0, le=LARGEST_SIZE, allow_inf_nan=False), WithJsonSchema({"type": "number", "minimum": 0})
]
"""An amount in whole units of its currency, without regard to its sign."""

_Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[
    tuple[_Name, ...], BeforeValidator(_listed), WithJsonSchema({"type": "array", "items": {"type": "string"}})
]
"""Names as the household uses them; a single one may be given without a list."""


def period_from(since: date | None, until: date | None, today: date) -> Period:
    """The period that a model means: without `until` up to today, without `since` from the first of that day's month.

    Raises FunctionInputError when it ends before it begins.
    """
    last = until or max(today, since or today)
    try:
        return Period(since or last.replace(day=1), last)
    except ValueError as error:
        hint = "`since` is the first day and `until` the last one, both included. Swap them, or correct one of them."
        raise FunctionInputError(f"since, until: {error}.", hint) from error

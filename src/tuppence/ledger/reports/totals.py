"""Totals in SQL."""

from sqlalchemy import BigInteger, ColumnElement, case, cast, func


def total(when: ColumnElement[bool], value: ColumnElement[int] | int) -> ColumnElement[int]:
    """The sum of `value` over the rows for which `when` is true: a whole number in every database (PostgreSQL makes a
    numeric of it), 0 without such rows."""
    return cast(func.sum(case((when, value), else_=0)), BigInteger)

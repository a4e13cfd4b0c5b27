"""Filings short to write in a test."""

import datetime
from decimal import Decimal

from tuppence.enrichment.entries import Entry, Filing, entry
from tuppence.money import Money, minor_units


def paid(
    description: str, amount: str = "-10.00", day: str | None = None, *, account: int = 1, payee: str | None = None
) -> Entry:
    """A transaction in euros; day as in "2026-03-14"."""
    date = None if day is None else datetime.date.fromisoformat(day)
    money = Money(minor_units(Decimal(amount), "EUR"), "EUR")
    return entry(1, money, description, payee=payee, account_id=account, date=date)


def filed(label: int | None, *entries: Entry) -> list[Filing]:
    """All of them filed under the label."""
    return [Filing(each, label) for each in entries]


def several(times: int, label: int | None, description: str, amount: str = "-10.00") -> list[Filing]:
    """The same, some times over."""
    return filed(label, paid(description, amount)) * times

"""How figures read in a function's output: short, exact, and each with its currency said once."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import Period, span_of
from tuppence.ledger.transactions import Coverage
from tuppence.money import Money, decimal_amount


def amounts(money: Iterable[Money]) -> dict[str, Decimal]:
    """Amounts by currency: `{"USD": "12.00"}` when written."""
    return {one.currency: one.amount for one in money}


def decimal(minor: int, currency: str) -> Decimal:
    """`minor` units in whole units of `currency`."""
    return decimal_amount(minor, currency)


def days(period: Period) -> dict[str, date]:
    """A period, both days included."""
    return {"since": period.since, "until": period.until}


def month(number: int) -> str:
    """202603 as "2026-03"."""
    return f"{number // 100}-{number % 100:02}"


def said(**values: Any) -> dict[str, Any]:
    """The values that say something: without None, False, empty texts and lists. A zero says something."""
    return {name: value for name, value in values.items() if value or (value == 0 and value is not False)}


def coverage_of(coverage: Coverage) -> dict[str, Any]:
    """What the figures of a report rest on."""
    return said(
        accounts=coverage.accounts,
        transactions_counted=coverage.rows - coverage.transfers,
        pending=coverage.pending,
        uncategorized=coverage.uncategorized,
        transfers_left_out=coverage.transfers,
        first_transaction=coverage.first,
        last_transaction=coverage.last,
    )


async def where_to_look(ledger: Ledger, coverage: Coverage) -> Mapping[str, Any]:
    """When nothing was found: between which days the ledger has transactions at all, or that it has none."""
    if coverage.rows:
        return {}
    span = await span_of(ledger)
    return {"note": "nothing found", "ledger_has_transactions_between": days(span) if span else None}


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 account", "128 transactions", "3 categories"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"

"""The figures of the overview, as its page shows them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from tuppence.ledger.categories import Category
from tuppence.ledger.reports import (
    AccountLine,
    BalanceSheet,
    CategoryLine,
    IncomeStatement,
    MonthLine,
    NetWorth,
    Period,
    Statement,
)
from tuppence.money import Money
from tuppence.web.charts import Chart, Column, Row
from tuppence.web.formats import Formats

MOST_MONTHS = 36
"""Of more than these the years are shown."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Worth:
    """What the household is worth in one currency."""

    net: Money
    since: datetime.date | None
    """The first day at whose end all the balances in it are known."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What came in and was spent in one currency since a month's first day, and on the same days of the one before."""

    income: Money
    income_before: Money
    spending: Money
    spending_before: Money
    left: Money
    left_before: Money


@dataclass(frozen=True, slots=True)
class Position:
    """Where the household stands in one currency."""

    currency: str
    worth: Worth | None
    """None when no balance is known in it."""
    flow: Flow | None
    """None when nothing moved in it, neither this month nor on the same days of the one before."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A category's part of the spending."""

    name: str
    amount: Money
    """Negative when more came back than was spent."""
    permille: int
    """Of all that was spent; 0 where nothing can be said."""
    bar: int
    """How long its bar is, in thousandths of the longest one at the top of the tree."""
    href: str
    depth: int
    """0 at the top of the tree."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent in one currency, by category."""

    total: Money
    slices: tuple[Slice, ...]
    """Largest first; what is below a category comes right after it."""


def positions_of(
    sheet: BalanceSheet, now: IncomeStatement, before: IncomeStatement, preferred: str | None
) -> list[Position]:
    """One for each currency in which anything is known or moved, that of the household first; never none.

    now and before: statements of a month so far, and of the same days of the month before.
    """
    worths = {one.currency: _worth(one, sheet.lines) for one in sheet.net_worth}
    moved = dict.fromkeys(one.currency for one in (*now.statements, *before.statements))
    flows = {currency: _flow(now.statement_in(currency), before.statement_in(currency)) for currency in moved}
    currencies = dict.fromkeys([*worths, *flows] or [preferred or ""])
    found = [Position(currency, worths.get(currency), flows.get(currency)) for currency in currencies]
    return _preferred_first(found, preferred)


def _worth(one: NetWorth, lines: Sequence[AccountLine]) -> Worth:
    known = [
        line.known.first for line in lines if line.currency == one.currency and line.amount is not None and line.known
    ]
    return Worth(Money(one.net, one.currency), max(known, default=None))


def _flow(now: Statement, before: Statement) -> Flow:
    def money(minor: int) -> Money:
        return Money(minor, now.currency)

    return Flow(
        income=money(now.income),
        income_before=money(before.income),
        spending=money(now.spending),
        spending_before=money(before.spending),
        left=money(now.savings),
        left_before=money(before.savings),
    )


def _preferred_first(found: Sequence[Any], preferred: str | None) -> list[Any]:
    """In the order in which they are, but for what is in the household's currency."""
    return sorted(found, key=lambda one: one.currency != preferred)


# ------------------------------------------------------------------------------------------------------- over time


def net_worth_charts(sheets: Sequence[BalanceSheet], formats: Formats) -> list[Chart]:
    """One for each currency in which anything is known on the last day."""
    if not sheets:
        return []
    now = {line_key(line): line for line in sheets[-1].lines if line.amount is not None}
    return [
        _net_worth_chart(
            one.currency, sheets, {key: line for key, line in now.items() if key[1] == one.currency}, formats
        )
        for one in _preferred_first(sheets[-1].net_worth, formats.currency)
    ]


def line_key(line: AccountLine) -> tuple[int, str]:
    """What names a line of a sheet."""
    return line.account.id, line.currency


def _net_worth_chart(
    currency: str, sheets: Sequence[BalanceSheet], now: dict[tuple[int, str], AccountLine], formats: Formats
) -> Chart:
    """A line where all that is known now was known, a dashed one where some of it was not."""
    rows = list(_net_worth_rows(currency, sheets, now, formats))
    columns = [Column("Net worth", "chart-1"), Column("As far as known", "chart-6", "dashed")]
    if not any(row.note for row in rows):
        columns, rows = columns[:1], [_without_second(row) for row in rows]
    first, last = sheets[0].as_of, sheets[-1].as_of
    return Chart(
        description=f"Net worth in {currency} from {formats.day(first)} to {formats.day(last)}.",
        currency=currency,
        columns=[*columns, Column("Assets"), Column("Owed")],
        rows=rows,
        first_column="End of",
    )


def _net_worth_rows(
    currency: str, sheets: Sequence[BalanceSheet], now: dict[tuple[int, str], AccountLine], formats: Formats
) -> Iterator[Row]:
    for sheet in sheets:
        known = {line_key(line) for line in sheet.lines if line.amount is not None}
        unknown = [line.account.name for key, line in now.items() if key not in known]
        one = next((one for one in sheet.net_worth if one.currency == currency), None)
        if one is None:
            continue
        net = Money(one.net, currency)
        parts = Money(one.assets, currency), Money(one.liabilities, currency)
        amounts = (None, net, *parts) if unknown else (net, None, *parts)
        yield Row(sheet.as_of.isoformat(), formats.day(sheet.as_of), amounts, _left_out(unknown))


def _without_second(row: Row) -> Row:
    return Row(row.at, row.label, (row.amounts[0], *row.amounts[2:]), row.note)


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"without {', '.join(names[:NAMED])}{more}"


def cash_flow_charts(report: IncomeStatement, formats: Formats) -> list[Chart]:
    """Income and spending of each month, or year of a long period, for each currency in which anything was."""
    return [
        _cash_flow_chart(one, formats)
        for one in _preferred_first([one for one in report.statements if one.months], formats.currency)
    ]


def _cash_flow_chart(statement: Statement, formats: Formats) -> Chart:
    by_year = len(statement.months) > MOST_MONTHS
    lines = _years(statement.months) if by_year else [(_month_key(one), one) for one in statement.months]
    rows = [
        Row(
            at=key,
            label=key if by_year else formats.month(datetime.date.fromisoformat(f"{key}-01")),
            amounts=tuple(
                Money(amount, statement.currency) for amount in (one.income, one.spending, one.income - one.spending)
            ),
        )
        for key, one in lines
    ]
    what = "year" if by_year else "month"
    return Chart(
        description=f"Income and spending in {statement.currency} by {what}, {rows[0].label} to {rows[-1].label}.",
        currency=statement.currency,
        columns=[Column("Income", "in", "bar"), Column("Spending", "chart-1", "bar"), Column("Left")],
        rows=rows,
        first_column=what.capitalize(),
    )


def _month_key(one: MonthLine) -> str:
    return f"{one.month // 100:04}-{one.month % 100:02}"


def _years(months: Sequence[MonthLine]) -> list[tuple[str, MonthLine]]:
    years = sorted({one.month // 100 for one in months})
    return [
        (
            f"{year:04}",
            MonthLine(
                month=year * 100 + 1,
                income=sum(one.income for one in months if one.month // 100 == year),
                spending=sum(one.spending for one in months if one.month // 100 == year),
            ),
        )
        for year in years
    ]


# ----------------------------------------------------------------------------------------------- spending by category


def spending_of(statement: Statement, categories: Sequence[Category], period: Period) -> Spending:
    """Where the money went in `period`."""
    ids = {category.name: category.id for category in categories}
    days = {"since": period.since.isoformat(), "until": period.until.isoformat(), "currency": statement.currency}

    def branch(line: CategoryLine, depth: int) -> Iterator[Slice]:
        yield _slice(statement, line.name, line.amount, {"category": ids.get(line.name, ""), **days}, depth)
        for child in line.children:
            yield from branch(child, depth + 1)

    branches = [list(branch(line, 0)) for line in statement.spending_lines]
    if statement.uncategorized_out:
        query = {"uncategorized": "yes", "direction": "out", **days}
        branches.append([_slice(statement, "Without a category", statement.uncategorized_out, query, 0)])
    branches.sort(key=lambda slices: -slices[0].amount.minor)
    longest = max((slices[0].amount.minor for slices in branches), default=0)
    total = Money(statement.spending, statement.currency)
    return Spending(total, tuple(_drawn(one, longest) for slices in branches for one in slices))


def _slice(statement: Statement, name: str, amount: int, query: dict[str, Any], depth: int) -> Slice:
    whole = statement.spending
    permille = max(0, round(1000 * amount / whole)) if whole > 0 else 0
    return Slice(name, Money(amount, statement.currency), permille, 0, f"/transactions?{urlencode(query)}", depth)


def _drawn(slice_: Slice, longest: int) -> Slice:
    return replace(slice_, bar=max(0, 1000 * slice_.amount.minor // longest) if longest > 0 else 0)

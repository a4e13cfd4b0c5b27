"""Reports: income and spending, what is owned and owed, net worth over time, merchants."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tuppence.ledger.reports import (
    BalanceSheet,
    CategoryLine,
    IncomeStatement,
    MerchantReport,
    NetWorth,
    Period,
    Statement,
    balance_sheet,
    balance_sheets,
    income_statement,
    merchant_report,
)
from tuppence.ledger.transaction_figures import Coverage
from tuppence.web.account_lines import Line, account_lines
from tuppence.web.api.amounts import Amount
from tuppence.web.api.days import IsoDay
from tuppence.web.report_periods import Named, asked_period, points_of
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(prefix="/api/reports", tags=["reports"])

Since = Annotated[IsoDay | None, Query(description="The first day, included; instead of that of `period`.")]
Until = Annotated[IsoDay | None, Query(description="The last day, included; instead of that of `period`.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Covered(BaseModel):
    """What figures rest on."""

    first: datetime.date | None
    """The first day with a transaction; null without one."""
    last: datetime.date | None
    accounts: list[str]
    transactions: int
    """How many there are in all, transfers included."""
    pending: int
    uncategorized: int
    transfers: int
    """How many are sides of transfers between own accounts, which no figure counts."""


class Category(BaseModel):
    """What was spent, or earned, under a category."""

    name: str
    amount: Amount
    """With everything below it; positive as its kind reads, negative when more came back."""
    transactions: int
    below: list[Category]
    """Largest first."""


class Month(BaseModel):
    """One month."""

    month: str
    """As in "2026-03"."""
    income: Amount
    spending: Amount


class CurrencyStatement(BaseModel):
    """Income and spending in one currency, both positive when read as usual."""

    currency: str
    income: Amount
    spending: Amount
    savings: Amount
    """Income less spending."""
    income_categories: list[Category]
    spending_categories: list[Category]
    other_categories: list[Category]
    """Neither income nor spending, such as money put into investments."""
    uncategorized_in: Amount
    """Part of `income`."""
    uncategorized_out: Amount
    """Part of `spending`."""
    refunds: Amount
    """What came back under spending categories, which made these smaller."""
    transfers_in: Amount
    transfers_out: Amount
    months: list[Month]


class IncomeReport(BaseModel):
    """Income and spending of a period."""

    since: datetime.date
    until: datetime.date
    statements: list[CurrencyStatement]
    """One for each currency, never mixed; the one with the most transactions first."""
    coverage: Covered


class Worth(BaseModel):
    """What is owned and owed in one currency, as far as it is known."""

    currency: str
    net: Amount
    assets: Amount
    liabilities: Amount
    """Positive."""


class HeldBalance(BaseModel):
    """One account's balance in one currency."""

    account: int
    name: str
    currency: str
    balance: Amount | None
    """Negative when owed; null when it is not known, which is in none of the totals."""
    known_until: datetime.date | None
    stated_on: datetime.date | None


class Sheet(BaseModel):
    """What the household owns and owes at the end of a day."""

    as_of: datetime.date
    net_worth: list[Worth]
    balances: list[HeldBalance]


class Point(BaseModel):
    """Net worth at the end of a day."""

    as_of: datetime.date
    net_worth: list[Worth]
    unknown: list[int]
    """Ids of accounts whose balance is not known then, and in no figure."""


class NetWorthReport(BaseModel):
    """Net worth over time: before the period, at the end of its months, and at its last day."""

    since: datetime.date
    until: datetime.date
    points: list[Point]


class MerchantFigures(BaseModel):
    """What went to and came from a merchant in one currency."""

    merchant: int | None
    """Null: the merchant is not known."""
    name: str | None
    money_in: Amount
    money_out: Amount
    """Positive, as the other."""
    transactions: int
    last: datetime.date | None
    """The day of the latest one; null when the merchant is not known."""


class Merchants(BaseModel):
    """The merchants of a period, where most money went first, currency by currency."""

    since: datetime.date
    until: datetime.date
    merchants: list[MerchantFigures]
    missing: int
    """How many more there are."""
    without_merchant: list[MerchantFigures]
    """One for each currency."""
    coverage: Covered


@router.get("/income-statement")
async def get_income_statement(
    visitor: Visiting, period: Named = "last-12-months", since: Since = None, until: Until = None
) -> IncomeReport:
    """Income and spending by category and month. Transfers between own accounts are neither."""
    days = await _days(visitor, period, since, until)
    return _income(await income_statement(visitor.ledger, days))


@router.get("/balance-sheet")
async def get_balance_sheet(
    visitor: Visiting,
    as_of: Annotated[IsoDay | None, Query(description="At whose end; default: today.")] = None,
) -> Sheet:
    """What is owned and owed at the end of a day."""
    sheet = await balance_sheet(visitor.ledger, as_of or datetime.date.today())
    return Sheet(
        as_of=sheet.as_of,
        net_worth=[_worth(one) for one in sheet.net_worth],
        balances=[_held(line) for line in account_lines(sheet)],
    )


@router.get("/net-worth")
async def get_net_worth(
    visitor: Visiting, period: Named = "last-12-months", since: Since = None, until: Until = None
) -> NetWorthReport:
    """Net worth over time."""
    days = await _days(visitor, period, since, until)
    sheets = await balance_sheets(visitor.ledger, points_of(days, datetime.date.today()))
    return NetWorthReport(since=days.since, until=days.until, points=[_point(sheet) for sheet in sheets])


@router.get("/merchants")
async def get_merchants(
    visitor: Visiting,
    period: Named = "last-12-months",
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
) -> Merchants:
    """What went to and came from each merchant."""
    return _merchants(await merchant_report(visitor.ledger, await _days(visitor, period, since, until)), limit)


async def _days(visitor: Visitor, period: Named, since: Since, until: Until) -> Period:
    return await asked_period(visitor.ledger, period, since, until, datetime.date.today())


def _income(report: IncomeStatement) -> IncomeReport:
    return IncomeReport(
        since=report.period.since,
        until=report.period.until,
        statements=[_statement(one) for one in report.statements],
        coverage=_covered(report.coverage),
    )


def _statement(one: Statement) -> CurrencyStatement:
    def amount(minor: int) -> Amount:
        return Amount.in_minor(minor, one.currency)

    return CurrencyStatement(
        currency=one.currency,
        income=amount(one.income),
        spending=amount(one.spending),
        savings=amount(one.savings),
        income_categories=_categories(one.income_lines, one.currency),
        spending_categories=_categories(one.spending_lines, one.currency),
        other_categories=_categories(one.other_lines, one.currency),
        uncategorized_in=amount(one.uncategorized_in),
        uncategorized_out=amount(one.uncategorized_out),
        refunds=amount(one.refunds),
        transfers_in=amount(one.transfers_in),
        transfers_out=amount(one.transfers_out),
        months=[
            Month(
                month=f"{line.month // 100:04}-{line.month % 100:02}",
                income=amount(line.income),
                spending=amount(line.spending),
            )
            for line in one.months
        ],
    )


def _categories(lines: Sequence[CategoryLine], currency: str) -> list[Category]:
    return [
        Category(
            name=line.name,
            amount=Amount.in_minor(line.amount, currency),
            transactions=line.count,
            below=_categories(line.children, currency),
        )
        for line in lines
    ]


def _covered(coverage: Coverage) -> Covered:
    return Covered(
        first=coverage.first,
        last=coverage.last,
        accounts=list(coverage.accounts),
        transactions=coverage.rows,
        pending=coverage.pending,
        uncategorized=coverage.uncategorized,
        transfers=coverage.transfers,
    )


def _worth(one: NetWorth) -> Worth:
    return Worth(
        currency=one.currency,
        net=Amount.in_minor(one.net, one.currency),
        assets=Amount.in_minor(one.assets, one.currency),
        liabilities=Amount.in_minor(one.liabilities, one.currency),
    )


def _held(line: Line) -> HeldBalance:
    return HeldBalance(
        account=line.account.id,
        name=line.account.name,
        currency=line.currency,
        balance=None if line.amount is None else Amount.of(line.amount),
        known_until=line.as_of,
        stated_on=None if line.amount is None else line.stated_on,
    )


def _point(sheet: BalanceSheet) -> Point:
    return Point(
        as_of=sheet.as_of,
        net_worth=[_worth(one) for one in sheet.net_worth],
        unknown=sorted({line.account.id for line in sheet.unknown}),
    )


def _merchants(report: MerchantReport, limit: int) -> Merchants:
    return Merchants(
        since=report.period.since,
        until=report.period.until,
        merchants=[
            MerchantFigures(
                merchant=line.merchant.id,
                name=line.merchant.name,
                money_in=Amount.in_minor(line.money_in, line.currency),
                money_out=Amount.in_minor(line.money_out, line.currency),
                transactions=line.count,
                last=line.last_date,
            )
            for line in report.lines[:limit]
        ],
        missing=max(0, len(report.lines) - limit),
        without_merchant=[
            MerchantFigures(
                merchant=None,
                name=None,
                money_in=Amount.in_minor(one.money_in, one.currency),
                money_out=Amount.in_minor(one.money_out, one.currency),
                transactions=one.count,
                last=None,
            )
            for one in report.without
        ],
        coverage=_covered(report.coverage),
    )

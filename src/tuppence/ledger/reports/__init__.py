"""Reports: one query each, then pure functions over its rows that make frozen values."""

from tuppence.ledger.reports.balance_sheet import (
    AccountLine,
    BalanceSheet,
    NetWorth,
    balance_sheet,
    balance_sheet_of,
    balance_sheets,
)
from tuppence.ledger.reports.income_statement import IncomeStatement, Scope, income_statement, income_statement_of
from tuppence.ledger.reports.loose_ends import LooseEnds, loose_ends
from tuppence.ledger.reports.merchant_report import MerchantLine, MerchantReport, merchant_report
from tuppence.ledger.reports.period import Period
from tuppence.ledger.reports.span import span_of
from tuppence.ledger.reports.statement import CategoryLine, MonthLine, Statement, Sum
from tuppence.ledger.reports.tags import Tag, list_tags

__all__ = [
    "AccountLine",
    "BalanceSheet",
    "CategoryLine",
    "IncomeStatement",
    "LooseEnds",
    "MerchantLine",
    "MerchantReport",
    "MonthLine",
    "NetWorth",
    "Period",
    "Scope",
    "Statement",
    "Sum",
    "Tag",
    "balance_sheet",
    "balance_sheet_of",
    "balance_sheets",
    "income_statement",
    "income_statement_of",
    "list_tags",
    "loose_ends",
    "merchant_report",
    "span_of",
]

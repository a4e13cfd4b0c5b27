"""Questions to begin with, drawn from the household's own data."""

from __future__ import annotations

from datetime import date

from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import Period, balance_sheet, income_statement, merchant_report, span_of

WITHOUT_DATA = (
    "What can you find out for me?",
    "Which accounts do you know of?",
    "Which categories are there?",
)
"""What can be asked before anything was imported."""
_MOST = 4


async def suggested_questions(ledger: Ledger, today: date) -> list[str]:
    """Three or four questions that this household's data can answer."""
    span = await span_of(ledger)
    if span is None:
        return list(WITHOUT_DATA)
    month = Period.month_of(today).before()
    when = "last month"
    if not span.since <= month.until or not month.since <= span.until:
        month = Period.month_of(min(span.until, today) if span.since <= today else span.since)
        when = f"in {month.label}"
    questions = [
        *await _about_spending(ledger, month, when),
        *await _about_balances(ledger, today),
        f"How does what I spent {when} compare with the month before?",
        f"What were my largest purchases {when}?",
        f"How much came in {when}, and from where?",
    ]
    return questions[:_MOST]


async def _about_spending(ledger: Ledger, month: Period, when: str) -> list[str]:
    """About the largest category and the merchant to whom most went, in the currency that is used most."""
    statements = (await income_statement(ledger, month)).statements
    categories = [line.name for line in statements[0].spending_lines if line.amount > 0] if statements else []
    merchants = [line.merchant.name for line in (await merchant_report(ledger, month)).lines if line.money_out > 0]
    return [
        *(f"What did I spend on {name} {when}?" for name in categories[:1]),
        *(f"How much did I pay to {name} {when}?" for name in merchants[:1]),
    ]


async def _about_balances(ledger: Ledger, today: date) -> list[str]:
    sheet = await balance_sheet(ledger, today)
    if sheet.net_worth:
        return ["What is my net worth?"]
    return ["Of which accounts is the balance not known?"] if sheet.lines else []

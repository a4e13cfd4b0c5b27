"""get_merchants: where the household's money goes, by business."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from tuppence.assistant.functions.function import Findings, function
from tuppence.assistant.functions.parameters import Day, period_from
from tuppence.assistant.functions.rendering import counted, coverage_of, days, decimal, said, where_to_look
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.ledger.reports import MerchantLine, Period, merchant_report

Order = Literal["most_spent", "most_received", "most_transactions", "name"]


@function
async def get_merchants(
    ledger: Ledger,
    today: date,
    since: Annotated[Day | None, Field(description="First day, included. Default: a year before `until`.")] = None,
    until: Annotated[Day | None, Field(description="Last day, included. Default: today.")] = None,
    text: Annotated[str, Field(description="Only merchants whose name contains this.", max_length=200)] = "",
    order: Order = "most_spent",
    limit: Annotated[int, Field(ge=1, le=200)] = 30,
) -> Findings:
    """What was paid to and came from each merchant (business) in a period, where most was spent first.

    Use it for where the money goes, how much was spent at a shop, and the exact names of merchants. Both amounts are
    positive; money_in is mostly refunds. Transfers between own accounts are left out. Transactions whose merchant is
    not known yet are summed up apart: search for their words with get_transactions.
    """
    last = until or max(today, since or today)
    period = period_from(since or Period(last, last).year_before().since + timedelta(days=1), last, today)
    report = await merchant_report(ledger, period)
    meant = _ordered([line for line in report.lines if name_key(text) in name_key(line.merchant.name)], order)
    data = {
        "period": days(period),
        "merchants": [_line(line) for line in meant[:limit]],
        "merchants_left_out": max(0, len(meant) - limit),
        "without_merchant": [
            {
                "currency": one.currency,
                "money_out": decimal(one.money_out, one.currency),
                "money_in": decimal(one.money_in, one.currency),
                "transactions": one.count,
            }
            for one in report.without
        ],
        "covers": coverage_of(report.coverage),
        **await where_to_look(ledger, report.coverage),
    }
    number = len({line.merchant.id for line in meant})
    return Findings(data, f"Looked at {counted(number, 'merchant')}, {period.label}")


def _ordered(lines: list[MerchantLine], order: Order) -> list[MerchantLine]:
    """The lines in order. The report has them by money spent, and amounts of two currencies have no order."""
    match order:
        case "most_spent":
            return lines
        case "most_received":
            currencies = list(dict.fromkeys(line.currency for line in lines))
            return sorted(lines, key=lambda line: (currencies.index(line.currency), line.money_out - line.money_in))
        case "most_transactions":
            return sorted(lines, key=lambda line: -line.count)
        case "name":
            return sorted(lines, key=lambda line: name_key(line.merchant.name))


def _line(line: MerchantLine) -> dict[str, Any]:
    return {
        "name": line.merchant.name,
        "money_out": decimal(line.money_out, line.currency),
        **said(money_in=decimal(line.money_in, line.currency) if line.money_in else None),
        "currency": line.currency,
        "transactions": line.count,
        "last": line.last_date,
    }

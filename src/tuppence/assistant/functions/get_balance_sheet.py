"""get_balance_sheet: what the household owns and owes."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.get_accounts import account_line
from tuppence.assistant.functions.parameters import Day
from tuppence.assistant.functions.rendering import counted, decimal
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import AccountLine, BalanceSheet, NetWorth, Period, balance_sheets

MOST_MONTHS = 36


@function
async def get_balance_sheet(
    ledger: Ledger,
    today: date,
    as_of: Annotated[Day | None, Field(description="The day at whose end balances are wanted. Default: today.")] = None,
    history_since: Annotated[
        Day | None,
        Field(description=f"Adds net worth at every month's end from this day on, at most {MOST_MONTHS} months."),
    ] = None,
) -> Findings:
    """Assets, liabilities and net worth at the end of a day, in total and by account; over time if asked for.

    Use it for net worth, what is owned or owed, debts, and how these changed. Totals are per currency and never mixed;
    `liabilities` is positive and is what is owed. Accounts listed under `unknown_balances` are in none of the totals.
    Pending transactions are not part of a balance.
    """
    day = as_of or today
    month_ends = _month_ends(history_since, day) if history_since else []
    sheet, *history = await balance_sheets(ledger, [day, *month_ends])
    data: dict[str, Any] = {
        "as_of": day,
        "totals": [_totals(one) for one in sheet.net_worth],
        "assets": [
            account_line(line) for line in sheet.lines if not line.account.is_liability and line.amount is not None
        ],
        "liabilities": [
            account_line(line) for line in sheet.lines if line.account.is_liability and line.amount is not None
        ],
        "unknown_balances": [_unknown(line) for line in sheet.unknown],
    }
    if history_since:
        data["history"] = [_point(one) for one in history if one.net_worth]
    accounts = len({line.account.id for line in sheet.lines})
    return Findings(data, f"Looked at the balances of {counted(accounts, 'account')}, {Period(day, day).label}")


def _unknown(line: AccountLine) -> dict[str, Any]:
    why = "no balance was ever stated" if line.balance.amount is None else "nothing is known of days so early"
    return {"name": line.account.name, "currency": line.currency, "why": why}


def _totals(one: NetWorth) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "net_worth": decimal(one.net, one.currency),
        "total_assets": decimal(one.assets, one.currency),
        "total_liabilities": decimal(one.liabilities, one.currency),
    }


def _point(sheet: BalanceSheet) -> dict[str, Any]:
    """One month's end. Accounts whose balance is not known then are counted, as they make the figure incomplete."""
    return {
        "as_of": sheet.as_of,
        "net_worth": {one.currency: decimal(one.net, one.currency) for one in sheet.net_worth},
        "accounts_unknown": len(sheet.unknown),
    }


def _month_ends(since: date, until: date) -> list[date]:
    """The last day of every month from that of `since` to the last one that ends by `until`."""
    if until < since:
        raise FunctionInputError(f"history_since ({since}) comes after as_of ({until}).", "Give an earlier day.")
    if (until.year - since.year) * 12 + until.month - since.month > MOST_MONTHS:
        raise FunctionInputError(
            f"history_since ({since}) is more than {MOST_MONTHS} months before {until}.",
            "Give a later day, or an earlier as_of and ask twice.",
        )
    ends = []
    day = _month_end(since)
    while day <= until:
        ends.append(day)
        day = _month_end(day + timedelta(days=1))
    return ends


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])

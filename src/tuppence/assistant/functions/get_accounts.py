"""get_accounts: which accounts there are and what they hold."""

from datetime import date
from typing import Any

from tuppence.assistant.functions.function import Findings, function
from tuppence.assistant.functions.rendering import counted, decimal, said
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import AccountLine, balance_sheet


@function
async def get_accounts(ledger: Ledger, today: date) -> Findings:
    """List the household's accounts with their kind, currency and present balance.

    Use it for questions about one account's balance and for the exact names of accounts. For totals, net worth or a
    balance on another day use get_balance_sheet. A negative balance is owed. A balance of null is unknown, which is not
    zero: nobody stated one yet. Pending transactions are not part of a balance. `known_until` is the last day with a
    transaction or a stated balance.
    """
    sheet = await balance_sheet(ledger, today)
    data = {"balances_at_the_end_of": today, "accounts": [account_line(line) for line in sheet.lines]}
    return Findings(data, f"Looked at {counted(len({line.account.id for line in sheet.lines}), 'account')}")


def account_line(line: AccountLine) -> dict[str, Any]:
    """One account's balance as a model reads it."""
    held = None if line.amount is None else decimal(line.amount, line.currency)
    stated = line.balance.anchored_on and f"{line.balance.anchored_on} by a {line.balance.source}"
    return {
        "name": line.account.name,
        "kind": line.account.kind,
        "balance": held,
        "currency": line.currency,
        **said(
            balance_stated_on=stated if held is not None else None,
            known_until=line.known and line.known.last,
            archived=line.account.archived,
        ),
    }

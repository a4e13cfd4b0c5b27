"""Accounts with what is known of their balances, as pages list them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from tuppence.ledger.accounts import Account, AccountKind
from tuppence.ledger.balances import AnchorSource
from tuppence.ledger.reports import AccountLine, BalanceSheet
from tuppence.money import Money

KINDS: dict[AccountKind, str] = {
    "checking": "Checking",
    "savings": "Savings",
    "cash": "Cash",
    "brokerage": "Investments",
    "other": "Other",
    "credit_card": "Credit card",
    "loan": "Loan",
    "mortgage": "Mortgage",
}
"""What an account is, in the order in which kinds are listed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One account's balance in one currency."""

    account: Account
    currency: str
    amount: Money | None
    """Negative when owed; None when it is not known."""
    as_of: datetime.date | None
    """The last day anything is known of, today at most; None when nothing is."""
    stated_on: datetime.date | None
    """The day whose balance was stated and from which this one was reckoned."""
    stated_by: AnchorSource | None

    @property
    def kind(self) -> str:
        """What the account is, for people."""
        return KINDS[self.account.kind]


@dataclass(frozen=True, slots=True)
class Group:
    """What is owned, or what is owed."""

    name: str
    lines: tuple[Line, ...]
    totals: tuple[Money, ...]
    """Of the balances that are known, one for each currency."""


def account_lines(sheet: BalanceSheet) -> list[Line]:
    """One for each account and currency; what is owned first, by kind."""
    order = list(KINDS)
    lines = sorted(sheet.lines, key=lambda line: order.index(line.account.kind))
    return [_line(line, sheet.as_of) for line in lines]


def groups_of(lines: Sequence[Line]) -> list[Group]:
    """What is owned, and what is owed; none without accounts."""
    owned = [line for line in lines if not line.account.is_liability]
    owed = [line for line in lines if line.account.is_liability]
    return [_group(name, some) for name, some in (("Owned", owned), ("Owed", owed)) if some]


def _group(name: str, lines: Sequence[Line]) -> Group:
    known = [line.amount for line in lines if line.amount is not None]
    totals = (
        Money(sum(money.minor for money in known if money.currency == currency), currency)
        for currency in dict.fromkeys(money.currency for money in known)
    )
    return Group(name, tuple(lines), tuple(totals))


def _line(line: AccountLine, today: datetime.date) -> Line:
    amount = None if line.amount is None else Money(line.amount, line.currency)
    as_of = None if line.known is None else min(line.known.last, today)
    return Line(line.account, line.currency, amount, as_of, line.balance.anchored_on, line.balance.source)

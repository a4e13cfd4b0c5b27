"""The balance sheet: what the household owns and owes at the end of a day, as far as that is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select

from tuppence.ledger.accounts import Account
from tuppence.ledger.balance_history import balances_on
from tuppence.ledger.balances import AccountBalance
from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible
from tuppence.store.tables import balances, transactions


@dataclass(frozen=True, slots=True)
class KnownDays:
    """Between which days anything is known of an account in one currency: a movement, or a stated balance."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account's balance in one currency."""

    balance: AccountBalance
    known: KnownDays | None
    """None when the account has neither movements nor a stated balance."""

    @property
    def account(self) -> Account:
        return self.balance.account

    @property
    def currency(self) -> str:
        return self.balance.currency

    @property
    def amount(self) -> int | None:
        """Minor units, negative when owed; None when unknown.

        It is unknown when nobody ever stated a balance, and before all that is known of the account. The movements lead
        back to the day before the first of them, but no further.
        """
        if self.known is None or self.balance.as_of is None:
            return None
        return self.balance.amount if self.balance.as_of >= self.known.first - timedelta(days=1) else None


@dataclass(frozen=True, slots=True)
class NetWorth:
    """What is known in one currency, in minor units."""

    currency: str
    assets: int
    """The balances of asset accounts; one that is overdrawn makes it smaller."""
    liabilities: int
    """What is owed on cards, loans and mortgages, positive."""

    @property
    def net(self) -> int:
        return self.assets - self.liabilities


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """Balances at the end of the day `as_of`. Pending transactions are not in them."""

    as_of: date
    lines: tuple[AccountLine, ...]
    """Every account; archived ones only while they held something."""
    net_worth: tuple[NetWorth, ...]
    """One for each currency in which a balance is known, by code. Unknown balances are in none of the figures."""

    @property
    def unknown(self) -> tuple[AccountLine, ...]:
        """The lines without a known balance."""
        return tuple(line for line in self.lines if line.amount is None)


async def balance_sheet(ledger: Ledger, as_of: date) -> BalanceSheet:
    """The household's balance sheet at the end of `as_of`."""
    return (await balance_sheets(ledger, [as_of]))[0]


async def balance_sheets(ledger: Ledger, days: Sequence[date]) -> list[BalanceSheet]:
    """The same for the end of each of `days`."""
    async with ledger.store.reading() as connection:
        stated = await balances_on(connection, ledger, set(days))
        holdings = {(one.account.id, one.currency) for balances_then in stated.values() for one in balances_then}
        known = {
            holding: _known_days((await connection.execute(_first_and_last(ledger, *holding))).one())
            for holding in sorted(holdings)
        }
    return [
        balance_sheet_of(day, [AccountLine(one, known[one.account.id, one.currency]) for one in stated[day]])
        for day in days
    ]


def balance_sheet_of(as_of: date, lines: Iterable[AccountLine]) -> BalanceSheet:
    """The sheet that `lines` make."""
    shown = tuple(line for line in lines if not line.account.archived or line.amount)
    known = [(line, line.amount) for line in shown if line.amount is not None]
    net_worth = tuple(
        NetWorth(
            currency,
            assets=sum(held for line, held in known if line.currency == currency and not line.account.is_liability),
            liabilities=-sum(held for line, held in known if line.currency == currency and line.account.is_liability),
        )
        for currency in sorted({line.currency for line, _ in known})
    )
    return BalanceSheet(as_of, shown, net_worth)


def _known_days(days: Sequence[date | None]) -> KnownDays | None:
    present = [day for day in days if day is not None]
    return KnownDays(min(present), max(present)) if present else None


def _first_and_last(ledger: Ledger, account: int, currency: str) -> Select[Any]:
    """The first and last booked movement of an account in one currency, and its first and last stated balance there.

    The currency is part of what makes the index answer this without looking at other accounts' rows.
    """
    moved, stated = transactions.c, balances.c
    movement = select(moved.date).where(
        visible(ledger), moved.account_id == account, moved.currency == currency, moved.pending.is_(False)
    )
    statement = select(stated.date).where(
        stated.household_id == ledger.household, stated.account_id == account, stated.currency == currency
    )
    ends = (
        movement.order_by(moved.date),
        movement.order_by(moved.date.desc()),
        statement.order_by(stated.date),
        statement.order_by(stated.date.desc()),
    )
    return select(*(end.limit(1).scalar_subquery() for end in ends))

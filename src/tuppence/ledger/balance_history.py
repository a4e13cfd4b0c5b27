"""Balances at the end of many days: reckoned from what was stated and from the sums of months, not row by row."""

import datetime
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.accounts import Account, accounts_on
from tuppence.ledger.balances import AccountBalance, AnchorSource
from tuppence.ledger.days import Days, days_of, month_end, month_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.sums import category_sums, total
from tuppence.ledger.visibility import unindexed, visible
from tuppence.store.tables import balances, transactions

Holding = tuple[int, str]
"""An account's id and a currency."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A balance that was stated, in minor units."""

    date: datetime.date
    amount: int
    source: AnchorSource


@dataclass(slots=True)
class _Movements:
    """The booked movements of one holding: minor units, by month and from a month's first day to some of its days."""

    months: list[int] = field(default_factory=list)
    """Rising, each as 202603."""
    booked: list[int] = field(default_factory=list)
    """The sum of each month."""
    parts: dict[datetime.date, int] = field(default_factory=dict)
    """From the month's first day to this one."""
    _until: list[int] = field(default_factory=list)

    def before(self, month: int) -> int:
        """The sum of all months before this one."""
        if not self._until:
            self._until = [0, *accumulate(self.booked)]
        return self._until[bisect_right(self.months, month - 1)]

    def until(self, day: datetime.date) -> int:
        """The sum of all movements up to the end of `day`."""
        month = month_of(day)
        return self.before(month + 1) if day == month_end(day) else self.before(month) + self.parts.get(day, 0)


async def balances_on(
    connection: AsyncConnection, ledger: Ledger, days: Collection[datetime.date]
) -> dict[datetime.date, list[AccountBalance]]:
    """The balances of all accounts, archived ones too, at the end of each of `days`: as `account_balances` has them."""
    movements = await _months(connection, ledger)
    anchors = await _anchors(connection, ledger)
    holdings = [
        (account, currency)
        for account in await accounts_on(connection, ledger, archived=True)
        for currency in _currencies(account, movements)
    ]
    chosen = {
        (account.id, currency, day): _nearest(anchors[account.id, currency], day)
        for account, currency in holdings
        for day in days
    }
    needed = {*days, *(anchor.date for anchor in chosen.values() if anchor is not None)}
    for day in sorted(day for day in needed if day != month_end(day)):
        for account_id, currency, moved in await connection.execute(_part(ledger, day)):
            movements[account_id, currency].parts[day] = moved
    return {
        day: [
            _balance(account, currency, day, chosen[account.id, currency, day], movements[account.id, currency])
            for account, currency in holdings
        ]
        for day in days
    }


def _balance(
    account: Account, currency: str, day: datetime.date, anchor: _Anchor | None, movements: _Movements
) -> AccountBalance:
    if anchor is None:
        return AccountBalance(account, currency, None, day, None, None)
    amount = anchor.amount + movements.until(day) - movements.until(anchor.date)
    return AccountBalance(account, currency, amount, day, anchor.date, anchor.source)


def _nearest(anchors: Sequence[_Anchor], day: datetime.date) -> _Anchor | None:
    """The one nearest to `day`: of two equally near the earlier. `anchors` rise by date, one for each."""
    at = bisect_right(anchors, day, key=lambda anchor: anchor.date)
    return min(anchors[max(0, at - 1) : at + 1], key=lambda anchor: abs(anchor.date - day), default=None)


def _currencies(account: Account, movements: Collection[Holding]) -> Iterator[str]:
    """The account's own, then any other in which it has movements."""
    yield account.currency
    yield from sorted(
        currency for identity, currency in movements if identity == account.id and currency != account.currency
    )


async def _months(connection: AsyncConnection, ledger: Ledger) -> dict[Holding, _Movements]:
    found: dict[Holding, _Movements] = defaultdict(_Movements)
    for sums in category_sums(ledger, Days()):
        row = sums.c
        key = (row.month, row.account_id, row.currency)
        booked = total(row.pending.is_(False), row.money_in + row.money_out)
        for month, account_id, currency, moved in await connection.execute(
            select(*key, booked).group_by(*key).order_by(row.month)
        ):
            found[account_id, currency].months.append(month)
            found[account_id, currency].booked.append(moved)
    return found


def _part(ledger: Ledger, day: datetime.date) -> Select[Any]:
    """What was booked from the first day of the month of `day` to its end, by account and currency."""
    row = transactions.c
    days = Days(days_of(month_of(day)).since, day)
    account = unindexed(row.account_id).label("account_id")  # SQLite would read all accounts to find them in order
    query = select(account, row.currency, total(row.pending.is_(False), row.amount))
    return query.where(visible(ledger), *days.within(row.date)).group_by(account, row.currency)


async def _anchors(connection: AsyncConnection, ledger: Ledger) -> dict[Holding, list[_Anchor]]:
    """By date, one for each day: a person's goes before a statement's, a newer one before an older."""
    row = balances.c
    query = select(row.account_id, row.currency, row.date, row.amount, row.source).where(
        row.household_id == ledger.household
    )
    last_counts = (row.date, row.source == "person", row.id)
    found: dict[Holding, dict[datetime.date, _Anchor]] = defaultdict(dict)
    for account_id, currency, day, amount, source in await connection.execute(query.order_by(*last_counts)):
        found[account_id, currency][day] = _Anchor(day, amount, source)
    return defaultdict(list, {holding: list(by_day.values()) for holding, by_day in found.items()})

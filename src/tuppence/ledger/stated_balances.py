"""Stated balances against what happened between them, and the balances they lead to on other days."""

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.accounts import Account, list_accounts
from tuppence.ledger.balances import Anchor, list_anchors
from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.tables import transactions

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StatedBalance:
    """A balance that was stated, beside what the one stated before it leads to."""

    anchor: Anchor
    unexplained: Money | None
    """How much more it is than the balance stated before it and all that was booked since come to: zero when they
    agree. None for the first one, and for a statement's where a person states another balance of the same day."""

    @property
    def gap(self) -> Money | None:
        """The size of what is unexplained; None when there is nothing."""
        if self.unexplained is None or not self.unexplained.minor:
            return None
        return Money(abs(self.unexplained.minor), self.unexplained.currency)

    @property
    def is_more(self) -> bool:
        """Whether it is more than the balance before it leads to."""
        return self.unexplained is not None and self.unexplained.minor > 0


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An account whose latest stated balance is not what the one before it leads to."""

    account: Account
    stated: StatedBalance


@dataclass(frozen=True, slots=True)
class DayBalance:
    """A balance at the end of a day."""

    day: datetime.date
    amount: int | None
    """Minor units, negative when owed; None when it is not known."""


class AccountHistory:
    """The balances of an account in its own currency, as far as they are known."""

    def __init__(self, anchors: Sequence[Anchor], booked: Mapping[datetime.date, int]) -> None:
        """anchors: in any order. booked: what was booked on each day, in minor units."""
        self._anchors = sorted(_governing(anchors), key=lambda anchor: anchor.date)
        self._days = sorted(booked)
        self._totals = [0, *accumulate(booked[day] for day in self._days)]
        self._first = min([*self._days[:1], *(anchor.date for anchor in self._anchors[:1])], default=None)

    @property
    def first(self) -> datetime.date | None:
        """The first day that anything is known of; None when nothing is."""
        return self._first

    def on(self, day: datetime.date) -> int | None:
        """The balance at the end of `day` in minor units; None when it is not known.

        It is reckoned from the anchor nearest in time, of two equally near the earlier.
        """
        if self._first is None or day < self._first - _DAY or not self._anchors:
            return None
        anchor = min(self._anchors, key=lambda anchor: (abs(anchor.date - day), anchor.date))
        return anchor.amount.minor + self._booked_until(day) - self._booked_until(anchor.date)

    def days(self, since: datetime.date, until: datetime.date) -> Iterator[DayBalance]:
        """The balance at the end of both days, and of every day between them on which something was booked."""
        between = {day for day in self._days if since < day < until}
        for day in sorted({since, until, *between}):
            yield DayBalance(day, self.on(day))

    def _booked_until(self, day: datetime.date) -> int:
        return self._totals[bisect_right(self._days, day)]


async def account_history(ledger: Ledger, account: Account) -> AccountHistory:
    """The history of one account's balance. Raises LookupError when it is none of ours."""
    anchors = [anchor for anchor in await list_anchors(ledger, account) if anchor.amount.currency == account.currency]
    date, amount = transactions.c.date, transactions.c.amount
    query = select(date, func.sum(amount)).where(*_booked(ledger, account, account.currency)).group_by(date)
    async with ledger.store.reading() as connection:
        return AccountHistory(anchors, {day: int(total) for day, total in await connection.execute(query)})


async def stated_balances(ledger: Ledger, account: Account, *, limit: int | None = None) -> list[StatedBalance]:
    """What was stated of the account's balances, the latest day first. Raises LookupError when it is none of ours.

    limit: so many at most; None: all.
    """
    anchors = await list_anchors(ledger, account)
    before = _before(anchors)
    async with ledger.store.reading() as connection:
        return [
            StatedBalance(anchor, await _unexplained(connection, ledger, account, anchor, before.get(anchor.id)))
            for anchor in anchors[:limit]
        ]


async def disagreements(ledger: Ledger) -> list[Disagreement]:
    """The accounts, archived ones left out, whose latest stated balance is not what the one before it leads to."""
    latest = [(account, await stated_balances(ledger, account, limit=1)) for account in await list_accounts(ledger)]
    return [Disagreement(account, stated) for account, some in latest for stated in some if stated.gap is not None]


async def _unexplained(
    connection: AsyncConnection, ledger: Ledger, account: Account, anchor: Anchor, before: Anchor | None
) -> Money | None:
    if before is None:
        return None
    currency, date = anchor.amount.currency, transactions.c.date
    between = date > before.date, date <= anchor.date
    query = select(func.coalesce(func.sum(transactions.c.amount), 0))
    moved = (await connection.execute(query.where(*_booked(ledger, account, currency), *between))).scalar_one()
    return Money(anchor.amount.minor - before.amount.minor - int(moved), currency)


def _before(anchors: Sequence[Anchor]) -> dict[int, Anchor]:
    """For each anchor that counts, by its id, the one of the same currency that was stated before it."""
    found: dict[int, Anchor] = {}
    last: dict[str, Anchor] = {}
    for anchor in sorted(_governing(anchors), key=lambda anchor: anchor.date):
        if (before := last.get(anchor.amount.currency)) is not None:
            found[anchor.id] = before
        last[anchor.amount.currency] = anchor
    return found


def _governing(anchors: Sequence[Anchor]) -> list[Anchor]:
    """The one anchor of each day and currency that counts: a person's, then the newest."""
    found: dict[tuple[datetime.date, str], Anchor] = {}
    for anchor in sorted(anchors, key=lambda anchor: (anchor.source == "person", anchor.id)):
        found[anchor.date, anchor.amount.currency] = anchor
    return list(found.values())


def _booked(ledger: Ledger, account: Account, currency: str) -> tuple[ColumnElement[bool], ...]:
    return (
        visible(ledger),
        transactions.c.account_id == account.id,
        transactions.c.currency == currency,
        transactions.c.pending.is_(False),
    )

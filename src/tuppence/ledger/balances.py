"""What is known of balances: a statement or a person anchors them, movements lead from there to any day.

Without an anchor a balance is unknown; it is never the sum of the movements from zero.
"""

import datetime
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.accounts import Account, account_on, accounts_on
from tuppence.ledger.edits import PERSON, By, Edited, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible, visible_accounts
from tuppence.money import Money, checked_minor
from tuppence.store.tables import accounts, balances, transactions

AnchorSource = Literal["statement", "person"]


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What is known of one account's balance in one currency at the end of a day."""

    account: Account
    currency: str
    amount: int | None
    """Minor units of `currency`, negative when owed; None without an anchor."""
    as_of: datetime.date | None
    """The end of this day; None when the account has neither movements nor an anchor."""
    anchored_on: datetime.date | None
    """The day whose balance was stated and from which this one was reckoned; None without an anchor."""
    source: AnchorSource | None
    """Who stated it."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A balance that was stated."""

    id: int
    date: datetime.date
    """The balance is that of the end of this day."""
    amount: Money
    """Negative when owed."""
    source: AnchorSource
    """A "person" goes before a "statement" of the same day."""


async def account_balances(
    ledger: Ledger, *, on: datetime.date | None = None, archived: bool = False
) -> list[AccountBalance]:
    """The balances of all accounts at the end of the day `on`, the account's own currency first, then its others.

    Without `on` each is that of the last day anything is known about: the last booked movement or the last anchor.
    """
    async with ledger.store.reading() as connection:
        return [
            await _balance(connection, ledger, account, currency, on)
            for account in await accounts_on(connection, ledger, archived=archived)
            for currency in await _currencies(connection, ledger, account)
        ]


async def balance_of(ledger: Ledger, account: Account, *, on: datetime.date | None = None) -> AccountBalance:
    """The same for one account in its own currency."""
    async with ledger.store.reading() as connection:
        return await _balance(connection, ledger, account, account.currency, on)


async def list_anchors(ledger: Ledger, account: Account) -> list[Anchor]:
    """What was stated of the account's balances, the latest day first. Raises LookupError when it is none of ours."""
    table = balances.c
    query = select(table.id, table.date, table.amount, table.currency, table.source).where(
        table.household_id == ledger.household, table.account_id == account.id
    )
    async with ledger.store.reading() as connection:
        await account_on(connection, ledger, account.id)
        rows = await connection.execute(query.order_by(table.date.desc(), table.id.desc()))
        return [Anchor(row.id, row.date, Money(row.amount, row.currency), row.source) for row in rows]


async def state_balance(ledger: Ledger, account: Account, date: datetime.date, amount: int, by: By = PERSON) -> Edited:
    """A person says that the balance at the end of `date` was `amount` (minor units of the account's currency).

    It takes the place of what a person said about that day before, and goes before what a statement says about it.
    Raises LookupError when the account is none of ours, ValueError for an impossible amount.
    """
    async with editing(ledger, by, f"Stated the balance of {account.name} on {date}") as edit:
        known = await account_on(edit.connection, ledger, account.id)
        values = {"account_id": known.id, "currency": known.currency, "date": date, "source": "person"}
        same_day = and_(*(balances.c[name] == value for name, value in values.items()))
        mine = balances.c.household_id == ledger.household, same_day
        if await edit.connection.scalar(select(balances.c.id).where(*mine)) is not None:
            return edited(edit, await edit.update(balances, same_day, {"amount": checked_minor(amount)}))
        await edit.insert(balances, {**values, "amount": checked_minor(amount)})
        return edited(edit, 1)


async def remove_balance(ledger: Ledger, anchor_id: int, by: By = PERSON) -> Edited:
    """Take back what a person stated of a balance.

    Raises LookupError when there is no such anchor, ValueError for one that a statement states.
    """
    async with editing(ledger, by, "Removed a stated balance") as edit:
        query = (
            select(balances.c.source, balances.c.date, accounts.c.name)
            .join(
                accounts,
                and_(accounts.c.household_id == balances.c.household_id, accounts.c.id == balances.c.account_id),
            )
            .where(visible_accounts(ledger), balances.c.id == anchor_id)
        )
        if (anchor := (await edit.connection.execute(query)).one_or_none()) is None:
            raise LookupError(f"There is no stated balance {anchor_id}.")
        if anchor.source != "person":
            raise ValueError(
                "A bank's statement states this balance. State another one for that day, or undo the import."
            )
        edit.summary = f"Removed the balance of {anchor.name} stated on {anchor.date}"
        return edited(edit, await edit.delete(balances, balances.c.id == anchor_id))


async def _currencies(connection: AsyncConnection, ledger: Ledger, account: Account) -> list[str]:
    """The account's own currency, then any other in which it has movements: one look into the index for each."""
    found = [account.currency]
    query = (
        select(transactions.c.currency)
        .where(visible(ledger), transactions.c.account_id == account.id)
        .order_by(transactions.c.currency)
        .limit(1)
    )
    latest = ""
    while latest := await connection.scalar(query.where(transactions.c.currency > latest)) or "":
        if latest != account.currency:
            found.append(latest)
    return found


async def _balance(
    connection: AsyncConnection, ledger: Ledger, account: Account, currency: str, on: datetime.date | None
) -> AccountBalance:
    day = on or await _last_known_day(connection, ledger, account, currency)
    anchor = None if day is None else await _nearest_anchor(connection, ledger, account, currency, day)
    if day is None or anchor is None:
        return AccountBalance(account, currency, None, day, None, None)
    anchored_on, stated, source = anchor
    first, last = sorted((anchored_on, day))
    between = select(func.coalesce(func.sum(transactions.c.amount), 0)).where(
        *_booked(ledger, account, currency), transactions.c.date > first, transactions.c.date <= last
    )
    moved = int((await connection.execute(between)).scalar_one())
    amount = stated + moved if anchored_on <= day else stated - moved
    return AccountBalance(account, currency, amount, day, anchored_on, source)


def _booked(ledger: Ledger, account: Account, currency: str) -> tuple[ColumnElement[bool], ...]:
    return (
        visible(ledger),
        transactions.c.account_id == account.id,
        transactions.c.currency == currency,
        transactions.c.pending.is_(False),
    )


def _anchors(ledger: Ledger, account: Account, currency: str) -> tuple[ColumnElement[bool], ...]:
    return (
        balances.c.household_id == ledger.household,
        balances.c.account_id == account.id,
        balances.c.currency == currency,
    )


async def _last_known_day(
    connection: AsyncConnection, ledger: Ledger, account: Account, currency: str
) -> datetime.date | None:
    moved = select(func.max(transactions.c.date)).where(*_booked(ledger, account, currency))
    stated = select(func.max(balances.c.date)).where(*_anchors(ledger, account, currency))
    days = [await connection.scalar(query) for query in (moved, stated)]
    return max((day for day in days if day is not None), default=None)


async def _nearest_anchor(
    connection: AsyncConnection, ledger: Ledger, account: Account, currency: str, day: datetime.date
) -> tuple[datetime.date, int, AnchorSource] | None:
    """The anchor nearest to `day`: of two equally near the earlier, of two on one day a person's, then the newest."""
    by_a_person_first = (case((balances.c.source == "person", 0), else_=1), balances.c.id.desc())
    query = select(balances.c.date, balances.c.amount, balances.c.source).where(*_anchors(ledger, account, currency))
    before = query.where(balances.c.date <= day).order_by(balances.c.date.desc(), *by_a_person_first).limit(1)
    after = query.where(balances.c.date > day).order_by(balances.c.date, *by_a_person_first).limit(1)
    found = [row for side in (before, after) for row in await connection.execute(side)]
    nearest = min(found, key=lambda row: abs(row.date - day), default=None)
    return None if nearest is None else (nearest.date, nearest.amount, nearest.source)

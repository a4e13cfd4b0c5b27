"""What may be asked of the transactions, and what that is in SQL."""

import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, case, func, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.text_search import matches_text
from tuppence.ledger.visibility import visible
from tuppence.money import CURRENCIES_BY_DECIMALS
from tuppence.store.tables import categories, transaction_tags, transactions


class TransactionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which transactions are meant: those that fit every field that is set. Nothing set means all."""

    text: str = ""
    """Words, each of which must occur; see ledger/text_search.py."""
    accounts: tuple[int, ...] = ()
    """Ids; any of them. So with the other tuples."""
    categories: tuple[int, ...] = ()
    """Ids; what is filed under their sub-categories is meant as well."""
    merchants: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    since: datetime.date | None = None
    """This day included."""
    until: datetime.date | None = None
    """This day included."""
    minimum: Decimal | None = None
    """Of the amount without its sign, in whole units of the row's currency."""
    maximum: Decimal | None = None
    direction: Literal["in", "out"] | None = None
    currency: str | None = None
    pending: bool | None = None
    """True: only pending ones; False: only booked ones."""
    uncategorized: bool = False
    """True: only those without a category that are no transfers between own accounts."""
    include_transfers: bool = True
    """False: transfers between own accounts are not listed. Totals leave them out in any case."""


EVERYTHING = TransactionFilter()


def conditions(ledger: Ledger, wanted: TransactionFilter, dialect: str) -> list[ColumnElement[bool]]:
    """What is true of every transaction that `wanted` means, transfers included. `dialect` names the database."""
    rows = transactions.c
    asked = [
        visible(ledger),
        matches_text(ledger, wanted.text, dialect),
        rows.account_id.in_(wanted.accounts) if wanted.accounts else None,
        rows.category_id.in_(_below(ledger, wanted.categories)) if wanted.categories else None,
        rows.merchant_id.in_(wanted.merchants) if wanted.merchants else None,
        _tagged(ledger, wanted.tags) if wanted.tags else None,
        rows.date >= wanted.since if wanted.since else None,
        rows.date <= wanted.until if wanted.until else None,
        func.abs(rows.amount) >= _minor(wanted.minimum, ROUND_CEILING) if wanted.minimum is not None else None,
        func.abs(rows.amount) <= _minor(wanted.maximum, ROUND_FLOOR) if wanted.maximum is not None else None,
        {"in": rows.amount > 0, "out": rows.amount < 0, None: None}[wanted.direction],
        rows.currency == wanted.currency if wanted.currency else None,
        rows.pending.is_(wanted.pending) if wanted.pending is not None else None,
        rows.category_id.is_(None) & rows.transfer_id.is_(None) if wanted.uncategorized else None,
    ]
    return [condition for condition in asked if condition is not None]


def _below(ledger: Ledger, ids: tuple[int, ...]):  # type: ignore[no-untyped-def]
    chosen = (
        select(categories.c.id)
        .where(categories.c.household_id == ledger.household, categories.c.id.in_(ids))
        .cte("chosen", recursive=True)
    )
    below = select(categories.c.id).where(
        categories.c.household_id == ledger.household, categories.c.parent_id == chosen.c.id
    )
    return select(chosen.union(below).c.id)


def _tagged(ledger: Ledger, ids: tuple[int, ...]) -> ColumnElement[bool]:
    tagged = select(transaction_tags.c.transaction_id).where(
        transaction_tags.c.household_id == ledger.household, transaction_tags.c.tag_id.in_(ids)
    )
    return transactions.c.id.in_(tagged)


def _minor(amount: Decimal, rounding: str) -> ColumnElement[int]:
    """`amount` in minor units of each row's own currency; what is finer than these is rounded away."""

    def scaled(decimals: int) -> int:
        return int(amount.scaleb(decimals).to_integral_value(rounding))

    by_currency = (
        (transactions.c.currency.in_(currencies.split()), scaled(decimals))
        for decimals, currencies in CURRENCIES_BY_DECIMALS.items()
    )
    return case(*by_currency, else_=scaled(2))

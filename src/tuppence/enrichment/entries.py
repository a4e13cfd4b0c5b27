"""Transactions as filing looks at them, and what people said of them."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.descriptors import descriptor, is_between_people
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.ledger.sources import Source
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.bulk import is_among
from tuppence.store.tables import tags, transaction_tags, transactions

Kind = Literal["category", "merchant"]
"""What a transaction is filed under."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction, as far as its filing depends on it."""

    id: int
    account_id: int
    date: datetime.date | None
    """Of booking; None when unknown, as in labelled data without dates."""
    amount: Money
    texts: tuple[str, ...]
    """What the bank says of it: description, payee, memo, as far as there are any."""
    folded: tuple[str, ...]
    """The same as names are compared: see ledger/names.py."""
    words: str
    """The descriptor of the description; empty when it names nobody."""
    payee: str
    """The descriptor of the payee; empty when there is none, or it names nobody."""

    @property
    def sign(self) -> int:
        """-1 for money out, 1 for money in, 0 for an amount of zero."""
        return (self.amount.minor > 0) - (self.amount.minor < 0)


@dataclass(frozen=True, slots=True)
class Filing:
    """What a person said of a transaction."""

    entry: Entry
    label: int | None
    """The id of the category or merchant; None: the person said that there is none."""


def entry(
    identity: int,
    amount: Money,
    description: str,
    *,
    payee: str | None = None,
    memo: str | None = None,
    account_id: int = 0,
    date: datetime.date | None = None,
) -> Entry:
    """The entry of a transaction of these values."""
    texts = tuple(text for text in (description, payee, memo) if text)
    folded = tuple(dict.fromkeys(map(name_key, texts)))
    words, counterpart = descriptor(description), descriptor(payee or "")
    if counterpart and not words and is_between_people(description):
        counterpart = ""
    return Entry(identity, account_id, date, amount, texts, folded, words, counterpart)


async def entries_of(connection: AsyncConnection, ledger: Ledger, ids: Collection[int] | None = None) -> list[Entry]:
    """The household's transactions of these ids, or all, oldest first; ids that it does not have are missing."""
    meant = [] if ids is None else [_among(connection, ids)]
    return [_entry(row) for row in await connection.execute(_rows(ledger, *meant))]


async def filings(
    connection: AsyncConnection, ledger: Ledger, kind: Kind, source: Source = "person", newest: int | None = None
) -> list[Filing]:
    """What people themselves said of the category or the merchant of transactions, or `source` did; oldest first.

    Transfers between own accounts are left out: they are neither income nor spending. newest: at most so many, the
    latest ones; None: all.
    """
    row = transactions.c
    label, said_by = row[f"{kind}_id"], row[f"{kind}_source"]
    query = _rows(ledger, said_by == source, row.transfer_id.is_(None)).add_columns(label.label("label"))
    if newest is not None:
        query = query.order_by(None).order_by(row.date.desc(), row.id.desc()).limit(newest)
    found = [Filing(_entry(each), each.label) for each in await connection.execute(query)]
    return found if newest is None else found[::-1]


@dataclass(frozen=True, slots=True)
class Standing:
    """What has been said of a transaction until now."""

    category_id: int | None
    category_is_locked: bool
    """A person said it: nothing else overwrites it."""
    merchant_id: int | None
    merchant_is_locked: bool
    is_transfer: bool
    transfer_is_locked: bool
    tags: frozenset[str]
    """As they are compared: see ledger/names.py."""

    def is_open(self, kind: Kind) -> bool:
        """Whether nobody has filed it, nor said that there is nothing to file it under."""
        if kind == "category":
            return self.category_id is None and not self.category_is_locked
        return self.merchant_id is None and not self.merchant_is_locked


async def standings(
    connection: AsyncConnection, ledger: Ledger, ids: Collection[int] | None = None
) -> dict[int, Standing]:
    """By id, what has been said of the household's transactions of these ids, or of all."""
    row, on = transactions.c, transaction_tags.c
    meant = [visible(ledger)] if ids is None else [visible(ledger), _among(connection, ids)]
    tagged = select(row.id, tags.c.name_key).where(
        *meant,
        on.household_id == row.household_id,
        on.transaction_id == row.id,
        tags.c.household_id == on.household_id,
        tags.c.id == on.tag_id,
    )
    names: dict[int, set[str]] = {}
    for identity, name in await connection.execute(tagged):
        names.setdefault(identity, set()).add(name)
    filed = (row.category_id, row.category_source, row.merchant_id, row.merchant_source)
    query = select(row.id, *filed, row.transfer_id, row.transfer_source).where(*meant)
    return {
        each.id: Standing(
            each.category_id,
            each.category_source == "person",
            each.merchant_id,
            each.merchant_source == "person",
            each.transfer_id is not None,
            each.transfer_source == "person",
            frozenset(names.get(each.id, ())),
        )
        for each in await connection.execute(query)
    }


def _among(connection: AsyncConnection, ids: Iterable[int]) -> ColumnElement[bool]:
    return is_among(connection.dialect.name, [transactions.c.id], [[identity] for identity in ids])


def _rows(ledger: Ledger, *meant: ColumnElement[bool]) -> Select[Any]:
    row = transactions.c
    columns = (row.id, row.account_id, row.date, row.amount, row.currency, row.description, row.payee, row.memo)
    return select(*columns).where(visible(ledger), *meant).order_by(row.date, row.id)


def _entry(row: Row[Any]) -> Entry:
    return entry(
        row.id,
        Money(row.amount, row.currency),
        row.description,
        payee=row.payee,
        memo=row.memo,
        account_id=row.account_id,
        date=row.date,
    )

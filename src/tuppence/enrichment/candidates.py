"""Which transactions a run is about, and which of them a model is asked about as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, get_args

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.earlier_answers import same_words
from tuppence.enrichment.entries import Entry
from tuppence.enrichment.runs import Order, RunKind
from tuppence.enrichment.tasks import Question
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import Merchant
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.bulk import is_among
from tuppence.store.tables import accounts, merchant_months, merchants, run_batches, runs, suggestions, transactions

Groups = list[list[int]]
"""Ids of transactions. Those of one group are told alike."""

assert get_args(RunKind) == ("categorize", "merchants")


def _label(kind: RunKind) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The column that the run fills in, and the one that says who did."""
    row = transactions.c
    if kind == "categorize":
        return row.category_id, row.category_source
    return row.merchant_id, row.merchant_source


def _open(kind: RunKind) -> ColumnElement[bool]:
    """True where nobody has said anything yet, nor a person that there is nothing to say."""
    label, source = _label(kind)
    nobody = and_(label.is_(None), source.is_distinct_from("person"))
    return and_(nobody, transactions.c.transfer_id.is_(None)) if kind == "categorize" else nobody


async def candidates(connection: AsyncConnection, ledger: Ledger, order: Order) -> list[int]:
    """The ids of the transactions that the order is about, newest first.

    Those that are open; of transactions that the order names also those that no person has decided, as a person's rule
    goes before everybody else.
    """
    row = transactions.c
    query = select(row.id).where(visible(ledger)).order_by(row.date.desc(), row.id.desc()).limit(order.limit)
    if order.transactions is None:
        query = query.where(_open(order.kind))
    else:
        _, source = _label(order.kind)
        these = is_among(connection.dialect.name, [row.id], [[each] for each in order.transactions])
        query = query.where(these, source.is_distinct_from("person"))
    return list(await connection.scalars(query))


async def askable(connection: AsyncConnection, ledger: Ledger, order: Order, ids: Sequence[int]) -> list[int]:
    """Those of `ids` of which a model may say something, in the same order.

    They are open, nothing is suggested for them, and no answer of a model was rejected.
    """
    kind = "category" if order.kind == "categorize" else "merchant"
    row, said = transactions.c, suggestions.c
    answered = select(said.transaction_id).where(
        said.household_id == ledger.household,
        said.kind == kind,
        or_(said.state == "open", and_(said.state == "rejected", said.source == "model")),
    )
    these = is_among(connection.dialect.name, [row.id], [[each] for each in ids])
    query = select(row.id).where(visible(ledger), these, _open(order.kind), row.id.not_in(answered))
    there = set(await connection.scalars(query))
    return [each for each in ids if each in there]


async def unsure_before(connection: AsyncConnection, ledger: Ledger, kind: RunKind) -> set[int]:
    """The ids of transactions of which a model was asked in earlier runs, and was not sure."""
    batch, run = run_batches.c, runs.c
    query = select(batch.abstained).where(
        batch.household_id == ledger.household,
        batch.unsure > 0,
        run.household_id == batch.household_id,
        run.id == batch.run_id,
        run.kind == kind,
        run.undone_at.is_(None),
    )
    return {
        each for abstained in await connection.scalars(query) for each in msgspec.json.decode(abstained, type=list[int])
    }


def groups_of(entries: Iterable[Entry], ids: Sequence[int]) -> Groups:
    """`ids` in groups: the same words, money in the same direction. The order of `ids` is kept, the newest first."""
    by_id = {entry.id: entry for entry in entries}
    found: dict[object, list[int]] = {}
    for identity in ids:
        found.setdefault(same_words(by_id[identity]) or identity, []).append(identity)
    return list(found.values())


async def questions(connection: AsyncConnection, ledger: Ledger, groups: Iterable[Sequence[int]]) -> list[Question]:
    """What a model is told of each group: its first transaction, and how many are like it."""
    times = {group[0]: len(group) for group in groups}
    query = _told(ledger).where(is_among(connection.dialect.name, [transactions.c.id], [[each] for each in times]))
    found = {row.id: row for row in await connection.execute(query)}
    return [
        Question(
            id=row.id,
            description=row.description,
            payee=row.payee,
            memo=row.memo,
            amount=Money(row.amount, row.currency),
            date=row.date,
            account=row.account,
            times=times[row.id],
        )
        for row in (found[each] for each in times if each in found)
    ]


def _told(ledger: Ledger) -> Select[Any]:
    row = transactions.c
    same = and_(accounts.c.household_id == row.household_id, accounts.c.id == row.account_id)
    columns = (row.id, row.description, row.payee, row.memo, row.amount, row.currency, row.date)
    joined = transactions.join(accounts, same)
    return select(*columns, accounts.c.name.label("account")).select_from(joined).where(visible(ledger))


async def still_open(connection: AsyncConnection, ledger: Ledger, kind: RunKind, ids: Collection[int]) -> set[int]:
    """Those of `ids` that nobody has said anything of until now."""
    these = is_among(connection.dialect.name, [transactions.c.id], [[each] for each in ids])
    return set(await connection.scalars(select(transactions.c.id).where(visible(ledger), _open(kind), these)))


async def known_merchants(connection: AsyncConnection, ledger: Ledger) -> list[Merchant]:
    """The household's merchants, those of the most transactions first."""
    merchant, month = merchants.c, merchant_months.c
    of_merchant = and_(month.household_id == merchant.household_id, month.merchant_id == merchant.id)
    used = select(func.coalesce(func.sum(month.count), 0)).where(of_merchant).scalar_subquery()
    query = select(merchant.id, merchant.name, merchant.website).where(merchant.household_id == ledger.household)
    return [Merchant(*row) for row in await connection.execute(query.order_by(used.desc(), merchant.id))]

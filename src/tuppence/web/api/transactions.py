"""Transactions: listing, reading, filing them, and entering some by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.edits import Edited
from tuppence.ledger.filing import TransactionChange
from tuppence.ledger.hand_entered import (
    NewFacts,
    NewTransaction,
    add_transaction,
    change_transaction,
    delete_transaction,
)
from tuppence.ledger.transaction_details import TransactionDetails, transaction_details
from tuppence.ledger.transaction_figures import transaction_figures
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Order, Place, Source, Transaction, list_transactions, transaction
from tuppence.ledger.transfer_marks import counterparts, mark_no_transfer, mark_transfer
from tuppence.web.api.amounts import Amount, DecimalText, minor_of
from tuppence.web.api.days import IsoDay
from tuppence.web.problems import Problem
from tuppence.web.transaction_filing import Filing, file_as, refused
from tuppence.web.transaction_search import LONGEST_TEXT, MOST
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/transactions", tags=["transactions"])

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
PathId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Size = Annotated[Decimal, Field(ge=0, le=MOST)]


class Model(BaseModel):
    """What is common to all that is sent and received."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")


class Reference(Model):
    """Something that a transaction belongs to."""

    id: int
    name: str


class ListedTransaction(Model):
    """One movement of money on one account."""

    id: int
    date: datetime.date
    """Of booking."""
    amount: Amount
    description: str
    """The bank's words."""
    payee: str | None
    memo: str | None
    notes: str | None
    """The person's words."""
    pending: bool
    account: Reference
    category: Reference | None
    category_source: Source | None
    """Who filed it; what a "person" decided nothing else overwrites."""
    merchant: Reference | None
    merchant_source: Source | None
    is_transfer: bool
    """Between own accounts: neither income nor spending."""
    original: Amount | None
    """In the currency in which it was paid, where the file says so."""
    tags: list[str]


class OneTransaction(ListedTransaction):
    """A transaction with all that is known of it."""

    value_date: datetime.date | None
    bank_id: str | None
    imported_from: str | None
    """The name of the file it came in; null: entered by hand."""
    transfer_source: Literal["person", "pairing"] | None
    """Who says whether it is a transfer."""
    counterpart: int | None
    """The id of the other side of the transfer."""


class Transactions(Model):
    """Some transactions."""

    transactions: list[ListedTransaction]
    next: str | None
    """Send it as `cursor` for those that follow; null when there are no more."""


class CurrencySums(Model):
    """Money of one currency, transfers between own accounts left out."""

    money_in: Amount
    money_out: Amount
    net: Amount


class Figures(Model):
    """Figures over everything that was asked for, and what they rest on."""

    totals: list[CurrencySums]
    rows: int
    """Transfers included."""
    pending: int
    uncategorized: int
    transfers: int
    first: datetime.date | None
    last: datetime.date | None
    accounts: list[str]


class Asked(Model):
    """Which transactions are meant: those that fit all that is sent."""

    q: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    """Words, each of which must occur."""
    account: list[Id] = []
    category: list[Id] = []
    """What is filed under their sub-categories is meant as well."""
    merchant: list[Id] = []
    tag: list[Id] = []
    imported: Annotated[str, Field(max_length=64)] | None = None
    """The id of the import that they came with."""
    since: IsoDay | None = None
    """Included."""
    until: IsoDay | None = None
    """Included."""
    minimum: Size | None = None
    """Of the amount without its sign, in whole units of its currency."""
    maximum: Size | None = None
    direction: Literal["in", "out"] | None = None
    currency: Annotated[str, StringConstraints(to_upper=True, pattern="^[A-Za-z]{3}$")] | None = None
    pending: bool | None = None
    uncategorized: bool = False
    transfers: bool = True
    """false: transfers between own accounts are left out."""

    @property
    def wanted(self) -> TransactionFilter:
        """The same as the ledger understands it."""
        return TransactionFilter(
            text=self.q,
            accounts=tuple(self.account),
            categories=tuple(self.category),
            merchants=tuple(self.merchant),
            tags=tuple(self.tag),
            imported=self.imported,
            since=self.since,
            until=self.until,
            minimum=self.minimum,
            maximum=self.maximum,
            direction=self.direction,
            currency=self.currency,
            pending=self.pending,
            uncategorized=self.uncategorized,
            include_transfers=self.transfers,
        )


class Listing(Asked):
    """The same, in some order, from some place on."""

    order: Order = "newest"
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    cursor: Annotated[str, Field(max_length=60)] | None = None
    """What `next` said, with everything else as it was."""


class Added(Model):
    """A transaction to be entered by hand."""

    account: Id
    date: IsoDay
    amount: DecimalText
    """In whole units of the currency, as in "-12.50"; negative is money out."""
    currency: Annotated[str, StringConstraints(to_upper=True, pattern="^[A-Za-z]{3}$")] | None = None
    """null: the account's own."""
    description: Text
    category: Id | None = None
    merchant: Id | None = None
    notes: Annotated[str, Field(max_length=10_000)] | None = None


class Change(Model):
    """What to say anew. What is not sent stays as it is; null takes it away."""

    category: Id | None = None
    merchant: Id | None = None
    notes: Annotated[str, Field(max_length=10_000)] | None = None
    add_tags: list[Name] = []
    remove_tags: list[Name] = []
    date: IsoDay | None = None
    """This, amount and description only of what was entered by hand."""
    amount: DecimalText | None = None
    description: Text | None = None


class OtherSide(Model):
    """Of a transfer."""

    other: Id
    """The id of the transaction that is its counterpart."""


class Changed(Model):
    """What came of a change."""

    transaction: OneTransaction
    edits: list[str]
    """By which it can be undone, the last one first: `POST /api/edits/{id}/undo`. Empty: nothing is different."""


class Deleted(Model):
    """What came of deleting."""

    edit: str
    """By which it can be undone."""


@router.get("")
async def list_some(visitor: Visiting, asked: Annotated[Listing, Query()]) -> Transactions:
    """Some of the transactions that are meant."""
    after = None
    if asked.cursor is not None:
        try:
            after = Place.parse(asked.cursor, asked.order)
        except (ValueError, OverflowError) as error:
            raise Problem(422, "no_place", "The cursor is none of this order. Send what `next` said.") from error
    found = await list_transactions(visitor.ledger, asked.wanted, order=asked.order, limit=asked.limit, after=after)
    following = None if found.next is None else str(found.next)
    return Transactions(transactions=[_listed(row) for row in found.rows], next=following)


@router.get("/figures")
async def get_figures(visitor: Visiting, asked: Annotated[Asked, Query()]) -> Figures:
    """What all of those that are meant come to: exactly, however long that takes where very many rows hold words."""
    found = await transaction_figures(visitor.ledger, asked.wanted)
    totals = [
        CurrencySums(money_in=Amount.of(one.money_in), money_out=Amount.of(one.money_out), net=Amount.of(one.net))
        for one in found.totals
    ]
    of = found.coverage
    return Figures(
        totals=totals,
        rows=of.rows,
        pending=of.pending,
        uncategorized=of.uncategorized,
        transfers=of.transfers,
        first=of.first,
        last=of.last,
        accounts=list(of.accounts),
    )


@router.post("", status_code=201)
async def add(visitor: Visiting, added: Added) -> OneTransaction:
    """Enter a transaction by hand."""
    with refused():
        currency = added.currency or await _currency_of(visitor, added.account)
        new = NewTransaction(
            account=added.account,
            date=added.date,
            amount=minor_of(added.amount, currency),
            description=added.description,
            currency=currency,
            category=added.category,
            merchant=added.merchant,
            notes=added.notes,
        )
        made = await add_transaction(visitor.ledger, new, visitor.by)
        return _one(await transaction_details(visitor.ledger, made.id))


@router.get("/{identity}")
async def get_one(visitor: Visiting, identity: PathId) -> OneTransaction:
    """All about one transaction."""
    with refused():
        return _one(await transaction_details(visitor.ledger, identity))


@router.patch("/{identity}")
async def change(visitor: Visiting, identity: PathId, change: Change) -> Changed:
    """File a transaction anew, or correct one that was entered by hand."""
    said = change.model_fields_set
    done: list[Edited] = []
    with refused():
        now = await transaction(visitor.ledger, identity)
        if facts := _facts(change, now.amount.currency):
            done.append(await change_transaction(visitor.ledger, identity, facts, visitor.by))
        filing = TransactionChange(
            category=change.category if "category" in said else UNSET,
            merchant=change.merchant if "merchant" in said else UNSET,
            notes=change.notes if "notes" in said else UNSET,
            add_tags=tuple(change.add_tags),
            remove_tags=tuple(change.remove_tags),
        )
        if filing != TransactionChange():
            done.append(await file_as(visitor, [identity], Filing(filing)))
    return await _changed(visitor, identity, *done)


@router.delete("/{identity}")
async def delete(visitor: Visiting, identity: PathId) -> Deleted:
    """Delete a transaction that was entered by hand."""
    with refused():
        edited = await delete_transaction(visitor.ledger, identity, visitor.by)
    assert edited.edit_id is not None
    return Deleted(edit=edited.edit_id)


@router.get("/{identity}/counterparts")
async def list_counterparts(visitor: Visiting, identity: PathId) -> Transactions:
    """What could be the other side, were it a transfer: the nearest in time first."""
    with refused():
        found = await counterparts(visitor.ledger, identity)
    return Transactions(transactions=[_listed(row) for row in found], next=None)


@router.put("/{identity}/transfer")
async def pair(visitor: Visiting, identity: PathId, side: OtherSide) -> Changed:
    """Say that it and another one are the two sides of a transfer between own accounts."""
    with refused():
        edited = await mark_transfer(visitor.ledger, identity, side.other, visitor.by)
    return await _changed(visitor, identity, edited)


@router.delete("/{identity}/transfer")
async def unpair(visitor: Visiting, identity: PathId) -> Changed:
    """Say that it is no transfer."""
    with refused():
        edited = await mark_no_transfer(visitor.ledger, identity, visitor.by)
    return await _changed(visitor, identity, edited)


async def _changed(visitor: Visiting, identity: int, *done: Edited) -> Changed:
    made = [edited.edit_id for edited in reversed(done) if edited.edit_id is not None]
    with refused():
        return Changed(transaction=_one(await transaction_details(visitor.ledger, identity)), edits=made)


async def _currency_of(visitor: Visiting, account: int) -> str:
    """The account's own. Raises LookupError for one that the household does not have."""
    for one in await list_accounts(visitor.ledger, archived=True):
        if one.id == account:
            return one.currency
    raise LookupError(f"There is no account {account}.")


def _facts(change: Change, currency: str) -> NewFacts | None:
    """None when none is said. Raises Problem."""
    facts = NewFacts(
        date=UNSET if change.date is None else change.date,
        amount=UNSET if change.amount is None else minor_of(change.amount, currency),
        description=UNSET if change.description is None else change.description,
    )
    return None if facts == NewFacts() else facts


def _listed(row: Transaction) -> ListedTransaction:
    return ListedTransaction(
        id=row.id,
        date=row.date,
        amount=Amount.of(row.amount),
        description=row.description,
        payee=row.payee,
        memo=row.memo,
        notes=row.notes,
        pending=row.pending,
        account=Reference(id=row.account_id, name=row.account),
        category=_reference(row.category_id, row.category),
        category_source=row.category_source,
        merchant=_reference(row.merchant_id, row.merchant),
        merchant_source=row.merchant_source,
        is_transfer=row.transfer_id is not None,
        original=None if row.original is None else Amount.of(row.original),
        tags=list(row.tags),
    )


def _reference(identity: int | None, name: str | None) -> Reference | None:
    return None if identity is None or name is None else Reference(id=identity, name=name)


def _one(details: TransactionDetails) -> OneTransaction:
    came = details.imported_from
    return OneTransaction(
        **_listed(details.transaction).model_dump(),
        value_date=details.value_date,
        bank_id=details.bank_id,
        imported_from=None if came is None else came.filename,
        transfer_source=details.transfer_source,
        counterpart=None if details.counterpart is None else details.counterpart.id,
    )

"""Transactions that a person enters. Only these can be corrected and deleted: all others are the bank's word."""

import datetime
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Row, select

from tuppence.ledger.accounts import account_on
from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.filing import TransactionChange, file_in
from tuppence.ledger.household import Ledger, currency_code
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.ledger.transfer_marks import let_go, movement_of, pair_anew
from tuppence.money import checked_minor
from tuppence.store.tables import transaction_tags, transactions


class NotEnteredByHand(ValueError):
    """The transaction came from a bank's file, which alone says its date, amount and description."""

    def __init__(self) -> None:
        super().__init__(
            "This transaction came from a bank's file, so its date, amount and description stay as the bank says. "
            "Its category, merchant, notes and tags can be changed; to remove it, undo its import."
        )


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction to be entered."""

    account: int
    """An id."""
    date: datetime.date
    amount: int
    """Minor units of `currency`; negative is money out."""
    description: str
    currency: str | None = None
    """ISO 4217; None for the account's own."""
    category: int | None = None
    """An id; None for none. So with the merchant."""
    merchant: int | None = None
    notes: str | None = None


class NewFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What to say anew of a transaction that was entered by hand. What is not set stays as it is."""

    date: datetime.date | UnsetType = UNSET
    amount: int | UnsetType = UNSET
    """Minor units of its currency; negative is money out."""
    description: str | UnsetType = UNSET


async def add_transaction(ledger: Ledger, new: NewTransaction, by: By = PERSON) -> Transaction:
    """Enter a transaction, and pair it with what is its counterpart if it is a transfer.

    Raises LookupError for an account, category or merchant that the household does not have, ValueError without a
    description or for an amount or a currency that does not exist.
    """
    async with editing(ledger, by, f"Added {_description(new.description)}") as edit:
        account = await account_on(edit.connection, ledger, new.account)
        facts = _facts(new.date, new.amount, new.description)
        currency = account.currency if new.currency is None else currency_code(new.currency)
        values = {**facts, "account_id": account.id, "currency": currency, "pending": False}
        identity = await edit.insert(transactions, values)
        if said := {name: value for name in ("category", "merchant", "notes") if (value := getattr(new, name))}:
            await file_in(edit, [identity], TransactionChange(**said))
        await pair_anew(edit, [new.date])
    return await transaction(ledger, identity)


async def change_transaction(ledger: Ledger, identity: int, new: NewFacts, by: By = PERSON) -> Edited:
    """Correct a transaction that was entered by hand.

    Raises LookupError when the household has none of that id, NotEnteredByHand when it came from a file, ValueError for
    an empty description or an impossible amount.
    """
    async with editing(ledger, by, "Corrected a transaction") as edit:
        before = await _entered(edit, identity)
        date = before.date if new.date is UNSET else new.date
        amount = before.amount if new.amount is UNSET else new.amount
        facts = _facts(date, amount, before.description if new.description is UNSET else new.description)
        count = await edit.update(transactions, transactions.c.id == identity, facts)
        edit.summary = f"Corrected {facts['description']}"
        await pair_anew(edit, [before.date, date])
        return edited(edit, count)


async def delete_transaction(ledger: Ledger, identity: int, by: By = PERSON) -> Edited:
    """Remove a transaction that was entered by hand; what it was paired with is free again.

    Raises LookupError when the household has none of that id, NotEnteredByHand when it came from a file.
    """
    async with editing(ledger, by, "Deleted a transaction") as edit:
        row = await _entered(edit, identity)
        edit.summary = f"Deleted {row.description}"
        sides = await let_go(edit, identity)
        await edit.delete(transaction_tags, transaction_tags.c.transaction_id == identity)
        count = await edit.delete(transactions, transactions.c.id == identity)
        await pair_anew(edit, [row.date, *(side.date for side in sides)])
        return edited(edit, count)


async def _entered(edit: Editing, identity: int) -> Row[Any, Any, Any, Any]:
    """Date, amount and description of a transaction that was entered by hand."""
    await movement_of(edit, identity)
    rows = transactions.c
    query = select(rows.date, rows.amount, rows.description, rows.import_id)
    mine = rows.household_id == edit.ledger.household, rows.id == identity
    row = (await edit.connection.execute(query.where(*mine))).one()
    if row.import_id is not None:
        raise NotEnteredByHand
    return row


def _facts(date: datetime.date, amount: int, description: str) -> dict[str, Any]:
    return {
        "date": date,
        "month": date.year * 100 + date.month,
        "amount": checked_minor(amount),
        "description": _description(description),
    }


def _description(text: str) -> str:
    if not (words := " ".join(text.split())):
        raise ValueError("A transaction needs a description.")
    return words

"""Transactions that a person enters: adding, correcting, deleting them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import JSONResponse, Response

from tuppence.ledger.accounts import Account, list_accounts
from tuppence.ledger.categories import list_categories
from tuppence.ledger.hand_entered import (
    NewFacts,
    NewTransaction,
    add_transaction,
    change_transaction,
    delete_transaction,
)
from tuppence.ledger.transaction_details import TransactionDetails, transaction_details
from tuppence.ledger.transactions import Transaction
from tuppence.money import Money
from tuppence.web.formats import Formats, Unreadable
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.transaction_filing import done, refused
from tuppence.web.transaction_search import PATH, search_of
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix=PATH)
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Field = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the form for a transaction shows: as it was typed."""

    accounts: tuple[Account, ...]
    """To choose from."""
    account: str = ""
    day: str = ""
    direction: str = "out"
    amount: str = ""
    description: str = ""
    category: str = ""
    category_name: str = ""
    notes: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    """By field: why it cannot be used."""


def blank(accounts: Sequence[Account]) -> Entry:
    """A form in which nothing is typed yet but the likely day."""
    usable = tuple(account for account in accounts if not account.archived)
    return Entry(usable, account=str(usable[0].id) if usable else "", day="Today")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the form says, understood."""

    date: datetime.date
    amount: int
    """Minor units; negative is money out."""
    description: str


@router.post("")
async def add(
    request: Request,
    visitor: Visiting,
    account: Field = "",
    day: Field = "",
    direction: Field = "out",
    amount: Field = "",
    description: Field = "",
    category: Field = "",
    notes: Field = "",
) -> Response:
    """Enter a transaction; the answer is the form anew, with what is wrong with it or empty."""
    accounts = tuple(one for one in await list_accounts(visitor.ledger) if not one.archived)
    names = {str(one.id): one.name for one in await list_categories(visitor.ledger)}
    if category and category not in names:
        raise missing("category")
    typed = (account, day, direction, amount, description, category, names.get(category, ""), notes)
    entry = Entry(accounts, *typed)
    chosen = next((one for one in accounts if str(one.id) == account), None)
    facts = understood(entry, chosen.currency if chosen else "EUR", visitor.formats)
    if chosen is None:
        entry.errors["account"] = "Choose the account that it belongs to."
    if chosen is None or facts is None:
        return page(request, "transactions/new.html", status=422, entry=entry)
    new = NewTransaction(
        account=chosen.id,
        date=facts.date,
        amount=facts.amount,
        description=facts.description,
        category=int(category) if category else None,
        notes=notes.strip() or None,
    )
    with refused():
        made = await add_transaction(visitor.ledger, new, visitor.by)
    text = f"Added {made.description}, {visitor.formats.money(made.amount)}."
    return told(
        page(request, "transactions/new.html", entry=blank(accounts)), text, undo=f"/transactions/{made.id}/removal"
    )


@router.post("/{identity}/removal")
async def remove(visitor: Visiting, identity: Id) -> Response:
    """Take back that it was entered."""
    with refused():
        await delete_transaction(visitor.ledger, identity, visitor.by)
    return JSONResponse({"text": "Undone."})


@router.post("/{identity}/facts")
async def correct(
    request: Request,
    visitor: Visiting,
    identity: Id,
    day: Field = "",
    direction: Field = "out",
    amount: Field = "",
    description: Field = "",
) -> Response:
    """Correct what was entered by hand; the answer is the form, with what is wrong with it or as it is now."""
    with refused():
        details = await transaction_details(visitor.ledger, identity)
    entry = Entry((), "", day, direction, amount, description)
    facts = understood(entry, details.transaction.amount.currency, visitor.formats)
    if facts is None:
        return _facts_form(request, visitor, details, entry, status=422)
    new = NewFacts(date=facts.date, amount=facts.amount, description=facts.description)
    with refused():
        said = await done(visitor, await change_transaction(visitor.ledger, identity, new, visitor.by))
        details = await transaction_details(visitor.ledger, identity)
    response = _facts_form(request, visitor, details, facts_of(details.transaction, visitor.formats))
    return told(response, said.text, undo=said.undo)


@router.delete("/{identity}")
async def delete(request: Request, visitor: Visiting, identity: Id) -> Response:
    """Delete what was entered by hand, and close it."""
    with refused():
        said = await done(visitor, await delete_transaction(visitor.ledger, identity, visitor.by))
    response = page(request, "transactions/deleted.html", identity=identity)
    response.headers["HX-Push-Url"] = search_of(request, visitor).address()
    return told(response, said.text, undo=said.undo)


def understood(entry: Entry, currency: str, formats: Formats) -> Facts | None:
    """The facts that were typed; None when something is wrong with them, which `entry.errors` says then."""
    today = datetime.date.today()
    date, minor = today, 0
    try:
        date = formats.typed_day(entry.day, today)
    except Unreadable as error:
        entry.errors["day"] = str(error)
    try:
        minor = abs(formats.typed_amount(entry.amount, currency))
    except Unreadable as error:
        entry.errors["amount"] = str(error) if entry.amount.strip() else "Type the amount."
    if not entry.description.strip():
        entry.errors["description"] = "Say what it was, as in “Lunch at the market”."
    if entry.errors:
        return None
    return Facts(date, minor if entry.direction == "in" else -minor, entry.description)


def facts_of(row: Transaction, formats: Formats) -> Entry:
    """The form as it shows a transaction that there is."""
    size = Money(abs(row.amount.minor), row.amount.currency)
    direction = "in" if row.amount.minor > 0 else "out"
    return Entry((), "", _typeable(row.date, formats), direction, formats.money(size), row.description)


def _typeable(day: datetime.date, formats: Formats) -> str:
    """The day as it can be typed again: not every language writes it so."""
    shown = formats.day(day)
    try:
        return shown if formats.typed_day(shown, day) == day else day.isoformat()
    except Unreadable:
        return day.isoformat()


def _facts_form(
    request: Request, visitor: Visitor, details: TransactionDetails, entry: Entry, status: int = 200
) -> Response:
    row = details.transaction
    search = search_of(request, visitor)
    return page(request, "transactions/facts_form.html", status=status, row=row, entry=entry, search=search)

"""What a chat asks leave for: one change, kept exactly as it will be done after a person's yes."""

import datetime
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.rules import Outcome, rule_in
from tuppence.enrichment.suggestions import Origin
from tuppence.ledger.categories import CategoryKind, category_in
from tuppence.ledger.edits import By, Edited, Editing, edited, editing
from tuppence.ledger.filing import TransactionChange, file_in
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import taken_names
from tuppence.ledger.visibility import visible
from tuppence.store.tables import (
    chats,
    confirmations,
    edits,
    now,
    transactions,
)


class CreateCategory(msgspec.Struct, frozen=True, kw_only=True, tag="create_category"):
    """A new category."""

    name: str
    kind: CategoryKind | None = None
    """None: that of its parent, or an expense."""
    parent_id: int | None = None


class CreateRule(msgspec.Struct, frozen=True, kw_only=True, tag="create_rule"):
    """A new rule, the last to be asked."""

    conditions: Conditions
    outcome: Outcome


class UpdateTransaction(msgspec.Struct, frozen=True, kw_only=True, tag="update_transaction"):
    """Other notes of a transaction."""

    transaction_id: int
    notes: str | None
    """None: none any more."""
    instead_of: str | None
    """The notes that the person was shown when asked: others are not overwritten."""


Change = CreateCategory | CreateRule | UpdateTransaction
"""What a person can say yes to."""
State = Literal["open", "confirmed", "rejected"]


class ChatCall(msgspec.Struct, frozen=True, kw_only=True):
    """The call of a function within a chat, that its effects are named after: run twice, it has them once."""

    chat_id: str
    turn_id: str
    round: int
    call_id: str

    @property
    def origin(self) -> Origin:
        """As suggestions name it."""
        return Origin(turn_id=self.turn_id, round=self.round, call_id=self.call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One change that a chat asked leave for."""

    id: str
    chat_id: str
    turn_id: str
    round: int
    call_id: str
    change: Change
    summary: str
    """The change for people."""
    state: State
    edit_id: str | None
    """By which it can be undone; None while it is not done, and when there was nothing to change."""
    undone: bool
    """Whether it was taken back later."""
    created_at: datetime.datetime
    decided_at: datetime.datetime | None


class UnknownConfirmation(LookupError):
    """There is no such question for this person."""

    def __init__(self) -> None:
        super().__init__("There is no such question to answer.")


class AlreadyDecided(ValueError):
    """Somebody has said yes or no before."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This question has been answered already: it is {state}.")


class NoLongerPossible(ValueError):
    """The change cannot be made any more as it was kept; the message says why. Only a no can be said to it."""


async def ask_confirmation(
    connection: AsyncConnection, ledger: Ledger, change: Change, summary: str, call: ChatCall
) -> Confirmation:
    """Keep a change for the author of the chat to confirm: part of the caller's writing transaction.

    The same call, and the same change in the same chat while it is open, give the same confirmation. Raises LookupError
    when the chat is gone.
    """
    mine, encoded = confirmations.c.household_id == ledger.household, msgspec.json.encode(change).decode()
    known, table = chats.c, confirmations.c
    chat = await connection.execute(
        select(known.author_id).where(known.household_id == ledger.household, known.id == call.chat_id)
    )
    if (author := chat.one_or_none()) is None:
        raise LookupError("This chat has been deleted.")
    same_call = and_(table.turn_id == call.turn_id, table.round == call.round, table.call_id == call.call_id)
    same_change = and_(table.chat_id == call.chat_id, table.change == encoded, table.state == "open")
    earlier = select(table.id).where(mine, or_(same_call, same_change)).order_by(~same_call).limit(1)
    if (identity := await connection.scalar(earlier)) is None:
        identity = secrets.token_hex(16)
        values = {
            "id": identity,
            "household_id": ledger.household,
            "user_id": author.author_id,
            "kind": type(change).__struct_config__.tag,
            "change": encoded,
            "summary": summary,
            "state": "open",
            "created_at": now(),
            **msgspec.structs.asdict(call),
        }
        await connection.execute(confirmations.insert().values(values))
    return _confirmation((await connection.execute(_rows().where(mine, table.id == identity))).one())


async def confirmations_of(
    ledger: Ledger, turn_id: str | None = None, *, user_id: int | None, owner: bool = False
) -> list[Confirmation]:
    """What was asked during a turn, however it was answered; without one whatever is still open. Oldest first.

    Only the chat's own author sees it. user_id: who reads; None: whoever sits at the command line. owner: whether it is
    the household's owner, who sees as well what was asked at the command line.
    """
    table = confirmations.c
    meant = table.state == "open" if turn_id is None else table.turn_id == turn_id
    query = _rows().where(_own(ledger, user_id, owner), meant).order_by(table.created_at, table.id)
    async with ledger.store.reading() as connection:
        return [_confirmation(row) for row in await connection.execute(query)]


async def confirm(ledger: Ledger, confirmation_id: str, by: By, *, owner: bool = False) -> Edited:
    """Make exactly the change that was kept, once; undoing the edit takes it back. owner: as of `confirmations_of`.

    Raises UnknownConfirmation, also for somebody else's; AlreadyDecided; NoLongerPossible, which leaves it open;
    ValueError when it is not a person who decides.
    """
    _check(by)
    with _no_longer_possible():
        async with editing(ledger, by, "Did what was confirmed in a chat") as edit:
            kept = await _open(edit.connection, ledger, confirmation_id, by, owner)
            count = await _carry_out(edit, kept.change)
            values = {"state": "confirmed", "edit_id": edit.id if edit.changes else None, "decided_at": now()}
            await edit.connection.execute(_row(ledger, confirmation_id).values(values))
            return edited(edit, count)


async def reject_confirmation(ledger: Ledger, confirmation_id: str, by: By, *, owner: bool = False) -> None:
    """Say no. Raises UnknownConfirmation, also for somebody else's; AlreadyDecided; ValueError as `confirm` does."""
    _check(by)
    async with ledger.store.writing() as connection:
        await _open(connection, ledger, confirmation_id, by, owner)
        await connection.execute(_row(ledger, confirmation_id).values(state="rejected", decided_at=now()))


def _check(by: By) -> None:
    if not by.is_person:
        raise ValueError("Only a person answers what a chat asks leave for.")


# ------------------------------------------------------------------------------------------------------------- rows


def _own(ledger: Ledger, user_id: int | None, owner: bool) -> ColumnElement[bool]:
    """True for what was asked in the chats of this person: the rule by which chats are read."""
    author = confirmations.c.user_id
    theirs = author.is_(None) if user_id is None else author == user_id
    if owner:
        theirs = or_(theirs, author.is_(None))
    return and_(confirmations.c.household_id == ledger.household, theirs)


def _rows() -> Select[Any]:
    made = and_(edits.c.household_id == confirmations.c.household_id, edits.c.id == confirmations.c.edit_id)
    return select(confirmations, edits.c.undone_at).select_from(confirmations.outerjoin(edits, made))


def _row(ledger: Ledger, identity: str) -> Any:
    mine = confirmations.c.household_id == ledger.household
    return update(confirmations).where(mine, confirmations.c.id == identity, confirmations.c.state == "open")


async def _open(connection: AsyncConnection, ledger: Ledger, identity: str, by: By, owner: bool) -> Confirmation:
    query = _rows().where(_own(ledger, by.user_id, owner), confirmations.c.id == identity)
    if (row := (await connection.execute(query)).one_or_none()) is None:
        raise UnknownConfirmation
    if row.state != "open":
        raise AlreadyDecided(row.state)
    return _confirmation(row)


def _confirmation(row: Any) -> Confirmation:
    return Confirmation(
        id=row.id,
        chat_id=row.chat_id,
        turn_id=row.turn_id,
        round=row.round,
        call_id=row.call_id,
        change=msgspec.json.decode(row.change, type=Change),
        summary=row.summary,
        state=row.state,
        edit_id=row.edit_id,
        undone=row.undone_at is not None,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )


# -------------------------------------------------------------------------------------------------------- carrying out


@contextmanager
def _no_longer_possible() -> Iterator[None]:
    """Raise NoLongerPossible for whatever the ledger refuses."""
    try:
        yield
    except (UnknownConfirmation, AlreadyDecided):
        raise
    except (LookupError, ValueError) as error:
        raise NoLongerPossible(f"This can no longer be done. {error}") from error


async def _carry_out(edit: Editing, change: Change) -> int:
    match change:
        case CreateCategory():
            with taken_names(change.name, "a category"):
                await category_in(edit, change.name, kind=change.kind, parent=change.parent_id)
            return 1
        case CreateRule():
            edit.summary = "Added a rule"
            await rule_in(edit, change.conditions, change.outcome)
            return 1
        case UpdateTransaction():
            return await _update_transaction(edit, change)


async def _update_transaction(edit: Editing, change: UpdateTransaction) -> int:
    row = transactions.c
    query = select(row.notes).where(visible(edit.ledger), row.id == change.transaction_id)
    found = (await edit.connection.execute(query)).one_or_none()
    if found is None:
        raise LookupError("The transaction is gone.")
    if found.notes != change.instead_of:
        raise ValueError("The notes of the transaction have been changed since.")
    edit.summary = "Changed the notes of 1 transaction"
    return await file_in(edit, [change.transaction_id], TransactionChange(notes=change.notes))

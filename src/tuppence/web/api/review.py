"""What waits for a person: suggestions for single transactions, and changes that an answer of a chat asked for."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from msgspec import UNSET
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from tuppence.enrichment.confirmations import Confirmation, confirm, confirmations_of, reject_confirmation
from tuppence.enrichment.review import Suggestion, SuggestionGroup, accept, accept_as, accept_group, reject
from tuppence.ledger.edits import Edited
from tuppence.ledger.filing import TransactionChange
from tuppence.web.api.amounts import Amount
from tuppence.web.api.chats import turn_of
from tuppence.web.confirmations import answered
from tuppence.web.problems import Problem
from tuppence.web.review import Asked, group_of, suggestions_asked
from tuppence.web.transaction_filing import refused
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(prefix="/api", tags=["review"])

Id = Annotated[int, Field(ge=1, lt=1 << 63)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Token = Annotated[str, Query(max_length=64)]
Source = Literal["rule", "memory", "classifier", "model"]
Kind = Literal["category", "merchant", "tags", "transfer"]
MOST = 1000


class Model(BaseModel):
    """What is common to all that is sent and received."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")


class ListedSuggestion(Model):
    """What is suggested for one transaction."""

    id: int
    transaction: int
    """Its id."""
    date: datetime.date
    amount: Amount
    description: str
    """The bank's words."""
    account: str
    """Its name."""
    kind: Kind
    category: int | None
    category_name: str | None
    merchant: int | None
    """null: of this name there is none yet, and one is made when it is accepted."""
    merchant_name: str | None
    website: str | None
    tags: list[str]
    """To be added."""
    source: Source
    confidence: int | None
    """In percent; null when whoever suggests it did not say."""
    reason: str
    """For people."""
    run: str | None
    """The run in the background that came upon it."""
    created_at: datetime.datetime


class Group(Model):
    """Suggestions of the same for transactions alike."""

    title: str
    """Whom they are about: a merchant's name, or the wording."""
    transactions: int
    """How many are decided together."""
    suggestions: list[ListedSuggestion]


class Suggestions(Model):
    """A part of the queue."""

    groups: list[Group]
    total: int
    """Of suggestions."""
    next: str | None
    """Send it as `cursor` for those that follow; null when there are no more."""


class Chosen(Model):
    """Suggestions that are decided."""

    suggestions: Annotated[list[Id], Field(min_length=1, max_length=MOST)]
    whole_group: StrictBool = False
    """Whether everything in the group of the suggestion is meant, of which only one may be named then."""


class Otherwise(Chosen):
    """Suggestions in place of which something else is said."""

    category: Id | None = None
    merchant: Id | None = None
    add_tags: Annotated[list[Name], Field(max_length=50)] = []


class Decided(Model):
    """What came of a decision."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when there was nothing to change."""
    decided: int
    """How many transactions it was about that are different now; of rejections, how many suggestions."""


class ListedConfirmation(Model):
    """A change that an answer asked for."""

    id: str
    chat: str
    turn: str
    kind: str
    """"create_category", "create_rule" or "update_transaction"."""
    change: dict[str, Any]
    """What exactly is done after a yes; it depends on the kind."""
    summary: str
    """The same for people."""
    state: Literal["open", "confirmed", "rejected"]
    edit: str | None
    """By which it can be undone; null while nothing was done."""
    created_at: datetime.datetime


class Answered(Model):
    """What came of a yes."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""


class Confirmations(Model):
    """Changes that were asked for."""

    confirmations: list[ListedConfirmation]


@router.get("/suggestions")
async def list_waiting(
    visitor: Visiting,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    source: Source | None = None,
    kind: Kind | None = None,
    run: Token = "",
) -> Suggestions:
    """What waits in the review queue, so many groups at once."""
    found = await suggestions_asked(visitor, Asked(source or "", kind or "", run), cursor, limit)
    return Suggestions(groups=[_group(one) for one in found.groups], total=found.total, next=found.next)


@router.post("/suggestions/accept")
async def accept_some(visitor: Visiting, wanted: Chosen) -> Decided:
    """Do what is suggested, as a person's decision; transfers of a group whose other side is not clear are left."""
    with refused():
        if wanted.whole_group:
            return _decided(await accept_group(visitor.ledger, _only(wanted), visitor.by))
        return _decided(await accept(visitor.ledger, wanted.suggestions, visitor.by))


@router.post("/suggestions/reject")
async def reject_some(visitor: Visiting, wanted: Chosen) -> Decided:
    """Leave the transactions as they are: the same is not suggested of them again."""
    with refused():
        return _decided(await reject(visitor.ledger, await _meant(visitor, wanted), visitor.by))


@router.post("/suggestions/change")
async def change_some(visitor: Visiting, wanted: Otherwise) -> Decided:
    """File the transactions in another way than is suggested."""
    change = TransactionChange(
        category=UNSET if wanted.category is None else wanted.category,
        merchant=UNSET if wanted.merchant is None else wanted.merchant,
        add_tags=tuple(wanted.add_tags),
    )
    if change == TransactionChange():
        raise Problem(422, "nothing_said", "Say a category, a merchant or a tag.")
    with refused():
        return _decided(await accept_as(visitor.ledger, await _meant(visitor, wanted), change, visitor.by))


@router.get("/confirmations")
async def list_confirmations(visitor: Visiting, turn: Token = "") -> Confirmations:
    """The changes that answers in your chats asked for: those that wait, or all of one turn."""
    if turn:
        await turn_of(visitor, turn)
    found = await confirmations_of(visitor.ledger, turn or None, user_id=visitor.user.id, owner=visitor.is_owner)
    return Confirmations(confirmations=[_confirmation(one) for one in found])


@router.post("/confirmations/{confirmation_id}/confirm")
async def do_it(visitor: Visiting, confirmation_id: str) -> Answered:
    """Do exactly what was asked for."""
    with answered():
        done = await confirm(visitor.ledger, confirmation_id, visitor.by, owner=visitor.is_owner)
    return Answered(edit=done.edit_id)


@router.post("/confirmations/{confirmation_id}/reject", status_code=204)
async def leave_it(visitor: Visiting, confirmation_id: str) -> None:
    """Leave everything as it is."""
    with answered():
        await reject_confirmation(visitor.ledger, confirmation_id, visitor.by, owner=visitor.is_owner)


async def _meant(visitor: Visitor, wanted: Chosen) -> list[int]:
    """The suggestions that are decided. Raises Problem."""
    return await group_of(visitor, _only(wanted)) if wanted.whole_group else wanted.suggestions


def _only(wanted: Chosen) -> int:
    """The one suggestion that is named. Raises Problem."""
    if len(wanted.suggestions) > 1:
        raise Problem(422, "invalid", "Name one suggestion of the group that is decided as a whole.")
    return wanted.suggestions[0]


def _decided(came_of_it: Edited) -> Decided:
    return Decided(edit=came_of_it.edit_id, decided=came_of_it.rows)


def _group(group: SuggestionGroup) -> Group:
    return Group(
        title=group.title,
        transactions=group.total,
        suggestions=[_suggestion(one) for one in group.suggestions],
    )


def _suggestion(one: Suggestion) -> ListedSuggestion:
    return ListedSuggestion(
        id=one.id,
        transaction=one.transaction_id,
        date=one.date,
        amount=Amount.of(one.amount),
        description=one.description,
        account=one.account,
        kind=one.kind,
        category=one.category_id,
        category_name=one.category,
        merchant=one.merchant_id,
        merchant_name=one.merchant,
        website=one.website,
        tags=list(one.tags),
        source=one.source,
        confidence=one.confidence,
        reason=one.reason,
        run=one.run_id,
        created_at=one.created_at,
    )


def _confirmation(one: Confirmation) -> ListedConfirmation:
    kept = msgspec.to_builtins(one.change)
    return ListedConfirmation(
        id=one.id,
        chat=one.chat_id,
        turn=one.turn_id,
        kind=kept.pop("type"),
        change=kept,
        summary=one.summary,
        state=one.state,
        edit=one.edit_id,
        created_at=one.created_at,
    )

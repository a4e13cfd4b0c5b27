"""What an answer proposed instead of doing it: changes that wait for a yes, and suggestions in the review queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tuppence.assistant.conversation import Conversation, Lookup, TurnView
from tuppence.enrichment.confirmations import (
    Change,
    Confirmation,
    CreateCategory,
    CreateRule,
    UpdateTransaction,
    confirmations_of,
)
from tuppence.web.visitor import Visitor

ONLY_LOOKS = "get_"
"""How the names of those functions begin that propose nothing."""

_QUEUED = ("category", "merchant", "add_tags")
"""What of a transaction is suggested in the review queue instead of being asked about."""


@dataclass(frozen=True, slots=True)
class Card:
    """A change that an answer asked for, and what became of it."""

    id: str
    turn_id: str
    title: str
    text: str
    """What exactly is done after a yes."""
    state: Literal["open", "confirmed", "rejected", "undone"]
    can_be_undone: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one answer proposed."""

    cards: tuple[Card, ...]
    in_queue: bool
    """Whether it put suggestions into the review queue."""


async def proposed_in(visitor: Visitor, talk: Conversation) -> Mapping[str, Proposed]:
    """What the answers of a chat proposed, by turn; only of those that did more than look."""
    return {
        view.turn.id: Proposed(await cards_of(visitor, view.turn.id), any(map(_fills_queue, calls)))
        for view in talk.turns
        if (calls := _proposing(view))
    }


async def cards_of(visitor: Visitor, turn_id: str) -> tuple[Card, ...]:
    """The changes that one turn asked for, in order."""
    asked = await confirmations_of(visitor.ledger, turn_id, user_id=visitor.user.id, owner=visitor.is_owner)
    return tuple(card_of(one) for one in asked)


def card_of(asked: Confirmation) -> Card:
    """A confirmation for people."""
    return Card(
        asked.id,
        asked.turn_id,
        title=_title(asked.change),
        text=asked.summary,
        state="undone" if asked.undone else asked.state,
        can_be_undone=asked.edit_id is not None and not asked.undone,
    )


def _title(change: Change) -> str:
    match change:
        case CreateCategory():
            return "Add a category?"
        case CreateRule():
            return "Add a rule?"
        case UpdateTransaction():
            return "Change a transaction?"


def _proposing(view: TurnView) -> list[Lookup]:
    return [part for part in view.parts if isinstance(part, Lookup) and not part.name.startswith(ONLY_LOOKS)]


def _fills_queue(call: Lookup) -> bool:
    is_queued = call.name == "categorize_transactions" or (
        call.name == "update_transaction" and any(call.arguments.get(name) for name in _QUEUED)
    )
    return is_queued and call.ok is True

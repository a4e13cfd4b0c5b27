"""Changes that an answer asked for: each waits in its chat until the person whose chat it is says yes or no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.enrichment.confirmations import (
    AlreadyDecided,
    Confirmation,
    NoLongerPossible,
    UnknownConfirmation,
    confirm,
    confirmations_of,
    reject_confirmation,
)
from tuppence.web.api.chats import turn_of
from tuppence.web.edits import undone, undone_text
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.proposed import card_of, cards_of
from tuppence.web.transaction_filing import done
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/chat/turns/{turn_id}/confirmations")


@router.get("")
async def show_cards(request: Request, visitor: Visiting, turn_id: str) -> Response:
    """The changes that a turn asked for, for a page that is open."""
    turn = await turn_of(visitor, turn_id)
    return page(request, "chat/confirmations.html", cards=await cards_of(visitor, turn.id))


@router.post("/{confirmation_id}/confirm")
async def do_it(request: Request, visitor: Visiting, turn_id: str, confirmation_id: str) -> Response:
    """Do exactly what was asked for."""
    asked = await own(visitor, turn_id, confirmation_id)
    with answered():
        said = await done(visitor, await confirm(visitor.ledger, asked.id, visitor.by, owner=visitor.is_owner))
    return told(await _card(request, visitor, asked), said.text, undo=said.undo)


@router.post("/{confirmation_id}/reject")
async def leave_it(request: Request, visitor: Visiting, turn_id: str, confirmation_id: str) -> Response:
    """Leave everything as it is."""
    asked = await own(visitor, turn_id, confirmation_id)
    with answered():
        await reject_confirmation(visitor.ledger, asked.id, visitor.by, owner=visitor.is_owner)
    return await _card(request, visitor, asked)


@router.post("/{confirmation_id}/undo")
async def undo(request: Request, visitor: Visiting, turn_id: str, confirmation_id: str) -> Response:
    """Take back what was done."""
    asked = await own(visitor, turn_id, confirmation_id)
    if asked.edit_id is None:
        raise Problem(409, "not_done", "Nothing was changed that could be undone.")
    text = undone_text(await undone(visitor, asked.edit_id))
    return told(await _card(request, visitor, asked), text)


async def own(visitor: Visitor, turn_id: str, confirmation_id: str) -> Confirmation:
    """What was asked under this id in a turn of a chat of the visitor's. Raises Problem."""
    turn = await turn_of(visitor, turn_id)
    asked = await confirmations_of(visitor.ledger, turn.id, user_id=visitor.user.id, owner=visitor.is_owner)
    for one in asked:
        if one.id == confirmation_id:
            return one
    raise missing("question to answer")


@contextmanager
def answered() -> Iterator[None]:
    """Tell whoever answers why that cannot be."""
    try:
        yield
    except UnknownConfirmation as error:
        raise missing("question to answer") from error
    except AlreadyDecided as error:
        raise Problem(409, "already_decided", str(error)) from error
    except NoLongerPossible as error:
        raise Problem(409, "no_longer_possible", str(error)) from error


async def _card(request: Request, visitor: Visitor, asked: Confirmation) -> Response:
    return page(request, "chat/confirmation.html", card=card_of(await own(visitor, asked.turn_id, asked.id)))

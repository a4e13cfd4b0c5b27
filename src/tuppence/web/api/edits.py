"""The history of what was changed: reading it, undoing, doing again."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from tuppence.ledger.edits import Edit, UnknownEdit, list_edits
from tuppence.ledger.transactions import Source
from tuppence.ledger.undoing import Undone
from tuppence.web.edits import redone, redone_text, undone, undone_text
from tuppence.web.problems import missing
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/edits", tags=["edits"])


class Model(BaseModel):
    """What is common to all that is sent."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class ListedEdit(Model):
    """One entry of the journal."""

    id: str
    summary: str
    """What was done, for people."""
    source: Source
    user: int | None
    """Who did it; null at the command line, and when no person did."""
    created_at: datetime.datetime
    undone_at: datetime.datetime | None
    """null while it is in force."""


class Edits(Model):
    """Some edits, newest first."""

    edits: list[ListedEdit]
    next: str | None
    """Send it as `before` for those that follow; null when there are no more."""


class CameOfIt(Model):
    """What came of undoing, or of doing again."""

    text: str
    """For people."""
    restored: int
    """How many changes of rows."""
    left_alone: int
    """Changed again since."""


@router.get("")
async def list_some(
    visitor: Visiting,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> Edits:
    """The latest edits, or those before one of them."""
    try:
        found = await list_edits(visitor.ledger, limit=limit + 1, before=before)
    except UnknownEdit as error:
        raise missing("change") from error
    following = found[limit - 1].id if len(found) > limit else None
    return Edits(edits=[_listed(one) for one in found[:limit]], next=following)


@router.post("/{edit_id}/undo")
async def undo(visitor: Visiting, edit_id: str) -> CameOfIt:
    """Take an edit back: what is still as it left it becomes as it was."""
    came_of_it = await undone(visitor, edit_id)
    return _came_of_it(came_of_it, undone_text(came_of_it))


@router.post("/{edit_id}/redo")
async def redo(visitor: Visiting, edit_id: str) -> CameOfIt:
    """Make an edit that was undone once more."""
    came_of_it = await redone(visitor, edit_id)
    return _came_of_it(came_of_it, redone_text(came_of_it))


def _came_of_it(of: Undone, text: str) -> CameOfIt:
    return CameOfIt(text=text, restored=of.restored, left_alone=of.left_alone)


def _listed(edit: Edit) -> ListedEdit:
    return ListedEdit(
        id=edit.id,
        summary=edit.summary,
        source=edit.source,
        user=edit.user_id,
        created_at=edit.created_at,
        undone_at=edit.undone_at,
    )

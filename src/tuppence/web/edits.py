"""The history of what people changed: every edit can be undone, and what was undone can be done again."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from tuppence.access.users import list_members
from tuppence.ledger.edits import AlreadyUndone, Edit, UnknownEdit, edit_of, list_edits
from tuppence.ledger.undoing import NotUndone, Undone, redo_edit, undo_edit
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/edits")
PAGE = 50

SOURCES = {
    "person": "A person",
    "rule": "A rule",
    "memory": "Tuppence, as before",
    "classifier": "Tuppence, by likeness",
    "model": "A model",
    "import": "The bank’s file",
}
"""Who decides, for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An edit, and by whom it was made."""

    edit: Edit
    who: str


@router.get("")
async def show_edits(request: Request, visitor: Visiting, before: str | None = None) -> Response:
    """The latest edits, or those before one of them."""
    try:
        found = await list_edits(visitor.ledger, limit=PAGE + 1, before=before)
    except UnknownEdit as error:
        raise missing("change") from error
    more = found[PAGE - 1].id if len(found) > PAGE else None
    listed = await entries(visitor, found[:PAGE])
    return page(request, "edits/edits.html", entries=listed, before=before, more=more)


@router.post("/{edit_id}/undo")
async def undo(request: Request, visitor: Visiting, edit_id: str) -> Response:
    """Take an edit back."""
    return await _answer(request, visitor, edit_id, undone_text(await undone(visitor, edit_id)))


@router.post("/{edit_id}/redo")
async def redo(request: Request, visitor: Visiting, edit_id: str) -> Response:
    """Make an edit that was undone once more."""
    return await _answer(request, visitor, edit_id, redone_text(await redone(visitor, edit_id)))


async def undone(visitor: Visitor, edit_id: str) -> Undone:
    """What came of taking an edit back. Raises Problem when there is none or it is too late."""
    try:
        return _effective(await undo_edit(visitor.ledger, edit_id))
    except UnknownEdit as error:
        raise missing("change") from error
    except AlreadyUndone as error:
        raise Problem(409, "already_undone", str(error)) from error


async def redone(visitor: Visitor, edit_id: str) -> Undone:
    """The same of making it once more."""
    try:
        return _effective(await redo_edit(visitor.ledger, edit_id))
    except UnknownEdit as error:
        raise missing("change") from error
    except NotUndone as error:
        raise Problem(409, "not_undone", str(error)) from error


def _effective(came_of_it: Undone) -> Undone:
    if not came_of_it.restored:
        text = "All of it has been changed again since, so it stays as it is. Undo the later changes first."
        raise Problem(409, "changed_since", text)
    return came_of_it


def undone_text(came_of_it: Undone) -> str:
    """For people."""
    return "Undone." + _left_alone(came_of_it)


def redone_text(came_of_it: Undone) -> str:
    """For people."""
    return "Done again." + _left_alone(came_of_it)


def _left_alone(came_of_it: Undone) -> str:
    if not (count := came_of_it.left_alone):
        return ""
    what = "One part of it was" if count == 1 else f"{count:,} parts of it were"
    return f" {what} left alone, having been changed again since."


async def entries(visitor: Visitor, found: list[Edit]) -> list[Entry]:
    """The edits with who made them."""
    names = {member.id: member.name for member in await list_members(visitor.ledger)}
    return [Entry(one, _who(one, names)) for one in found]


def _who(edit: Edit, names: dict[int, str]) -> str:
    if edit.source != "person":
        return SOURCES[edit.source]
    if edit.user_id is None:
        return "At the command line"
    return names.get(edit.user_id, "A former member")


async def _answer(request: Request, visitor: Visitor, edit_id: str, text: str) -> Response:
    """For the list of edits its line anew, for others what was done."""
    if not request.headers.get("HX-Request"):
        return JSONResponse({"text": text})
    [entry] = await entries(visitor, [await edit_of(visitor.ledger, edit_id)])
    return told(page(request, "edits/entry.html", entry=entry), text)

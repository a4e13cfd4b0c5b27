"""Tags: how often each is used; renamed, merged, deleted."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.ledger.names import NameTaken
from tuppence.ledger.tags import TagUse, create_tag, delete_tag, merge_tags, rename_tag, tag_uses
from tuppence.web.account_forms import Typed
from tuppence.web.names import NameId, answered, id_typed, name_typed
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/tags")
PATH = "/tags"


@router.get("")
async def show_tags(request: Request, visitor: Visiting) -> Response:
    """All tags."""
    return page(request, "tags/tags.html", uses=await tag_uses(visitor.ledger))


@router.get("/list")
async def show_list(request: Request, visitor: Visiting) -> Response:
    """The same without the page around them."""
    return page(request, "tags/list.html", uses=await tag_uses(visitor.ledger))


@router.get("/new")
async def show_new(request: Request, visitor: Visiting) -> Response:
    """The form for a new tag."""
    return page(request, "tags/new.html", typed=Typed({}))


@router.post("")
async def add(request: Request, visitor: Visiting) -> Response:
    """Add a tag."""
    typed = Typed.of(await request.form())
    name = name_typed(typed)
    if not typed.errors:
        try:
            made = await create_tag(visitor.ledger, name, visitor.by)
        except ValueError as error:
            typed.errors["name"] = str(error)
        else:
            text = f"Added the tag {made.name}."
            return told(Response(headers={"HX-Reswap": "none"}), text, undo=f"{PATH}/{made.id}/removal")
    return page(request, "tags/new.html", status=422, typed=typed)


@router.get("/{tag_id}/edit")
async def show_edit(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """The form in which it is renamed."""
    use = await tag_of(visitor, tag_id)
    return page(request, "tags/edit.html", use=use, typed=Typed({"name": use.tag.name}))


@router.post("/{tag_id}")
async def edit(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """Rename it."""
    use = await tag_of(visitor, tag_id)
    typed = Typed.of(await request.form())
    name = name_typed(typed)
    if not typed.errors:
        try:
            return await answered(request, visitor, await rename_tag(visitor.ledger, tag_id, name, visitor.by))
        except NameTaken as error:
            typed.errors["name"] = f"{error} To make the two one, merge them."
        except LookupError as error:
            raise missing("tag") from error
    return page(request, "tags/edit.html", status=422, use=use, typed=typed)


@router.get("/{tag_id}/merge")
async def show_merge(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """The form in which it becomes part of another."""
    return page(request, "tags/merge.html", **await _merging(visitor, tag_id, Typed({})))


@router.post("/{tag_id}/merging")
async def merge(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """Put another tag wherever it is."""
    await tag_of(visitor, tag_id)
    typed = Typed.of(await request.form())
    into = typed.read("into", id_typed, None)
    if into is None:
        typed.errors.setdefault("into", "Choose the tag that stays.")
    else:
        try:
            return await answered(request, visitor, await merge_tags(visitor.ledger, tag_id, into, visitor.by))
        except (LookupError, ValueError) as error:
            typed.errors["into"] = str(error)
    return page(request, "tags/merge.html", status=422, **await _merging(visitor, tag_id, typed))


@router.get("/{tag_id}/delete")
async def show_delete(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """Says how many transactions have it before it is deleted."""
    return page(request, "tags/delete.html", use=await tag_of(visitor, tag_id))


@router.post("/{tag_id}/removal")
async def remove(request: Request, visitor: Visiting, tag_id: NameId) -> Response:
    """Remove it from everywhere."""
    try:
        return await answered(request, visitor, await delete_tag(visitor.ledger, tag_id, visitor.by))
    except LookupError as error:
        raise missing("tag") from error


async def tag_of(visitor: Visitor, tag_id: int) -> TagUse:
    """The visitor's tag of this id. Raises Problem when there is none."""
    found = next((one for one in await tag_uses(visitor.ledger) if one.tag.id == tag_id), None)
    if found is None:
        raise missing("tag")
    return found


async def _merging(visitor: Visitor, tag_id: int, typed: Typed) -> dict[str, Any]:
    use = await tag_of(visitor, tag_id)
    others = [(str(one.tag.id), one.tag.name) for one in await tag_uses(visitor.ledger) if one.tag.id != tag_id]
    return {"use": use, "others": others, "typed": typed}

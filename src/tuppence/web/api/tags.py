"""Tags."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from tuppence.ledger.tags import TagUse, create_tag, delete_tag, merge_tags, rename_tag, tag_uses
from tuppence.web.api.named import Into, Moved, Name
from tuppence.web.names import NameId
from tuppence.web.tags import tag_of
from tuppence.web.transaction_filing import refused
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/tags", tags=["tags"])


class ListedTag(BaseModel):
    """A tag."""

    id: int
    name: str
    transactions: int
    """How many have it."""


class Tags(BaseModel):
    """All tags by name."""

    tags: list[ListedTag]


class NamedTag(BaseModel):
    """What a tag is called."""

    name: Name


class Changed(BaseModel):
    """What came of a change."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""
    tag: ListedTag


@router.get("")
async def get_tags(visitor: Visiting) -> Tags:
    """All tags."""
    return Tags(tags=[_listed(one) for one in await tag_uses(visitor.ledger)])


@router.post("", status_code=201)
async def add_tag(visitor: Visiting, new: NamedTag) -> ListedTag:
    """Add a tag."""
    with refused():
        return _listed(TagUse(await create_tag(visitor.ledger, new.name, visitor.by), 0))


@router.get("/{tag_id}")
async def get_tag(visitor: Visiting, tag_id: NameId) -> ListedTag:
    """One tag."""
    return _listed(await tag_of(visitor, tag_id))


@router.patch("/{tag_id}")
async def patch_tag(visitor: Visiting, tag_id: NameId, change: NamedTag) -> Changed:
    """Rename a tag."""
    with refused():
        done = await rename_tag(visitor.ledger, tag_id, change.name, visitor.by)
    return Changed(edit=done.edit_id, tag=_listed(await tag_of(visitor, tag_id)))


@router.post("/{tag_id}/merge")
async def merge_tag(visitor: Visiting, tag_id: NameId, other: Into) -> Moved:
    """Put another tag wherever this one is, and remove this one."""
    with refused():
        return Moved.by(await merge_tags(visitor.ledger, tag_id, other.into, visitor.by))


@router.delete("/{tag_id}")
async def remove_tag(visitor: Visiting, tag_id: NameId) -> Moved:
    """Remove a tag from everywhere."""
    with refused():
        return Moved.by(await delete_tag(visitor.ledger, tag_id, visitor.by))


def _listed(one: TagUse) -> ListedTag:
    return ListedTag(id=one.tag.id, name=one.tag.name, transactions=one.count)

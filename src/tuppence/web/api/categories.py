"""Categories."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from msgspec import UNSET
from pydantic import BaseModel

from tuppence.ledger.categories import (
    Category,
    CategoryChange,
    CategoryKind,
    change_category,
    create_category,
    delete_category,
    list_categories,
    merge_categories,
)
from tuppence.web.api.named import Id, Into, Moved, Name
from tuppence.web.categories import category_of
from tuppence.web.names import NameId
from tuppence.web.transaction_filing import refused
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/categories", tags=["categories"])


class ListedCategory(BaseModel):
    """A category."""

    id: int
    name: str
    kind: CategoryKind
    """In an expense category money coming in is a refund; "other" is neither income nor spending."""
    parent: int | None
    """The id of the one above it; null at the top of the tree."""


class Categories(BaseModel):
    """The tree: each parent is followed by its children."""

    categories: list[ListedCategory]


class AddedCategory(BaseModel):
    """A category to be added."""

    name: Name
    kind: CategoryKind | None = None
    """Null: that of its parent; an expense at the top of the tree."""
    parent: Id | None = None


class ChangedCategory(BaseModel):
    """What to change of a category; what is left out stays as it is."""

    name: Name | None = None
    kind: CategoryKind | None = None
    """Of everything below it, too."""
    parent: Id | None = None
    """Null: the top of the tree."""


class Changed(BaseModel):
    """What came of a change."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""
    category: ListedCategory


@router.get("")
async def get_categories(visitor: Visiting) -> Categories:
    """All categories."""
    return Categories(categories=[_listed(one) for one in await list_categories(visitor.ledger)])


@router.post("", status_code=201)
async def add_category(visitor: Visiting, new: AddedCategory) -> ListedCategory:
    """Add a category."""
    with refused():
        above = None if new.parent is None else await category_of(visitor, new.parent)
        return _listed(await create_category(visitor.ledger, new.name, kind=new.kind, parent=above, by=visitor.by))


@router.get("/{category_id}")
async def get_category(visitor: Visiting, category_id: NameId) -> ListedCategory:
    """One category."""
    return _listed(await category_of(visitor, category_id))


@router.patch("/{category_id}")
async def patch_category(visitor: Visiting, category_id: NameId, change: ChangedCategory) -> Changed:
    """Rename a category, move it with everything below it, give it another kind."""
    sent = change.model_dump(exclude_unset=True)
    wanted: dict[str, Any] = {
        name: UNSET if value is None and name != "parent" else value for name, value in sent.items()
    }
    with refused():
        done = await change_category(visitor.ledger, category_id, CategoryChange(**wanted), visitor.by)
    return Changed(edit=done.edit_id, category=_listed(await category_of(visitor, category_id)))


@router.post("/{category_id}/merge")
async def merge_category(visitor: Visiting, category_id: NameId, other: Into) -> Moved:
    """Make a category part of another: its transactions and what is below it go there."""
    with refused():
        return Moved.by(await merge_categories(visitor.ledger, category_id, other.into, visitor.by))


@router.delete("/{category_id}")
async def remove_category(
    visitor: Visiting,
    category_id: NameId,
    into: Annotated[
        int | None,
        Query(ge=1, lt=1 << 63, description="The category its transactions go to; default: they have none any more."),
    ] = None,
) -> Moved:
    """Delete a category; what is below it goes up."""
    with refused():
        return Moved.by(await delete_category(visitor.ledger, category_id, into, visitor.by))


def _listed(one: Category) -> ListedCategory:
    return ListedCategory(id=one.id, name=one.name, kind=one.kind, parent=one.parent_id)

"""Categories: the tree with its figures, each with its months, and everything that can be done with them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from msgspec import UNSET

from tuppence.ledger.categories import (
    Category,
    CategoryChange,
    CategoryKind,
    change_category,
    create_category,
    delete_category,
    list_categories,
    merge_categories,
    with_subcategories,
)
from tuppence.ledger.category_figures import category_figures, category_months
from tuppence.ledger.days import Days
from tuppence.ledger.edits import Edited
from tuppence.ledger.names import NameTaken
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.web.account_forms import Typed
from tuppence.web.category_tree import KINDS, groups_of, options, sums_of
from tuppence.web.names import (
    NameId,
    Said,
    answered,
    id_typed,
    latest,
    month_lines,
    name_typed,
    said_before,
    shown_period,
)
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.report_periods import PERIODS, Named, PeriodName
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/categories")
PATH = "/categories"


@router.get("")
async def show_categories(
    request: Request, visitor: Visiting, period: Named = "this-year", said: Said = ""
) -> Response:
    """The tree with the figures of a period."""
    values = await _tree(visitor, period)
    return page(request, "categories/categories.html", said=await said_before(visitor, said), **values)


@router.get("/tree")
async def show_tree(request: Request, visitor: Visiting, period: Named = "this-year") -> Response:
    """The same without the page around it."""
    return page(request, "categories/tree.html", **await _tree(visitor, period))


@router.get("/new")
async def show_new(
    request: Request, visitor: Visiting, under: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None
) -> Response:
    """The form for a new category."""
    typed = Typed({"parent": str(under or "")})
    return page(request, "categories/new.html", **await _form(visitor, typed))


@router.post("")
async def add(request: Request, visitor: Visiting) -> Response:
    """Add a category."""
    typed = Typed.of(await request.form())
    name, kind, parent = name_typed(typed), typed.read("kind", _kind, None), typed.read("parent", id_typed, None)
    known = {one.id: one for one in await list_categories(visitor.ledger)}
    if parent is not None and parent not in known:
        typed.errors["parent"] = "It may have been deleted. Choose another one."
    if not typed.errors:
        above = None if parent is None else known[parent]
        try:
            made = await create_category(visitor.ledger, name, kind=kind, parent=above, by=visitor.by)
        except ValueError as error:
            typed.errors["name"] = str(error)
        else:
            text = f"Added the category {made.name}."
            return told(Response(headers={"HX-Reswap": "none"}), text, undo=f"{PATH}/{made.id}/removal")
    return page(request, "categories/new.html", status=422, **await _form(visitor, typed))


@router.get("/{category_id}")
async def show_category(
    request: Request, visitor: Visiting, category_id: NameId, period: Named = "last-12-months"
) -> Response:
    """One category."""
    values = await _about(visitor, category_id, period)
    return page(request, "categories/category.html", periods=PERIODS, **values)


@router.get("/{category_id}/about")
async def show_about(
    request: Request, visitor: Visiting, category_id: NameId, period: Named = "last-12-months"
) -> Response:
    """The same without the page around it."""
    return page(request, "categories/about.html", periods=PERIODS, **await _about(visitor, category_id, period))


@router.get("/{category_id}/edit")
async def show_edit(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """The form in which it is renamed, moved, and given another kind."""
    category = await category_of(visitor, category_id)
    typed = Typed({"name": category.name, "kind": category.kind, "parent": str(category.parent_id or "")})
    return page(request, "categories/edit.html", **await _form(visitor, typed, category))


@router.post("/{category_id}")
async def edit(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """Rename it, move it, give it another kind."""
    category = await category_of(visitor, category_id)
    typed = Typed.of(await request.form())
    name, kind, parent = name_typed(typed), typed.read("kind", _kind, None), typed.read("parent", id_typed, None)
    change = CategoryChange(
        name=name if name != category.name else UNSET,
        kind=kind if kind is not None and kind != category.kind else UNSET,
        parent=parent if parent != category.parent_id else UNSET,
    )
    if not typed.errors:
        try:
            came_of_it = await change_category(visitor.ledger, category.id, change, visitor.by)
        except NameTaken as error:
            typed.errors["name"] = str(error)
        except (LookupError, ValueError) as error:
            typed.errors["parent"] = str(error)
        else:
            return await answered(request, visitor, came_of_it)
    return page(request, "categories/edit.html", status=422, **await _form(visitor, typed, category))


@router.get("/{category_id}/merge")
async def show_merge(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """The form in which it becomes part of another."""
    category = await category_of(visitor, category_id)
    return page(request, "categories/merge.html", **await _leaving(visitor, category, Typed({})))


@router.post("/{category_id}/merging")
async def merge(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """Make it part of another."""
    category = await category_of(visitor, category_id)
    typed = Typed.of(await request.form())
    into = typed.read("into", id_typed, None)
    if into is None:
        typed.errors.setdefault("into", "Choose the category that stays.")
    else:
        try:
            came_of_it = await merge_categories(visitor.ledger, category.id, into, visitor.by)
        except (LookupError, ValueError) as error:
            typed.errors["into"] = str(error)
        else:
            return await _gone(request, visitor, category, came_of_it)
    return page(request, "categories/merge.html", status=422, **await _leaving(visitor, category, typed))


@router.get("/{category_id}/delete")
async def show_delete(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """The form in which it is deleted, which says how many transactions it has."""
    category = await category_of(visitor, category_id)
    return page(request, "categories/delete.html", **await _leaving(visitor, category, Typed({})))


@router.post("/{category_id}/removal")
async def remove(request: Request, visitor: Visiting, category_id: NameId) -> Response:
    """Delete it; its transactions go to another one, or to none."""
    category = await category_of(visitor, category_id)
    typed = Typed.of(await request.form())
    into = typed.read("into", id_typed, None)
    if not typed.errors:
        try:
            came_of_it = await delete_category(visitor.ledger, category.id, into, visitor.by)
        except (LookupError, ValueError) as error:
            typed.errors["into"] = str(error)
        else:
            return await _gone(request, visitor, category, came_of_it)
    return page(request, "categories/delete.html", status=422, **await _leaving(visitor, category, typed))


# ------------------------------------------------------------------------------------------------- what pages show


async def category_of(visitor: Visitor, category_id: int) -> Category:
    """The visitor's category of this id. Raises Problem when there is none."""
    found = next((one for one in await list_categories(visitor.ledger) if one.id == category_id), None)
    if found is None:
        raise missing("category")
    return found


async def _tree(visitor: Visitor, period: PeriodName) -> dict[str, Any]:
    shown = await shown_period(visitor, period)
    figures = await category_figures(visitor.ledger, shown.days)
    categories = await list_categories(visitor.ledger)
    without = [one for one in figures if one.category is None]
    return {
        "groups": groups_of(categories, figures, shown, visitor.formats.currency),
        "without": sums_of(without, visitor.formats.currency),
        "without_count": sum(one.count for one in without),
        "without_href": shown.transactions(uncategorized="yes"),
        "period": period,
        "periods": PERIODS,
    }


async def _about(visitor: Visitor, category_id: int, period: PeriodName) -> dict[str, Any]:
    category = await category_of(visitor, category_id)
    categories = await list_categories(visitor.ledger)
    shown = await shown_period(visitor, period)
    within = with_subcategories([category.id], categories)
    months = await category_months(visitor.ledger, within, shown.days)
    return {
        "category": category,
        "kind": KINDS[category.kind],
        "parent": next((one for one in categories if one.id == category.parent_id), None),
        "below": [one for one in categories if one.parent_id == category.id],
        "lines": month_lines(months, "category", category.id),
        "latest": await latest(visitor, TransactionFilter(categories=(category.id,))),
        "href": shown.transactions(category=category.id),
        "period": period,
    }


async def _form(visitor: Visitor, typed: Typed, category: Category | None = None) -> dict[str, Any]:
    categories = await list_categories(visitor.ledger)
    not_under = with_subcategories([category.id], categories) if category else frozenset[int]()
    return {
        "category": category,
        "typed": typed,
        "kinds": KINDS,
        "parents": [("", "None, at the top"), *options(categories, not_under)],
        "has_below": len(not_under) > 1,
    }


async def _leaving(visitor: Visitor, category: Category, typed: Typed) -> dict[str, Any]:
    categories = await list_categories(visitor.ledger)
    figures = await category_figures(visitor.ledger, Days())
    return {
        "category": category,
        "typed": typed,
        "count": sum(one.count + one.transfers for one in figures if one.category == category.id),
        "below": sum(one.parent_id == category.id for one in categories),
        "others": options(categories, frozenset([category.id])),
    }


async def _gone(request: Request, visitor: Visitor, category: Category, came_of_it: Edited) -> Response:
    return await answered(request, visitor, came_of_it, gone=f"{PATH}/{category.id}", to=PATH)


def _kind(text: str) -> CategoryKind | None:
    if not text:
        return None
    for known in KINDS:
        if text == known:
            return known
    raise ValueError("Choose what it counts as.")

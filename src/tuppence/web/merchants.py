"""Merchants: thousands of them, searched and paged, each with its months, and everything that can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuppence.ledger.edits import Edited
from tuppence.ledger.merchant_figures import MerchantOrder, merchant_months, merchant_uses
from tuppence.ledger.merchant_merging import merge_all_merchants
from tuppence.ledger.merchant_search import merchants_by_id, merchants_like
from tuppence.ledger.merchants import (
    Merchant,
    MerchantChange,
    change_merchant,
    delete_merchant,
    host_name,
    merchant_named,
)
from tuppence.ledger.names import NameTaken, name_key
from tuppence.ledger.transaction_figures import transaction_figures
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.web.account_forms import Typed
from tuppence.web.merchant_list import Listing, lines_of
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
from tuppence.web.problems import Problem, missing, told
from tuppence.web.report_periods import PERIODS, Named, PeriodName
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/merchants")
PATH = "/merchants"
PAGE = 50
OTHER = "other"

Words = Annotated[str, Query(alias="q", max_length=100)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]
Rows = Annotated[list[int], Query(alias="row", max_length=500)]


@router.get("")
async def show_merchants(
    request: Request,
    visitor: Visiting,
    text: Words = "",
    period: Named = "last-12-months",
    order: MerchantOrder = "use",
    number: PageNumber = 1,
    said: Said = "",
) -> Response:
    """One page of the list; for words that are typed on it only what they find."""
    listing = Listing(" ".join(text.split()), period, order, number)
    values = await _found(visitor, listing)
    if request.headers.get("HX-Request"):
        response = page(request, "merchants/found.html", **values)
        response.headers["HX-Replace-Url"] = listing.address()
        return response
    return page(request, "merchants/merchants.html", said=await said_before(visitor, said), **values)


@router.get("/new")
async def show_new(request: Request, visitor: Visiting) -> Response:
    """The form for a new merchant."""
    return page(request, "merchants/new.html", typed=Typed({}))


@router.post("")
async def add(request: Request, visitor: Visiting) -> Response:
    """Add a merchant."""
    typed = Typed.of(await request.form())
    name, website = name_typed(typed), typed.read("website", _website, None)
    if not typed.errors:
        try:
            made = await new_merchant(visitor, name, website)
        except ValueError as error:
            typed.errors["name"] = str(error)
        else:
            text = f"Added the merchant {made.name}."
            return told(Response(headers={"HX-Reswap": "none"}), text, undo=f"{PATH}/{made.id}/removal")
    return page(request, "merchants/new.html", status=422, typed=typed)


@router.get("/merge")
async def show_merge(request: Request, visitor: Visiting, rows: Rows) -> Response:
    """The form in which the chosen ones become one, or one becomes part of another."""
    return page(request, "merchants/merge.html", **await _merging(visitor, rows, Typed({})))


@router.post("/merging")
async def merge(request: Request, visitor: Visiting) -> Response:
    """Merge merchants."""
    form = await request.form()
    typed = Typed.of(form)
    try:
        rows = [identity for value in form.getlist("row") if (identity := id_typed(str(value))) is not None]
    except ValueError as error:
        raise missing("merchant") from error
    into = typed.read("other" if typed.text("into") in ("", OTHER) else "into", id_typed, None)
    if into is None:
        typed.errors.setdefault("into", "Choose the merchant that stays.")
    else:
        try:
            came_of_it = await merge_all_merchants(visitor.ledger, rows, into, visitor.by)
        except (LookupError, ValueError) as error:
            typed.errors["into"] = str(error)
        else:
            gone = next((row for row in rows if row != into), 0)
            return await _gone(request, visitor, gone, came_of_it, f"{PATH}/{into}" if len(rows) == 1 else PATH)
    return page(request, "merchants/merge.html", status=422, **await _merging(visitor, rows, typed))


@router.get("/{merchant_id}")
async def show_merchant(
    request: Request,
    visitor: Visiting,
    merchant_id: NameId,
    period: Named = "last-12-months",
    said: Said = "",
) -> Response:
    """One merchant."""
    values = await _about(visitor, merchant_id, period)
    return page(request, "merchants/merchant.html", said=await said_before(visitor, said), **values)


@router.get("/{merchant_id}/about")
async def show_about(
    request: Request, visitor: Visiting, merchant_id: NameId, period: Named = "last-12-months"
) -> Response:
    """The same without the page around it."""
    return page(request, "merchants/about.html", **await _about(visitor, merchant_id, period))


@router.get("/{merchant_id}/edit")
async def show_edit(request: Request, visitor: Visiting, merchant_id: NameId) -> Response:
    """The form in which it is renamed and its website said."""
    merchant = await merchant_of(visitor, merchant_id)
    typed = Typed({"name": merchant.name, "website": merchant.website or ""})
    return page(request, "merchants/edit.html", merchant=merchant, typed=typed)


@router.post("/{merchant_id}")
async def edit(request: Request, visitor: Visiting, merchant_id: NameId) -> Response:
    """Rename it, say its website."""
    merchant = await merchant_of(visitor, merchant_id)
    typed = Typed.of(await request.form())
    change = MerchantChange(name=name_typed(typed), website=typed.read("website", _website, None))
    if not typed.errors:
        try:
            came_of_it = await change_merchant(visitor.ledger, merchant.id, change, visitor.by)
        except NameTaken as error:
            typed.errors["name"] = f"{error} To make the two one, merge them."
        except LookupError as error:
            raise missing("merchant") from error
        else:
            return await answered(request, visitor, came_of_it)
    return page(request, "merchants/edit.html", status=422, merchant=merchant, typed=typed)


@router.get("/{merchant_id}/merge")
async def show_merge_one(request: Request, visitor: Visiting, merchant_id: NameId) -> Response:
    """The form in which it becomes part of another."""
    return await show_merge(request, visitor, [merchant_id])


@router.get("/{merchant_id}/delete")
async def show_delete(request: Request, visitor: Visiting, merchant_id: NameId) -> Response:
    """Says how many transactions it has before it is deleted."""
    merchant = await merchant_of(visitor, merchant_id)
    count = await _count(visitor, merchant)
    return page(request, "merchants/delete.html", merchant=merchant, count=count)


@router.post("/{merchant_id}/removal")
async def remove(request: Request, visitor: Visiting, merchant_id: NameId) -> Response:
    """Delete it; its transactions have none any more."""
    try:
        came_of_it = await delete_merchant(visitor.ledger, merchant_id, visitor.by)
    except LookupError as error:
        raise missing("merchant") from error
    return await _gone(request, visitor, merchant_id, came_of_it, PATH)


# ------------------------------------------------------------------------------------------------- what pages show


async def merchant_of(visitor: Visitor, merchant_id: int) -> Merchant:
    """The visitor's merchant of this id. Raises Problem when there is none."""
    found = await merchants_by_id(visitor.ledger, [merchant_id])
    if merchant_id not in found:
        raise missing("merchant")
    return found[merchant_id]


async def new_merchant(visitor: Visitor, name: str, website: str | None) -> Merchant:
    """A merchant who was not there before. Raises NameTaken, ValueError."""
    near = await merchants_like(visitor.ledger, name, 1)
    if any(name_key(one.name) == name_key(name) for one in near):
        raise NameTaken(f"There is a merchant called “{near[0].name}” already.")
    return await merchant_named(visitor.ledger, name, website, visitor.by)


async def _found(visitor: Visitor, listing: Listing) -> dict[str, Any]:
    shown = await shown_period(visitor, listing.period)
    found = await merchant_uses(
        visitor.ledger,
        shown.days,
        listing.text,
        order=listing.order,
        limit=PAGE,
        offset=(listing.number - 1) * PAGE,
    )
    return {
        "listing": listing,
        "lines": lines_of(found.uses, shown, visitor.formats.currency),
        "found": found.found,
        "first": (listing.number - 1) * PAGE + 1,
        "pages": -(-found.found // PAGE),
        "periods": PERIODS,
    }


async def _about(visitor: Visitor, merchant_id: int, period: PeriodName) -> dict[str, Any]:
    merchant = await merchant_of(visitor, merchant_id)
    shown = await shown_period(visitor, period)
    months = await merchant_months(visitor.ledger, merchant.id, shown.days)
    return {
        "merchant": merchant,
        "lines": month_lines(months, "merchant", merchant.id),
        "latest": await latest(visitor, TransactionFilter(merchants=(merchant.id,))),
        "href": shown.transactions(merchant=merchant.id),
        "period": period,
        "periods": PERIODS,
    }


async def _merging(visitor: Visitor, rows: Sequence[int], typed: Typed) -> dict[str, Any]:
    """Those that were chosen, the most used first. Raises Problem when there are none."""
    known = await merchants_by_id(visitor.ledger, rows)
    if not known:
        raise missing("merchant") if rows else Problem(422, "nothing_chosen", "No merchant is chosen. Tick some first.")
    counted = [(await _count(visitor, one), one) for one in known.values()]
    counted.sort(key=lambda pair: (-pair[0], name_key(pair[1].name)))
    other = typed.text("other")
    named = await merchants_by_id(visitor.ledger, [int(other)] if other.isdecimal() else [])
    return {
        "counted": counted,
        "count": sum(count for count, _ in counted),
        "typed": typed,
        "stays": typed.text("into") or str(counted[0][1].id),
        "other": next(iter(named.values()), None),
    }


async def _count(visitor: Visitor, merchant: Merchant) -> int:
    figures = await transaction_figures(visitor.ledger, TransactionFilter(merchants=(merchant.id,)))
    return figures.coverage.rows


async def _gone(request: Request, visitor: Visitor, merchant_id: int, came_of_it: Edited, to: str) -> Response:
    return await answered(request, visitor, came_of_it, gone=f"{PATH}/{merchant_id}", to=to)


def _website(text: str) -> str | None:
    return host_name(text) if text else None

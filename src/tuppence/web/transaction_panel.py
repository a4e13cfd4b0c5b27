"""One transaction, opened beside the list: all that is known of it, and what can be said of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from tuppence.ledger.transaction_details import transaction_details
from tuppence.ledger.transactions import transaction
from tuppence.ledger.transfer_marks import counterparts, mark_no_transfer, mark_transfer
from tuppence.web.edits import SOURCES
from tuppence.web.hand_entries import facts_of
from tuppence.web.pages import page
from tuppence.web.problems import told
from tuppence.web.transaction_filing import done, file_as, filing_of, refused
from tuppence.web.transaction_search import PATH, search_of
from tuppence.web.visitor import Visiting

router = APIRouter(include_in_schema=False, prefix=PATH)
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/{identity}")
async def show_transaction(request: Request, visitor: Visiting, identity: Id) -> Response:
    """All about one transaction; as a page of its own it is the list with the transaction opened."""
    search = search_of(request, visitor)
    address = search.address(open=identity)
    if not request.headers.get("HX-Request"):
        return RedirectResponse(address, 303)
    try:
        details = await transaction_details(visitor.ledger, identity)
    except LookupError:
        return page(request, "transactions/gone.html", 404, search=search)
    entry = facts_of(details.transaction, visitor.formats)
    response = page(request, "transactions/panel.html", search=search, details=details, sources=SOURCES, facts=entry)
    if not request.headers.get("HX-Current-URL", "").endswith(address):
        response.headers["HX-Push-Url"] = address
    return response


@router.post("/{identity}/filing")
async def file_one(request: Request, visitor: Visiting, identity: Id) -> Response:
    """Say anew how it is filed; what the form leaves out stays as it is."""
    said = await done(visitor, await file_as(visitor, [identity], filing_of(await request.form())))
    return told(await _rows_anew(request, visitor, identity), said.text, undo=said.undo)


@router.get("/{identity}/counterparts")
async def show_counterparts(request: Request, visitor: Visiting, identity: Id) -> Response:
    """What could be the other side, were it a transfer."""
    with refused():
        found = await counterparts(visitor.ledger, identity)
    search = search_of(request, visitor)
    return page(request, "transactions/counterparts.html", identity=identity, found=found, search=search)


@router.post("/{identity}/transfer")
async def pair(request: Request, visitor: Visiting, identity: Id, other: Annotated[int, Form(ge=1)]) -> Response:
    """Say that it and another one are the two sides of a transfer."""
    with refused():
        said = await done(visitor, await mark_transfer(visitor.ledger, identity, other, visitor.by))
    return told(await _rows_anew(request, visitor, identity, other), said.text, undo=said.undo)


@router.delete("/{identity}/transfer")
async def unpair(request: Request, visitor: Visiting, identity: Id) -> Response:
    """Say that it is no transfer."""
    with refused():
        said = await done(visitor, await mark_no_transfer(visitor.ledger, identity, visitor.by))
    return told(await _rows_anew(request, visitor, identity), said.text, undo=said.undo)


async def _rows_anew(request: Request, visitor: Visiting, *ids: int) -> Response:
    """These rows as they are now, wherever the list on the page shows them."""
    rows = [await transaction(visitor.ledger, identity) for identity in ids]
    return page(request, "transactions/rows_anew.html", rows=rows, search=search_of(request, visitor))

"""The list of transactions: searched, paged as the reader goes on, with its figures beside it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.merchant_search import merchants_like
from tuppence.ledger.names import name_key
from tuppence.ledger.reports.tags import list_tags
from tuppence.ledger.transaction_details import transaction_details
from tuppence.ledger.transaction_figures import quick_figures, transaction_figures
from tuppence.ledger.transactions import Place, TransactionList, list_transactions
from tuppence.web.edits import SOURCES
from tuppence.web.hand_entries import blank, facts_of
from tuppence.web.pages import page
from tuppence.web.problems import Problem, told
from tuppence.web.transaction_chips import chips, choices
from tuppence.web.transaction_filing import done, file_as, filing_of
from tuppence.web.transaction_search import PATH, PERIODS, Search, search_of
from tuppence.web.visitor import Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix=PATH)
PAGE = 50
MOST_ANEW = 1000
"""So many rows are fetched anew at most when something has changed."""
SUGGESTED = 30

After = Annotated[str | None, Query(max_length=60)]


@router.get("")
async def show_transactions(
    request: Request, visitor: Visiting, after: After = None, opened: Annotated[str, Query(alias="open")] = ""
) -> Response:
    """The page; for a search that is typed on it only what it finds."""
    search = search_of(request, visitor)
    known = await choices(visitor.ledger)
    values: dict[str, Any] = {
        "search": search,
        "found": await _found(visitor, search, PAGE, after),
        "after": after,
        "chips": await chips(visitor.ledger, search, known, visitor.formats),
        "errors": list(search.errors.values()),
    }
    if request.headers.get("HX-Request"):
        status = 422 if search.errors else 200
        response = page(request, "transactions/found.html", status, details=None, gone=False, **values)
        response.headers.update(_history(request, search))
        return response
    values |= {"known": known, "periods": PERIODS, "sources": SOURCES, "entry": blank(known.accounts)}
    return page(request, "transactions/transactions.html", **values, **await _opened(visitor, opened))


@router.get("/rows")
async def show_rows(
    request: Request, visitor: Visiting, after: After = None, shown: Annotated[int, Query(ge=1)] = PAGE
) -> Response:
    """The rows `after` a place, and the way to those that follow; or the first ones `shown` anew."""
    search = search_of(request, visitor)
    found = await _found(visitor, search, min(shown, MOST_ANEW), after)
    return page(request, "transactions/rows.html", search=search, found=found, after=after)


@router.get("/figures")
async def show_figures(request: Request, visitor: Visiting, wait: bool = False) -> Response:
    """What all of the search comes to; without `wait` only where nobody has to."""
    search = search_of(request, visitor)
    reckoned = transaction_figures if wait else quick_figures
    figures = await reckoned(visitor.ledger, search.wanted)
    return page(request, "transactions/figures.html", search=search, figures=figures)


@router.get("/names/{kind}")
async def suggest_names(visitor: Visiting, kind: str, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """What can be meant by a beginning of a name."""
    if kind == "merchants":
        merchants = await merchants_like(visitor.ledger, q, SUGGESTED)
        return JSONResponse([{"value": str(one.id), "text": one.name, "detail": one.website} for one in merchants])
    if kind == "tags":
        tags = [one for one in await list_tags(visitor.ledger) if name_key(q) in name_key(one.name)]
        return JSONResponse([{"value": one.name, "text": one.name, "detail": None} for one in tags[:SUGGESTED]])
    if kind == "categories":
        return JSONResponse(_categories_like(await list_categories(visitor.ledger), q))
    raise Problem(404, "not_found", "There are no names of this kind. Ask for categories, merchants or tags.")


@router.post("/filing")
async def file_many(request: Request, visitor: Visiting) -> Response:
    """File the rows that were chosen, or everything that the search finds."""
    form = await request.form()
    search = search_of(request, visitor)
    whole = form.get("all") == "yes"
    ids = [int(value) for value in map(str, form.getlist("row")) if value.isascii() and value.isdecimal()]
    wanted = filing_of(form)
    if not ids and not whole:
        raise Problem(422, "nothing_chosen", "No transaction is chosen. Tick some first.")
    if whole and search.errors:
        raise Problem(422, "invalid", " ".join(search.errors.values()))
    if wanted.says_nothing:
        raise Problem(422, "nothing_said", "Choose a category, a merchant or a tag.")
    said = await done(visitor, await file_as(visitor, search.wanted if whole else ids, wanted))
    return told(Response(), said.text, undo=said.undo)


async def _opened(visitor: Visitor, identity: str) -> dict[str, Any]:
    """What the panel beside the list shows: nothing, one transaction, or that it is gone."""
    details = None
    if identity.isascii() and identity.isdecimal() and len(identity) <= 18:
        with suppress(LookupError):
            details = await transaction_details(visitor.ledger, int(identity))
    facts = facts_of(details.transaction, visitor.formats) if details else None
    return {"details": details, "facts": facts, "gone": bool(identity) and details is None}


async def _found(visitor: Visitor, search: Search, limit: int, after: str | None) -> TransactionList:
    """Raises Problem for a place that is none."""
    if search.errors:
        return TransactionList((), None)
    place = None
    if after is not None:
        try:
            place = Place.parse(after, search.order)
        except (ValueError, OverflowError) as error:
            raise Problem(422, "no_place", "This address is no place in the list. Start from its beginning.") from error
    return await list_transactions(visitor.ledger, search.wanted, order=search.order, limit=limit, after=place)


def _history(request: Request, search: Search) -> dict[str, str]:
    """The header by which the browser's address becomes that of the search.

    While words are being typed the entry is replaced, so that Back leads to what was there before them.
    """
    address = search.address()
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    before = f"{shown.path}?{shown.query}" if shown.query else shown.path
    fields = [(name, value) for name, value in parse_qsl(shown.query) if name != "q"]
    typed_before = any(name == "q" for name, _ in parse_qsl(shown.query))
    is_typing = typed_before and search.value("q") and fields == [one for one in search.fields if one[0] != "q"]
    return {"HX-Replace-Url" if is_typing or before == address else "HX-Push-Url": address}


def _categories_like(tree: Iterable[Category], text: str) -> list[dict[str, str | None]]:
    """Categories whose name or place in the tree has every word, those first whose own name begins so."""
    above: dict[int, str] = {}
    found: list[tuple[bool, dict[str, str | None]]] = []
    for one in tree:
        way = above.get(one.parent_id, "") if one.parent_id is not None else ""
        above[one.id] = f"{way} › {one.name}" if way else one.name
        if all(word in name_key(above[one.id]) for word in name_key(text).split()):
            begins = name_key(one.name).startswith(name_key(text))
            found.append((not begins, {"value": str(one.id), "text": one.name, "detail": way or None}))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

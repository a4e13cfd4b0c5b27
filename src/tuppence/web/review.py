"""The review queue: what was suggested and waits for a person, by whom it is about and what is suggested."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from tuppence.enrichment.review import (
    ALL,
    Narrowing,
    Suggestion,
    SuggestionGroup,
    SuggestionPage,
    accept,
    accept_as,
    accept_group,
    count_suggestions,
    list_suggestions,
    reject,
)
from tuppence.enrichment.suggestion_list import groups_on
from tuppence.ledger.edits import Edited
from tuppence.ledger.merchants import merchant_named
from tuppence.money import Money
from tuppence.web.edits import SOURCES
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.transaction_filing import done, filing_of, refused
from tuppence.web.visitor import Visiting, Visitor

PATH = "/review"
router = APIRouter(include_in_schema=False, prefix=PATH)
PAGE = 50
MOST_ANEW = 500
"""So many groups are fetched anew at most when something has changed."""

Source = Literal["", "rule", "memory", "classifier", "model"]
Kind = Literal["", "category", "merchant", "tags", "transfer"]
KINDS: dict[Kind, str] = {
    "category": "Categories",
    "merchant": "Merchants",
    "tags": "Tags",
    "transfer": "Transfers",
}
"""What is suggested, for people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the queue, as the address says it."""

    source: Source = ""
    kind: Kind = ""
    run: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for less than everything."""
        return self != Asked()

    @property
    def narrowing(self) -> Narrowing:
        """The same for the queue."""
        return Narrowing(source=self.source or None, kind=self.kind or None, run_id=self.run or None)

    def address(self, path: str = PATH, **more: Any) -> str:
        """An address with this, and `more` that is not None."""
        fields = {name: value for name in ("source", "kind", "run") if (value := getattr(self, name))}
        query = urlencode({**fields, **{name: value for name, value in more.items() if value is not None}})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Suggestions that are decided together."""

    title: str
    total: int
    """Of transactions."""
    first: Suggestion
    """What it suggests, all of the group do."""
    some: tuple[Suggestion, ...]
    """Those that are listed one by one, which may not be all; none where there is only one."""
    since: datetime.date
    until: datetime.date
    accounts: tuple[str, ...]
    sums: tuple[Money, ...]
    """What they come to in each currency; none when not all of them are listed."""
    ids: str
    """Of those that are listed, with commas between them."""

    @property
    def version(self) -> str:
        """Changes when anything that is shown does."""
        one = self.first
        shown = one.category, one.merchant, one.website, one.tags, one.source, one.confidence, one.reason
        return "|".join(map(str, (self.title, self.total, self.ids, *shown)))


def asked_in(source: Source = "", kind: Kind = "", run: Annotated[str, Query(max_length=64)] = "") -> Asked:
    """What the address of a request asks."""
    return Asked(source, kind, run)


COUNTED = 100
"""So far suggestions are counted on every page; from there on it says "99+"."""


async def counted(request: Request) -> None:
    """Have a whole page know how many suggestions wait; parts of pages do not say it, and programs ask elsewhere."""
    accepted = request.headers.get("accept", "")
    is_part = "HX-Request" in request.headers or "application/json" in accepted
    is_page = request.method == "GET" and not is_part and not request.scope["path"].startswith("/api/")
    visitor = request.state.visitor
    if is_page and visitor is not None:
        request.state.to_review = await count_suggestions(visitor.ledger, at_most=COUNTED)


Asking = Annotated[Asked, Depends(asked_in)]
After = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def show_review(
    request: Request, visitor: Visiting, asked: Asking, after: After = None, shown: Annotated[int, Query(ge=1)] = PAGE
) -> Response:
    """The queue; for a page that is open the list alone, whose first groups `shown` are there anew."""
    values = await _found(visitor, asked, after, min(shown, MOST_ANEW))
    if request.headers.get("HX-Request"):
        response = page(request, "review/found.html", **values)
        response.headers["HX-Push-Url"] = asked.address()
        return response
    return page(request, "review/review.html", kinds=KINDS, **values)


@router.get("/groups")
async def show_more(request: Request, visitor: Visiting, asked: Asking, after: After = None) -> Response:
    """The groups after a place, and the way to those that follow."""
    return page(request, "review/groups.html", **await _found(visitor, asked, after, PAGE))


@router.get("/count")
async def show_count(request: Request, visitor: Visiting) -> Response:
    """How many suggestions wait, for the rail of a page that is open."""
    request.state.to_review = await count_suggestions(visitor.ledger, at_most=COUNTED)
    return page(request, "review/count.html")


@router.post("/accept")
async def accept_some(request: Request, visitor: Visiting, asked: Asking) -> Response:
    """Do what is suggested: of single suggestions, or of one and all of its group."""
    form = await request.form()
    with refused():
        if group := _group_in(form):
            return await _said(visitor, await accept_group(visitor.ledger, group, visitor.by, asked.narrowing))
        return await _said(visitor, await accept(visitor.ledger, _ids_in(form), visitor.by))


@router.post("/reject")
async def reject_some(request: Request, visitor: Visiting, asked: Asking) -> Response:
    """Leave the transactions as they are: the same is not suggested of them again."""
    ids = await _meant(visitor, asked, await request.form())
    with refused():
        return await _said(visitor, await reject(visitor.ledger, ids, visitor.by))


@router.post("/change")
async def change_some(request: Request, visitor: Visiting, asked: Asking) -> Response:
    """File the transactions in another way than is suggested."""
    form = await request.form()
    ids, wanted = await _meant(visitor, asked, form), filing_of(form)
    if wanted.says_nothing:
        raise Problem(422, "nothing_said", "Choose a category, a merchant or a tag.")
    with refused():
        change = wanted.change
        if wanted.new_merchant is not None:
            merchant = await merchant_named(visitor.ledger, wanted.new_merchant, by=visitor.by)
            change = msgspec.structs.replace(change, merchant=merchant.id)
        return await _said(visitor, await accept_as(visitor.ledger, ids, change, visitor.by))


async def suggestions_asked(visitor: Visitor, asked: Asked, after: str | None, limit: int) -> SuggestionPage:
    """The groups that are asked for. Raises Problem for a place that is none."""
    try:
        return await list_suggestions(
            visitor.ledger,
            limit=limit,
            after=after,
            source=asked.source or None,
            kind=asked.kind or None,
            run_id=asked.run or None,
        )
    except ValueError as error:
        raise Problem(422, "no_place", "This address is no place in the queue. Start from its beginning.") from error


async def _found(visitor: Visitor, asked: Asked, after: str | None, limit: int) -> dict[str, Any]:
    found = await suggestions_asked(visitor, asked, after, limit)
    return {
        "asked": asked,
        "after": after,
        "groups": [shown_group(one) for one in found.groups],
        "total": found.total,
        "next": found.next,
        "sources": SOURCES,
    }


def shown_group(group: SuggestionGroup) -> ShownGroup:
    """The same, ready for the template."""
    all_ = group.suggestions
    days = [one.date for one in all_]
    return ShownGroup(
        title=group.title,
        total=group.total,
        first=all_[0],
        some=all_ if len(all_) > 1 else (),
        since=min(days),
        until=max(days),
        accounts=tuple(dict.fromkeys(one.account for one in all_)),
        sums=_sums(one.amount for one in all_) if len(all_) == group.total else (),
        ids=",".join(str(one.id) for one in all_),
    )


def _sums(amounts: Iterable[Money]) -> tuple[Money, ...]:
    found: dict[str, Money] = {}
    for amount in amounts:
        found[amount.currency] = found.get(amount.currency, Money(0, amount.currency)) + amount
    return tuple(found.values())


async def _meant(visitor: Visitor, asked: Asked, form: FormData) -> list[int]:
    """The suggestions that a form means: those it names, or all of the group of one. Raises Problem."""
    group = _group_in(form)
    return _ids_in(form) if group is None else await group_of(visitor, group, asked.narrowing)


async def group_of(visitor: Visitor, suggestion_id: int, narrowing: Narrowing = ALL) -> list[int]:
    """The ids of the suggestions that are decided together with this one, which may be alone."""
    async with visitor.ledger.store.reading() as connection:
        groups = await groups_on(connection, visitor.ledger, narrowing)
    together = ([member.id for member in group.members] for group in groups)
    return next((ids for ids in together if suggestion_id in ids), [suggestion_id])


def _ids_in(form: FormData) -> list[int]:
    """The suggestions that a form means. Raises Problem when it names none, or what can be none."""
    given = [text for value in form.getlist("ids") for text in str(value).split(",") if text]
    if not given:
        raise Problem(422, "nothing_chosen", "No suggestion is chosen.")
    return [_id(text) for text in given]


def _group_in(form: FormData) -> int | None:
    """A suggestion whose whole group is meant; None when none is."""
    given = str(form.get("group", ""))
    return _id(given) if given else None


def _id(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        return int(text)
    raise missing("suggestion")


async def _said(visitor: Visitor, came_of_it: Edited) -> Response:
    said = await done(visitor, came_of_it)
    return told(Response(), said.text, undo=said.undo)

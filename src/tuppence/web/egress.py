"""What left this machine: every request to a provider, what was in it, and for how long that can be looked at."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from tuppence.assistant.chat_titles import chat_titles
from tuppence.egress import (
    MOST_DAYS,
    BodyNotKept,
    Kind,
    Sent,
    UnknownRequest,
    Wanted,
    by_host_and_month,
    finder_of,
    forget_all_bodies,
    hosts_asked,
    kept_days,
    passages_of,
    sent_body,
    sent_request,
    sent_requests,
    set_kept_days,
)
from tuppence.web.account_forms import Typed
from tuppence.web.api.days import IsoDay
from tuppence.web.chats import check_id
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.usage import days_asked
from tuppence.web.usage_figures import operation_name
from tuppence.web.visitor import Owning, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/egress")

PAGE = 50
KINDS: Mapping[Kind, str] = {
    "questions": "Questions and answers",
    "descriptions": "Descriptions",
    "amounts": "Amounts",
    "balances": "Balances",
    "dates": "Dates",
    "categories": "Categories",
    "merchants": "Merchants",
    "names": "Names",
    "account numbers": "Account numbers",
    "contacts": "Mail and phone",
}
"""What each is called."""
NAMING: frozenset[Kind] = frozenset({"names", "account numbers", "contacts"})
"""Those that say who the household is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests are listed, as the address says it."""

    host: str = ""
    kind: Kind | None = None
    day: IsoDay | None = None
    chat: str = ""
    turn: str = ""
    run: str = ""

    def wanted(self, before: tuple[datetime.datetime, str] | None = None) -> Wanted:
        """before: where the page before this one ended. Raises Problem for a day that is too far away."""
        days = days_asked("all", self.day, self.day, datetime.date.today())
        return Wanted(
            host=self.host or None,
            kind=self.kind,
            since=days.first_moment,
            until=days.end,
            chat_id=self.chat or None,
            turn_id=self.turn or None,
            run_id=self.run or None,
            before=before,
        )

    @property
    def said(self) -> dict[str, str]:
        """What was asked for; empty for everything."""
        said = {"host": self.host, "kind": self.kind, "day": self.day and self.day.isoformat()}
        said |= {"chat": self.chat, "turn": self.turn, "run": self.run}
        return {name: value for name, value in said.items() if value}


def asked_for(
    host: str = "",
    kind: Kind | Literal[""] = "",
    day: IsoDay | Literal[""] = "",
    chat: str = "",
    turn: str = "",
    run: str = "",
) -> Asked:
    """What the address asks for."""
    return Asked(host, kind or None, day or None, chat, turn, run)


Asking = Annotated[Asked, Depends(asked_for)]


@router.get("")
async def show_egress(request: Request, visitor: Visiting, asked: Asking) -> Response:
    """The requests, latest first, and how much went where."""
    listed = await _listed(visitor, asked, "")
    if not listed["requests"] and not asked.said:
        return page(request, "egress/empty.html", **await _keeping(visitor))
    return page(
        request,
        "egress/egress.html",
        hosts=await hosts_asked(visitor.ledger, visitor.reader),
        totals=await by_host_and_month(visitor.ledger, visitor.reader),
        month=lambda number: datetime.date(number // 100, number % 100, 1),
        **listed,
        **await _keeping(visitor),
    )


@router.get("/rows")
async def show_rows(request: Request, visitor: Visiting, asked: Asking, before: str = "") -> Response:
    """The requests that follow those that are shown."""
    return page(request, "egress/rows.html", **await _listed(visitor, asked, before))


@router.post("/days")
async def save_days(request: Request, visitor: Owning) -> Response:
    """Keep bodies for as many days as were entered."""
    typed = Typed.of(await request.form())
    days = typed.read("days", _days, None)
    if days is None:
        return page(request, "egress/keeping.html", status=422, typed=typed)
    await set_kept_days(visitor.ledger, days)
    return told(page(request, "egress/keeping.html", **await _keeping(visitor)), "Saved.")


@router.delete("/bodies")
async def forget(request: Request, visitor: Owning) -> Response:
    """Forget all bodies now."""
    await forget_all_bodies(visitor.ledger)
    return told(page(request, "egress/keeping.html", **await _keeping(visitor)), "What was sent is forgotten.")


@router.get("/{egress_id}")
async def show_request(request: Request, egress_id: str, visitor: Visiting) -> Response:
    """One request with its body, for whoever may read that."""
    sent = await request_of(visitor, egress_id)
    shown = None
    if sent.body_kept:
        finder = await finder_of(visitor.ledger.store, visitor.ledger.household)
        body = await sent_body(visitor.ledger, visitor.reader, egress_id)
        shown = await asyncio.to_thread(passages_of, body, finder)
    return page(request, "egress/request.html", shown=shown, **await _named(visitor, [sent]), sent=sent)


@router.get("/{egress_id}/body")
async def save_body(egress_id: str, visitor: Visiting) -> Response:
    """The exact bytes, as a file."""
    return await body_file(visitor, egress_id)


async def request_of(visitor: Visitor, egress_id: str) -> Sent:
    """The request with exactly this id, if the visitor may read what was sent. Raises Problem."""
    check_id(egress_id, "request")
    try:
        sent = await sent_request(visitor.ledger, visitor.reader, egress_id)
    except UnknownRequest as error:
        raise missing("request") from error
    if not sent.body_readable:
        raise missing("request")
    return sent


async def body_file(visitor: Visitor, egress_id: str) -> Response:
    """The exact bytes of a request, to be saved and never shown as a page. Raises Problem."""
    sent = await request_of(visitor, egress_id)
    try:
        body = await sent_body(visitor.ledger, visitor.reader, sent.id)
    except BodyNotKept as error:
        raise missing("body") from error
    name = f'attachment; filename="request-{sent.id[:8]}.json"'
    return Response(body, media_type="application/octet-stream", headers={"Content-Disposition": name})


def place_of(sent: Sent) -> str:
    """Where a list continues that ended with this request."""
    return f"{sent.sent_at.isoformat()}~{sent.id}"


def place_in(text: str) -> tuple[datetime.datetime, str] | None:
    """The place that `place_of` named; None when it names none."""
    moment, _, identity = text.partition("~")
    try:
        at = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, identity) if identity and at.tzinfo is not None else None


async def _listed(visitor: Visitor, asked: Asked, before: str) -> dict[str, Any]:
    found = await sent_requests(visitor.ledger, visitor.reader, asked.wanted(place_in(before)), PAGE + 1)
    shown, more = found[:PAGE], None
    if len(found) > PAGE:
        more = urlencode({**asked.said, "before": place_of(shown[-1])})
    return {"requests": shown, "more": more, "asked": asked, **await _named(visitor, shown)}


async def _named(visitor: Visitor, some: list[Sent]) -> dict[str, Any]:
    """What the requests are called, and their chats."""
    chats = [one.chat_id for one in some if one.chat_id is not None]
    titles = await chat_titles(visitor.ledger, chats, visitor.reader)
    return {"titles": titles, "operation_name": operation_name, "kinds": KINDS, "naming": NAMING}


async def _keeping(visitor: Visitor) -> dict[str, Any]:
    days = await kept_days(visitor.ledger)
    return {"days": days, "typed": Typed({"days": str(days)})}


def _days(text: str) -> int:
    """Raises ValueError."""
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_DAYS:
        raise ValueError(f"Give a number of days from 0 (nothing is kept) to {MOST_DAYS}.")
    return int(text)

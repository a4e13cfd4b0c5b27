"""What left this machine: every request to a provider, and its exact bytes."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tuppence.egress import Kind, Sent, Wanted, sent_requests
from tuppence.web.api.days import IsoDay
from tuppence.web.egress import body_file, place_in, place_of, request_of
from tuppence.web.usage import days_asked
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/egress", tags=["egress"])


class SentRequest(BaseModel):
    """One request to a provider."""

    id: str
    sent_at: datetime.datetime
    host: str
    size: int
    """Bytes of the body."""
    kinds: list[Kind] | None
    """Which kinds of the household's data were in the body; null when nobody knows."""
    body_kept: bool
    body_readable: bool
    """Whether you may read the body, as long as it is kept."""
    operation: str | None
    """What it was for: `chat`, `categorize`, ...; null for lists of models."""
    chat: str | None
    """Null for requests outside chats, and in chats of others; so is `turn`."""
    turn: str | None
    round: int | None
    run: str | None
    """Of work in the background."""
    attempt: int | None
    provider: str | None
    model: str | None
    outcome: str | None
    status: int | None
    """The HTTP status with which it was refused."""
    cost: str | None
    """US dollars; null when unknown, or when it failed before an answer."""


class SentRequests(BaseModel):
    """Some requests, the latest first."""

    requests: list[SentRequest]
    next: str | None
    """Send it as `before` for those that follow; null when there are no more."""


@router.get("")
async def list_requests(
    visitor: Visiting,
    host: str | None = None,
    kind: Kind | None = None,
    since: IsoDay | None = None,
    until: IsoDay | None = None,
    chat: str | None = None,
    turn: str | None = None,
    run: str | None = None,
    before: str = "",
    limit: Annotated[int, Field(ge=1, le=500)] = 100,
) -> SentRequests:
    """The requests that fit everything that is given, the latest first; days by the clock of the server."""
    days = days_asked("all", since, until, datetime.date.today())
    wanted = Wanted(
        host=host,
        kind=kind,
        since=days.first_moment,
        until=days.end,
        chat_id=chat,
        turn_id=turn,
        run_id=run,
        before=place_in(before),
    )
    found = await sent_requests(visitor.ledger, visitor.reader, wanted, limit + 1)
    shown = found[:limit]
    following = place_of(shown[-1]) if len(found) > limit else None
    return SentRequests(requests=[_request(one) for one in shown], next=following)


@router.get("/{egress_id}")
async def show(egress_id: str, visitor: Visiting) -> SentRequest:
    """A request whose body you may read: of your chats, and as the owner of the household of what has no author."""
    return _request(await request_of(visitor, egress_id))


@router.get(
    "/{egress_id}/body",
    response_class=Response,
    responses={
        200: {
            "description": "The exact bytes that were sent.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def show_body(egress_id: str, visitor: Visiting) -> Response:
    """The exact bytes that were sent, as long as they are kept."""
    return await body_file(visitor, egress_id)


def _request(one: Sent) -> SentRequest:
    return SentRequest(
        id=one.id,
        sent_at=one.sent_at,
        host=one.host,
        size=one.size,
        kinds=None if one.kinds is None else list(one.kinds),
        body_kept=one.body_kept,
        body_readable=one.body_readable,
        operation=one.operation,
        chat=one.chat_id,
        turn=one.turn_id,
        round=one.round,
        run=one.run_id,
        attempt=one.attempt,
        provider=one.provider,
        model=one.model,
        outcome=one.outcome,
        status=one.status,
        cost=None if one.cost is None else f"{one.cost:f}",
    )

"""Turns: what happens in them, how to stop one, which version of one is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel

from tuppence.assistant.conversation import UnknownLookup, lookup_result
from tuppence.assistant.logged_event import LoggedEvent
from tuppence.assistant.turns import Turn
from tuppence.assistant.versions import list_versions, show_version
from tuppence.web.api.chats import turn_of
from tuppence.web.event_stream import EventStream
from tuppence.web.problems import missing
from tuppence.web.visitor import Served, Visiting

router = APIRouter(prefix="/api/turns", tags=["turns"])


class ShownTurn(BaseModel):
    """A question and the making of its answer."""

    id: str
    chat: str
    state: str
    """`running`, `completed`, `stopped` or `failed`."""
    provider: str
    model: str
    started_at: datetime
    ended_at: datetime | None
    code: str | None
    """Why it failed, or why the model ended it early (`max_tokens`, `refusal` ...), for programs; null otherwise."""
    reason: str | None
    """Why it failed and what to do, for people."""
    retryable: bool | None
    versions: list[str]
    """The turns that ask this question, in whatever words, oldest first."""


class LookupResult(BaseModel):
    """What a function answered."""

    result: Any
    """As the model was given it: usually an object."""


@router.get("/{turn_id}")
async def show(turn_id: str, visitor: Visiting) -> ShownTurn:
    """A turn."""
    turn = await turn_of(visitor, turn_id)
    return _shown(turn, await list_versions(visitor.ledger, turn))


@router.get("/{turn_id}/events", response_class=EventStream, status_code=200)
async def read_events(
    turn_id: str,
    visitor: Visiting,
    parts: Served,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """The turn's events as server-sent events, from the one after `after` (or `Last-Event-ID`) to the last.

    204 when nothing will follow.
    """
    turn = await turn_of(visitor, turn_id)
    seen = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else after
    batches = parts.log.events(turn.id, seen)
    if turn.state == "running":
        return EventStream(batches, parts.ending)
    first = await anext(batches, None)
    return Response(status_code=204) if first is None else EventStream(_from(first, batches), parts.ending)


@router.post("/{turn_id}/stop", status_code=202)
async def stop(turn_id: str, visitor: Visiting, parts: Served) -> dict[str, str]:
    """Stop an answer: its provider's connection is closed, what was said is kept. Its events tell when it has ended."""
    turn = await turn_of(visitor, turn_id)
    if turn.state == "running":
        await parts.turns.stop(turn.id)
    return {"turn": turn.id}


@router.post("/{turn_id}/show")
async def show_this_version(turn_id: str, visitor: Visiting) -> dict[str, list[str]]:
    """Have the chat show this version of a turn, with what was said after it."""
    turn = await turn_of(visitor, turn_id)
    return {"turns": [one.id for one in await show_version(visitor.ledger, turn)]}


@router.get("/{turn_id}/results/{call_id:path}")
async def show_result(
    turn_id: str, call_id: str, visitor: Visiting, nth: Annotated[int, Query(ge=1)] = 1
) -> LookupResult:
    """The whole result of a function that the model asked for; the `nth`, where a model used an id again."""
    turn = await turn_of(visitor, turn_id)
    try:
        result = await lookup_result(visitor.ledger, turn.id, call_id, visitor.reader, nth)
    except UnknownLookup as error:
        raise missing("result") from error
    try:
        return LookupResult(result=msgspec.json.decode(result))
    except msgspec.DecodeError:
        return LookupResult(result=result)


async def _from(
    first: Sequence[LoggedEvent], rest: AsyncIterator[Sequence[LoggedEvent]]
) -> AsyncIterator[Sequence[LoggedEvent]]:
    """A batch that was read already, then the rest."""
    yield first
    async for batch in rest:
        yield batch


def _shown(turn: Turn, versions: Sequence[str]) -> ShownTurn:
    return ShownTurn(
        id=turn.id,
        chat=turn.chat_id,
        state=turn.state,
        provider=turn.provider,
        model=turn.model,
        started_at=turn.started_at,
        ended_at=turn.ended_at,
        code=turn.code,
        reason=turn.reason,
        retryable=turn.retryable,
        versions=list(versions),
    )

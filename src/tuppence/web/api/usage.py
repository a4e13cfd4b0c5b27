"""What was asked of models, and what it cost."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from tuppence.assistant.chat_titles import chat_titles
from tuppence.llm import TokenUsage
from tuppence.usage import ExportFormat, Outcome, UsageRow, UsageSummary
from tuppence.web.problems import Problem
from tuppence.web.usage import By, Day, days_asked
from tuppence.web.usage_attempts import attempts_of, exported, figures_of, member_names
from tuppence.web.usage_figures import Days
from tuppence.web.visitor import Served, Visiting

router = APIRouter(prefix="/api/usage", tags=["usage"])


class Tokens(BaseModel):
    """Tokens as they were reported; null where they were not."""

    input_tokens: int | None
    """All of them, cached or not."""
    output_tokens: int | None
    """All of them, reasoning included."""
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None


class Figures(BaseModel):
    """Some requests added up. What is not known is in no sum."""

    key: str | datetime.date | None
    """The day, model, operation, chat or member; null for the total, for requests outside chats and of nobody who is
    known, for chats of others, and, unless you are an owner, for other members."""
    title: str | None = None
    """Of a chat of yours; the name of a member."""
    requests: int
    failed: int
    """Before an answer."""
    open: int
    """Not ended yet."""
    tokens: Tokens
    unreported: int
    """Requests whose tokens were not reported in full."""
    cost: str | None
    """US dollars; null when none is known."""
    unknown_costs: int
    """Requests that cost something that nobody can tell: `cost` is without them."""
    estimated_costs: int
    """Requests in `cost` whose tokens are estimated."""


class Usage(BaseModel):
    """The figures of a period."""

    figures: list[Figures]
    """By day the latest first, otherwise the dearest first."""
    total: Figures


class UsageAttempt(BaseModel):
    """One request to a model."""

    id: str
    operation: str
    chat: str | None
    """Null for requests outside chats, and in chats of others; so is `turn`."""
    turn: str | None
    round: int | None
    attempt: int
    """Higher than 1 when an earlier request of the round had to be repeated."""
    provider: str
    model: str
    answered_model: str | None
    streaming: bool
    outcome: Outcome
    status: int | None
    """The HTTP status with which it was refused."""
    error: str | None
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    seconds: float | None
    seconds_to_first_chunk: float | None
    tokens: Tokens
    tokens_estimated: bool
    cost: str | None
    """US dollars; null when unknown, or when it failed before an answer."""
    cost_estimated: bool
    request_id: str | None
    """The provider's."""


class UsageAttempts(BaseModel):
    """Some requests, the latest first."""

    attempts: list[UsageAttempt]
    next: datetime.datetime | None
    """Send it as `before` for those that follow; null when there are no more."""


@router.get("")
async def show_usage(visitor: Visiting, parts: Served, by: By = "day", since: Day = None, until: Day = None) -> Usage:
    """The figures of the days from `since` to `until`, both included, by the clock of the server; all by default."""
    days = _days(since, until)
    (total,) = await figures_of(visitor, parts, days, "total")
    found = await figures_of(visitor, parts, days, by)
    titles = None
    if by == "chat":
        chats = [one.key for one in found if isinstance(one.key, str)]
        titles = await chat_titles(visitor.ledger, chats, visitor.reader)
    elif by == "member":
        titles = {str(member): name for member, name in (await member_names(visitor)).items()}
    return Usage(figures=[_figures(one, titles) for one in found], total=_figures(total))


@router.get("/attempts")
async def list_attempts(
    visitor: Visiting,
    parts: Served,
    since: Day = None,
    until: Day = None,
    before: datetime.datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> UsageAttempts:
    """The requests begun on these days, the latest first."""
    if before is not None and before.tzinfo is None:
        raise Problem(422, "invalid", "before needs its offset, as in 2026-03-01T12:00:00Z.")
    found = await attempts_of(visitor, parts, _days(since, until), before, limit)
    return UsageAttempts(attempts=[_attempt(row, found.titles) for row in found.rows], next=found.before)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file, oldest request first.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            },
        }
    },
)
async def export_usage(
    visitor: Visiting,
    kind: Annotated[ExportFormat, Query(alias="format")] = "csv",
    since: Day = None,
    until: Day = None,
) -> StreamingResponse:
    """Every request begun on these days as a file, without a word of any chat. Text in CSV is never a formula."""
    return exported(visitor, kind, _days(since, until))


def _days(since: Day, until: Day) -> Days:
    return days_asked("all", since, until, datetime.date.today())


def _figures(one: UsageSummary, titles: dict[str, str] | None = None) -> Figures:
    """titles: of the chats or members that may be named; None where the key is neither."""
    key = str(one.key) if isinstance(one.key, int) else one.key
    title = None
    if titles is not None:
        title = titles.get(str(key))
        key = key if title is not None else None
    return Figures(
        key=key,
        title=title,
        requests=one.requests,
        failed=one.failed,
        open=one.open,
        tokens=_tokens(one.tokens),
        unreported=one.unreported,
        cost=_dollars(one.cost),
        unknown_costs=one.unknown_costs,
        estimated_costs=one.estimated_costs,
    )


def _attempt(row: UsageRow, titles: dict[str, str]) -> UsageAttempt:
    is_known = row.purpose.chat_id in titles
    return UsageAttempt(
        id=row.id,
        operation=row.purpose.operation,
        chat=row.purpose.chat_id if is_known else None,
        turn=row.purpose.turn_id if is_known else None,
        round=row.purpose.round,
        attempt=row.attempt,
        provider=row.provider,
        model=row.model,
        answered_model=row.answered_model,
        streaming=row.streaming,
        outcome=row.outcome,
        status=row.status,
        error=row.error,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=_seconds(row.microseconds),
        seconds_to_first_chunk=_seconds(row.first_chunk_microseconds),
        tokens=_tokens(row.usage),
        tokens_estimated=row.tokens_estimated,
        cost=None if row.cost is None else _dollars(row.cost.amount),
        cost_estimated=row.cost_estimated,
        request_id=row.request_id,
    )


def _tokens(usage: TokenUsage) -> Tokens:
    return Tokens(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _dollars(cost: Decimal | None) -> str | None:
    """Without an exponent."""
    return None if cost is None else f"{cost:f}"


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000

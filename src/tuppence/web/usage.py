"""What was asked of models, and what it cost."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuppence.assistant.chat_titles import chat_titles
from tuppence.usage import ExportFormat
from tuppence.web.api.days import IsoDay
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem
from tuppence.web.usage_attempts import attempts_of, exported, figures_of, member_names
from tuppence.web.usage_figures import PERIODS, Days, PeriodName, bars_of, named_days, operation_name
from tuppence.web.usage_limits import limit_lines
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/usage")

By = Literal["day", "model", "operation", "chat", "member"]
BYS: dict[By, str] = {"day": "Day", "model": "Model", "operation": "What for", "chat": "Chat", "member": "Member"}
LISTED = 100
"""So many models, operations or chats are listed; how many are missing is said."""

EARLIEST, LATEST = 1970, 9998
"""Years that can be asked for."""

Named = Annotated[PeriodName | None, Query(alias="period")]
Day = IsoDay | None


@router.get("")
async def show_usage(
    request: Request,
    visitor: Visiting,
    parts: Served,
    period: Named = None,
    since: Day = None,
    until: Day = None,
    by: By = "day",
) -> Response:
    """Figures of a period, and the requests in it."""
    today = datetime.date.today()
    days = days_asked(period, since, until, today)
    (total,) = await figures_of(visitor, parts, days, "total")
    if not total.requests and not await parts.usage.rows(visitor.ledger.household, limit=1):
        return page(request, "usage/empty.html")
    by_day = await figures_of(visitor, parts, days, "day")
    summaries = by_day if by == "day" else await figures_of(visitor, parts, days, by)
    shown = summaries if by == "day" else summaries[:LISTED]
    chats = [one.key for one in shown if isinstance(one.key, str)] if by == "chat" else []
    return page(
        request,
        "usage/usage.html",
        total=total,
        days=days,
        bars=bars_of(by_day, days, today),
        summaries=shown,
        missing=len(summaries) - len(shown),
        chat_titles=await chat_titles(visitor.ledger, chats, visitor.reader),
        member_names=await member_names(visitor) if by == "member" else {},
        by=by,
        bys=BYS,
        period=None if since or until else period or "30-days",
        periods=PERIODS,
        asked=_address(period, since, until),
        limit_lines=await limit_lines(visitor),
        **await _attempts(visitor, parts, days, None),
    )


@router.get("/attempts")
async def show_attempts(
    request: Request,
    visitor: Visiting,
    parts: Served,
    before: datetime.datetime,
    period: Named = None,
    since: Day = None,
    until: Day = None,
) -> Response:
    """The requests that follow those that are shown."""
    if before.tzinfo is None:
        raise Problem(422, "invalid", "The moment needs its offset, as in 2026-03-01T12:00:00Z.")
    days = days_asked(period, since, until, datetime.date.today())
    found = await _attempts(visitor, parts, days, before)
    return page(request, "usage/attempts.html", asked=_address(period, since, until), **found)


@router.get("/export")
async def export_usage(
    visitor: Visiting,
    kind: Annotated[ExportFormat, Query(alias="format")] = "csv",
    period: Named = None,
    since: Day = None,
    until: Day = None,
) -> Response:
    """Every request of a period, as a file."""
    return exported(visitor, kind, days_asked(period, since, until, datetime.date.today()))


def days_asked(period: PeriodName | None, since: Day, until: Day, today: datetime.date) -> Days:
    """The days from `since` to `until` where either is given, else those of the period. Raises Problem."""
    if since is None and until is None:
        return named_days(period or "30-days", today)
    if since is not None and until is not None and since > until:
        raise Problem(422, "invalid", "The last day is before the first one. Exchange them.")
    if not all(day is None or EARLIEST <= day.year <= LATEST for day in (since, until)):
        raise Problem(422, "invalid", f"Ask for days between {EARLIEST} and {LATEST}.")
    return Days(since, until)


async def _attempts(visitor: Visitor, parts: Parts, days: Days, before: datetime.datetime | None) -> dict[str, Any]:
    found = await attempts_of(visitor, parts, days, before)
    return {"attempts": found, "operation_name": operation_name}


def _address(period: PeriodName | None, since: Day, until: Day) -> str:
    """What was asked for, as a query; empty for what is usual."""
    asked = {"period": period, "since": since, "until": until}
    return urlencode({name: value for name, value in asked.items() if value is not None})

"""Requests to models: added up, a page at a time, and as a file, as far as the visitor may know them."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from fastapi.responses import StreamingResponse

from tuppence.access.users import list_members
from tuppence.assistant.chat_titles import chat_titles
from tuppence.usage import MEDIA_TYPES, By, ExportFormat, UsageRow, UsageSummary, exported_usage
from tuppence.web.parts import Parts
from tuppence.web.usage_figures import Days
from tuppence.web.visitor import Visitor

PAGE = 50


@dataclass(frozen=True, slots=True)
class Attempts:
    """Some requests, the latest first."""

    rows: list[UsageRow]
    titles: dict[str, str]
    """Of the chats that the visitor may read, by id; others are not named."""
    before: datetime.datetime | None
    """What to ask for to get those that follow; None when there are no more."""


async def figures_of(visitor: Visitor, parts: Parts, days: Days, by: By) -> list[UsageSummary]:
    """The household's requests of these days added up; exactly one for the total."""
    return await parts.usage.summaries(visitor.ledger.household, by, since=days.first_moment, until=days.end)


async def attempts_of(
    visitor: Visitor, parts: Parts, days: Days, before: datetime.datetime | None, limit: int = PAGE
) -> Attempts:
    """At most `limit` requests begun on these days, and before `before` (not included).

    Requests begun at the same microsecond are on one page, even if they are more, so that none is left out between two.
    """
    ends = [moment for moment in (before, days.end) if moment is not None]
    until = min(ends) if ends else None
    household = visitor.ledger.household
    rows = await parts.usage.rows(household, since=days.first_moment, until=until, limit=limit + 1)
    following = None
    if len(rows) > limit:
        cut = rows[limit].started_at
        shown = [row for row in rows if row.started_at > cut]
        rows = shown or await parts.usage.rows(household, since=cut, until=cut + datetime.timedelta(microseconds=1))
        following = rows[-1].started_at
    ids = {row.purpose.chat_id for row in rows if row.purpose.chat_id is not None}
    return Attempts(rows, await chat_titles(visitor.ledger, ids, visitor.reader), following)


async def member_names(visitor: Visitor) -> dict[int, str]:
    """Who may be named, by id: to an owner all members, to a member nobody else."""
    if visitor.is_owner:
        return {member.id: member.name for member in await list_members(visitor.ledger)}
    return {visitor.user.id: visitor.user.name}


def exported(visitor: Visitor, kind: ExportFormat, days: Days) -> StreamingResponse:
    """The household's requests of these days as a file, written while it is sent."""

    async def readable(chats: Collection[str]) -> Collection[str]:
        return await chat_titles(visitor.ledger, chats, visitor.reader)

    pieces = exported_usage(visitor.ledger, kind, days.first_moment, days.end, readable)
    name = f'attachment; filename="tuppence-usage.{kind}"'
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[kind], headers={"Content-Disposition": name})

"""The pages of chats: a new one, one with its conversation, all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.assistant.chat_export import markdown_of
from tuppence.assistant.chat_search import search_chats
from tuppence.assistant.chats import list_chats
from tuppence.assistant.conversation import Conversation, conversation
from tuppence.assistant.provider_choice import wanted_name
from tuppence.assistant.suggestions import suggested_questions
from tuppence.ledger.reports import span_of
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import missing
from tuppence.web.proposed import proposed_in
from tuppence.web.turns import Figure, cost_of_chat, shown_turns
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(include_in_schema=False)

AT_ONCE = 40
"""Chats that a list shows before somebody asks for more."""
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ListedChat:
    """A line of the list of chats."""

    id: str
    title: str
    updated_at: datetime
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class ShownModel:
    """Who would answer the next question."""

    value: str
    name: str


@router.get("/chat")
async def new(request: Request, visitor: Visiting, parts: Served) -> Response:
    """An empty chat: it comes to be with the first question."""
    suggestions = await suggested_questions(visitor.ledger, date.today())
    return page(
        request,
        "chat/chat.html",
        chat_id=None,
        title="",
        turns=[],
        cost=Figure(""),
        suggestions=suggestions,
        is_empty=await span_of(visitor.ledger) is None,
        model=await usual_model(visitor, parts),
        **await listed(visitor),
    )


@router.get("/chat/all")
async def show_all(
    request: Request, visitor: Visiting, search: str = "", before: str = "", shown: str = ""
) -> Response:
    """All chats, or those that hold the words of a search; for a list that is on a page already, its lines only."""
    values = await listed(visitor, search=search, before=before, shown=shown)
    if request.headers.get("HX-Request"):
        return page(request, "chat/list.html", **values)
    return page(request, "chat/all.html", **{**values, "replaces_address": True})


@router.get("/chat/{chat_id}")
async def show(request: Request, chat_id: str, visitor: Visiting, parts: Served) -> Response:
    """A chat with its conversation."""
    talk = await conversation_of(visitor, parts, chat_id)
    last = talk.turns[-1].turn if talk.turns else None
    return page(
        request,
        "chat/chat.html",
        chat_id=talk.chat.id,
        title=talk.chat.title,
        turns=await shown_turns(talk, parts.log, visitor.formats, await proposed_in(visitor, talk)),
        cost=cost_of_chat(talk, visitor.formats),
        suggestions=[] if talk.turns else await suggested_questions(visitor.ledger, date.today()),
        is_empty=False,
        model=ShownModel(wanted_name(last.provider, last.model), last.model)
        if last
        else await usual_model(visitor, parts),
        **await listed(visitor, shown=chat_id),
    )


@router.get("/chat/{chat_id}/conversation")
async def update(
    request: Request,
    chat_id: str,
    visitor: Visiting,
    parts: Served,
    since: str = "",
) -> Response:
    """The conversation alone, for a page that is open: from the turn `since` on, else from the first."""
    talk = await conversation_of(visitor, parts, chat_id)
    turns = await shown_turns(talk, parts.log, visitor.formats, await proposed_in(visitor, talk))
    first = next((place for place, one in enumerate(turns) if one.id == since), 0)
    return page(
        request,
        "chat/conversation.html",
        title=talk.chat.title,
        cost=cost_of_chat(talk, visitor.formats),
        turns=turns[first:],
    )


@router.get("/chat/{chat_id}/export")
async def export(chat_id: str, visitor: Visiting, parts: Served) -> Response:
    """The conversation as a Markdown file."""
    talk = await conversation_of(visitor, parts, chat_id)
    name = quote(f"{talk.chat.title or 'chat'}.md".replace("/", "-"))
    headers = {"Content-Disposition": f"attachment; filename=\"chat.md\"; filename*=UTF-8''{name}"}
    return Response(markdown_of(talk), media_type="text/markdown; charset=utf-8", headers=headers)


async def conversation_of(visitor: Visitor, parts: Parts, chat_id: str) -> Conversation:
    """The chat with exactly this id. Raises Problem, UnknownChat."""
    check_id(chat_id, "chat")
    return await conversation(visitor.ledger, parts.log, parts.usage, chat_id, visitor.reader)


def check_id(text: str, noun: str) -> None:
    """Raises Problem when no chat and no turn can have this id: only whole ids name them here."""
    if not _ID.fullmatch(text):
        raise missing(noun)


async def usual_model(visitor: Visitor, parts: Parts) -> ShownModel | None:
    """Who answers when nobody chooses; None when there is nobody."""
    for offered in await parts.providers.choices(visitor.ledger):
        if offered.is_default:
            return ShownModel(offered.wanted, offered.model)
    return None


async def listed(visitor: Visitor, search: str = "", before: str = "", shown: str = "") -> dict[str, Any]:
    """What the list of chats shows. before: where the list before this one ended."""
    search = search.strip()
    known = {"search": search, "shown": shown, "continued": bool(before), "replaces_address": False}
    if search:
        found = await search_chats(visitor.ledger, search, AT_ONCE + 1, before=place_in(before), reader=visitor.reader)
        some = [ListedChat(one.chat.id, one.chat.title, one.chat.updated_at, one.snippet) for one in found]
    else:
        kept = await list_chats(visitor.ledger, AT_ONCE + 1, before=place_in(before), reader=visitor.reader)
        some = [ListedChat(one.id, one.title, one.updated_at) for one in kept]
    chats, more = some[:AT_ONCE], None
    if len(some) > AT_ONCE:
        more = urlencode({"search": search, "before": place_of(chats[-1]), "shown": shown})
    return {**known, "chats": [one for one in chats if one.title or one.snippet], "more": more}


class Listed(Protocol):
    """A chat in a list."""

    @property
    def id(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...


def place_of(chat: Listed) -> str:
    """Where a list continues that ended with this chat."""
    return f"{chat.updated_at.isoformat()}~{chat.id}"


def place_in(text: str) -> tuple[datetime, str] | None:
    """The place that `place_of` named; None when it names none."""
    moment, _, chat_id = text.partition("~")
    try:
        return (datetime.fromisoformat(moment), chat_id) if chat_id else None
    except ValueError:
        return None

"""Chats: asking in them, and keeping them in order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from tuppence.assistant.assistant import Assistant, Begun
from tuppence.assistant.chat_search import search_chats
from tuppence.assistant.chats import Chat, delete_chat, list_chats, new_chat, open_chat, rename_chat
from tuppence.assistant.turns import Turn, open_turn
from tuppence.web.api.models import answerers_of
from tuppence.web.chats import check_id, place_in, place_of
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem, missing
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(prefix="/api/chats", tags=["chats"])

LONGEST_QUESTION = 20_000
"""Characters."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ListedChat(BaseModel):
    """A chat."""

    id: str
    title: str
    """Empty until something was asked."""
    updated_at: datetime
    """When the latest question was asked."""
    turn: str | None
    """The last turn of the version that is shown; null before the first question."""
    snippet: str | None = None
    """In a search: what was said around a word that was found."""


class Chats(BaseModel):
    """Some chats, the one used last first."""

    chats: list[ListedChat]
    next: str | None
    """Send it as `before` for those that follow; null when there are no more."""


class NewChat(BaseModel):
    """What a new chat begins with."""

    title: Title = ""
    """Empty: the first question gives it one."""


class Renaming(BaseModel):
    """What changes."""

    title: Annotated[Title, StringConstraints(min_length=1)]


class Question(BaseModel):
    """A question to be answered."""

    text: Text
    client_id: str = Field(min_length=1, max_length=64)
    """Your own id for this question: sent again with the same one, it is the same question."""
    model: str | None = Field(None, max_length=200)
    """As in `/api/models`; without it the usual one answers."""
    edits: str | None = None
    """A turn whose question this one replaces; that one stays as an earlier version."""


class Retrying(BaseModel):
    """What is to be asked again."""

    turn: str | None = None
    """By default the last one that is shown."""
    client_id: str | None = Field(None, min_length=1, max_length=64)
    model: str | None = Field(None, max_length=200)


class Asked(BaseModel):
    """A question that was kept, and is being answered."""

    message: str
    """The id under which the question was kept."""
    turn: str
    """Read its events at `/api/turns/{turn}/events`."""


@router.get("")
async def list_all(
    visitor: Visiting,
    search: str = "",
    before: str = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> Chats:
    """Your chats, the one used last first; with a search, those that hold all of its words."""
    if search.strip():
        found = await search_chats(visitor.ledger, search, limit + 1, before=place_in(before), reader=visitor.reader)
        some = [_listed(one.chat, one.snippet) for one in found]
    else:
        kept = await list_chats(visitor.ledger, limit + 1, before=place_in(before), reader=visitor.reader)
        some = [_listed(chat) for chat in kept]
    shown = some[:limit]
    return Chats(chats=shown, next=place_of(shown[-1]) if len(some) > limit else None)


@router.post("", status_code=201)
async def begin(new: NewChat, visitor: Visiting) -> ListedChat:
    """A new chat."""
    return _listed(await new_chat(visitor.ledger, new.title, visitor.reader))


@router.get("/{chat_id}")
async def show(chat_id: str, visitor: Visiting) -> ListedChat:
    """A chat."""
    return _listed(await chat_of(visitor, chat_id))


@router.patch("/{chat_id}")
async def rename(chat_id: str, renaming: Renaming, visitor: Visiting) -> ListedChat:
    """Give a chat another title."""
    chat = await chat_of(visitor, chat_id)
    return _listed(await rename_chat(visitor.ledger, chat, renaming.title, visitor.reader))


@router.delete("/{chat_id}", status_code=204)
async def delete(chat_id: str, visitor: Visiting, parts: Served) -> Response:
    """Delete a chat with all that was said in it. A running answer is stopped first."""
    chat = await chat_of(visitor, chat_id)
    await delete_chat(visitor.ledger, parts.log, chat, visitor.reader)
    return Response(status_code=204)


@router.post("/{chat_id}/messages", status_code=201)
async def ask(chat_id: str, question: Question, visitor: Visiting, parts: Served) -> Asked:
    """Ask something; the answer runs whoever listens. 409 `chat_busy` names the turn that is still running."""
    chat = await chat_of(visitor, chat_id)
    edited = None if question.edits is None else await turn_of(visitor, question.edits, chat)
    assistant = await _assistant(visitor, parts, question.model)
    if edited is None:
        begun = await parts.turns.ask(assistant, chat, question.text, client_id=question.client_id)
    else:
        begun = await parts.turns.edit(assistant, chat, edited, question.text, client_id=question.client_id)
    return _asked(begun)


@router.post("/{chat_id}/retry", status_code=201)
async def retry(chat_id: str, retrying: Retrying, visitor: Visiting, parts: Served) -> Asked:
    """Ask the same question again. What a failed answer had finished is not asked or looked up again."""
    chat = await chat_of(visitor, chat_id)
    turn_id = retrying.turn or chat.leaf_turn_id
    if turn_id is None:
        raise Problem(409, "nothing_asked", "Nothing has been asked in this chat yet.")
    turn = await turn_of(visitor, turn_id, chat)
    assistant = await _assistant(visitor, parts, retrying.model)
    return _asked(await parts.turns.retry(assistant, chat, turn, client_id=retrying.client_id))


async def chat_of(visitor: Visitor, chat_id: str) -> Chat:
    """The visitor's chat with exactly this id. Raises Problem, UnknownChat."""
    check_id(chat_id, "chat")
    return await open_chat(visitor.ledger, chat_id, visitor.reader)


async def turn_of(visitor: Visitor, turn_id: str, chat: Chat | None = None) -> Turn:
    """A turn in one of the visitor's chats, or in `chat`. Raises Problem, UnknownTurn."""
    check_id(turn_id, "answer")
    turn = await open_turn(visitor.ledger, turn_id, visitor.reader)
    if chat is not None and turn.chat_id != chat.id:
        raise missing("answer")
    return turn


async def _assistant(visitor: Visitor, parts: Parts, wanted: str | None) -> Assistant:
    return Assistant(
        ledger=visitor.ledger,
        answerers=await answerers_of(visitor, parts, wanted),
        usage=parts.usage,
        log=parts.log,
        process_id=parts.process_id,
        max_rounds=parts.settings.max_rounds,
        tracing=parts.tracing,
        user_id=visitor.user.id,
    )


def _listed(chat: Chat, snippet: str | None = None) -> ListedChat:
    return ListedChat(id=chat.id, title=chat.title, updated_at=chat.updated_at, turn=chat.leaf_turn_id, snippet=snippet)


def _asked(begun: Begun) -> Asked:
    return Asked(message=begun.turn.id, turn=begun.turn.id)

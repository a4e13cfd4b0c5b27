"""Chats and what was said in them.

A chat holds messages; a turn is everything between a question and the end of its answer. Messages are `tuppence.llm`
values, written once per finished round, so that what is sent to a model is what was kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.assistant.instructions import dated
from tuppence.ledger.household import Ledger
from tuppence.llm import AssistantMessage, FunctionResult, Message, UserMessage
from tuppence.store.processes import living_processes
from tuppence.store.tables import chats, messages, now, turns

TurnState: TypeAlias = Literal["running", "completed", "stopped", "failed"]
_TITLE_LENGTH = 60
_body = msgspec.json.Decoder(UserMessage | AssistantMessage | FunctionResult)


class UnknownChat(LookupError):
    """There is no such chat. `tuppence chat --list` shows those there are."""


class ChatBusy(Exception):
    """A chat has one running turn at most."""


class Chat(msgspec.Struct, frozen=True):
    """A conversation."""

    id: str
    title: str
    updated_at: datetime


class Turn(msgspec.Struct, frozen=True):
    """One question and the making of its answer."""

    id: str
    chat_id: str
    state: TurnState
    code: str | None = None
    """Why it failed, for programs; None unless it did."""
    reason: str | None = None
    """Why it failed and what to do, for people."""
    retryable: bool | None = None


class Asked(msgspec.Struct, frozen=True):
    """A question and who is to answer it."""

    text: str
    provider: str
    model: str
    process_id: str
    """The `Presence.id` of the process that answers."""
    today: date
    client_id: str | None = None
    """The asker's own id for the question: the same one sent twice is kept once. None draws one."""


class SaidMessage(msgspec.Struct, frozen=True):
    """One message of a chat as it was kept."""

    turn_id: str
    message: Message
    finished: bool
    """False: the answer was stopped or broke off here."""
    date: date


async def new_chat(ledger: Ledger, title: str = "") -> Chat:
    """A chat with nothing said in it. An empty title is replaced by the first question."""
    chat = Chat(secrets.token_hex(16), title, now())
    row = {"id": chat.id, "title": title, "created_at": chat.updated_at, "updated_at": chat.updated_at}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(chats).values(household_id=ledger.household, **row))
    return chat


async def list_chats(ledger: Ledger, limit: int = 50) -> list[Chat]:
    """The household's chats, the one used last first."""
    query = (
        select(chats.c.id, chats.c.title, chats.c.updated_at)
        .where(chats.c.household_id == ledger.household)
        .order_by(chats.c.updated_at.desc(), chats.c.id)
        .limit(limit)
    )
    async with ledger.store.reading() as connection:
        return [Chat(*row) for row in await connection.execute(query)]


async def open_chat(ledger: Ledger, chat_id: str) -> Chat:
    """The chat with this id, or with an id that begins so. Raises UnknownChat when there is none or more than one."""
    query = select(chats.c.id, chats.c.title, chats.c.updated_at).where(
        chats.c.household_id == ledger.household, chats.c.id.startswith(chat_id, autoescape=True)
    )
    async with ledger.store.reading() as connection:
        found = (await connection.execute(query.limit(2))).all()
    if len(found) != 1 or not chat_id:
        raise UnknownChat(f"There is no chat {chat_id!r}. `tuppence chat --list` shows those there are.")
    return Chat(*found[0])


async def said_in(ledger: Ledger, chat_id: str) -> list[SaidMessage]:
    """Everything that was said in a chat, in order."""
    query = (
        select(messages.c.turn_id, messages.c.body, messages.c.finished, messages.c.date)
        .where(messages.c.household_id == ledger.household, messages.c.chat_id == chat_id)
        .order_by(messages.c.position)
    )
    async with ledger.store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return [SaidMessage(row.turn_id, _body.decode(row.body), row.finished, row.date) for row in rows]


def transcript_of(said: Sequence[SaidMessage]) -> list[Message]:
    """What a model is sent of a chat: everything that was said, each question with the day on which it was asked."""
    return [
        UserMessage(dated(one.message.text, one.date)) if isinstance(one.message, UserMessage) else one.message
        for one in said
    ]


# -------------------------------------------------------------------------------------------------------- turns


async def begin_turn(ledger: Ledger, chat: Chat, asked: Asked) -> tuple[Turn, bool]:
    """Keep a question and the turn that answers it, in one transaction. The turn, and whether it is new.

    A turn of the chat whose process died is ended as interrupted first. Raises ChatBusy while another one runs.
    """
    client_id = asked.client_id or secrets.token_hex(16)
    turn = Turn(secrets.token_hex(16), chat.id, "running")
    async with ledger.store.writing() as connection:
        await end_orphans(connection)
        earlier = select(turns).where(turns.c.chat_id == chat.id, turns.c.client_id == client_id)
        if (row := (await connection.execute(earlier)).first()) is not None:
            return Turn(row.id, row.chat_id, row.state, row.code, row.reason, row.retryable), False
        running = {
            "provider": asked.provider,
            "model": asked.model,
            "process_id": asked.process_id,
            "state": "running",
            "started_at": now(),
        }
        keys = {"id": turn.id, "household_id": ledger.household, "chat_id": chat.id, "client_id": client_id}
        try:
            await connection.execute(insert(turns).values(**keys, **running))
        except IntegrityError as error:
            raise ChatBusy("This chat is still answering. Wait for it or stop it, then ask again.") from error
        await _keep(
            connection, ledger, turn, [UserMessage(asked.text)], round_number=None, finished=True, today=asked.today
        )
        title = {"title": _title(asked.text)} if not chat.title else {}
        await connection.execute(update(chats).where(chats.c.id == chat.id).values(updated_at=now(), **title))
    return turn, True


async def keep_messages(
    ledger: Ledger, turn: Turn, said: Sequence[Message], *, round_number: int, finished: bool, today: date
) -> None:
    """Keep what a round said, or the results of its function requests."""
    async with ledger.store.writing() as connection:
        await _keep(connection, ledger, turn, said, round_number=round_number, finished=finished, today=today)


async def end_turn(ledger: Ledger, turn: Turn) -> None:
    """Keep how a turn ended. Safe to run twice."""
    ended = {"state": turn.state, "code": turn.code, "reason": turn.reason, "retryable": turn.retryable}
    async with ledger.store.writing() as connection:
        await connection.execute(
            update(turns)
            .where(turns.c.household_id == ledger.household, turns.c.id == turn.id, turns.c.state == "running")
            .values(ended_at=now(), **ended)
        )


async def end_orphans(connection: AsyncConnection) -> None:
    """End the turns whose process died. They are not asked again by themselves: that would spend money unseen."""
    reason = "Tuppence ended in the middle of this answer. Ask again to get the rest."
    ended = {"state": "failed", "code": "interrupted", "reason": reason, "retryable": True, "ended_at": now()}
    living = await living_processes(connection)
    await connection.execute(
        update(turns).where(turns.c.state == "running", turns.c.process_id.not_in(living)).values(**ended)
    )


async def _keep(
    connection: AsyncConnection,
    ledger: Ledger,
    turn: Turn,
    said: Sequence[Message],
    *,
    round_number: int | None,
    finished: bool,
    today: date,
) -> None:
    last = select(func.coalesce(func.max(messages.c.position), 0)).where(messages.c.chat_id == turn.chat_id)
    position = await connection.scalar(last) or 0
    common = {
        "household_id": ledger.household,
        "chat_id": turn.chat_id,
        "turn_id": turn.id,
        "round": round_number,
        "finished": finished,
        "date": today,
        "created_at": now(),
    }
    bodies = {_message_id(turn, round_number, one): msgspec.json.encode(one).decode() for one in said}
    kept = set(await connection.scalars(select(messages.c.id).where(messages.c.id.in_(bodies))))
    rows = [
        {"id": message_id, "position": position + n, "body": body, **common}
        for n, (message_id, body) in enumerate(bodies.items(), start=1)
        if message_id not in kept
    ]
    if rows:
        await connection.execute(insert(messages), rows)


def _message_id(turn: Turn, round_number: int | None, message: Message) -> str:
    """What a turn says in a round has one place: kept twice (after a cancellation that came too late) it is one row."""
    call_id = message.call_id if isinstance(message, FunctionResult) else ""
    place = f"{turn.id} {round_number} {type(message).__name__} {call_id}"
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1].rstrip() + "…"

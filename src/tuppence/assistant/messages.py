"""What was said, message by message: `tuppence.llm` values, written once per finished round.

What is sent to a model is therefore what was kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.assistant.instructions import dated
from tuppence.llm import AssistantMessage, FunctionResult, Message, TextBlock, UserMessage
from tuppence.store.tables import messages, now

_body = msgspec.json.Decoder(UserMessage | AssistantMessage | FunctionResult)


class SaidMessage(msgspec.Struct, frozen=True):
    """One message of a chat as it was kept."""

    turn_id: str
    message: Message
    finished: bool
    """False: the answer was stopped or broke off here."""
    date: date
    """The household's day."""
    round: int | None = None
    """Within the turn, from 1; None for the question."""
    summary: str | None = None
    """Of a function's result: what was looked at, for people."""


def text_of(message: Message) -> str:
    """What people read of a message; empty for a function's result."""
    match message:
        case UserMessage(text):
            return text
        case AssistantMessage(content):
            return "".join(block.text for block in content if isinstance(block, TextBlock))
        case _:
            return ""


def transcript_of(said: Sequence[SaidMessage]) -> list[Message]:
    """What a model is sent of a chat: everything that was said, each question with the day on which it was asked."""
    return [
        UserMessage(dated(one.message.text, one.date)) if isinstance(one.message, UserMessage) else one.message
        for one in said
    ]


async def keep(connection: AsyncConnection, household_id: int, chat_id: str, said: Sequence[SaidMessage]) -> None:
    """Keep what was said. Safe to run twice; what was kept unfinished takes its later form."""
    by_id = {_message_id(one): one for one in said}
    finished = select(messages.c.id, messages.c.finished).where(messages.c.id.in_(by_id))
    kept = {row.id: row.finished for row in await connection.execute(finished)}
    await add(connection, household_id, chat_id, [one for message_id, one in by_id.items() if message_id not in kept])
    for message_id in (message_id for message_id, is_finished in kept.items() if not is_finished):
        await connection.execute(update(messages).where(messages.c.id == message_id).values(_values(by_id[message_id])))


async def add(connection: AsyncConnection, household_id: int, chat_id: str, said: Sequence[SaidMessage]) -> None:
    """Keep what was said and is not kept yet in any form, behind all that the chat holds."""
    if not said:
        return
    last = select(func.coalesce(func.max(messages.c.position), 0)).where(messages.c.chat_id == chat_id)
    position = await connection.scalar(last) or 0
    common = {"household_id": household_id, "chat_id": chat_id, "created_at": now()}
    rows = [
        {"id": _message_id(one), "position": position + n, **_values(one), **common}
        for n, one in enumerate(said, start=1)
    ]
    await connection.execute(insert(messages), rows)


async def said_during(connection: AsyncConnection, household_id: int, turn_ids: Sequence[str]) -> list[SaidMessage]:
    """Everything that was said during the turns, turn by turn in the order of `turn_ids`."""
    place = {turn_id: n for n, turn_id in enumerate(turn_ids)}
    rows = await connection.execute(_said(messages.c.household_id == household_id, messages.c.turn_id.in_(turn_ids)))
    return sorted((said_message(row) for row in rows), key=lambda one: place[one.turn_id])


def said_message(row: Row[Any]) -> SaidMessage:
    """The message that a row of the table holds."""
    return SaidMessage(row.turn_id, _body.decode(row.body), row.finished, row.date, row.round, row.summary)


def _said(*where: ColumnElement[bool]) -> Select[Any]:
    return select(messages).where(*where).order_by(messages.c.position)


def _values(said: SaidMessage) -> dict[str, Any]:
    return {
        "turn_id": said.turn_id,
        "round": said.round,
        "body": msgspec.json.encode(said.message).decode(),
        "finished": said.finished,
        "date": said.date,
        "summary": said.summary,
        "words": text_of(said.message).lower() or None,
    }


def _message_id(said: SaidMessage) -> str:
    """What a turn says in a round has one place: kept twice (after a cancellation that came too late) it is one row."""
    call_id = said.message.call_id if isinstance(said.message, FunctionResult) else ""
    place = f"{said.turn_id} {said.round} {type(said.message).__name__} {call_id}"
    return hashlib.sha256(place.encode()).hexdigest()[:32]

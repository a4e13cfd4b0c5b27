"""Chats. Each holds turns, and is read by its author only."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime

import msgspec
from sqlalchemy import and_, delete, insert, or_, select, update

from tuppence.assistant.messages import SaidMessage, said_during
from tuppence.assistant.reader import COMMAND_LINE, Reader, UnknownChat, readable
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import ChatBusy
from tuppence.assistant.versions import shown_path, turns_of_chat
from tuppence.egress import forget_bodies
from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats, now

_PATIENCE = 10.0  # seconds for a turn to stop
_COLUMNS = (chats.c.id, chats.c.title, chats.c.updated_at, chats.c.leaf_turn_id)


class Chat(msgspec.Struct, frozen=True):
    """A conversation."""

    id: str
    title: str
    """Empty until something was asked."""
    updated_at: datetime
    """When the latest turn began."""
    leaf_turn_id: str | None = None
    """The last turn of the version that is shown; None before the first turn."""


async def new_chat(ledger: Ledger, title: str = "", reader: Reader = COMMAND_LINE) -> Chat:
    """A chat of `reader` with nothing said in it. An empty title is replaced by the first question."""
    chat = Chat(secrets.token_hex(16), title, now())
    row = {"id": chat.id, "title": title, "created_at": chat.updated_at, "updated_at": chat.updated_at}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(chats).values(household_id=ledger.household, author_id=reader.user_id, **row))
    return chat


async def list_chats(
    ledger: Ledger, limit: int | None = 50, *, before: tuple[datetime, str] | None = None, reader: Reader = COMMAND_LINE
) -> list[Chat]:
    """The chats that `reader` may read, the one used last first.

    limit None: all of them. before: `updated_at` and `id` of the last one of the page before this one; None for the
    first page.
    """
    query = select(*_COLUMNS).where(readable(ledger, reader))
    if before is not None:
        moment, chat_id = before
        same_moment = and_(chats.c.updated_at == moment, chats.c.id > chat_id)
        query = query.where(or_(chats.c.updated_at < moment, same_moment))
    query = query.order_by(chats.c.updated_at.desc(), chats.c.id).limit(limit)
    async with ledger.store.reading() as connection:
        return [Chat(*row) for row in await connection.execute(query)]


async def open_chat(ledger: Ledger, chat_id: str, reader: Reader = COMMAND_LINE) -> Chat:
    """The chat with this id, or with an id that begins so.

    Raises UnknownChat when there is none that `reader` may read, or more than one.
    """
    begins_so = chats.c.id.startswith(chat_id, autoescape=True)
    query = select(*_COLUMNS).where(readable(ledger, reader), begins_so).limit(2)
    async with ledger.store.reading() as connection:
        found = (await connection.execute(query)).all()
    if len(found) != 1 or not chat_id:
        raise UnknownChat(f"There is no chat {chat_id!r}. `tuppence chat --list` shows those there are.")
    return Chat(*found[0])


async def rename_chat(ledger: Ledger, chat: Chat, title: str, reader: Reader = COMMAND_LINE) -> Chat:
    """The chat under its new title, white space made single. Raises UnknownChat when it is gone."""
    title = " ".join(title.split())
    here = and_(readable(ledger, reader), chats.c.id == chat.id)
    async with ledger.store.writing() as connection:
        renamed = await connection.execute(update(chats).where(here).values(title=title))
    if not renamed.rowcount:
        raise UnknownChat("This chat has been deleted.")
    return msgspec.structs.replace(chat, title=title)


async def delete_chat(ledger: Ledger, log: TurnLog, chat: Chat, reader: Reader = COMMAND_LINE) -> None:
    """Delete a chat with all that was said in it; what it cost stays known. A running turn is stopped first.

    Raises UnknownChat when there is none that `reader` may read, ChatBusy when the running turn does not end.
    """
    await open_chat(ledger, chat.id, reader)
    async with ledger.store.reading() as connection:
        among = await turns_of_chat(connection, ledger, chat.id)
    for turn in among.values():
        if turn.state == "running":
            await _stopped(log, turn.id)
    here = and_(readable(ledger, reader), chats.c.id == chat.id)
    async with ledger.store.writing() as connection:
        await connection.execute(delete(chats).where(here))
        await forget_bodies(connection, ledger, chat.id)
    await log.forget(list(among))


async def said_in(ledger: Ledger, chat_id: str) -> list[SaidMessage]:
    """Everything that was said in the version of a chat that is shown, in order."""
    async with ledger.store.reading() as connection:
        path = await shown_path(connection, ledger, chat_id)
        return await said_during(connection, ledger.household, [turn.id for turn in path])


async def _stopped(log: TurnLog, turn_id: str) -> None:
    """Stop a turn and return when it has ended. Raises ChatBusy when it does not."""
    await log.stop(turn_id)
    try:
        async with asyncio.timeout(_PATIENCE):
            async for _ in log.events(turn_id):
                pass
    except TimeoutError as error:
        raise ChatBusy(turn_id) from error

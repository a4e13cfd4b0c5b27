"""Search over chats: in their titles, and in what was asked and answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, select

from tuppence.assistant.chats import Chat, list_chats
from tuppence.assistant.messages import said_message, text_of
from tuppence.assistant.reader import COMMAND_LINE, Reader, readable
from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats, messages

_BEFORE, _AFTER = 40, 120  # characters of a snippet around the first word that was found


class FoundChat(msgspec.Struct, frozen=True):
    """A chat in which every word was found."""

    chat: Chat
    snippet: str
    """What was said around one of the words; empty when all of them are in the title."""


async def search_chats(
    ledger: Ledger,
    text: str,
    limit: int = 50,
    *,
    before: tuple[datetime, str] | None = None,
    reader: Reader = COMMAND_LINE,
) -> list[FoundChat]:
    """The chats of `reader` that hold every word of `text`, in part or whole and in any case; latest first.

    The words may be spread over the title and all that was said. Without words nothing is found. before: `updated_at`
    and `id` of the last chat of the page before this one; None for the first page.
    """
    words = text.lower().replace("\0", " ").split()
    if not words:
        return []
    said = {word: await _chats_that_say(ledger, word, reader) for word in words}
    found = [
        chat
        for chat in await list_chats(ledger, limit=None, before=before, reader=reader)
        if all(word in chat.title.lower() or chat.id in said[word] for word in words)
    ]
    return [FoundChat(chat, await _snippet(ledger, chat, words, reader)) for chat in found[:limit]]


async def _chats_that_say(ledger: Ledger, word: str, reader: Reader) -> set[str]:
    query = _saying(word, ledger, reader).with_only_columns(messages.c.chat_id).distinct()
    async with ledger.store.reading() as connection:
        return set(await connection.scalars(query))


async def _snippet(ledger: Ledger, chat: Chat, words: Sequence[str], reader: Reader) -> str:
    """What was said in a chat around the first of `words` that was said."""
    for word in words:
        query = _saying(word, ledger, reader).where(chats.c.id == chat.id).order_by(messages.c.position).limit(1)
        async with ledger.store.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is not None:
            return _around(word, text_of(said_message(row).message))
    return ""


def _saying(word: str, ledger: Ledger, reader: Reader) -> Select[Any]:
    """The messages that hold a word, which is given in lower case."""
    return (
        select(messages)
        .join(chats, chats.c.id == messages.c.chat_id)
        .where(readable(ledger, reader), messages.c.words.contains(word, autoescape=True))
    )


def _around(word: str, text: str) -> str:
    """`text` in one line, cut between words to what stands around `word`."""
    line = " ".join(text.split())
    at = max(line.lower().find(word), 0)
    start = line.rfind(" ", 0, max(at - _BEFORE, 0) + 1) + 1 if at > _BEFORE else 0
    end = line.find(" ", at + len(word) + _AFTER)
    return ("…" if start else "") + (line if end < 0 else line[:end] + "…")[start:]

"""Households, and requests of theirs that are sent."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from tuppence.egress import EgressLog
from tuppence.llm import Attempt, ChatRequest, ChatStream, Provider, Retry, UserMessage, open_provider
from tuppence.store import Store
from tuppence.store.tables import chats, egress
from tuppence.understudy import Understudy
from tuppence.usage import Purpose, UsageLog
from tuppence.usage.row import opened_row

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
MOMENT = datetime(2026, 5, 31, 23, 30, tzinfo=UTC)
BODY = b'{"messages": []}'
WIRES = {"anthropic": "claude-sonnet-5", "openai": "gpt-5.5", "openai-compatible": "understudy"}
"""A provider of each wire, and a model to ask it for."""


def household(number: int) -> dict[str, Any]:
    """The columns of a household."""
    return {"id": number, "name": "Ours", "language": "en", "created_at": BEGIN}


def user(number: int, household_id: int, name: str, role: str) -> dict[str, Any]:
    """The columns of a person."""
    key = name.casefold()
    row = {"id": number, "household_id": household_id, "name": name, "role": role, "name_key": key}
    return {**row, "password": "-", "created_at": BEGIN}


def opened(wire: str, server: Understudy, log: EgressLog) -> Provider:
    """The provider of this name, which is the understudy."""
    address = server.base_url if wire == "anthropic" else server.openai_base_url
    return open_provider(wire, api_key="any", base_url=address, retry=Retry(first=0.001), on_request=log.on_request)


def asked(wire: str, text: str = "What did we spend on groceries?") -> ChatRequest:
    """A request to a model of this wire."""
    return ChatRequest(WIRES[wire], [UserMessage(text)])


async def read(stream: ChatStream) -> None:
    """Read a stream to its end."""
    async with stream:
        async for _ in stream:
            pass


async def chats_of(store: Store, authors: Iterable[tuple[str, int | None]], household_id: int = 1) -> None:
    """Chats with these ids and authors."""
    columns = {"household_id": household_id, "title": "Money", "created_at": BEGIN, "updated_at": BEGIN}
    rows = [{**columns, "id": identity, "author_id": author} for identity, author in authors]
    async with store.writing() as connection:
        await connection.execute(insert(chats), rows)


async def recorded(store: Store, usage: UsageLog | None = None, **values: Any) -> str:
    """A request on record, with its usage row where a purpose is among the values; its id."""
    purpose: Purpose | None = values.pop("purpose", None)
    row = {"id": secrets.token_hex(16), "household_id": 1, "sent_at": MOMENT, "host": "models.example", **values}
    body = row.get("body", BODY)
    row = {"size": len(body or BODY), "kinds": "[]", **row, "body": body and zlib.compress(body)}
    if purpose is not None:
        assert usage is not None
        attempt = Attempt("anthropic", "claude-sonnet-5", 1, True, secrets.token_hex(16))
        await usage.open(opened_row(attempt, purpose, row["sent_at"]))
        row |= {"usage_id": attempt.id, "chat_id": purpose.chat_id, "household_id": purpose.household_id}
    async with store.writing() as connection:
        await connection.execute(insert(egress).values(row))
    return str(row["id"])


class Somebody:
    """Who looks."""

    def __init__(self, user_id: int | None, *, owner: bool = False) -> None:
        self.user_id, self.owner = user_id, owner


OWNER, MEMBER, COMMAND_LINE = Somebody(1, owner=True), Somebody(2), Somebody(None)

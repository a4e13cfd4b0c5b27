"""Versions: which turns a chat shows when questions were asked anew, and how to show others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.assistant.turns import Turn, turn_of
from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats, turns


async def turns_of_chat(connection: AsyncConnection, ledger: Ledger, chat_id: str) -> dict[str, Turn]:
    """All turns of a chat, shown or not, by id, oldest first."""
    query = (
        select(turns)
        .where(turns.c.household_id == ledger.household, turns.c.chat_id == chat_id)
        .order_by(turns.c.started_at, turns.c.id)
    )
    return {row.id: turn_of(row) for row in await connection.execute(query)}


def path_to(turn_id: str | None, among: Mapping[str, Turn]) -> list[Turn]:
    """The turns from the first one to `turn_id`, that one included; none for None or a turn that is not there."""
    path: list[Turn] = []
    while turn_id is not None and (turn := among.get(turn_id)) is not None and len(path) < len(among):
        path.append(turn)
        turn_id = turn.parent_id
    return path[::-1]


def versions_of(turn: Turn, among: Mapping[str, Turn]) -> tuple[str, ...]:
    """The ids of the versions of a turn, itself included, oldest first."""
    return tuple(one.id for one in among.values() if one.parent_id == turn.parent_id)


def newest_after(turn_id: str, among: Mapping[str, Turn]) -> str:
    """The end of the talk that was had last after a turn: the newest of all that follow it, or itself."""
    following = {turn_id}
    newest = turn_id
    for one in among.values():  # a turn comes after its parent
        if one.parent_id in following:
            following.add(one.id)
            newest = one.id
    return newest


async def list_versions(ledger: Ledger, turn: Turn) -> tuple[str, ...]:
    """The ids of the versions of a turn, itself included, oldest first."""
    async with ledger.store.reading() as connection:
        return versions_of(turn, await turns_of_chat(connection, ledger, turn.chat_id))


async def show_version(ledger: Ledger, turn: Turn) -> Sequence[Turn]:
    """From now on the chat shows this version of a turn, with what was said last after it. The turns it shows."""
    async with ledger.store.writing() as connection:
        among = await turns_of_chat(connection, ledger, turn.chat_id)
        leaf = newest_after(turn.id, among)
        here = (chats.c.household_id == ledger.household) & (chats.c.id == turn.chat_id)
        await connection.execute(update(chats).where(here).values(leaf_turn_id=leaf))
    return path_to(leaf, among)


async def shown_path(connection: AsyncConnection, ledger: Ledger, chat_id: str) -> list[Turn]:
    """The turns of the version that a chat shows, in order."""
    here = (chats.c.household_id == ledger.household) & (chats.c.id == chat_id)
    leaf = await connection.scalar(select(chats.c.leaf_turn_id).where(here))
    return path_to(leaf, await turns_of_chat(connection, ledger, chat_id))

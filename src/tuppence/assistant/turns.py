"""Turns: each is a question and the making of its answer. The turns of a chat form a tree, as questions are asked anew.

Turns with the same parent are versions of one another. How a turn ended is said once, by whoever changes its state from
`running` first; nobody changes it after that.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.assistant.events import CutOff, TerminalEvent, TurnCompleted, TurnFailed, TurnStopped
from tuppence.assistant.messages import SaidMessage, add, keep
from tuppence.assistant.reader import COMMAND_LINE, Reader, UnknownChat, UnknownTurn, readable
from tuppence.ledger.household import Ledger
from tuppence.llm import Message, UserMessage
from tuppence.store import Store
from tuppence.store.tables import chats, now, turns

if TYPE_CHECKING:
    from tuppence.assistant.chats import Chat

TurnState: TypeAlias = Literal["running", "completed", "stopped", "failed"]
INTERRUPTED = TurnFailed(
    "interrupted", "Tuppence ended in the middle of this answer. Ask again to get the rest.", retryable=True
)
"""How a turn ends whose process does not go on with it."""
_TITLE_LENGTH = 60


class ChatBusy(Exception):
    """A chat has one running turn at most."""

    def __init__(self, turn_id: str) -> None:
        super().__init__("This chat is still answering. Wait for it or stop it, then ask again.")
        self.turn_id = turn_id
        """The one that runs."""


class TurnLost(Exception):
    """The turn has been ended by somebody else, who took this process for dead."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One question and the making of its answer."""

    id: str
    chat_id: str
    state: TurnState
    parent_id: str | None = None
    """The turn before it; None for a chat's first."""
    provider: str
    model: str
    """Who was asked."""
    started_at: datetime
    ended_at: datetime | None = None
    """None while it runs."""
    code: str | None = None
    """Why it failed, or why its answer is not whole although it was completed, for programs; None otherwise."""
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


def ending_of(turn: Turn) -> TerminalEvent | None:
    """The event that tells how a turn ended; None while it runs."""
    match turn.state:
        case "running":
            return None
        case "completed":
            return TurnCompleted(cut_off_by(turn))
        case "stopped":
            return TurnStopped()
        case "failed":
            return TurnFailed(turn.code or "failed", turn.reason or "", retryable=bool(turn.retryable))


def cut_off_by(turn: Turn) -> CutOff | None:
    """Why the answer of a completed turn is not whole; None when it is, and for other turns."""
    if turn.state != "completed":
        return None
    return next((one for one in get_args(CutOff) if one == turn.code), None)


async def begin_turn(
    ledger: Ledger,
    chat: Chat,
    asked: Asked,
    *,
    beside: Turn | None = None,
    carried: Sequence[SaidMessage] = (),
) -> tuple[Turn, bool]:
    """Keep a question and the turn that answers it, in one transaction. The turn, and whether it is new.

    It follows the turn that the chat shows last; or it becomes another version of `beside`. `carried`: finished rounds
    of that one, with which it begins. Raises ChatBusy while another one runs, UnknownChat when the chat was deleted,
    UnknownTurn when `beside` is of another chat.
    """
    if beside is not None and beside.chat_id != chat.id:
        raise UnknownTurn("There is no such answer in this chat.")
    client_id = asked.client_id or secrets.token_hex(16)
    async with ledger.store.writing() as connection:
        of_chat = (turns.c.household_id == ledger.household, turns.c.chat_id == chat.id)
        in_the_way = or_(turns.c.client_id == client_id, turns.c.state == "running")
        others = (await connection.execute(select(turns).where(*of_chat, in_the_way))).all()
        for row in others:
            if row.client_id == client_id:
                return turn_of(row), False
        here = (chats.c.household_id == ledger.household, chats.c.id == chat.id)
        found = (await connection.execute(select(chats.c.title, chats.c.leaf_turn_id).where(*here))).first()
        if found is None:
            raise UnknownChat("This chat has been deleted. Begin a new one.")
        if others:
            raise ChatBusy(others[0].id)
        turn = Turn(
            id=secrets.token_hex(16),
            chat_id=chat.id,
            state="running",
            parent_id=found.leaf_turn_id if beside is None else beside.parent_id,
            provider=asked.provider,
            model=asked.model,
            started_at=now(),
        )
        keys = {"household_id": ledger.household, "client_id": client_id, "process_id": asked.process_id}
        await connection.execute(insert(turns).values(**msgspec.structs.asdict(turn), **keys))
        question = SaidMessage(turn.id, UserMessage(asked.text), finished=True, date=asked.today)
        copies = [msgspec.structs.replace(one, turn_id=turn.id) for one in carried]
        await add(connection, ledger.household, chat.id, [question, *copies])
        shown = {"title": found.title or _title(asked.text), "updated_at": turn.started_at, "leaf_turn_id": turn.id}
        await connection.execute(update(chats).where(*here).values(shown))
    return turn, True


async def keep_messages(
    ledger: Ledger,
    turn: Turn,
    said: Sequence[Message],
    *,
    round_number: int,
    finished: bool,
    today: date,
    summaries: Sequence[str] = (),
) -> None:
    """Keep what a round said, or the results of its function requests with their `summaries`.

    Raises TurnLost when the turn does not run any more.
    """
    kept = [
        SaidMessage(turn.id, message, finished, today, round_number, summaries[n] if n < len(summaries) else None)
        for n, message in enumerate(said)
    ]
    async with ledger.store.writing() as connection:
        state = select(turns.c.state).where(turns.c.household_id == ledger.household, turns.c.id == turn.id)
        if await connection.scalar(state) != "running":
            raise TurnLost("This turn was ended by another process.")
        await keep(connection, ledger.household, turn.chat_id, kept)


async def end_turn(ledger: Ledger, turn: Turn, event: TerminalEvent) -> Turn | None:
    """Keep how a turn ended, unless somebody did before: the turn as it ended. None when it was deleted."""
    async with ledger.store.writing() as connection:
        await mark_ended(connection, turn.id, event)
        found = select(turns).where(turns.c.household_id == ledger.household, turns.c.id == turn.id)
        row = (await connection.execute(found)).first()
    return turn_of(row) if row else None


async def mark_ended(connection: AsyncConnection, turn_id: str, event: TerminalEvent) -> bool:
    """Say how a turn ended; False when somebody had done so before."""
    ended: dict[str, Any]
    match event:
        case TurnCompleted(cut_off):
            ended = {"state": "completed", "code": cut_off}
        case TurnStopped():
            ended = {"state": "stopped"}
        case TurnFailed(code, reason, retryable):
            ended = {"state": "failed", "code": code, "reason": reason, "retryable": retryable}
    runs = (turns.c.id == turn_id) & (turns.c.state == "running")
    changed = await connection.execute(update(turns).where(runs).values(ended_at=now(), **ended))
    return changed.rowcount == 1


async def open_turn(ledger: Ledger, turn_id: str, reader: Reader = COMMAND_LINE) -> Turn:
    """The turn with this id. Raises UnknownTurn when it is in no chat that `reader` may read."""
    query = select(turns).join(chats, chats.c.id == turns.c.chat_id)
    async with ledger.store.reading() as connection:
        row = (await connection.execute(query.where(turns.c.id == turn_id, readable(ledger, reader)))).first()
    if row is None:
        raise UnknownTurn("There is no such answer. Its chat may have been deleted.")
    return turn_of(row)


async def turn_with_id(store: Store, turn_id: str) -> Turn | None:
    """Any household's turn, for those who have made sure before that it may be read; None when there is none."""
    async with store.reading() as connection:
        row = (await connection.execute(select(turns).where(turns.c.id == turn_id))).first()
    return turn_of(row) if row else None


def turn_of(row: Row[Any]) -> Turn:
    """The turn that a row of the table holds."""
    return Turn(**{name: getattr(row, name) for name in Turn.__struct_fields__})


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1].rstrip() + "…"

"""An assistant at work over real files, answered by the understudy: what the tests of turns share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tuppence.assistant.assistant import Assistant
from tuppence.assistant.chats import Chat, new_chat, open_chat
from tuppence.assistant.conversation import Conversation, conversation
from tuppence.assistant.events import OutputText, TurnEvent
from tuppence.assistant.functions import Findings, function
from tuppence.assistant.reader import COMMAND_LINE, Reader
from tuppence.assistant.running_turns import RunningTurns
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import Asked, Turn, turn_with_id
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import Retry, open_provider
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.understudy import Call, Reply, Text, Thinking, Understudy
from tuppence.usage import UsageLog, UsageRow

DAY = date(2026, 3, 31)
MODEL = "claude-sonnet-5"
LOOKED: list[str] = []
"""The jars that were looked into, in order, in this process."""


@function
async def left_over(ledger: Ledger, jar: Annotated[str, Field(description="Which jar.")] = "kitchen") -> Findings:
    """What is left in a jar."""
    LOOKED.append(jar)
    return Findings({"jar": jar, "left": 7}, f"Looked into the {jar} jar")


def asking(jar: str, words: str = "Looking. ", thought: str = "Hm.") -> Reply:
    """A round that thinks, says something and asks for a jar."""
    return Reply([Thinking(thought), Text(words), Call("left_over", {"jar": jar}, id=f"call_{jar}")])


@dataclass
class Desk:
    """Everything that can be looked at."""

    server: Understudy
    store: Store
    ledger: Ledger
    usage: UsageLog
    log: TurnLog
    me: Presence
    assistant: Assistant
    turns: RunningTurns
    events: list[TurnEvent] = field(default_factory=list)
    spoken: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: TurnEvent) -> None:
        self.events.append(event)
        if isinstance(event, OutputText):
            self.spoken.set()

    def asked(self, text: str, client_id: str | None = None, process_id: str | None = None) -> Asked:
        return Asked(text, "anthropic", MODEL, process_id or self.me.id, DAY, client_id)

    async def chat(self, reader: Reader = COMMAND_LINE) -> Chat:
        return await new_chat(self.ledger, reader=reader)

    async def now(self, chat: Chat, reader: Reader = COMMAND_LINE) -> Chat:
        return await open_chat(self.ledger, chat.id, reader)

    async def started(self, chat: Chat, text: str = "What is left?") -> Turn:
        return (await self.turns.ask(self.assistant, chat, text)).turn

    async def over(self, turn: Turn) -> Turn:
        """The turn as it ended, when it has."""
        async for _ in self.log.events(turn.id):
            pass
        ended = await turn_with_id(self.store, turn.id)
        assert ended is not None
        return ended

    async def answered(self, chat: Chat, text: str = "What is left?") -> Turn:
        return await self.over(await self.started(chat, text))

    async def talk(self, chat: Chat, reader: Reader = COMMAND_LINE) -> Conversation:
        return await conversation(self.ledger, self.log, self.usage, chat.id, reader)

    async def rows(self) -> list[UsageRow]:
        return (await self.usage.rows(self.ledger.household))[::-1]

    async def heard(self, turn: Turn, words: str) -> None:
        """Return when the log has told of `words`."""
        text = ""
        async for batch in self.log.events(turn.id):
            text += "".join(one.event.text for one in batch if isinstance(one.event, OutputText))
            if words in text:
                return
        raise AssertionError(f"the turn ended after {text!r}")


@asynccontextmanager
async def desk(folder: Path, *replies: Reply, server: Understudy | None = None) -> AsyncIterator[Desk]:
    """server: one that exists; None opens one, which plays `replies`."""
    async with AsyncExitStack() as stack:
        if server is None:
            server = await stack.enter_async_context(Understudy(list(replies)))
        yield await stack.enter_async_context(desk_at(folder, server.base_url, server))


@asynccontextmanager
async def desk_at(folder: Path, base_url: str, server: Understudy, sweeps: float = 60.0) -> AsyncIterator[Desk]:
    """base_url: of the understudy, which may be in another process."""
    async with (
        await Store.open(folder) as store,
        Presence(store) as me,
        UsageLog(store, me.id) as usage,
        await TurnLog.open(store) as log,
        open_provider("anthropic", api_key="k", base_url=base_url, retry=Retry(attempts=1)) as provider,
        RunningTurns(store, log, usage, me.id, between_sweeps=sweeps) as turns,
    ):
        ledger = await open_ledger(store)
        assistant = Assistant(
            ledger=ledger,
            answerers=[Answerer(provider, MODEL)],
            usage=usage,
            log=log,
            process_id=me.id,
            today=lambda: DAY,
            functions=[left_over],
        )
        yield Desk(server, store, ledger, usage, log, me, assistant, turns)


def gates(*numbers: int) -> dict[int, asyncio.Event]:
    """Gates that hold an answer after so many of its events."""
    return {number: asyncio.Event() for number in numbers}


def words_of(parts: Sequence[object]) -> str:
    """The text of the parts of an answer."""
    return "".join(getattr(part, "text", "") for part in parts if type(part).__name__ == "Words")

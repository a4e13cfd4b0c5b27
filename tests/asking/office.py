"""A household with names to hide, an assistant over every wire, and all that can be looked at afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tuppence.access.users import add_user_on
from tuppence.assistant.assistant import Assistant
from tuppence.assistant.chats import Chat, new_chat
from tuppence.assistant.events import OutputText, Reasoning, TurnEvent
from tuppence.assistant.functions import Findings, function
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import Turn
from tuppence.egress import EgressLog
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import Provider, Retry, open_provider
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.tracing import SILENT, Tracing
from tuppence.understudy import Exchange, Play, Reply, Understudy
from tuppence.usage import UsageLog, UsageRow

DAY = date(2026, 3, 31)
MODELS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-5.4", "openai-compatible": "understudy"}
"""A model for each wire."""
MEMBER, ACCOUNT, NUMBER = "Annika Lindqvist", "Rainy Day Fund", "DE89370400440532013000"
SECRETS = ("Annika", "Lindqvist", ACCOUNT, NUMBER)
"""What shall not leave."""
_EXAMPLES = ("Person-DH52JXTG", "Account-QH7K2NWF")
_STAND_IN = re.compile(r"(Person|Account|IBAN)-[0-9A-Z]{8}")

looked: list[str] = []
"""What the function below was asked about."""


@function
async def left_over(ledger: Ledger, jar: Annotated[str, Field(description="Whose jar.")] = "") -> Findings:
    """What is left in somebody's jar."""
    looked.append(jar)
    return Findings({"jar": jar, "account": ACCOUNT, "number": NUMBER, "left": 7}, f"Looked into the jar of {jar}")


@dataclass
class Office:
    """Everything that can be looked at."""

    server: Understudy
    store: Store
    ledger: Ledger
    usage: UsageLog
    log: TurnLog
    provider: Provider
    assistant: Assistant
    events: list[TurnEvent] = field(default_factory=list)
    spoken: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: TurnEvent) -> None:
        self.events.append(event)
        if isinstance(event, OutputText):
            self.spoken.set()

    async def chat(self) -> Chat:
        return await new_chat(self.ledger)

    async def asked(self, text: str, chat: Chat | None = None) -> Turn:
        """A question, once it is answered."""
        return await self.assistant.ask(chat or await self.chat(), text, self.take)

    def read(self, kind: type[OutputText] | type[Reasoning] = OutputText) -> str:
        """What a person has read."""
        return "".join(event.text for event in self.events if isinstance(event, kind))

    def of(self, kind: type[TurnEvent]) -> list[TurnEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    async def rows(self) -> list[UsageRow]:
        """Oldest first."""
        return (await self.usage.rows(self.ledger.household))[::-1]


@asynccontextmanager
async def office(
    folder: Path,
    script: Play | list[Reply | Play | None] | None = None,
    *,
    wire: str = "anthropic",
    model: str | None = None,
    retry: Retry | None = None,
    tracing: Tracing = SILENT,
    max_rounds: int = 8,
    base_url: str | None = None,
    furnishes: bool = True,
) -> AsyncIterator[Office]:
    """base_url: of an understudy elsewhere; None: of one that plays `script`. furnishes: makes the household first."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Understudy(script))
        store = await stack.enter_async_context(await Store.open(folder))
        presence = await stack.enter_async_context(Presence(store))
        usage = await stack.enter_async_context(UsageLog(store, presence.id))
        log = await stack.enter_async_context(await TurnLog.open(store))
        egress = await stack.enter_async_context(EgressLog(store))
        address = base_url or (server.base_url if wire == "anthropic" else server.openai_base_url)
        opened = open_provider(
            wire,
            api_key="k",
            base_url=address,
            retry=retry or Retry(attempts=1),
            on_request=egress.on_request,
        )
        provider = await stack.enter_async_context(opened)
        ledger = await furnished(store) if furnishes else await open_ledger(store)
        assistant = Assistant(
            ledger=ledger,
            answerers=[Answerer(provider, model or MODELS[wire])],
            usage=usage,
            log=log,
            process_id=presence.id,
            today=lambda: DAY,
            functions=[left_over],
            max_rounds=max_rounds,
            tracing=tracing,
        )
        yield Office(server, store, ledger, usage, log, provider, assistant)


async def furnished(store: Store) -> Ledger:
    """The ledger of a household with a member and an account, made unless they are there."""
    ledger = await open_ledger(store)
    async with store.writing() as connection:
        await add_user_on(connection, ledger.household, MEMBER, "owner", None)
    await create_account(ledger, NewAccount(ACCOUNT, "EUR", number=NUMBER))
    return ledger


def stand_ins(exchange: Exchange) -> list[str]:
    """Those in the request, each once, in the order in which they come, without the examples in the instructions."""
    found = dict.fromkeys(each.group() for each in _STAND_IN.finditer(exchange.body.decode()))
    return [each for each in found if each not in _EXAMPLES]

"""Puts the parts together as a command needs them. Each part is imported here when it is first wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuppence.cli.failures import Interrupted
from tuppence.cli.providers import chosen_providers, opened_provider

if TYPE_CHECKING:
    from tuppence.assistant.assistant import Assistant
    from tuppence.ledger.household import Ledger
    from tuppence.llm import Provider
    from tuppence.settings import Settings
    from tuppence.usage import UsageLog


@dataclass(frozen=True, slots=True)
class UsageParts:
    """An open ledger and the log of what is asked about it."""

    ledger: "Ledger"
    log: "UsageLog"
    process_id: str
    """Of this process's presence."""


@dataclass(frozen=True, slots=True)
class Wired:
    """An assistant over an open ledger."""

    assistant: "Assistant"
    ledger: "Ledger"


@asynccontextmanager
async def opened_ledger(home: Path) -> "AsyncIterator[Ledger]":
    """The ledger in the data folder `home`. Raises StoreUnusable."""
    from tuppence.ledger.household import open_ledger
    from tuppence.store import Store

    async with await Store.open(home) as store:
        yield await open_ledger(store)


@asynccontextmanager
async def opened_usage(home: Path) -> "AsyncIterator[UsageParts]":
    """The ledger and the log of what was asked about it, for reading. Rows that dead processes left open are closed."""
    from tuppence.store import Presence
    from tuppence.usage import UsageLog

    async with (
        opened_ledger(home) as ledger,
        Presence(ledger.store) as presence,
        UsageLog(ledger.store, presence.id) as log,
    ):
        await log.close_orphans()
        yield UsageParts(ledger, log, presence.id)


@asynccontextmanager
async def opened_assistant(settings: "Settings") -> AsyncIterator[Wired]:
    """An assistant by the settings. Raises CommandFailed when nobody is set up to be asked, StoreUnusable.

    The provider's SDK takes a second or two to import: that begins first and goes on beside everything else.
    """
    choices = chosen_providers(settings)
    providers = [opened_provider(choice, settings) for choice in choices]
    importing = asyncio.create_task(providers[0].prepare())
    impatient = False
    try:
        await asyncio.to_thread(_import_parts)
        async with opened_usage(settings.home) as parts:
            parts.log.prepare()
            asked = [(provider, choice.model) for provider, choice in zip(providers, choices, strict=True)]
            yield Wired(await _assistant(settings, asked, parts), parts.ledger)
    except (asyncio.CancelledError, Interrupted):
        impatient = True
        raise
    finally:
        # Before the SDK is imported there is no connection to close: somebody who wants to leave need not wait for it.
        if importing.done() or not impatient:
            await asyncio.wait([importing])
            for provider in providers:
                await provider.aclose()


def _import_parts() -> None:
    """Import what takes long, away from the event loop, so that whoever shows what is happening can go on."""
    import tuppence.assistant.assistant
    import tuppence.store
    import tuppence.usage  # noqa: F401


async def _assistant(settings: "Settings", asked: "list[tuple[Provider, str]]", parts: UsageParts) -> "Assistant":
    from tuppence.assistant.abilities import abilities_of
    from tuppence.assistant.assistant import Assistant
    from tuppence.assistant.responder import Answerer

    store = parts.ledger.store

    return Assistant(
        ledger=parts.ledger,
        answerers=[Answerer(who, model, await abilities_of(store, who, model)) for who, model in asked],
        usage=parts.log,
        process_id=parts.process_id,
        max_rounds=settings.max_rounds,
    )

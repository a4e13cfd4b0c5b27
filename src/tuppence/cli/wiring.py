"""Puts the parts together as a command needs them. Each part is imported here when it is first wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuppence.cli.failures import Interrupted
from tuppence.cli.providers import choosing_whom_to_ask

if TYPE_CHECKING:
    from tuppence.assistant.assistant import Assistant
    from tuppence.assistant.providers import Providers
    from tuppence.assistant.turn_log import TurnLog
    from tuppence.enrichment.background import Background
    from tuppence.ledger.household import Ledger
    from tuppence.llm.answerer import Answerer
    from tuppence.settings import Settings
    from tuppence.store import Store
    from tuppence.tracing import Tracing
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


@dataclass(frozen=True, slots=True)
class BackgroundParts:
    """Filing in the background, over an open ledger."""

    background: "Background"
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
async def opened_providers(
    settings: "Settings", store: "Store", tracing: "Tracing | None" = None
) -> "AsyncIterator[Providers]":
    """Whom households can ask. Every request is put on record before it leaves. tracing: None: nothing is traced."""
    from tuppence.assistant.providers import Providers
    from tuppence.egress import EgressLog
    from tuppence.tracing import SILENT

    async with (
        EgressLog(store) as egress,
        Providers(settings, egress=egress, tracing=tracing or SILENT) as providers,
    ):
        yield providers


@asynccontextmanager
async def opened_log(parts: UsageParts) -> "AsyncIterator[TurnLog]":
    """The log of what happens during answers. Those that dead processes left behind are ended."""
    from tuppence.assistant.interrupted_turns import end_orphans
    from tuppence.assistant.turn_log import TurnLog

    async with await TurnLog.open(parts.ledger.store) as log:
        await end_orphans(parts.ledger.store, log, parts.log, parts.process_id)
        yield log


@asynccontextmanager
async def opened_assistant(settings: "Settings") -> AsyncIterator[Wired]:
    """An assistant by what the household saved, and the settings.

    Raises CommandFailed when nobody is set up to be asked, StoreUnusable. The provider's SDK takes a second or two to
    import: where the environment names one that begins first, and it goes on beside everything else.
    """
    from tuppence.assistant.open_providers import OpenProviders

    opened = OpenProviders(settings)
    importing = [asyncio.create_task(opened.prepare())]
    impatient = False
    try:
        await asyncio.to_thread(_import_parts)
        from tuppence.assistant.providers import Providers
        from tuppence.egress import EgressLog
        from tuppence.tracing import opened_tracing

        async with opened_tracing(settings) as tracing, opened_usage(settings.home) as parts:
            parts.log.prepare()
            async with EgressLog(parts.ledger.store) as egress, opened_log(parts) as log:
                with choosing_whom_to_ask():
                    providers = Providers(settings, opened, egress=egress, tracing=tracing)
                    answerers = await providers.answerers(parts.ledger)
                importing.append(asyncio.create_task(answerers[0].provider.prepare()))
                yield Wired(_assistant(settings, answerers, parts, log, tracing), parts.ledger)
    except (asyncio.CancelledError, Interrupted):
        impatient = True
        raise
    finally:
        # Before the SDK is imported there is no connection to close: somebody who wants to leave need not wait for it.
        if not impatient or all(task.done() for task in importing):
            await asyncio.wait(importing)
            await opened.aclose()


@asynccontextmanager
async def opened_background(settings: "Settings") -> AsyncIterator[BackgroundParts]:
    """Work on whatever is to be done in the background, until the block ends. Raises StoreUnusable."""
    from tuppence.enrichment import background
    from tuppence.tracing import opened_tracing

    async with (
        opened_tracing(settings) as tracing,
        opened_usage(settings.home) as parts,
        opened_providers(settings, parts.ledger.store, tracing) as providers,
        background.opened_background(
            parts.ledger.store, parts.log, parts.process_id, providers.answerer, tracing=tracing
        ) as working,
    ):
        yield BackgroundParts(working, parts.ledger)


def _import_parts() -> None:
    """Import what takes long, away from the event loop, so that whoever shows what is happening can go on."""
    import tuppence.assistant.assistant
    import tuppence.assistant.providers
    import tuppence.store
    import tuppence.usage  # noqa: F401


def _assistant(
    settings: "Settings", answerers: "list[Answerer]", parts: UsageParts, log: "TurnLog", tracing: "Tracing"
) -> "Assistant":
    from tuppence.assistant.assistant import Assistant

    return Assistant(
        ledger=parts.ledger,
        answerers=answerers,
        usage=parts.log,
        log=log,
        process_id=parts.process_id,
        max_rounds=settings.max_rounds,
        tracing=tracing,
    )

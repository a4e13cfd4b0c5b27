"""The parts of one serving process: opened together, closed together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anyio import to_thread

from tuppence.access.attempts import Attempts
from tuppence.access.passwords import Passwords
from tuppence.access.secrets import KeyFile
from tuppence.assistant.open_providers import OpenProviders
from tuppence.assistant.providers import Providers
from tuppence.assistant.running_turns import RunningTurns
from tuppence.assistant.turn_log import TurnLog
from tuppence.egress import EgressLog
from tuppence.enrichment.background import Background, opened_background
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.ledger.uploads import delete_old_uploads
from tuppence.settings import Settings
from tuppence.store import Presence, Store
from tuppence.tracing import Tracing, opened_tracing
from tuppence.usage import UsageLog
from tuppence.web.import_desk import ImportDesk
from tuppence.web.provider_tests import ProviderTests


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes of one process share."""

    settings: Settings
    store: Store
    first_ledger: Ledger
    """Of the household that was there first: the one of the command line."""
    keyfile: KeyFile
    passwords: Passwords
    attempts: Attempts
    process_id: str
    """The `Presence.id` of the process."""
    usage: UsageLog
    log: TurnLog
    turns: RunningTurns
    providers: Providers
    imports: ImportDesk
    provider_tests: ProviderTests
    background: Background
    tracing: Tracing
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server ends: streams without an end of their own end now."""


@asynccontextmanager
async def opened_parts(
    settings: Settings, on_prepared: Callable[[], None] = lambda: None, *, works: bool = True
) -> AsyncIterator[Parts]:
    """The parts over the data folder of the settings. Raises StoreUnusable, KeyFileUnusable.

    on_prepared: told when everything that takes long to import is imported, some seconds later. works: whether this
    process works in the background, too; otherwise another one has to.
    """
    async with (
        await Store.open(settings.home) as store,
        Presence(store) as presence,
        opened_tracing(settings) as tracing,
        UsageLog(store, presence.id) as usage,
        await TurnLog.open(store) as log,
    ):
        keyfile = await to_thread.run_sync(KeyFile.open, settings.home)
        opened = OpenProviders(settings)
        async with (
            EgressLog(store) as egress,
            Providers(settings, opened, keyfile, egress=egress, tracing=tracing) as providers,
            RunningTurns(store, log, usage, presence.id) as turns,
            opened_background(
                store, usage, presence.id, providers.answerer, works=works, tracing=tracing
            ) as background,
            ImportDesk(presence.id, background.after_import) as imports,
            ProviderTests(providers, usage) as provider_tests,
        ):
            usage.prepare()
            await delete_old_uploads(store)
            async with preparing(opened, on_prepared):
                yield Parts(
                    settings=settings,
                    store=store,
                    first_ledger=await open_ledger(store),
                    keyfile=keyfile,
                    passwords=Passwords(),
                    attempts=Attempts(),
                    process_id=presence.id,
                    usage=usage,
                    log=log,
                    turns=turns,
                    providers=providers,
                    imports=imports,
                    provider_tests=provider_tests,
                    background=background,
                    tracing=tracing,
                )


@asynccontextmanager
async def preparing(opened: OpenProviders, on_prepared: Callable[[], None]) -> AsyncIterator[None]:
    """Import the SDK of whoever will be asked, which takes seconds, before somebody asks. Serving goes on meanwhile."""
    task = asyncio.create_task(opened.prepare())
    task.add_done_callback(lambda _: on_prepared())
    try:
        yield
    finally:
        await asyncio.wait([task])

"""The checks of providers that a process has under way: they go on whoever watches, and keep what they found."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType

from tuppence.access.addresses import AddressRefused
from tuppence.access.secrets import KeyFileUnusable
from tuppence.assistant.providers import NobodyToAsk, NothingFits, Providers
from tuppence.ledger.household import Ledger
from tuppence.llm import LLMError
from tuppence.llm.doctor import Diagnosis, Finding
from tuppence.llm.registry import NoAddress
from tuppence.store import StoreUnusable
from tuppence.usage import NotAdmitted, UsageLog

CHECKS = 10
"""About so many findings a check brings when nothing ends it early."""
_OBSTACLES = (
    NobodyToAsk,
    NothingFits,
    NoAddress,
    AddressRefused,
    LLMError,
    NotAdmitted,
    KeyFileUnusable,
    StoreUnusable,
)
_logger = logging.getLogger(__name__)


class ProviderTest:
    """One check of a provider."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        """So far."""
        self.diagnosis: Diagnosis | None = None
        """What came of it; None while it runs, and when it could not be made."""
        self.obstacle: str | None = None
        """Why it could not be made: a sentence."""
        self.is_over = False


class ProviderTests:
    """The latest check of each provider. For `async with`, or `aclose`: before the store is closed."""

    def __init__(self, providers: Providers, usage: UsageLog) -> None:
        self._providers, self._usage = providers, usage
        self._latest: dict[tuple[int, str], ProviderTest] = {}
        self._tasks: dict[tuple[int, str], asyncio.Task[None]] = {}

    async def __aenter__(self) -> ProviderTests:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End whatever runs, and return when it has ended."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def latest(self, ledger: Ledger, name: str) -> ProviderTest | None:
        """The check of the household's provider that runs, or the last one since what was entered changed."""
        return self._latest.get((ledger.household, name))

    def start(self, ledger: Ledger, name: str) -> ProviderTest:
        """A check of what the household has saved. One that runs already is not begun again."""
        key = (ledger.household, name)
        if key in self._tasks:
            return self._latest[key]
        test = self._latest[key] = ProviderTest()
        task = self._tasks[key] = asyncio.create_task(self._run(ledger, name, test))
        task.add_done_callback(lambda _: self._tasks.pop(key))
        return test

    async def forget(self, ledger: Ledger, name: str) -> None:
        """What was found holds no more: the settings of the provider have changed."""
        key = (ledger.household, name)
        if (task := self._tasks.get(key)) is not None:
            task.cancel()
            await asyncio.wait({task})
        self._latest.pop(key, None)

    async def _run(self, ledger: Ledger, name: str, test: ProviderTest) -> None:
        test.obstacle = "The check broke off. Start it again; the log of Tuppence says what happened."
        try:
            test.diagnosis = await self._providers.test(ledger, name, self._usage, told=test.findings.append)
            test.obstacle = None
        except _OBSTACLES as error:
            test.obstacle = str(error)
        except Exception:  # the outer edge of a task that nobody awaits
            _logger.exception("The check of a provider broke off")
        finally:
            test.is_over = True

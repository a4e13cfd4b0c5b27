"""The application's turns: they run as tasks of their own, whatever becomes of the requests that began them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from types import TracebackType
from typing import Any

from tuppence.assistant.assistant import Assistant, Begun
from tuppence.assistant.chats import Chat
from tuppence.assistant.interrupted_turns import end_orphans
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import Turn
from tuppence.store import Store, StoreUnusable
from tuppence.usage import UsageLog

BETWEEN_SWEEPS = 5.0  # seconds
SWEEPS_BETWEEN_CLEANINGS = 720  # an hour
_logger = logging.getLogger(__name__)


class RunningTurns:
    """Owns every turn that runs in this process, for `async with`; and ends those that died processes left behind.

    Left before the log, the usage log and the store are closed: turns that still run then end as interrupted.
    """

    def __init__(
        self, store: Store, log: TurnLog, usage: UsageLog, process_id: str, *, between_sweeps: float = BETWEEN_SWEEPS
    ) -> None:
        self._store, self._log, self._usage, self._process_id = store, log, usage, process_id
        self._between_sweeps = between_sweeps
        self._turns: dict[asyncio.Task[Turn], str] = {}
        self._beginning: set[asyncio.Task[Begun]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> RunningTurns:
        await end_orphans(self._store, self._log, self._usage, self._process_id)
        self._sweeping = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def number(self) -> int:
        """How many turns run in this process."""
        return len(self._turns)

    # ------------------------------------------------------------------------------------------------------ starting

    async def ask(self, assistant: Assistant, chat: Chat, text: str, *, client_id: str | None = None) -> Begun:
        """Keep a question and start to answer it. See `Assistant.begin` for what it returns and raises."""
        return await self._started(assistant, assistant.begin(chat, text, client_id=client_id))

    async def edit(
        self, assistant: Assistant, chat: Chat, turn: Turn, text: str, *, client_id: str | None = None
    ) -> Begun:
        """The same for another wording of the question of `turn`. See `Assistant.begin_edited`."""
        return await self._started(assistant, assistant.begin_edited(chat, turn, text, client_id=client_id))

    async def retry(self, assistant: Assistant, chat: Chat, turn: Turn, *, client_id: str | None = None) -> Begun:
        """The same question once more. See `Assistant.begin_retry`."""
        return await self._started(assistant, assistant.begin_retry(chat, turn, client_id=client_id))

    async def stop(self, turn_id: str) -> None:
        """Have a turn stopped, in whichever process it runs; its end is told by its events. Raises StoreUnusable."""
        await self._log.stop(turn_id)

    async def _started(self, assistant: Assistant, beginning: Awaitable[Begun]) -> Begun:
        """What `beginning` gives. Whoever asks may leave meanwhile: a turn that was begun is run."""
        task = asyncio.ensure_future(self._begun_and_run(assistant, beginning))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return await asyncio.shield(task)

    async def _begun_and_run(self, assistant: Assistant, beginning: Awaitable[Begun]) -> Begun:
        begun = await beginning
        if begun.is_new:
            task = asyncio.create_task(assistant.run(begun.turn, cancelled_as="shut_down"))
            self._turns[task] = begun.turn.id
            task.add_done_callback(self._ended)
            await asyncio.sleep(0)  # it has its first step now: cancelled before that it would end nothing
        return begun

    def _ended(self, task: asyncio.Task[Turn]) -> None:
        turn_id = self._turns.pop(task)
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            _logger.error("The answer of turn %s failed inside Tuppence.", turn_id, exc_info=failure)

    # -------------------------------------------------------------------------------------------------------- ending

    async def aclose(self) -> None:
        """End every running turn as interrupted, with what was said; return when they have ended."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait({self._sweeping})
        while running := self._tasks():
            for task in self._turns:
                task.cancel()
            await asyncio.wait(running)
        failure = None if self._sweeping is None or self._sweeping.cancelled() else self._sweeping.exception()
        self._sweeping = None
        if failure is not None:
            raise failure

    def _tasks(self) -> set[asyncio.Task[Any]]:
        return {*self._beginning, *self._turns}

    # ------------------------------------------------------------------------------------------------------ sweeping

    async def _sweep(self) -> None:
        sweeps = 0
        while True:
            if sweeps % SWEEPS_BETWEEN_CLEANINGS == 0:
                await self._calmly(self._log.delete_old())
            await asyncio.sleep(self._between_sweeps)
            await self._calmly(end_orphans(self._store, self._log, self._usage, self._process_id))
            sweeps += 1

    async def _calmly(self, work: Awaitable[object]) -> None:
        """Do `work`; when the database cannot be used now, the next time is soon enough."""
        try:
            await work
        except StoreUnusable as error:
            _logger.warning("Answers that were left behind could not be looked after. %s", error)

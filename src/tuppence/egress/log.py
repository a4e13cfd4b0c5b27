"""The egress log: puts every request on record before it leaves."""

from __future__ import annotations

import asyncio
import logging
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.egress.contents import Unseen, look_into
from tuppence.egress.retention import days_in, days_of, forget_old_bodies, read_days
from tuppence.llm.closing import finished
from tuppence.llm.stream import current_attempt
from tuppence.store import Store, StoreBusy
from tuppence.store.tables import egress, llm_usage, now

CLEANING = timedelta(hours=1)
"""So often bodies that are too old are looked for."""
CALM = timedelta(seconds=2)
"""So long a request is not looked into, as the answer's first words come first."""
_QUICK = 1  # the level of zlib: three times as fast as the usual one, and 15 % larger
_SMALL = 8_192  # bytes that are compressed faster than a thread is found for it
_SETTLING = 10.0  # seconds granted at the end to what is still being looked at

_asking_for: ContextVar[int | None] = ContextVar("asking_for", default=None)
_logger = logging.getLogger(__name__)


@contextmanager
def asking_for(household_id: int) -> Iterator[None]:
    """Requests within the block that are no attempt of a usage row, such as for a list of models, are this
    household's."""
    before = _asking_for.set(household_id)
    try:
        yield
    finally:
        _asking_for.reset(before)


class EgressLog:
    """What one process sends, for `async with`: left after the last request and before the store is closed.

    Meanwhile bodies that are older than their household keeps them are removed, at once and every hour.
    """

    def __init__(self, store: Store, cleaning: timedelta = CLEANING, calm: timedelta = CALM) -> None:
        self._store = store
        self._cleaning, self._calm = cleaning, calm
        self._unseen: list[Unseen] = []
        self._looking: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()
        self._cleaner: asyncio.Task[None] | None = None

    async def __aenter__(self) -> EgressLog:
        self._cleaner = asyncio.create_task(self._clean())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Return when the kinds of data in every request are known. Raises TimeoutError when that takes over 10 s."""
        if self._cleaner is not None:
            self._cleaner.cancel()
        self._ending.set()
        await finished(self._settled, within=_SETTLING)

    async def on_request(self, host: str, body: bytes) -> None:
        """Put a request that is about to be sent on record; it is committed when this returns.

        Which kinds of data it holds is found afterwards. Raises StoreBusy, StoreUnusable: then it must not be sent.
        """
        packed = zlib.compress(body, _QUICK) if len(body) <= _SMALL else await asyncio.to_thread(_packed, body)
        identity, attempt = secrets.token_hex(16), current_attempt()
        async with self._store.writing() as connection:
            asker = await _asker(connection, attempt.id if attempt else None)
            row = insert(egress).values(
                id=identity,
                household_id=asker.household_id,
                usage_id=attempt.id if attempt else None,
                chat_id=asker.chat_id,
                sent_at=now(),
                host=host,
                size=len(body),
                body=packed if asker.keeps else None,
            )
            await connection.execute(row)
        self._look_into(Unseen(identity, asker.household_id, asker.operation, body))

    # ------------------------------------------------------------------------------------------------------- behind

    def _look_into(self, unseen: Unseen) -> None:
        self._unseen.append(unseen)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._unseen:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._calm.total_seconds())
            some, self._unseen = self._unseen, []
            try:
                await look_into(self._store, some)
            except StoreBusy:
                return  # it is found out when somebody wants to know
            except Exception:  # the outer edge of a task that nobody awaits
                _logger.exception("What a request held could not be found out.")
                return

    async def _clean(self) -> None:
        while True:
            try:
                await forget_old_bodies(self._store)
            except StoreBusy:
                pass  # an hour later is soon enough
            except Exception:  # the outer edge of a task that nobody awaits
                _logger.exception("Bodies of old requests could not be removed.")
            await asyncio.sleep(self._cleaning.total_seconds())

    async def _settled(self) -> None:
        if tasks := [task for task in (self._cleaner, self._looking) if task is not None]:
            await asyncio.wait(tasks)


class _Asker(NamedTuple):
    """For whom a request is made."""

    household_id: int | None
    chat_id: str | None
    operation: str | None
    keeps: bool
    """Whether its body is kept."""


async def _asker(connection: AsyncConnection, usage_id: str | None) -> _Asker:
    """By its usage row; without one, by the block that it is made in."""
    if usage_id is not None:
        columns, days = llm_usage.c, days_of(llm_usage.c.household_id)
        query = select(columns.household_id, columns.chat_id, columns.operation, days).where(columns.id == usage_id)
        if (found := (await connection.execute(query)).first()) is not None:
            household_id, chat_id, operation, kept = found
            return _Asker(household_id, chat_id, operation, read_days(kept) > 0)
    household = _asking_for.get()
    return _Asker(household, None, None, await days_in(connection, household) > 0)


def _packed(body: bytes) -> bytes:
    return zlib.compress(body, _QUICK)

"""The usage log: opens and closes usage rows, and gives them back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, tzinfo
from functools import partial
from types import TracebackType
from typing import Any

from sqlalchemy import Delete, Update, delete, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.llm.closing import finished
from tuppence.store import Store, StoreBusy, living_processes
from tuppence.store.tables import llm_usage
from tuppence.usage.columns import closing_values, of_household, opening_values, row_of
from tuppence.usage.own_prices import Priced, own_cost, own_prices
from tuppence.usage.pricing import Cost, PriceOf, load_prices, price_of
from tuppence.usage.row import UsageRow, priced_row
from tuppence.usage.statistics import By, UsageSummary, summaries

OnClose = Callable[[UsageRow], None]
"""Given each row when it is closed, with its cost."""
CostOf = Callable[[TokenUsage], Cost | None]
"""What so many tokens cost; None when that cannot be told."""
Gate = Callable[[AsyncConnection, UsageRow], Awaitable[float | None]]
"""Asked, within the transaction that would write it, whether a request may begin: None, or seconds after which to ask
again. Raises NotAdmitted."""


class NotAdmitted(Exception):
    """A gate says that the request must not begin at all; the message says why."""


_PATIENCE = 1.0  # seconds that a caller waits for its row to be written, before that goes on behind its back
_TRIES = 6  # to write a row, each waiting as long as the store waits for another process
_SETTLING = 10.0  # seconds granted at the end to rows that are still being written

_log = logging.getLogger(__name__)


class UsageLog:
    """The usage rows of one process, for `async with`: left after the last request and before the store is closed."""

    def __init__(self, store: Store, process_id: str, price_of: PriceOf = price_of) -> None:
        """process_id: the `Presence.id` of who makes the requests; once it is dead, its open rows are orphans."""
        self._store = store
        self._process_id = process_id
        self._price_of = price_of
        self._loading: asyncio.Future[None] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> UsageLog:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Return when every row that was closed is written. Raises TimeoutError when that takes over 10 seconds."""
        await finished(self._settled, within=_SETTLING)

    def prepare(self) -> None:
        """Begin to load the price list, in a thread, so that no answer waits for it. The first request does so, too."""
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, load_prices)

    # ------------------------------------------------------------------------------------------------------- writing

    async def open(self, row: UsageRow, gate: Gate | None = None) -> float | None:
        """Write an open row; it is committed when this returns None.

        Otherwise the gate said no for now: nothing was written, and these are the seconds after which to ask again.
        Raises StoreUnusable, and what the gate raises.
        """
        self.prepare()
        async with self._store.writing() as connection:
            if gate is not None and (wait := await gate(connection, row)) is not None:
                return wait
            await connection.execute(insert(llm_usage).values(opening_values(row, self._process_id)))
        return None

    async def close(self, row: UsageRow, on_close: OnClose | None = None) -> None:
        """Write how a request ended, with its cost, unless it was written already.

        A busy database does not keep the caller for more than a second: writing goes on, and `aclose` waits for it. May
        be called again after a cancellation. Raises StoreUnusable.
        """
        await self._behind(self._close(row, on_close))

    async def discard(self, row: UsageRow) -> None:
        """Forget an open row whose request was never sent. Raises StoreUnusable."""
        await self._behind(self._discard(row))

    async def close_orphans(self) -> int:
        """Close the rows that were left open by processes that died, as interrupted; the number of them.

        Their end stays unknown, and so a process that was only taken for dead (the machine slept) may still say how its
        request ended.
        """
        opened = llm_usage.c.outcome == literal_column("'open'")  # a literal, so that the partial index serves it
        async with self._store.reading() as connection:
            openers = set(await connection.scalars(select(llm_usage.c.process_id).where(opened).distinct()))
            if openers <= await living_processes(connection):
                return 0
        async with self._store.writing() as connection:
            left = opened & llm_usage.c.process_id.not_in(await living_processes(connection))
            closed = await connection.execute(update(llm_usage).where(left).values(outcome="interrupted"))
            return closed.rowcount

    # ------------------------------------------------------------------------------------------------------- reading

    async def rows(
        self,
        household_id: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        chat_id: str | None = None,
        turn_id: str | None = None,
        limit: int | None = None,
    ) -> list[UsageRow]:
        """The household's rows, latest first. since: included, until: not. limit None: all of them."""
        query = of_household(select(llm_usage), household_id, since, until)
        if chat_id is not None:
            query = query.where(llm_usage.c.chat_id == chat_id)
        if turn_id is not None:
            query = query.where(llm_usage.c.turn_id == turn_id)
        query = query.order_by(llm_usage.c.started_at.desc(), llm_usage.c.id).limit(limit)
        async with self._store.reading() as connection:
            return [row_of(found) for found in await connection.execute(query)]

    async def summaries(
        self,
        household_id: int,
        by: By = "total",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        zone: tzinfo | None = None,
    ) -> list[UsageSummary]:
        """The household's figures: one summary per day (latest first), per model, operation, chat or member (dearest
        first); or exactly one, the total.

        since: included, until: not. zone: whose days; None: this machine's.
        """
        async with self._store.reading() as connection:
            return await summaries(connection, household_id, by, since, until, zone)

    async def cost_of(
        self, household_id: int, usage: TokenUsage, provider: str, models: Iterable[str], at: datetime
    ) -> Cost | None:
        """What `usage` costs the household at the moment `at`; None when that cannot be told.

        By its own price of the first of `models` that has one, whatever the price list says; without one by the
        published price of the first that has one. Raises StoreUnusable.
        """
        return (await self.costs(household_id, provider, models, at))(usage)

    async def costs(self, household_id: int, provider: str, models: Iterable[str], at: datetime) -> CostOf:
        """What any usage costs, as `cost_of` says it. Raises StoreUnusable."""
        models = tuple(models)
        own = await own_prices(Ledger(self._store, household_id))
        for model in models:
            if (price := own.get(Priced(provider, model))) is not None:
                return partial(own_cost, price, at=at)
        self.prepare()
        assert self._loading is not None
        await asyncio.shield(self._loading)

        def published(usage: TokenUsage) -> Cost | None:
            costs = (self._price_of(usage, provider, model, at) for model in models)
            return next((cost for cost in costs if cost is not None), None)

        return published

    # -------------------------------------------------------------------------------------------------------- behind

    async def _behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` in a task that outlives its caller, who waits for it for a while."""
        task = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        try:
            await asyncio.wait({task}, timeout=_PATIENCE)
        finally:
            if not task.done():
                task.add_done_callback(_report)
        if task.done():
            task.result()

    async def _settled(self) -> None:
        while self._writing:
            await asyncio.wait(self._writing)

    async def _close(self, row: UsageRow, on_close: OnClose | None) -> None:
        if row.usage != TokenUsage():
            row = priced_row(row, await self._cost_of(row))
        not_yet = (llm_usage.c.id == row.id) & llm_usage.c.ended_at.is_(None)
        await self._write(update(llm_usage).where(not_yet).values(closing_values(row)))
        if on_close is not None:
            on_close(row)

    async def _cost_of(self, row: UsageRow) -> Cost | None:
        """By the price of the model that answered; when that is not known, of the one that was asked for."""
        models = dict.fromkeys(model for model in (row.answered_model, row.model) if model)
        return await self.cost_of(row.purpose.household_id, row.usage, row.provider, models, row.started_at)

    async def _discard(self, row: UsageRow) -> None:
        await self._write(delete(llm_usage).where(llm_usage.c.id == row.id, llm_usage.c.ended_at.is_(None)))

    async def _write(self, statement: Update | Delete) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self._store.writing() as connection:
                    await connection.execute(statement)
                return
            except StoreBusy:
                if not tries_left:
                    raise


def _report(task: asyncio.Task[None]) -> None:
    """Say what became of a row that nobody waits for."""
    failure = None if task.cancelled() else task.exception()
    if failure is not None:
        _log.error("The usage of a request could not be written. %s", failure)

"""The gate of work in the background: how fast a provider is asked, and for how much, in all processes together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.store import living_processes
from tuppence.store.tables import llm_usage, now
from tuppence.usage.limits import LimitReached
from tuppence.usage.pricing import dollars
from tuppence.usage.row import UsageRow
from tuppence.usage.spending import month_begin, spending

_LOOK_AGAIN = 0.1  # seconds until another process's request may have ended
_MINUTE = timedelta(minutes=1)


class CapReached(LimitReached):
    """One more request could cost more than is allowed; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """What a request of a run has to keep to. As a `Gate` it is asked in the transaction that would write its row.

    So nothing can come between looking and writing, in whatever process: what it allows is never exceeded.
    """

    at_once: int
    """Requests to the provider that runs of the household may have under way at the same time."""
    per_minute: int | None = None
    """Requests to it that they may begin within a minute; None: as many as there are."""
    run_cap: int | None = None
    """Picodollars that the run may cost; None: no limit."""
    month_cap: int | None = None
    """Picodollars that all runs of a calendar month (UTC) may cost together; None: no limit."""
    expected_cost: int | None = None
    """Picodollars that a request which reserves nothing will cost, about; None when its price is unknown."""

    async def __call__(self, connection: AsyncConnection, row: UsageRow) -> float | None:
        """None when the request of `row` may begin; otherwise the seconds after which to ask again.

        Raises CapReached.
        """
        await self._check_caps(connection, row)
        return await self._full(connection, row) or await self._too_soon(connection, row)

    async def _full(self, connection: AsyncConnection, row: UsageRow) -> float | None:
        # A literal, so that the partial index serves it.
        under_way = llm_usage.c.outcome == literal_column("'open'")
        query = select(llm_usage.c.process_id).where(under_way, *_alike(row))
        askers = (await connection.scalars(query)).all()
        if len(askers) < self.at_once:
            return None
        living = await living_processes(connection)
        return _LOOK_AGAIN if sum(asker in living for asker in askers) >= self.at_once else None

    async def _too_soon(self, connection: AsyncConnection, row: UsageRow) -> float | None:
        if self.per_minute is None:
            return None
        moment = now()
        begun = select(llm_usage.c.started_at).where(*_alike(row), llm_usage.c.started_at > moment - _MINUTE)
        latest = begun.order_by(llm_usage.c.started_at.desc()).offset(self.per_minute - 1).limit(1)
        earlier: datetime | None = await connection.scalar(latest)
        return None if earlier is None else max((earlier + _MINUTE - moment).total_seconds(), _LOOK_AGAIN)

    async def _check_caps(self, connection: AsyncConnection, row: UsageRow) -> None:
        run = llm_usage.c.run_id == row.purpose.run_id
        month = llm_usage.c.run_id.is_not(None) & (llm_usage.c.started_at >= month_begin(now()))
        expected = self.expected_cost if row.reservation is None else row.reservation.picodollars
        for cap, which, whose in ((self.run_cap, run, "this run"), (self.month_cap, month, "one month")):
            if cap is None:
                continue
            limit = f"the limit of {dollars(cap).normalize():f} US dollars for {whose}"
            if expected is None:
                raise CapReached(
                    f"What a request costs is not known, so {limit} cannot be kept. Take the limit away, or choose a "
                    "model whose price is known."
                )
            spent = (await spending(connection, row.purpose.household_id, which)).cost
            unreserved = spent.open_unreserved + spent.ended_unknown
            if spent.used + spent.reserved + unreserved * (self.expected_cost or expected) + expected > cap:
                raise CapReached(
                    f"One more request could exceed {limit}. What was filed stays. Raise the limit to go on."
                )


def _alike(row: UsageRow) -> tuple[ColumnElement[bool], ...]:
    """Requests of the household's runs to the same provider."""
    columns = llm_usage.c
    return (
        columns.household_id == row.purpose.household_id,
        columns.provider == row.provider,
        columns.run_id.is_not(None),
    )

"""Metering: every request of a stream becomes a usage row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from tuppence.llm import Attempt, AttemptEnd, ChatResponse, ChatStream, TokenUsage
from tuppence.store.tables import now
from tuppence.usage.log import Gate, OnClose, UsageLog
from tuppence.usage.row import Purpose, Reservation, UsageRow, closed_row, estimated_row, opened_row

Estimate: TypeAlias = Callable[[ChatResponse], TokenUsage]
"""About how many tokens a request took whose answer, or what there was of it, is this."""


def metered(
    stream: ChatStream,
    log: UsageLog,
    purpose: Purpose,
    on_close: OnClose | None = None,
    estimate: Estimate | None = None,
    gate: Gate | None = None,
    reservation: Reservation | None = None,
) -> ChatStream:
    """`stream`, with one usage row per attempt: committed before the request is sent, closed however it ends.

    on_close: given each closed row, once, with its cost. That happens before the stream is left, unless the database is
    busy for longer than a second: then the answer does not wait for it. estimate: tells about how many tokens an answer
    took, for providers that do not report them; None: what is not reported stays unknown. gate: what each attempt has
    to pass, and waits for, before it begins; what it raises ends the stream. None: nothing. reservation: what each
    attempt can take at most; None: nobody needs to know.
    """
    return stream.watched_by(_Meter(log, purpose, on_close, estimate, gate, reservation))


class _Metering(msgspec.Struct):
    """The attempt that is under way."""

    row: UsageRow
    opened: bool = False
    told: bool = False


class _Meter:
    """The AttemptWatcher that keeps usage rows. Attempts of one stream follow one another."""

    def __init__(
        self,
        log: UsageLog,
        purpose: Purpose,
        on_close: OnClose | None,
        estimate: Estimate | None,
        gate: Gate | None,
        reservation: Reservation | None,
    ) -> None:
        self._log = log
        self._purpose = purpose
        self._on_close = on_close
        self._estimate = estimate
        self._gate = gate
        self._reservation = reservation
        self._now: _Metering | None = None

    async def begins(self, attempt: Attempt) -> None:
        metering = self._now = _Metering(self._row(attempt))
        while (wait := await self._log.open(metering.row, self._gate)) is not None:
            await asyncio.sleep(wait)
            metering.row = self._row(attempt)
        metering.opened = True

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        metering = self._now
        assert metering is not None, "an attempt begins before it ends"
        if not metering.opened:  # the row may be there or not, but nothing was sent
            await self._log.discard(metering.row)
            return

        def tell(row: UsageRow) -> None:
            if self._on_close is not None and not metering.told:
                metering.told = True
                self._on_close(row)

        row = closed_row(metering.row, end, now())
        if self._estimate is not None and end.response is not None:
            row = estimated_row(row, self._estimate(end.response))
        await self._log.close(row, tell)

    def _row(self, attempt: Attempt) -> UsageRow:
        return opened_row(attempt, self._purpose, now(), self._reservation)

"""A process that opens usage rows under the household's limits, and says how many got through. Its arguments: the
data folder, and what it does: "closes" closes each with what it took, and goes on until the limit is used up; "dies"
tries a few, leaves them open and ends without a word to anybody."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

from tuppence.ledger.household import Ledger
from tuppence.llm import TokenUsage
from tuppence.store import Presence, Store
from tuppence.store.tables import now
from tuppence.usage import LimitReached, Reservation, UsageLog, UsageRow, admission

from .rows import a_dollar_per_token, completed, opened

INPUT, OUTPUT = 60, 40
"""Tokens that every request can take."""
TOOK = TokenUsage(30, 20)
"""Tokens that every request takes in truth."""
TRIES = 3
"""Of a process that dies."""


async def opening(folder: Path, what: str) -> int:
    """How many rows could be opened."""
    async with (
        await Store.open(folder) as store,
        Presence(store) as me,
        UsageLog(store, me.id, a_dollar_per_token) as log,
    ):
        print("ready", flush=True)
        sys.stdin.readline()
        ledger = Ledger(store, 1)
        if what == "dies":
            print(await _opened(log, ledger), flush=True)
            os._exit(9)
        return await _closed(log, ledger)


async def _opened(log: UsageLog, ledger: Ledger) -> int:
    through = 0
    for _ in range(TRIES):
        with suppress(LimitReached):
            await _open(log, ledger)
            through += 1
    return through


async def _closed(log: UsageLog, ledger: Ledger) -> int:
    through = 0
    while True:
        try:
            await log.close(completed(await _open(log, ledger), TOOK))
            through += 1
        except LimitReached as reached:
            if not reached.may_pass:
                return through


async def _open(log: UsageLog, ledger: Ledger) -> UsageRow:
    row = opened(now())
    admitted = await admission(
        log, ledger, row.purpose, row.provider, row.model, input_tokens=INPUT, max_output_tokens=OUTPUT
    )
    assert admitted.reservation == Reservation((INPUT + OUTPUT) * 10**12, INPUT + OUTPUT)
    row = opened(row.started_at, reservation=admitted.reservation)
    await log.open(row, admitted.gate)
    return row


if __name__ == "__main__":
    print(asyncio.run(opening(Path(sys.argv[1]), sys.argv[2])))

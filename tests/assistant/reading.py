"""`python -m assistant.reading FOLDER TURN AFTER`: another process that reads a turn's events to their end.

Prints them as lines of `n name data`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tuppence.assistant.turn_log import TurnLog
from tuppence.store import Store


async def read(folder: Path, turn_id: str, points: list[int]) -> None:
    """Read from every one of `points` at the same time; a line of `---` between what each gave."""
    async with await Store.open(folder) as store, await TurnLog.open(store) as log:
        for said in await asyncio.gather(*(lines(log, turn_id, after) for after in points)):
            sys.stdout.write(said + "---\n")


async def lines(log: TurnLog, turn_id: str, after: int) -> str:
    """The events that follow `after`."""
    batches = [batch async for batch in log.events(turn_id, after)]
    return "".join(f"{one.n} {one.name} {one.data.decode()}\n" for batch in batches for one in batch)


if __name__ == "__main__":
    asyncio.run(read(Path(sys.argv[1]), sys.argv[2], [int(point) for point in sys.argv[3:]]))

"""`python -m assistant.victims`: makes processes that ask a question and are killed in the middle of the answer.

Each line of standard input is one request as JSON: forks a process that does it, waits until it is dead, answers with a
line that says by what. Forked from a process that has imported everything, a victim begins at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from tuppence.assistant.events import TurnEvent
from tuppence.assistant.logged_event import LoggedEvent
from tuppence.usage.pricing import load_prices

from .desk import desk_at


class Fate(msgspec.Struct):
    """What a victim does, and when it dies."""

    folder: str
    base_url: str
    told: int | None = None
    """It dies when so many events have happened, whether or not they are committed."""
    shown: int | None = None
    """It dies when the event of this number has been shown to a reader."""


SHOWN = "shown.txt"


async def suffer(fate: Fate) -> None:
    """Ask, keep a record of what a reader is shown, and die."""
    told = 0

    def count(event: TurnEvent) -> None:
        nonlocal told
        told += 1
        if told == fate.told:
            os.kill(os.getpid(), signal.SIGKILL)

    async with desk_at(Path(fate.folder), fate.base_url, None) as at:  # type: ignore[arg-type]
        begun = await at.assistant.begin(await at.chat(), "What is left?")
        reading = asyncio.create_task(read(at.log.events(begun.turn.id), Path(fate.folder), fate.shown))
        await at.assistant.run(begun.turn, count)
        await reading


async def read(events: AsyncIterator[list[LoggedEvent]], folder: Path, shown: int | None) -> None:
    with (folder / SHOWN).open("w", buffering=1, encoding="utf-8") as record:
        async for batch in events:
            for event in batch:
                record.write(f"{event.n} {event.name} {event.data.decode()}\n")
                if event.n == shown:
                    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve until standard input ends."""
    import aiohttp  # noqa: F401
    import anthropic  # noqa: F401

    load_prices()
    for line in sys.stdin:
        if not (pid := os.fork()):
            asyncio.run(suffer(msgspec.json.decode(line, type=Fate)))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

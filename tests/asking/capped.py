"""Processes that ask one question of many rounds each, all at once: `python capped.py FOLDER ADDRESS NUMBER`.

What takes long to import is imported once, before they part. It says how each of them ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import tuppence.llm.anthropic_messages.client  # noqa: F401
from asking.office import office
from tuppence.usage import load_prices


async def ask(folder: str, base_url: str) -> None:
    async with office(Path(folder), base_url=base_url, max_rounds=10, furnishes=False) as at:
        turn = await at.asked("How much is in every jar?")
        os.write(1, f"{turn.state} {turn.code}\n".encode())  # in one piece, whoever else writes
        if turn.code != "limit_reached":
            os.write(2, f"{turn.reason}\n".encode())


def main(folder: str, base_url: str, number: str) -> None:
    load_prices()
    children = []
    for _ in range(int(number)):
        if (child := os.fork()) == 0:
            asyncio.run(ask(folder, base_url))
            os._exit(0)
        children.append(child)
    assert not any(os.waitpid(child, 0)[1] for child in children)


if __name__ == "__main__":
    main(*sys.argv[1:])

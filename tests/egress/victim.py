"""`python -m egress.victim FOLDER ADDRESS`: asks, and is killed when it is on record and not sent yet."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tuppence.egress import EgressLog, asking_for
from tuppence.llm import open_provider
from tuppence.store import Store

from .requests import asked, read


async def suffer(folder: Path, address: str) -> None:
    """Ask, and die."""
    async with await Store.open(folder) as store, EgressLog(store) as log:

        async def record(host: str, body: bytes) -> None:
            await log.on_request(host, body)
            os.kill(os.getpid(), signal.SIGKILL)

        with asking_for(1):
            async with open_provider("anthropic", api_key="any", base_url=address, on_request=record) as provider:
                await read(provider.stream_chat_response(asked("anthropic")))


if __name__ == "__main__":
    asyncio.run(suffer(Path(sys.argv[1]), sys.argv[2]))

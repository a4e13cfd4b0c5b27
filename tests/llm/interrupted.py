"""A program that reads a stream until somebody interrupts it: `python interrupted.py ADDRESS with|without once|twice`.

It says `begun` at the first words, `closing` each time the end of the attempt is told, and `ended ...` when that is
done. With `twice` its clean-up first hangs until the event loop itself is being closed, which a second Ctrl-C does.
"""

from __future__ import annotations

import asyncio
import sys

from tuppence.llm import Attempt, AttemptEnd, ChatRequest, ChatStream, UserMessage, open_provider


def say(*words: object) -> None:
    print(*words, flush=True)


class Teller:
    """Says what it is told."""

    def __init__(self, hanging: bool) -> None:
        self._hanging = hanging

    async def begins(self, attempt: Attempt) -> None:
        """Nothing to say."""

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        hanging, self._hanging = self._hanging, False
        say("closing")
        if hanging:
            await asyncio.get_running_loop().create_future()
        say("ended", attempt.number, end.outcome, end.response.output_text if end.response else None)


async def main(base_url: str, form: str, times: str) -> None:
    request = ChatRequest("claude-sonnet-5-5", [UserMessage("How much?")])
    provider = open_provider("anthropic", api_key="any", base_url=base_url)
    async with provider:
        stream = provider.stream_chat_response(request).watched_by(Teller(hanging=times == "twice"))
        if form == "without":
            await read(stream)
        async with stream:
            await read(stream)


async def read(stream: ChatStream) -> None:
    async for chunk in stream:
        say("begun", chunk.data)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""What the tests of `tuppence.llm` share: a request, a provider that speaks to a server of ours, and a watcher."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tuppence.llm import (
    Attempt,
    AttemptEnd,
    ChatRequest,
    ChatStream,
    ChatStreamChunk,
    LLMError,
    OutputTextChunk,
    Provider,
    Retry,
    UserMessage,
    open_provider,
)
from tuppence.llm.faults import Addressee
from tuppence.understudy import Understudy

MODEL = "claude-sonnet-5-5"
TO = Addressee("anthropic", "Anthropic", MODEL, "api.example", "ANTHROPIC_API_KEY")
KEY = "sk-secret-key"

ONCE = Retry(attempts=1)
IMPATIENT = Retry(first=0.001)


def asked(text: str = "How much was it?", **fields: Any) -> ChatRequest:
    """A request that any understudy answers."""
    return ChatRequest(**{"model": MODEL, "transcript": [UserMessage(text)], **fields})


class Watcher:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.ended: list[AttemptEnd] = []

    async def begins(self, attempt: Attempt) -> None:
        assert len(self.attempts) == len(self.ended), "the last attempt has not ended"
        self.attempts.append(attempt)

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
        assert attempt is self.attempts[-1]
        self.ended.append(end)

    @property
    def end(self) -> AttemptEnd:
        """The end of the only attempt."""
        assert len(self.attempts) == len(self.ended) == 1
        return self.ended[0]


@asynccontextmanager
async def provider_at(base_url: str, **options: Any) -> AsyncIterator[Provider]:
    """The Anthropic provider, speaking to `base_url`; asks once unless told otherwise."""
    async with open_provider("anthropic", api_key=KEY, base_url=base_url, **{"retry": ONCE, **options}) as provider:
        yield provider


@asynccontextmanager
async def watched(
    server: Understudy, request: ChatRequest | None = None, **options: Any
) -> AsyncIterator[tuple[ChatStream, Watcher]]:
    """A stream that has not been iterated, and who watches it. At the end no socket is open."""
    watcher = Watcher()
    async with provider_at(server.base_url, **options) as provider:
        yield provider.stream_chat_response(request or asked()).watched_by(watcher), watcher
    await server.account.all_closed()


async def read(stream: ChatStream) -> tuple[list[ChatStreamChunk], LLMError | None]:
    """The chunks that came, and the error that ended them."""
    chunks: list[ChatStreamChunk] = []
    try:
        async with stream:
            async for chunk in stream:
                chunks.append(chunk)  # noqa: PERF401  what came before an error counts
    except LLMError as error:
        return chunks, error
    return chunks, None


def text_of(chunks: list[ChatStreamChunk]) -> str:
    """The joined `output_text` chunks."""
    return "".join(chunk.data for chunk in chunks if isinstance(chunk, OutputTextChunk))

"""A server of the smallest kind: it keeps what it is sent and answers with the bytes it was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tuppence.llm import ChatStream, ChatStreamChunk, LLMError, Preset, Provider, Retry
from tuppence.llm.openai_chat import OpenAIChat, Quirks

from .streams import TO, Json

KEY = "sk-secret-key"


class Sent(msgspec.Struct):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """The number of its connection, from 1."""

    @property
    def json(self) -> Json:
        parsed: Json = msgspec.json.decode(self.body)
        return parsed


class Server:
    """Answers each request with the next of its answers, the last one again and again."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self.sent: list[Sent] = []
        self.connections = 0
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode().strip().split("\r\n")
                headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
                content = await reader.readexactly(int(headers.get("content-length", 0)))
                self.sent.append(Sent(line.split()[1], headers, content, number))
                answer = self._answers[min(len(self.sent), len(self._answers)) - 1]
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def answer(content: bytes, status: int = 200, *, missing: int = 0, **headers: str) -> bytes:
    """The bytes of an HTTP response. missing: bytes that it promises beyond `content`, where the connection breaks."""
    length = str(len(content) + missing)
    lines = {"content-type": "text/event-stream", "x-request-id": "req-5", "content-length": length, **headers}
    if missing:
        lines["connection"] = "close"
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} As Told\r\n{head}\r\n".encode() + content


@asynccontextmanager
async def serving(*answers: bytes) -> AsyncIterator[Server]:
    server = Server(list(answers))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


@asynccontextmanager
async def provider_at(base_url: str, quirks: Quirks | None = None, **options: Any) -> AsyncIterator[Provider]:
    """A provider that speaks this wire to `base_url`; it asks once unless told otherwise."""
    preset = Preset(
        name=TO.provider,
        title=TO.title,
        wire=OpenAIChat(quirks),
        base_url=base_url,
        key_variable=TO.key_hint,
        default_model=TO.model,
    )
    async with Provider(preset, **{"api_key": KEY, "retry": Retry(attempts=1), **options}) as provider:
        yield provider


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

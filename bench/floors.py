"""The least that a client must do: cut the body into events, decode each with msgspec, hand its words on.

They know no comments, no other line ends and no errors, set no limits and keep nothing of the answer: a client that can
be used has to do more.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

OnText = Callable[[str], None]
Read = Callable[[OnText], Awaitable[None]]


class Floor(ABC):
    """Reads the bytes of one answer. A subclass for each protocol."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        self._read(blocks)

    @abstractmethod
    def _read(self, blocks: list[bytes]) -> None:
        """Hand on the words of whole events."""

    def finish(self) -> None:
        """The answer is over."""
        return


# --------------------------------------------------------------------------------------------------- the three wires


class _MessageDelta(msgspec.Struct):
    text: str = ""
    partial_json: str = ""


class _MessageEvent(msgspec.Struct):
    type: str
    delta: _MessageDelta | None = None


_message_event = msgspec.json.Decoder(_MessageEvent).decode


class MessagesFloor(Floor):
    """Anthropic Messages; the arguments of a function request are put together and decoded as well."""

    def __init__(self, on_text: OnText) -> None:
        super().__init__(on_text)
        self._arguments: list[str] = []

    def _read(self, blocks: list[bytes]) -> None:
        for block in blocks:
            event = _message_event(block[block.index(b"\ndata: ") + 7 :])
            delta = event.delta
            if delta is not None:
                if delta.text:
                    self._on_text(delta.text)
                elif delta.partial_json:
                    self._arguments.append(delta.partial_json)

    def finish(self) -> None:
        if self._arguments:
            msgspec.json.decode("".join(self._arguments))


class _ResponseEvent(msgspec.Struct):
    type: str
    delta: str = ""


_response_event = msgspec.json.Decoder(_ResponseEvent).decode


class ResponsesFloor(Floor):
    """OpenAI Responses."""

    def _read(self, blocks: list[bytes]) -> None:
        for block in blocks:
            event = _response_event(block[block.index(b"\ndata: ") + 7 :])
            if event.type == "response.output_text.delta":
                self._on_text(event.delta)


class _ChatDelta(msgspec.Struct):
    content: str | None = None


class _ChatChoice(msgspec.Struct):
    delta: _ChatDelta


class _ChatChunk(msgspec.Struct):
    choices: list[_ChatChoice]


_chat_chunk = msgspec.json.Decoder(_ChatChunk).decode


class ChatFloor(Floor):
    """OpenAI Chat Completions."""

    def _read(self, blocks: list[bytes]) -> None:
        for block in blocks:
            data = block[6:]
            if data == b"[DONE]":
                return
            for choice in _chat_chunk(data).choices:
                if choice.delta.content:
                    self._on_text(choice.delta.content)


# ------------------------------------------------------------------------------------------------ the two transports


def httpx_floor(floor: type[Floor], url: str, body: dict[str, Any]) -> Read:
    """A floor over httpx."""
    import httpx

    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60, trust_env=False)

    async def read(on_text: OnText) -> None:
        reading = floor(on_text)
        async with client.stream("POST", url, json=body) as response:
            async for data in response.aiter_raw():
                reading.feed(data)
        reading.finish()

    return read


def socket_floor(floor: type[Floor], url: str, body: dict[str, Any]) -> Read:
    """A floor over asyncio's own streams."""
    to = urlsplit(url)
    sent = json.dumps(body).encode()
    head = f"POST {to.path} HTTP/1.1\r\nhost: {to.netloc}\r\ncontent-length: {len(sent)}\r\n\r\n"

    async def read(on_text: OnText) -> None:
        reading = floor(on_text)
        reader, writer = await asyncio.open_connection(to.hostname, to.port)
        writer.write(head.encode() + sent)
        await reader.readuntil(b"\r\n\r\n")
        unread = b""
        while data := await reader.read(65536):
            unread, chunks, ended = _chunks_in(unread + data)
            reading.feed(b"".join(chunks))
            if ended:
                break
        writer.close()
        reading.finish()

    return read


def _chunks_in(data: bytes) -> tuple[bytes, list[bytes], bool]:
    """What is left of an HTTP body, its whole chunks, and whether it is over."""
    chunks: list[bytes] = []
    at = 0
    while (end := data.find(b"\r\n", at)) >= 0:
        size = int(data[at:end], 16)
        if size == 0:
            return b"", chunks, True
        if len(data) < end + 4 + size:
            break
        chunks.append(data[end + 2 : end + 2 + size])
        at = end + 4 + size
    return data[at:], chunks, False

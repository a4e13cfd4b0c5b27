"""The clients that `stream.py` compares. Run by it: one client and one measurement in a process of its own.

Each client is a function of the server's address that gives a function which reads one answer and hands every word on.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from replay_server import PERIOD

OnText = Callable[[str], None]
Read = Callable[[OnText], Awaitable[None]]

_QUESTION = "How much was it?"
_BODY = {
    "model": "any",
    "max_tokens": 4096,
    "stream": True,
    "messages": [{"role": "user", "content": [{"type": "text", "text": _QUESTION}]}],
}
_RECORD: Any = {"name": "record", "description": "Records.", "input_schema": {"type": "object"}}


# ------------------------------------------------------------------------------------------------------------ floors


class _Delta(msgspec.Struct):
    text: str = ""
    partial_json: str = ""


class _Event(msgspec.Struct):
    type: str
    delta: _Delta | None = None


_decode = msgspec.json.Decoder(_Event).decode


class _Floor:
    """The least that a client must do: cut the body into events, decode each, hand its words on."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._rest = b""
        self._arguments: list[str] = []

    def feed(self, data: bytes) -> None:
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        for block in blocks:
            event = _decode(block[block.index(b"\ndata: ") + 7 :])
            delta = event.delta
            if delta is not None:
                if delta.text:
                    self._on_text(delta.text)
                elif delta.partial_json:
                    self._arguments.append(delta.partial_json)

    def finish(self) -> None:
        if self._arguments:
            msgspec.json.decode("".join(self._arguments))


def httpx_floor(address: str) -> Read:
    import httpx

    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60, trust_env=False)

    async def read(on_text: OnText) -> None:
        floor = _Floor(on_text)
        async with client.stream("POST", f"{address}/v1/messages", json=_BODY) as response:
            async for data in response.aiter_raw():
                floor.feed(data)
        floor.finish()

    return read


def socket_floor(address: str) -> Read:
    url = urlsplit(address)
    body = json.dumps(_BODY).encode()
    head = f"POST {url.path}/v1/messages HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: {len(body)}\r\n\r\n"

    async def read(on_text: OnText) -> None:
        floor = _Floor(on_text)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(head.encode() + body)
        await reader.readuntil(b"\r\n\r\n")
        unread = b""
        while data := await reader.read(65536):
            unread, chunks, ended = _chunks_in(unread + data)
            floor.feed(b"".join(chunks))
            if ended:
                break
        writer.close()
        floor.finish()

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


# --------------------------------------------------------------------------------------------------- the SDK and ours


def sdk_raw(address: str) -> Read:
    client = _sdk(address)

    async def read(on_text: OnText) -> None:
        arguments = []
        stream = await client.messages.create(**{**_BODY, "tools": [_RECORD]})
        async for event in stream:
            if event.type == "content_block_delta":
                if event.delta.type == "text_delta":
                    on_text(event.delta.text)
                elif event.delta.type == "input_json_delta":
                    arguments.append(event.delta.partial_json)
        if arguments:
            json.loads("".join(arguments))

    return read


def sdk_stream(address: str) -> Read:
    client = _sdk(address)
    params = {name: value for name, value in _BODY.items() if name != "stream"}

    async def read(on_text: OnText) -> None:
        async with client.messages.stream(**params, tools=[_RECORD]) as stream:
            async for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    on_text(event.delta.text)

    return read


def _sdk(address: str) -> Any:
    import anthropic

    return anthropic.AsyncAnthropic(api_key="any", base_url=address, max_retries=0)


def ours(address: str) -> Read:
    from tuppence.llm import ChatRequest, FunctionDefinition, OutputTextChunk, UserMessage, open_provider

    record = FunctionDefinition(_RECORD["name"], _RECORD["description"], _RECORD["input_schema"])
    request = ChatRequest("any", [UserMessage(_QUESTION)], functions=[record])
    provider = open_provider("anthropic", api_key="any", base_url=address)

    async def read(on_text: OnText) -> None:
        async with provider.stream_chat_response(request) as stream:
            async for chunk in stream:
                if type(chunk) is OutputTextChunk:
                    on_text(chunk.data)

    return read


CLIENTS: dict[str, Callable[[str], Read]] = {
    "ours": ours,
    "httpx floor": httpx_floor,
    "socket floor": socket_floor,
    "SDK raw events": sdk_raw,
    "SDK messages.stream()": sdk_stream,
}


# ------------------------------------------------------------------------------------------------------ measurements


async def burst_cost(client: str, address: str, path: str, small_path: str, repeats: int) -> dict[str, float]:
    """CPU seconds of one answer, and of one that is small: the price of a request."""
    small = await _cpu(CLIENTS[client](f"{address}/{small_path}"), 2 + repeats)
    large = await _cpu(CLIENTS[client](f"{address}/{path}"), 1 + repeats)
    return {"cpu": large, "small_cpu": small}


async def _cpu(read: Read, times: int) -> float:
    costs = []
    for _ in range(times):
        before = time.process_time()
        await read(lambda text: None)
        costs.append(time.process_time() - before)
        if sum(costs) > 6:  # a slow client: enough
            break
    return min(costs[1:] or costs)  # the first opens the connection; what else runs on the machine can only add


async def delays(client: str, address: str, streams: int, warm_up: float, window: float) -> dict[str, float]:
    """Milliseconds from sending an event to handing its word on, with so many paced streams in this process."""
    ramp = 1.0
    read = CLIENTS[client](f"{address}/paced/{int((ramp + warm_up + window) / PERIOD)}")
    await CLIENTS[client](f"{address}/burst/10/event")(lambda text: None)  # what is imported at the first request
    begin = time.monotonic() + ramp + warm_up
    found: list[int] = []

    def on_text(text: str) -> None:
        now = time.monotonic_ns()
        if begin <= now / 1e9 < begin + window:
            found.extend(now - int(sent) for sent in text.split("@")[1:])

    async def one(number: int) -> None:
        await asyncio.sleep(ramp * number / streams)
        await read(on_text)

    async with asyncio.TaskGroup() as tasks:
        for number in range(streams):
            tasks.create_task(one(number))
        await asyncio.sleep(begin - time.monotonic())
        cpu, wall = time.process_time(), time.monotonic()
        await asyncio.sleep(begin + window - time.monotonic())
        busy = (time.process_time() - cpu) / (time.monotonic() - wall)
    cuts = statistics.quantiles(found, n=100)
    offered = streams * window / PERIOD
    return {"p50": cuts[49] / 1e6, "p99": cuts[98] / 1e6, "busy": busy, "carried": len(found) / offered}


async def main(measurement: str, client: str, address: str, *rest: str) -> None:
    if measurement == "burst":
        found = await burst_cost(client, address, rest[0], rest[1], int(rest[2]))
    else:
        found = await delays(client, address, int(rest[0]), float(rest[1]), float(rest[2]))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

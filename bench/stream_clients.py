"""The clients that `stream.py` compares. Run by it: one client and one measurement in a process of its own.

Each client is a function of the server's address that gives a function which reads one answer and hands every word on.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from answers import words
from floors import ChatFloor, Floor, MessagesFloor, OnText, Read, ResponsesFloor, httpx_floor, socket_floor

PERIOD = 0.020  # seconds between two paced events of one stream
_QUESTION = "How much was it?"
_MESSAGES: dict[str, Any] = {
    "model": "any",
    "max_tokens": 4096,
    "messages": [{"role": "user", "content": [{"type": "text", "text": _QUESTION}]}],
}
_RESPONSES: dict[str, Any] = {"model": "any", "input": [{"role": "user", "content": _QUESTION}], "store": False}
_CHAT: dict[str, Any] = {
    "model": "any",
    "messages": [{"role": "user", "content": _QUESTION}],
    "stream_options": {"include_usage": True},
}
_RECORD: Any = {"name": "record", "description": "Records.", "input_schema": {"type": "object"}}

Client = Callable[[str], Read]

# --------------------------------------------------------------------------------------------------- official SDKs


def anthropic_events(address: str) -> Read:
    client = _anthropic(address)

    async def read(on_text: OnText) -> None:
        arguments = []
        stream = await client.messages.create(**_MESSAGES, tools=[_RECORD], stream=True)
        async for event in stream:
            if event.type == "content_block_delta":
                if event.delta.type == "text_delta":
                    on_text(event.delta.text)
                elif event.delta.type == "input_json_delta":
                    arguments.append(event.delta.partial_json)
        if arguments:
            json.loads("".join(arguments))

    return read


def anthropic_helper(address: str) -> Read:
    client = _anthropic(address)

    async def read(on_text: OnText) -> None:
        async with client.messages.stream(**_MESSAGES, tools=[_RECORD]) as stream:
            async for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    on_text(event.delta.text)

    return read


def _anthropic(address: str) -> Any:
    import anthropic

    return anthropic.AsyncAnthropic(api_key="any", base_url=address, max_retries=0)


def responses_events(address: str) -> Read:
    client = _openai(address)

    async def read(on_text: OnText) -> None:
        stream = await client.responses.create(**_RESPONSES, stream=True)
        async for event in stream:
            if event.type == "response.output_text.delta":
                on_text(event.delta)

    return read


def chat_events(address: str) -> Read:
    client = _openai(address)

    async def read(on_text: OnText) -> None:
        stream = await client.chat.completions.create(**_CHAT, stream=True)
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                on_text(chunk.choices[0].delta.content)

    return read


def _openai(address: str) -> Any:
    import openai

    return openai.AsyncOpenAI(api_key="any", base_url=f"{address}/v1", max_retries=0)


# -------------------------------------------------------------------------------------------------- floors and ours


def floor(transport: Callable[[type[Floor], str, dict[str, Any]], Read], wire: str, address: str) -> Read:
    reading, endpoint, body = _ON_A_FLOOR[wire]
    return transport(reading, f"{address}/v1/{endpoint}", {**body, "stream": True})


_ON_A_FLOOR: dict[str, tuple[type[Floor], str, dict[str, Any]]] = {
    "anthropic": (MessagesFloor, "messages", _MESSAGES),
    "responses": (ResponsesFloor, "responses", _RESPONSES),
    "chat": (ChatFloor, "chat/completions", _CHAT),
}


def ours(provider_name: str, below: str, address: str) -> Read:
    """below: what this provider's base URL has after the server's address."""
    from tuppence.llm import ChatRequest, FunctionDefinition, OutputTextChunk, UserMessage, open_provider

    record = FunctionDefinition(_RECORD["name"], _RECORD["description"], _RECORD["input_schema"])
    request = ChatRequest("any", [UserMessage(_QUESTION)], functions=[record])
    provider = open_provider(provider_name, api_key="any", base_url=address + below)

    async def read(on_text: OnText) -> None:
        async with provider.stream_chat_response(request) as stream:
            async for chunk in stream:
                if type(chunk) is OutputTextChunk:
                    on_text(chunk.data)

    return read


def _beside_floors(wire: str, clients: dict[str, Client]) -> dict[str, Client]:
    floors = {"httpx floor": httpx_floor, "socket floor": socket_floor}
    return {**clients, **{name: partial(floor, transport, wire) for name, transport in floors.items()}}


CLIENTS: dict[str, dict[str, Client]] = {
    "anthropic": _beside_floors(
        "anthropic",
        {
            "ours": partial(ours, "anthropic", ""),
            "SDK raw events": anthropic_events,
            "SDK messages.stream()": anthropic_helper,
        },
    ),
    "responses": _beside_floors(
        "responses", {"ours": partial(ours, "openai", "/v1"), "SDK raw events": responses_events}
    ),
    "chat": _beside_floors("chat", {"ours": partial(ours, "openai-compatible", "/v1"), "SDK raw events": chat_events}),
}
"""By wire and name."""


# ------------------------------------------------------------------------------------------------------ measurements


async def burst_cost(client: Client, address: str, path: str, small_path: str, repeats: int) -> dict[str, float]:
    """CPU seconds of one answer, and of one that is small: the price of a request."""
    small = await _cpu(client(f"{address}/{small_path}"), 2 + repeats)
    large = await _cpu(client(f"{address}/{path}"), 1 + repeats)
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


async def check(client: Client, address: str) -> None:
    """Whoever does not hand on every word may not be compared: raises ValueError. Takes the imports off as well, since
    the SDKs are imported at the first request.
    """
    found: list[str] = []
    await client(f"{address}/burst/100/16384")(found.append)
    if found != words(100):
        raise ValueError(f"of 100 words, {len(found)} were handed on, or other ones")


async def delays(client: Client, address: str, streams: int, warm_up: float, window: float) -> dict[str, float]:
    """Milliseconds from sending an event to handing its word on, with so many paced streams in this process."""
    ramp = 1.0
    read = client(f"{address}/paced/{int((ramp + warm_up + window) / PERIOD)}/{PERIOD * 1000:.0f}")
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


async def main(measurement: str, wire: str, name: str, address: str, *rest: str) -> None:
    client = CLIENTS[wire][name]
    await check(client, address)
    if measurement == "burst":
        found = await burst_cost(client, address, rest[0], rest[1], int(rest[2]))
    else:
        found = await delays(client, address, int(rest[0]), float(rest[1]), float(rest[2]))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

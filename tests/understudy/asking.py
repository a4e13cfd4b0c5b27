"""Asking the understudy over real HTTP, with nothing of ours in between."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tuppence.understudy import Understudy

HEADERS = {"x-api-key": "any", "anthropic-version": "2023-06-01"}


def question(text: str = "Who are you?", **fields: Any) -> dict[str, Any]:
    """A sound request body."""
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": text}],
        **fields,
    }


@asynccontextmanager
async def client_of(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that waits no longer than a test should."""
    async with httpx.AsyncClient(
        base_url=base_url, headers=HEADERS, timeout=10, trust_env=False, verify=False
    ) as client:
        yield client


async def ask(base_url: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    """The whole answer to one request."""
    async with client_of(base_url) as client:
        return await client.post("/v1/messages", json=body, headers=headers)


def events_in(body: str | bytes) -> list[dict[str, Any]]:
    """The data of the server-sent events in a body, each checked against its event line."""
    text = body.decode() if isinstance(body, bytes) else body
    events = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def text_in(events: list[dict[str, Any]]) -> str:
    """The joined text deltas."""
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas if delta["type"] == "text_delta")


OPENAI_HEADERS = {"authorization": "Bearer any"}
FUNCTIONS: dict[str, dict[str, Any]] = {
    "get_weather": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "get_time": {"type": "object", "properties": {}},
}


def responses_question(text: str = "Who are you?", **fields: Any) -> dict[str, Any]:
    """A sound body for the Responses wire, of a model that does not reason."""
    return {"model": "gpt-4.1", "input": [{"role": "user", "content": text}], "store": False, **fields}


def chat_question(text: str = "Who are you?", **fields: Any) -> dict[str, Any]:
    """A sound body for the Chat wire, of a model that every dialect has."""
    return {"model": "understudy", "messages": [{"role": "user", "content": text}], **fields}


def responses_tools(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """The definitions of some functions, as the Responses wire wants them."""
    return [
        {"type": "function", "name": name, "parameters": FUNCTIONS[name], "strict": False, **fields} for name in names
    ]


def chat_tools(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """The definitions of some functions, as the Chat wire wants them."""
    return [{"type": "function", "function": {"name": name, "parameters": FUNCTIONS[name], **fields}} for name in names]


@asynccontextmanager
async def openai_client(server: Understudy) -> AsyncIterator[httpx.AsyncClient]:
    """A client for the OpenAI wires."""
    async with httpx.AsyncClient(
        base_url=server.openai_base_url, headers=OPENAI_HEADERS, timeout=10, trust_env=False, verify=False
    ) as client:
        yield client


async def respond(server: Understudy, body: dict[str, Any], **headers: str) -> httpx.Response:
    """The whole answer to one request of the Responses wire."""
    async with openai_client(server) as client:
        return await client.post("/responses", json=body, headers=headers)


async def complete(server: Understudy, body: dict[str, Any], **headers: str) -> httpx.Response:
    """The whole answer to one request of the Chat wire."""
    async with openai_client(server) as client:
        return await client.post("/chat/completions", json=body, headers=headers)


def chunks_in(body: str) -> list[dict[str, Any]]:
    """The JSON of the `data:` lines of a Chat stream; comments and the end left out."""
    lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def deltas_in(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The deltas of all chunks that have a choice."""
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def words_in(chunks: list[dict[str, Any]]) -> str:
    """The joined text of a Chat stream, parts of text included."""
    found = ""
    for delta in deltas_in(chunks):
        content = delta.get("content") or ""
        found += content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    return found

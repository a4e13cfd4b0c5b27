"""Asking for background work on every wire, over real HTTP, with nothing of ours in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import httpx
import pytest

from tuppence.understudy import Understudy

from .asking import HEADERS, OPENAI_HEADERS

Wire = Literal["anthropic", "responses", "chat"]
every_wire = pytest.mark.parametrize("wire", ["anthropic", "responses", "chat"])

CATEGORIES = ("Food > Groceries", "Food > Coffee Shops", "Getting around", "Fun: Streaming", "Gifts", "Salary")
PURCHASES: list[dict[str, Any]] = [
    {"id": 11, "date": "2026-03-02", "amount": "-41.20 EUR", "description": "EDEKA 4711 BERLIN", "times": 3},
    {"id": 12, "date": "2026-03-03", "amount": "-4.10 EUR", "description": "SQ *BLUE CUP CAFE", "times": 1},
    {"id": 13, "date": "2026-03-04", "amount": "-13.99 EUR", "description": "NETFLIX.COM", "payee": "Netflix"},
    {"id": 14, "date": "2026-03-05", "amount": "-50.00 EUR", "description": "ONLINE TRANSFER 9981"},
]
IDS = tuple(one["id"] for one in PURCHASES)
FILED = {11: "Food > Groceries", 12: "Food > Coffee Shops", 13: "Fun: Streaming", 14: None}

_PATHS = {"anthropic": "/v1/messages", "responses": "/v1/responses", "chat": "/v1/chat/completions"}
_MODELS = {"anthropic": "claude-sonnet-5", "responses": "gpt-4.1", "chat": "understudy"}


def filing_schema(ids: Sequence[Any] = IDS, categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """What `file_transactions` takes."""
    return _schema("filings", ids, {"category": {"anyOf": [{"enum": list(categories)}, {"type": "null"}]}})


def naming_schema(ids: Sequence[Any] = IDS) -> dict[str, Any]:
    """What `name_merchants` takes."""
    maybe = {"type": ["string", "null"]}
    return _schema("findings", ids, {"name": maybe, "website": maybe})


def _schema(items: str, ids: Sequence[Any], values: dict[str, Any]) -> dict[str, Any]:
    properties = {"transaction_id": {"enum": list(ids)}, **values, "confidence": {"type": "integer"}}
    item: dict[str, Any] = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "object", "properties": {items: {"type": "array", "items": item}}, "required": [items]}


def document(transactions: Sequence[dict[str, Any]] = PURCHASES) -> str:
    """The person's message."""
    return json.dumps({"transactions": list(transactions)})


def by_call(wire: Wire, schema: dict[str, Any], said: str | None = None, **fields: Any) -> dict[str, Any]:
    """A request that has to be answered through the one function that takes `schema`."""
    name = "name_merchants" if "findings" in schema["properties"] else "file_transactions"
    said = document() if said is None else said
    match wire:
        case "anthropic":
            choice: Any = {"type": "tool", "name": name}
            tools: list[dict[str, Any]] = [{"name": name, "input_schema": schema}]
        case "responses":
            choice = {"type": "function", "name": name}
            tools = [{"type": "function", "name": name, "parameters": schema, "strict": False}]
        case "chat":
            choice = "required"
            tools = [{"type": "function", "function": {"name": name, "parameters": schema}}]
    return {**_body(wire, "File them.", said), "tools": tools, "tool_choice": choice, **fields}


def by_instruction(wire: Wire, schema: dict[str, Any], said: str | None = None, **fields: Any) -> dict[str, Any]:
    """A request that offers no function and says what JSON is wanted."""
    told = (
        f"File them. Answer with one JSON object of this schema (no other words):\n{json.dumps(schema)}\nThat is all."
    )
    return {**_body(wire, told, document() if said is None else said), **fields}


def _body(wire: Wire, told: str, said: str) -> dict[str, Any]:
    person = {"role": "user", "content": said}
    match wire:
        case "anthropic":
            rest: dict[str, Any] = {"max_tokens": 4000, "system": told, "messages": [person]}
        case "responses":
            rest = {"instructions": told, "input": [person], "store": False}
        case "chat":
            rest = {"messages": [{"role": "system", "content": told}, person]}
    return {"model": _MODELS[wire], **rest}


async def post(server: Understudy, wire: Wire, body: dict[str, Any]) -> httpx.Response:
    """The whole answer to one request."""
    headers = HEADERS if wire == "anthropic" else OPENAI_HEADERS
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=10, trust_env=False) as client:
        return await client.post(_PATHS[wire], json=body)


def calls_in(wire: Wire, answer: httpx.Response) -> list[tuple[str, str]]:
    """The name and the written arguments of every call."""
    body = answer.json()
    match wire:
        case "anthropic":
            blocks = [block for block in body["content"] if block["type"] == "tool_use"]
            return [(block["name"], json.dumps(block["input"])) for block in blocks]
        case "responses":
            return [(one["name"], one["arguments"]) for one in body["output"] if one["type"] == "function_call"]
        case "chat":
            calls = [call["function"] for call in body["choices"][0]["message"].get("tool_calls") or ()]
            return [(call["name"], call["arguments"]) for call in calls]


def words_in(wire: Wire, answer: httpx.Response) -> str:
    """The words of the answer."""
    body = answer.json()
    match wire:
        case "anthropic":
            return "".join(block.get("text", "") for block in body["content"])
        case "responses":
            messages = [item for item in body["output"] if item["type"] == "message"]
            return "".join(part["text"] for item in messages for part in item["content"])
        case "chat":
            return body["choices"][0]["message"]["content"] or ""


def items_in(wire: Wire, answer: httpx.Response) -> list[dict[str, Any]]:
    """The items of all calls; without calls, those of the JSON that the words are."""
    written = [arguments for _, arguments in calls_in(wire, answer)] or [words_in(wire, answer)]
    return [item for text in written for items in json.loads(text).values() for item in items]


async def filed(server: Understudy, wire: Wire, body: dict[str, Any]) -> dict[Any, str | None]:
    """The category of each transaction in the answer."""
    return {item["transaction_id"]: item["category"] for item in items_in(wire, await post(server, wire, body))}

"""The events of a Messages stream. Source: Anthropic API reference, "Streaming Messages"."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuppence.understudy.reply import Block, Call, Event, Json, Opaque, RedactedThinking, Text, Thinking, Usage
from tuppence.understudy.speech import argument_pieces_of, pieces_of, spoken

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SIGNED = b"understudy::"
_DEFAULT_USAGE = Usage(fresh_input_tokens=12, cache_read_tokens=0, cache_write_tokens=0)


def new_id(prefix: str) -> str:
    """A fresh id such as the API makes: `msg_01...`, `toolu_01...`, `req_01...`."""
    return f"{prefix}_01" + "".join(secrets.choice(_ALPHABET) for _ in range(22))


def signature_of(thinking: str) -> str:
    """The signature of our own reasoning; only these very words have it."""
    return base64.b64encode(_SIGNED + hashlib.sha256(thinking.encode()).digest()).decode()


def is_signed_by_us(signature: str) -> bool:
    """Whether the signature is of our making, and so can be checked."""
    return signature.startswith(base64.b64encode(_SIGNED).decode())


def ping_event() -> Event:
    """The keep-alive."""
    return Event("ping", {"type": "ping"})


def error_event(kind: str, message: str) -> Event:
    """An error within a stream that began with status 200."""
    return Event("error", {"type": "error", "error": {"details": None, "type": kind, "message": message}})


def text_events(text: str, **how: Any) -> tuple[Event, ...]:
    """The stream of an answer in words; `how` as in `message_events`."""
    return message_events([Text(text)], **how)


def tool_use_events(*calls: Call, text: str = "", **how: Any) -> tuple[Event, ...]:
    """The stream of an answer that calls functions, after `text` if any; `how` as in `message_events`."""
    return message_events([*([Text(text)] if text else []), *calls], **how)


def message_events(
    blocks: Sequence[Block],
    *,
    model: str = "claude-sonnet-5",
    message_id: str | None = None,
    usage: Usage | None = None,
    stop_reason: str | None = None,
    stop_sequence: str | None = None,
    stop_details: Json | None = None,
    in_one_piece: bool = False,
) -> tuple[Event, ...]:
    """The whole stream of a message of these blocks, `message_start` to `message_stop`.

    `usage` None: twelve tokens of input, the output counted. `stop_reason` None: `tool_use` after calls, else
    `end_turn`. `in_one_piece`: one delta for all of a block's words or arguments.
    """
    counted = spoken(blocks, None, ())
    if usage is None:
        usage = _DEFAULT_USAGE.updated(Usage(output_tokens=max(1, counted.tokens)))
    head = message_head(model, message_id or new_id("msg"), usage_body(usage, first=True))
    delta = stop_body(stop_reason or usual_stop_reason(blocks), stop_sequence, stop_details)
    return (
        Event("message_start", {"type": "message_start", "message": head}),
        *_blocks_events(blocks, in_one_piece),
        Event("message_delta", {"type": "message_delta", "delta": delta, "usage": usage_body(usage)}),
        Event("message_stop", {"type": "message_stop"}),
    )


def message_head(model: str, message_id: str, usage: Json) -> dict[str, Any]:
    """A message with nothing said yet."""
    return {
        "model": model,
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
    }


def stop_body(reason: str, sequence: str | None, details: Json | None = None) -> dict[str, Any]:
    """Why the message ended."""
    if reason == "refusal" and details is None:
        details = {"type": "refusal", "category": None, "explanation": None}
    return {"stop_reason": reason, "stop_sequence": sequence, "stop_details": details}


def usual_stop_reason(blocks: Sequence[Block]) -> str:
    """`tool_use` when a function is requested, else `end_turn`."""
    return "tool_use" if any(isinstance(block, Call) for block in blocks) else "end_turn"


def usage_body(usage: Usage, *, first: bool = False) -> dict[str, Any]:
    """Usage as the wire writes it; `first`: as in `message_start`, before anything was said.

    `input_tokens` leaves cached input out. What is None is left out.
    """
    body: dict[str, Any] = {
        "input_tokens": usage.fresh_input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
    }
    if first and usage.cache_write_tokens is not None:
        body["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens,
            "ephemeral_1h_input_tokens": 0,
        }
    if usage.output_tokens is not None:
        body["output_tokens"] = min(1, usage.output_tokens) if first else usage.output_tokens
    if not first and usage.reasoning_tokens is not None:
        body["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if first:
        body["service_tier"] = "standard"
    return {name: value for name, value in body.items() if value is not None}


def plain_block(block: Block) -> dict[str, Any]:
    """The block as a finished one."""
    match block:
        case Text(text, citations):
            return {"type": "text", "text": text} | ({"citations": list(citations)} if citations else {})
        case Thinking(text, signature):
            return {"type": "thinking", "thinking": text, "signature": signature or signature_of(text)}
        case RedactedThinking(data):
            return {"type": "redacted_thinking", "data": data}
        case Call():
            return _call_start(block) | {"input": _object(block)}
        case Opaque(body):
            return dict(body)


def _blocks_events(blocks: Sequence[Block], in_one_piece: bool) -> Iterator[Event]:
    if not blocks:
        yield ping_event()
    for index, block in enumerate(blocks):
        start = {"type": "content_block_start", "index": index, "content_block": _start_of(block)}
        yield Event("content_block_start", start)
        if index == 0:
            yield ping_event()
        for delta in _deltas_of(block, in_one_piece):
            yield Event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta})
        yield Event("content_block_stop", {"type": "content_block_stop", "index": index})


def _start_of(block: Block) -> dict[str, Any]:
    match block:
        case Text(_, citations):
            return {"type": "text", "text": ""} | ({"citations": []} if citations else {})
        case Thinking():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case Call(at_once=False):
            return _call_start(block)
        case _:
            return plain_block(block)


def _call_start(call: Call) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id or new_id("toolu"), "name": call.name, "input": {}}


def _deltas_of(block: Block, in_one_piece: bool) -> Iterator[dict[str, Any]]:
    match block:
        case Text(text, citations):
            for citation in citations:
                yield {"type": "citations_delta", "citation": citation}
            for piece in pieces_of(text, in_one_piece):
                yield {"type": "text_delta", "text": piece}
        case Thinking(text, signature):
            for piece in pieces_of(text, in_one_piece):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": signature or signature_of(text)}
        case Call(at_once=False):
            yield {"type": "input_json_delta", "partial_json": ""}
            arguments = block.arguments_text
            for piece in argument_pieces_of("" if arguments == "{}" else arguments, in_one_piece):
                yield {"type": "input_json_delta", "partial_json": piece}


def _object(call: Call) -> Mapping[str, Any]:
    """The arguments as the plain answer holds them: an object, empty when they are not whole."""
    if not isinstance(call.arguments, str):
        return call.arguments
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

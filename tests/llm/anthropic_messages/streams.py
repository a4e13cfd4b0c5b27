"""Events as the Messages API sends them, written as literals, and what our parser makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tuppence.llm import ChatResponse, ChatStreamChunk, ResponseChunk
from tuppence.llm.anthropic_messages.chat_stream_parser import ChatStreamParser, decode_event

from ..asking import TO

Json = dict[str, Any]


def start(**usage: Any) -> Json:
    usage = usage or {"input_tokens": 10, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-of-may", "content": []}
    return {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}


def block_start(index: int, **block: Any) -> Json:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def block_stop(index: int) -> Json:
    return {"type": "content_block_stop", "index": index}


def end(reason: str | None = "end_turn", **usage: Any) -> list[Json]:
    usage = usage or {"output_tokens": 7}
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, {"type": "message_stop"}]


def text(index: int, *pieces: str) -> list[Json]:
    deltas = [delta(index, "text_delta", text=piece) for piece in pieces]
    return [block_start(index, type="text", text=""), *deltas, block_stop(index)]


def call(index: int, call_id: str, name: str, *pieces: str, **more: Any) -> list[Json]:
    begin = block_start(index, type="tool_use", id=call_id, name=name, **{"input": {}, **more})
    deltas = [delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
    return [begin, *deltas, block_stop(index)]


def stream(*content: Iterable[Json], reason: str | None = "end_turn") -> list[Json]:
    """A whole answer."""
    return [start(), *(event for events in content for event in events), *end(reason)]


def fed(events: Iterable[Json], parser: ChatStreamParser | None = None) -> list[ChatStreamChunk]:
    """The chunks that the events make."""
    parser = parser or ChatStreamParser(TO)
    chunks = (parser.parse(decode_event(msgspec.json.encode(event))) for event in events)
    return [chunk for chunk in chunks if chunk is not None]


def response_of(events: Iterable[Json]) -> ChatResponse:
    """The response at the end of a whole answer."""
    *_, last = fed(events)
    assert isinstance(last, ResponseChunk)
    return last.data

"""Whole answers of a model as server-sent events, in the three protocols. Made of the same words, so they compare.

The forms are those of the protocols' references: Anthropic "Streaming Messages"; OpenAI "Responses: Streaming events"
and "Chat Completions: streaming", with the padding (`obfuscation`) that OpenAI adds to each delta.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

_WORDS = ("It", " was", " twelve", " euros", " and", " thirty", " cents", ",", " né", " 🦔", " — ", "1.2", "\n- ")
_PADDING = "q7VnB2kTzR9cWd1y"  # a delta and its padding have one length, so that sizes tell nothing
_CREATED = 1_790_000_000  # seconds since 1970


def words(count: int) -> list[str]:
    return [_WORDS[number % len(_WORDS)] for number in range(count)]


def text_events(endpoint: str, pieces: list[str]) -> list[bytes]:
    """An answer of text, piece by piece, from the endpoint of a protocol. KeyError for one that is not known."""
    return {"messages": _messages_text, "responses": _responses_text, "chat/completions": _chat_text}[endpoint](pieces)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _named(kind: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), _json({"type": kind, **fields}))


# ------------------------------------------------------------------------------------------------ Anthropic Messages


def message_around(block: dict[str, Any], stop_reason: str) -> tuple[bytes, bytes]:
    """What comes before and after the pieces of a message's only block."""
    usage = {"input_tokens": 20, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "any", "content": [], "usage": usage}
    before = _named("message_start", message=message) + _named("content_block_start", index=0, content_block=block)
    delta = _named("message_delta", delta={"stop_reason": stop_reason}, usage={"output_tokens": 9})
    return before + _named("ping"), _named("content_block_stop", index=0) + delta + _named("message_stop")


def message_word(text: str) -> bytes:
    return _named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def message_arguments(pieces: list[str]) -> list[bytes]:
    """An answer that is one function request, piece by piece."""
    block = {"type": "tool_use", "id": "toolu_1", "name": "record", "input": {}}
    before, after = message_around(block, "tool_use")
    deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    return [before, *(_named("content_block_delta", index=0, delta=delta) for delta in deltas), after]


def _messages_text(pieces: list[str]) -> list[bytes]:
    before, after = message_around({"type": "text", "text": ""}, "end_turn")
    return [before, *map(message_word, pieces), after]


# -------------------------------------------------------------------------------------------------- OpenAI Responses


def _responses_text(pieces: list[str]) -> list[bytes]:
    numbers = itertools.count()
    whole = "".join(pieces)
    part = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {"id": "msg_1", "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
    done = {**item, "status": "completed", "content": [_output_text(whole)]}

    def event(kind: str, **fields: Any) -> bytes:
        return _named(f"response.{kind}", sequence_number=next(numbers), **fields)

    return [
        event("created", response=_response("in_progress")),
        event("in_progress", response=_response("in_progress")),
        event("output_item.added", output_index=0, item=item),
        event("content_part.added", **part, part=_output_text("")),
        *(
            event("output_text.delta", **part, delta=piece, logprobs=[], obfuscation=_PADDING[len(piece) :])
            for piece in pieces
        ),
        event("output_text.done", **part, text=whole, logprobs=[]),
        event("content_part.done", **part, part=_output_text(whole)),
        event("output_item.done", output_index=0, item=done),
        event("completed", response=_response("completed", done)),
    ]


def _output_text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _response(status: str, *output: dict[str, Any]) -> dict[str, Any]:
    usage = {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 29,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": "any",
        "output": list(output),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage if status == "completed" else None,
        "user": None,
        "metadata": {},
    }


# ------------------------------------------------------------------------------------------- OpenAI Chat Completions


def _chat_text(pieces: list[str]) -> list[bytes]:
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 9,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    return [
        _chat_delta({"role": "assistant", "content": "", "refusal": None}),
        *(_chat_delta({"content": piece}, padding=_PADDING[len(piece) :]) for piece in pieces),
        _chat_delta({}, finish_reason="stop"),
        _chat_chunk([], usage=usage),
        b"data: [DONE]\n\n",
    ]


def _chat_delta(delta: dict[str, Any], *, finish_reason: str | None = None, padding: str = _PADDING) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _chat_chunk([choice], padding=padding)


def _chat_chunk(
    choices: list[dict[str, Any]], *, usage: dict[str, Any] | None = None, padding: str = _PADDING
) -> bytes:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": "any",
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "choices": choices,
        "usage": usage,
        "obfuscation": padding,
    }
    return b"data: %b\n\n" % _json(chunk)

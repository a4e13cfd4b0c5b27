"""The chunks of a streamed completion, and a plain one, in a server's dialect.

Source: OpenAI API reference, "Chat Completions" and its streaming chunks; the dialects are described at `Dialect`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuppence.understudy.openai.answers import Answer, new_token
from tuppence.understudy.openai_chat.dialects import Dialect
from tuppence.understudy.reply import Block, Call, Event, Json, Opaque, RedactedThinking, Text, Thinking, Usage
from tuppence.understudy.speech import argument_pieces_of, pieces_of

_REASONS = {"end": "stop", "limit": "length", "filter": "content_filter", "failure": "error"}
_OBFUSCATED = 12
_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_NULL_FIELDS = ("content", "tool_calls")


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer about to be said."""

    answer: Answer
    model: str
    dialect: Dialect
    reports_usage: bool = True
    in_one_piece: bool = False
    without_end: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{new_token(29)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def finish_reason(self) -> str:
        """Why the answer ended, in the dialect's word."""
        if self.answer.word is not None:
            return self.answer.word
        if self.answer.ending == "calls":
            return self.dialect.calls_finish
        return _REASONS[self.answer.ending]

    @property
    def usage(self) -> dict[str, Any] | None:
        """The usage to report; None when it is not."""
        return usage_body(self.answer.usage, self.dialect) if self.dialect.usage != "never" else None


def completion_events(completion: Completion) -> Iterator[Event | bytes]:
    """The whole stream."""
    dialect = completion.dialect
    if dialect.comment is not None:
        yield comment_line(dialect)
    if dialect.prompt_filter:
        yield _event(_prompt_filter(), dialect)
    for chunk in _chunks(completion):
        yield _event(chunk, dialect)
    if dialect.done and not completion.without_end:
        yield Event(None, "[DONE]", dialect.line_end)


def plain_completion(completion: Completion) -> dict[str, Any]:
    """The answer as one body."""
    dialect = completion.dialect
    message = {"role": "assistant", "content": None} | _plain_message(completion)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    body = _head(completion, "chat.completion") | {"choices": [choice]}
    return body | ({} if completion.usage is None else _usage_fields(completion.usage, dialect))


def comment_line(dialect: Dialect) -> bytes:
    """The dialect's comment, as a whole frame."""
    return f": {dialect.comment}{dialect.line_end * 2}".encode()


def usage_body(usage: Usage, dialect: Dialect) -> dict[str, Any] | None:
    """Usage as the wire writes it, all input in one figure; None when nothing is known."""
    total = None if usage.input_tokens is None else usage.input_tokens + (usage.output_tokens or 0)
    body: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": total,
    }
    if dialect.usage_details and usage.cache_read_tokens is not None:
        body["prompt_tokens_details"] = {"cached_tokens": usage.cache_read_tokens}
    if dialect.usage_details and usage.reasoning_tokens is not None:
        body["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return {name: value for name, value in body.items() if value is not None} or None


def _event(chunk: Json, dialect: Dialect) -> Event:
    return Event(None, chunk, dialect.line_end)


def _prompt_filter() -> Json:
    results = [{"prompt_index": 0, "content_filter_results": _SAFE}]
    return {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": results}


def _chunks(completion: Completion) -> Iterator[Json]:
    dialect = completion.dialect
    deltas = [_dressed(delta, at, dialect) for at, delta in enumerate(_deltas(completion))]
    reasons: list[str | None] = [None] * len(deltas)
    if not completion.without_end:
        if dialect.finish in ("with_last", "twice"):
            reasons[-1] = completion.finish_reason
        if dialect.finish in ("apart", "twice"):
            deltas.append(_dressed({}, len(deltas), dialect))
            reasons.append(completion.finish_reason)
    for at, (delta, reason) in enumerate(zip(deltas, reasons, strict=True)):
        yield _chunk(completion, delta, reason) | _usage_on(completion, at, len(deltas), reason)
    if completion.usage is None or not completion.reports_usage:
        return
    if dialect.usage == "trailing":
        yield _chunk(completion, _dressed({"content": ""}, 1, dialect), None) | {"usage": completion.usage}
    elif dialect.usage == "apart":
        yield _head(completion) | {"choices": [], "usage": completion.usage} | _padding(dialect)


def _chunk(completion: Completion, delta: Json, reason: str | None) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    if completion.dialect.prompt_filter:
        choice["content_filter_results"] = _SAFE if delta.get("content") else {}
    return _head(completion) | {"choices": [choice]} | _padding(completion.dialect)


def _head(completion: Completion, kind: str = "chat.completion.chunk") -> dict[str, Any]:
    return {
        "id": completion.id if completion.dialect.ids else "",
        "object": kind,
        "created": completion.created,
        "model": completion.model,
        "system_fingerprint": f"fp_{completion.dialect.name}",
    }


def _padding(dialect: Dialect) -> dict[str, Any]:
    return {"obfuscation": secrets.token_urlsafe(_OBFUSCATED)} if dialect.obfuscation else {}


def _usage_on(completion: Completion, at: int, chunks: int, reason: str | None) -> dict[str, Any]:
    """The usage on the chunk number `at`, which may be one that reports none."""
    usage, dialect = completion.usage, completion.dialect
    if usage is None or not completion.reports_usage:
        return {}
    last = at == chunks - 1
    if dialect.usage == "every":
        said = usage.get("completion_tokens", 0) * (at + 1) // chunks
        return {"usage": {**usage, "completion_tokens": said, "total_tokens": usage.get("prompt_tokens", 0) + said}}
    if last and reason is not None and dialect.usage in ("with_finish", "x_groq"):
        return _usage_fields(usage, dialect)
    return {"usage": None} if dialect.null_usage else {}


def _usage_fields(usage: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    if dialect.usage == "x_groq":
        return {"x_groq": {"id": f"req_{new_token(26).lower()}", "usage": usage}}
    return {"usage": usage}


def _dressed(delta: Json, at: int, dialect: Dialect) -> dict[str, Any]:
    """The delta with the dialect's role and nulls."""
    dressed: dict[str, Any] = {}
    if dialect.role == "every" or (dialect.role == "first" and at == 0):
        dressed["role"] = "assistant"
    if dialect.nulls:
        dressed.update(dict.fromkeys(_NULL_FIELDS))
        if dialect.reasoning in ("reasoning", "reasoning_content"):
            dressed[dialect.reasoning] = None
    if dialect.role == "every" and not delta:
        dressed["content"] = ""
    return {**dressed, **delta}


def _deltas(completion: Completion) -> list[Json]:
    """What the chunks add to the message, the first one empty words."""
    dialect, answer = completion.dialect, completion.answer
    first: dict[str, Any] = {"content": ""}
    if dialect.refusals:
        first["refusal"] = None
    deltas: list[Json] = [first] if dialect.role == "first" else []
    as_parts = dialect.reasoning == "parts" and any(isinstance(block, Thinking) for block in answer.blocks)
    numbered = _numbered_calls(answer.blocks)
    for block in answer.blocks:
        match block:
            case Text(text):
                pieces = pieces_of(text, completion.in_one_piece)
                deltas += _joined_to(deltas, [_words(piece, completion, as_parts) for piece in pieces], dialect)
            case Thinking(text, _, hidden) if not hidden:
                deltas += [_thought(piece, dialect) for piece in pieces_of(text, completion.in_one_piece)]
            case RedactedThinking(data) if dialect.name == "openrouter":
                deltas.append({"reasoning_details": [{"type": "reasoning.encrypted", "data": data, "index": 0}]})
            case Call() if dialect.calls != "together":
                deltas += _call_deltas(block, numbered[id(block)], completion)
            case Opaque(body):
                deltas.append(body)
            case _:
                pass
    if numbered and dialect.calls == "together":
        calls = [_whole_call(one, numbered[id(one)], dialect) for one in answer.blocks if isinstance(one, Call)]
        deltas.append({"tool_calls": calls})
    return [delta for delta in deltas if delta] or [first]


def _numbered_calls(blocks: Sequence[Block]) -> dict[int, int]:
    """Each call's index, by identity: two calls may be equal."""
    return {id(call): at for at, call in enumerate(block for block in blocks if isinstance(block, Call))}


def _joined_to(deltas: list[Json], texts: list[Json], dialect: Dialect) -> list[Json]:
    """The texts, the first of them put into the reasoning before it where the dialect does that."""
    before = deltas[-1] if deltas else {}
    if not dialect.joins_reasoning or not texts or not before.keys() & {"reasoning", "reasoning_content"}:
        return texts
    deltas[-1] = {**before, **texts[0]}
    return texts[1:]


def _words(piece: str, completion: Completion, as_parts: bool) -> Json:
    if completion.answer.refused and completion.dialect.refusals:
        return {"refusal": piece}
    return {"content": [{"type": "text", "text": piece}] if as_parts else piece}


def _thought(piece: str, dialect: Dialect) -> Json:
    match dialect.reasoning:
        case None:
            return {}
        case "parts":
            return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]}
        case named:
            return {named: piece}


def _call_deltas(call: Call, index: int, completion: Completion) -> list[Json]:
    dialect = completion.dialect
    whole = _whole_call(call, index, dialect)
    if dialect.calls == "whole" or call.at_once:
        return [{"tool_calls": [whole]}]
    function = whole["function"]
    started = {**whole, "function": {"name": function["name"], "arguments": ""}}
    pieces = argument_pieces_of(call.arguments_text, completion.in_one_piece)
    if dialect.call_ids == "repeated":
        more = [{**whole, "function": {"name": function["name"], "arguments": piece}} for piece in pieces]
    else:
        place = {"index": index} if dialect.call_index else {}
        more = [{**place, "function": {"arguments": piece}} for piece in pieces]
    return [{"tool_calls": [one]} for one in (started, *more)]


def _whole_call(call: Call, index: int, dialect: Dialect) -> dict[str, Any]:
    place = {"index": index} if dialect.call_index else {}
    return {**place, **_call_body(call, dialect)}


def _call_body(call: Call, dialect: Dialect) -> dict[str, Any]:
    made = new_token(9) if dialect.call_id_form == "nine" else f"call_{new_token(24)}"
    call_id: Mapping[str, Any] = {"id": call.id or made}
    if dialect.call_ids == "empty":
        call_id = {"id": ""}
    elif dialect.call_ids == "missing":
        call_id = {}
    return {**call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments_text}}


def _plain_message(completion: Completion) -> dict[str, Any]:
    """The finished message's fields, where there is something to say."""
    answer, dialect = completion.answer, completion.dialect
    text = "".join(block.text for block in answer.blocks if isinstance(block, Text))
    thoughts = [block.text for block in answer.blocks if isinstance(block, Thinking) and not block.hidden]
    calls = [_call_body(block, dialect) for block in answer.blocks if isinstance(block, Call)]
    message: dict[str, Any] = {}
    if answer.refused and dialect.refusals:
        message["refusal"] = text
    elif text:
        message["content"] = text
    if thoughts and dialect.reasoning == "parts":
        thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": one}]} for one in thoughts]
        message["content"] = [*thinking, *([{"type": "text", "text": text}] if text else [])]
    elif thoughts and dialect.reasoning is not None:
        message[dialect.reasoning] = "".join(thoughts)
    if calls:
        message["tool_calls"] = calls
    for block in answer.blocks:
        if isinstance(block, Opaque):
            message.update(block.block)
    return message

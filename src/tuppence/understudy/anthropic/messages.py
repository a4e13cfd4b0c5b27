"""The Anthropic Messages API: `/v1/messages`, `/v1/messages/count_tokens`, `/v1/models`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from tuppence.understudy.anthropic.events import (
    error_event,
    message_events,
    message_head,
    new_id,
    ping_event,
    plain_block,
    stop_body,
    usage_body,
    usual_stop_reason,
)
from tuppence.understudy.anthropic.prefixes import PrefixCache, tokens_of
from tuppence.understudy.anthropic.rules import check_request, merged, refuse
from tuppence.understudy.connection import Request
from tuppence.understudy.conversation import Conversation, Function, PastCall, Question, Result, Said
from tuppence.understudy.reply import Block, Event, Fault, Reply, Thinking, Usage, compact_json
from tuppence.understudy.speech import spoken
from tuppence.understudy.wire import House

MODELS = (
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-opus-4-5-20251101",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
    "claude-haiku-4-5",
    "claude-haiku-4-5-20251001",
    "claude-haiku-5-5",
    "claude-fable-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-preview",
    "claude-mythos-5",
    "claude-mythos-5-1",
    "claude-mythos-5-2",
    "understudy",
)
_KINDS = {
    400: ("invalid_request_error", "The request is invalid."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not Found"),
    405: ("invalid_request_error", "Method Not Allowed"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}


class AnthropicMessages:
    """The wire, with the prefixes that it has cached so far."""

    name = "anthropic-messages"

    def __init__(self, house: House) -> None:
        self._house = house
        self._models = house.models or MODELS
        self._cache = PrefixCache(house.cached_from)

    def speaks(self, request: Request) -> bool:
        """Whether the path is one of this wire, or a client of this wire asks."""
        return request.path.startswith("/v1/messages") or bool(
            request.headers.keys() & {"x-api-key", "anthropic-version"}
        )

    def read(self, request: Request) -> Question | Reply:
        """The question, or the reply to a list of models or a count. Raises Rejected."""
        self._check_key(request)
        if request.path == "/v1/models" or request.path.startswith("/v1/models/"):
            return self._models_reply(request)
        if request.path not in ("/v1/messages", "/v1/messages/count_tokens"):
            refuse("Not Found", 404)
        if request.method != "POST":
            refuse("Method Not Allowed", 405)
        body = _json_object(request.body)
        counting = request.path.endswith("/count_tokens")
        if self._house.strict:
            check_request(body, counting=counting)
        self._check_model(str(body.get("model")))
        if counting:
            return Reply(raw=compact_json({"input_tokens": tokens_of(body)}).encode())
        return self._question(body)

    def headers(self, request_id: str) -> Mapping[str, str]:
        """The request id, under the name the SDK looks for."""
        return {"request-id": request_id, "anthropic-organization-id": "understudy"}

    def error_body(self, fault: Fault, request_id: str) -> dict[str, Any]:
        """The error envelope, with the request's id."""
        kind, message = _words_for(fault)
        error = {"details": None, "type": kind, "message": message}
        return {"type": "error", "error": error, "request_id": request_id}

    def error_event(self, fault: Fault, number: int) -> Event:
        """The `error` event."""
        return error_event(*_words_for(fault))

    def ping(self, number: int) -> Event:
        """The `ping` event."""
        return ping_event()

    def events(self, reply: Reply, question: Question) -> Iterator[Event]:
        """The reply's content as a stream."""
        blocks, usage, stop_reason, stop_sequence = _said(reply, question)
        events = message_events(
            blocks,
            model=question.model,
            usage=usage,
            stop_reason=stop_reason,
            stop_sequence=stop_sequence,
            in_one_piece=reply.in_one_piece,
        )
        yield from events[:-2] if reply.without_end else events

    def plain(self, reply: Reply, question: Question) -> dict[str, Any]:
        """The reply's content as one message."""
        blocks, usage, stop_reason, stop_sequence = _said(reply, question)
        wire_usage = usage_body(usage, first=True) | usage_body(usage)
        body = message_head(question.model, new_id("msg"), wire_usage)
        return body | {"content": [plain_block(block) for block in blocks]} | stop_body(stop_reason, stop_sequence)

    def reported_usage(self, data: Mapping[str, Any]) -> Usage | None:
        """The usage of a `message_start`, a `message_delta` or a whole message."""
        kind = data.get("type")
        holder = data.get("message") if kind == "message_start" else data
        if kind not in ("message_start", "message_delta", "message") or not isinstance(holder, dict):
            return None
        usage = holder.get("usage")
        if not isinstance(usage, dict):
            return None
        return Usage(
            fresh_input_tokens=usage.get("input_tokens"),
            output_tokens=usage.get("output_tokens"),
            cache_read_tokens=usage.get("cache_read_input_tokens"),
            cache_write_tokens=usage.get("cache_creation_input_tokens"),
            reasoning_tokens=(usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        )

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("x-api-key")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not key and not bearer:
            refuse("x-api-key header is required", 401)
        if self._house.api_key is not None and self._house.api_key not in (key, bearer):
            refuse("invalid x-api-key" if key else "Invalid bearer token", 401)
        if self._house.strict and "anthropic-version" not in request.headers:
            refuse("anthropic-version: header is required")

    def _check_model(self, model: str) -> None:
        if model not in self._models:
            refuse(f"model: {model}", 404)

    def _models_reply(self, request: Request) -> Reply:
        if request.method != "GET":
            refuse("Method Not Allowed", 405)
        name = request.path.removeprefix("/v1/models").strip("/")
        if name:
            self._check_model(name)
            return Reply(raw=compact_json(self._model_body(name)).encode())
        data = [self._model_body(model) for model in self._models]
        page = {"data": data, "has_more": False, "first_id": self._models[0], "last_id": self._models[-1]}
        return Reply(raw=compact_json(page).encode())

    def _model_body(self, model: str) -> dict[str, Any]:
        return {
            "type": "model",
            "id": model,
            "display_name": model.replace("-", " ").title(),
            "created_at": "1970-01-01T00:00:00Z",
            "lifecycle": "active",
            "max_input_tokens": self._house.context_window,
            "max_tokens": 128_000,
        }

    def _question(self, body: Mapping[str, Any]) -> Question:
        window = self._house.context_window
        if (tokens := tokens_of(body)) > window and not self._house.drops_beginning:
            refuse(f"prompt is too long: {tokens} tokens > {window} maximum")
        question = Question(
            model=str(body.get("model")),
            streamed=bool(body.get("stream")),
            conversation=_conversation(body),
            usage=self._cache.usage_of(body),
            most_output_tokens=body.get("max_tokens"),
            stop_sequences=tuple(body.get("stop_sequences") or ()),
            thinking=_thinking(body.get("thinking")),
            request=body,
        )
        return question.fitted(window)


def _words_for(fault: Fault) -> tuple[str, str]:
    kind, message = _KINDS.get(fault.status, ("api_error" if fault.status >= 500 else "invalid_request_error", "Error"))
    return fault.kind or kind, fault.message or message


def _said(reply: Reply, question: Question) -> tuple[Sequence[Block], Usage, str, str | None]:
    """The blocks that fit, their usage, and why the message ends, with the stop sequence met."""
    said = spoken(reply.blocks, question.most_output_tokens, question.stop_sequences)
    blocks = tuple(_shown(block, question) for block in said.blocks)
    counted = Usage(
        output_tokens=max(1, said.tokens),
        reasoning_tokens=said.thinking_tokens if question.thinking != "no" or said.thinking_tokens else None,
    )
    usage = reply.usage or question.usage.updated(counted)
    reason = reply.stop_reason or usual_stop_reason(blocks)
    if said.ended_by_limit:
        reason = "max_tokens"
    elif said.stop_sequence is not None:
        reason = "stop_sequence"
    return blocks, usage, reason, said.stop_sequence or reply.stop_sequence


def _shown(block: Block, question: Question) -> Block:
    if isinstance(block, Thinking) and (block.hidden or question.thinking == "omitted"):
        return Thinking("", plain_block(block)["signature"])
    return block


def _thinking(config: object) -> Literal["no", "shown", "omitted"]:
    if not isinstance(config, dict) or config.get("type") not in ("enabled", "adaptive"):
        return "no"
    return "omitted" if config.get("display") == "omitted" else "shown"


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError as error:
        refuse(f"The request body is not valid JSON: {error}")
    if not isinstance(value, dict):
        refuse("Input should be a valid dictionary or object to extract fields from")
    return value


def _conversation(body: Mapping[str, Any]) -> Conversation:
    choice = body.get("tool_choice") or {"type": "auto"}
    calls: Literal["allowed", "forbidden", "required"] = "allowed"
    if choice["type"] == "none":
        calls = "forbidden"
    elif choice["type"] in ("any", "tool"):
        calls = "required"
    messages = merged(body["messages"])
    return Conversation(
        instructions="\n\n".join(
            [_text_of(body.get("system")), *(_text_of(blocks) for role, blocks in messages if role == "system")]
        ).strip(),
        messages=tuple(_message(role, blocks) for role, blocks in messages if role != "system"),
        functions=tuple(
            Function(tool["name"], tool.get("description", ""), tool["input_schema"])
            for tool in body.get("tools") or ()
            if "input_schema" in tool
        ),
        calls=calls,
        required_function=choice.get("name"),
        parallel_calls=not choice.get("disable_parallel_tool_use", False),
    )


def _message(role: str, blocks: Sequence[Mapping[str, Any]]) -> Said:
    return Said(
        speaker="assistant" if role == "assistant" else "user",
        text=_text_of(blocks),
        calls=tuple(PastCall(b["id"], b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"),
        results=tuple(
            Result(b["tool_use_id"], _text_of(b.get("content")), b.get("is_error", False))
            for b in blocks
            if b["type"] == "tool_result"
        ),
    )


def _text_of(content: object) -> str:
    """The text of a string or of the text blocks in a list; empty for None."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(block["text"] for block in blocks if block.get("type") == "text")

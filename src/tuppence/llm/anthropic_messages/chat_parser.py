"""A finished Messages API message to a ChatResponse: the one way in, for plain answers and for streams that ended."""

from __future__ import annotations

from typing import Any

import msgspec

from tuppence.llm.concept import (
    Block,
    ChatFunctionRequest,
    ChatResponse,
    Origin,
    ProviderBlock,
    ReasoningBlock,
    StopReason,
    TextBlock,
    TokenUsage,
)
from tuppence.llm.errors import MalformedStream
from tuppence.llm.fields import NOT_JSON, count_in, object_in, text_in
from tuppence.llm.transcript import with_cut_call_marked

STOP_REASONS: dict[str, StopReason] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "function_request",
    "refusal": "refusal",
    "pause_turn": "pause",
    "model_context_window_exceeded": "context_window",
}


class ChatParser:
    """Reads one message."""

    def __init__(self, origin: Origin | None = None) -> None:
        """origin: what the blocks carry as their maker; None in tests."""
        self._origin = origin

    def parse_bytes(self, body: bytes) -> ChatResponse:
        """A plain answer's body. Raises MalformedStream when it is not a message."""
        try:
            message = msgspec.json.decode(body)
        except NOT_JSON as error:
            raise MalformedStream("The provider's answer is not JSON. Check the provider's address.") from error
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
            raise MalformedStream("The provider's answer is not a message. Check the provider's address.")
        return self.parse(message)

    def parse(self, message: dict[str, Any]) -> ChatResponse:
        """A message as the API gives it; a `tool_use` block may hold its input as text, in `input_json`.

        What a field holds against the protocol counts as not said: this never raises.
        """
        reason = text_in(message, "stop_reason") or None
        content = tuple(self._block(block) for block in message["content"])
        return ChatResponse(
            id=text_in(message, "id"),
            model=text_in(message, "model"),
            content=with_cut_call_marked(content) if reason == "max_tokens" else content,
            stop_reason=STOP_REASONS.get(reason, "other") if reason else None,
            provider_stop_reason=reason,
            usage=usage_of(object_in(message, "usage")),
        )

    def _block(self, block: dict[str, Any]) -> Block:
        match block.get("type"):
            case "text":
                return TextBlock(text_in(block, "text"), self._origin, raw=block if block.get("citations") else None)
            case "thinking":
                signed = block if block.get("signature") else None
                return ReasoningBlock(text_in(block, "thinking"), self._origin, raw=signed)
            case "redacted_thinking":
                return ReasoningBlock("", self._origin, raw=block)
            case "tool_use":
                return self._function_request(block)
            case kind:
                return ProviderBlock(kind if isinstance(kind, str) else "unknown", block, self._origin)

    def _function_request(self, block: dict[str, Any]) -> ChatFunctionRequest:
        arguments, raw = function_args(block)
        return ChatFunctionRequest(
            id=text_in(block, "id"),
            call_id=text_in(block, "id"),
            function_name=text_in(block, "name"),
            function_args=arguments or {},
            malformed=arguments is None,
            raw_arguments=raw if arguments is None else None,
            origin=self._origin,
        )


def function_args(block: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The input of a block as an object, or None when it is not one; and as text.

    Pieces of nothing but white space add nothing to the input that the block began with.
    """
    text = block.get("input_json") or ""
    if not text.strip():
        given = block.get("input")
        return (given if isinstance(given, dict) else {} if given is None else None), msgspec.json.encode(
            given
        ).decode()
    try:
        arguments = msgspec.json.decode(text)
    except NOT_JSON:
        return None, text
    return (arguments if isinstance(arguments, dict) else None), text


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """The tokens of one request.

    The API counts `input_tokens` without the cached ones; ours counts all. Where one request had several iterations
    (compaction, a fallback model), the plain numbers leave some out and `iterations` lists what is billed: then those
    are added up. Source: Anthropic documentation, "Prompt caching" and "Compaction".
    """
    listed = usage.get("iterations")
    iterations = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    parts = iterations if len(iterations) > 1 else [usage]

    def total(name: str) -> int | None:
        numbers = [count for part in parts if (count := count_in(part, name)) is not None]
        return sum(numbers) if numbers else None

    read, write = total("cache_read_input_tokens"), total("cache_creation_input_tokens")
    plain = total("input_tokens")
    return TokenUsage(
        input_tokens=None if plain is None else plain + (read or 0) + (write or 0),
        output_tokens=total("output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=write,
        reasoning_tokens=count_in(object_in(usage, "output_tokens_details"), "thinking_tokens"),
    )

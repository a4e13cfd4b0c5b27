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
        except msgspec.DecodeError as error:
            raise MalformedStream("The provider's answer is not JSON. Check the provider's address.") from error
        if not isinstance(message, dict) or not isinstance(message.get("content"), list):
            raise MalformedStream("The provider's answer is not a message. Check the provider's address.")
        return self.parse(message)

    def parse(self, message: dict[str, Any]) -> ChatResponse:
        """A message as the API gives it; a `tool_use` block may hold its input as text, in `input_json`."""
        reason = message.get("stop_reason")
        stop: StopReason | None = STOP_REASONS.get(reason, "other") if reason else None
        return ChatResponse(
            id=message.get("id") or "",
            model=message.get("model") or "",
            content=tuple(self._block(block) for block in message["content"]),
            stop_reason=stop,
            provider_stop_reason=reason,
            usage=usage_of(message.get("usage") or {}),
        )

    def _block(self, block: dict[str, Any]) -> Block:
        match block.get("type"):
            case "text":
                return TextBlock(block.get("text") or "", self._origin, raw=block if block.get("citations") else None)
            case "thinking":
                signed = block if block.get("signature") else None
                return ReasoningBlock(block.get("thinking") or "", self._origin, raw=signed)
            case "redacted_thinking":
                return ReasoningBlock("", self._origin, raw=block)
            case "tool_use":
                return self._function_request(block)
            case kind:
                return ProviderBlock(kind or "unknown", block, self._origin)

    def _function_request(self, block: dict[str, Any]) -> ChatFunctionRequest:
        arguments, raw = function_args(block)
        return ChatFunctionRequest(
            id=block.get("id") or "",
            call_id=block.get("id") or "",
            function_name=block.get("name") or "",
            function_args=arguments or {},
            malformed=arguments is None,
            raw_arguments=raw if arguments is None else None,
            origin=self._origin,
        )


def function_args(block: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The input of a block as an object, or None when it is not one; and as text."""
    text = block.get("input_json")
    given = block.get("input")
    if text is None:
        return (given if isinstance(given, dict) else {} if given is None else None), msgspec.json.encode(
            given
        ).decode()
    if not text.strip():
        return {}, text
    try:
        arguments = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None, text
    return (arguments if isinstance(arguments, dict) else None), text


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """The tokens of one request.

    The API counts `input_tokens` without the cached ones; ours counts all. Where one request had several iterations
    (compaction, a fallback model), the plain numbers leave some out and `iterations` lists what is billed: then those
    are added up. Source: Anthropic documentation, "Prompt caching" and "Compaction".
    """
    iterations = [one for one in usage.get("iterations") or () if isinstance(one, dict)]
    parts = iterations if len(iterations) > 1 else [usage]

    def total(name: str) -> int | None:
        numbers = [part[name] for part in parts if part.get(name) is not None]
        return sum(numbers) if numbers else None

    read, write = total("cache_read_input_tokens"), total("cache_creation_input_tokens")
    plain = total("input_tokens")
    details = usage.get("output_tokens_details") or {}
    return TokenUsage(
        input_tokens=None if plain is None else plain + (read or 0) + (write or 0),
        output_tokens=total("output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=write,
        reasoning_tokens=details.get("thinking_tokens"),
    )

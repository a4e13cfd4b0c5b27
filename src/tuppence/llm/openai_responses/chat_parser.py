"""A finished Responses API response to a ChatResponse: the one way in, for plain answers and for streams that ended."""

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
from tuppence.llm.fields import NOT_JSON, count_in, json_object, object_in, objects_in, text_in
from tuppence.llm.transcript import with_cut_call_marked

_INCOMPLETE: dict[str, StopReason] = {"max_output_tokens": "max_tokens", "content_filter": "content_filter"}


class ChatParser:
    """Reads one response."""

    def __init__(self, origin: Origin | None = None) -> None:
        """origin: what the blocks carry as their maker; None in tests."""
        self._origin = origin

    def parse_bytes(self, body: bytes) -> dict[str, Any]:
        """A plain answer's body as an object. Raises MalformedStream when it is not a response."""
        try:
            response = msgspec.json.decode(body)
        except NOT_JSON as error:
            raise MalformedStream("The provider's answer is not JSON. Check the provider's address.") from error
        if not isinstance(response, dict) or not isinstance(response.get("output"), list):
            raise MalformedStream("The provider's answer is not a response. Check the provider's address.")
        return response

    def parse(self, response: dict[str, Any], shown: dict[int, str] | None = None) -> ChatResponse:
        """A response as the API gives it.

        shown: by position in `output`, the text or reasoning that a stream has shown of an item. It is what the block
        says, so that the pieces always make up the whole; None for a plain answer.
        """
        shown = shown or {}
        content = tuple(self._block(item, shown.get(at)) for at, item in enumerate(objects_in(response, "output")))
        stop_reason, provider_stop_reason = self._stop(response, content)
        if stop_reason == "max_tokens":
            content = with_cut_call_marked(content)
        return ChatResponse(
            id=text_in(response, "id"),
            model=text_in(response, "model"),
            content=content,
            stop_reason=stop_reason,
            provider_stop_reason=provider_stop_reason,
            usage=usage_of(object_in(response, "usage")),
        )

    def _block(self, item: dict[str, Any], shown: str | None) -> Block:
        match item.get("type"):
            case "message":
                text = message_text(item) if shown is None else shown
                whole = item.get("status") != "in_progress" and text == message_text(item)
                return TextBlock(
                    text, self._origin, message_id=text_in(item, "id") or None, raw=item if whole else None
                )
            case "reasoning":
                text = reasoning_text(item) if shown is None else shown
                return ReasoningBlock(text, self._origin, raw=item if item.get("encrypted_content") else None)
            case "function_call":
                return self._function_request(item)
            case kind:
                return ProviderBlock(kind if isinstance(kind, str) else "unknown", item, self._origin)

    def _function_request(self, item: dict[str, Any]) -> ChatFunctionRequest:
        text = text_in(item, "arguments")
        arguments = json_object(text)
        call_id = text_in(item, "call_id") or text_in(item, "id")
        return ChatFunctionRequest(
            id=text_in(item, "id") or call_id,
            call_id=call_id,
            function_name=text_in(item, "name"),
            function_args=arguments or {},
            malformed=arguments is None,
            raw_arguments=text if arguments is None else None,
            origin=self._origin,
            raw=item,
        )

    def _stop(self, response: dict[str, Any], content: tuple[Block, ...]) -> tuple[StopReason | None, str | None]:
        """This API has a status, and at times a reason why it is incomplete; what else is meant, the content says."""
        match response.get("status"):
            case "incomplete":
                reason = text_in(object_in(response, "incomplete_details"), "reason")
                return _INCOMPLETE.get(reason, "other"), reason or "incomplete"
            case "completed":
                if any(isinstance(block, ChatFunctionRequest) for block in content):
                    return "function_request", "completed"
                refused = any(
                    item.get("type") == "message" and has_refusal(item) for item in objects_in(response, "output")
                )
                return "refusal" if refused else "end_turn", "completed"
            case _:
                return None, None


def message_text(item: dict[str, Any]) -> str:
    """The words of a message item; a refusal's words are words too."""
    return "".join(text_in(part, "text") or text_in(part, "refusal") for part in objects_in(item, "content"))


def has_refusal(item: dict[str, Any]) -> bool:
    """Whether a message item refuses."""
    return any(part.get("type") == "refusal" for part in objects_in(item, "content"))


def reasoning_text(item: dict[str, Any]) -> str:
    """What a reasoning item shows: the summary's parts and the reasoning itself, as far as the provider gives them."""
    parts = [*objects_in(item, "summary"), *objects_in(item, "content")]
    return "\n\n".join(text for part in parts if (text := text_in(part, "text")))


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """The tokens of one request. Here input counts cached tokens, and output counts reasoning, as ours do."""
    read, made = object_in(usage, "input_tokens_details"), object_in(usage, "output_tokens_details")
    return TokenUsage(
        input_tokens=count_in(usage, "input_tokens"),
        output_tokens=count_in(usage, "output_tokens"),
        cache_read_tokens=count_in(read, "cached_tokens"),
        cache_write_tokens=count_in(read, "cache_write_tokens"),
        reasoning_tokens=count_in(made, "reasoning_tokens"),
    )

"""A finished chat completion to a ChatResponse: the one way in, for plain answers and for streams that ended."""

from __future__ import annotations

import hashlib
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
from tuppence.llm.faults import Addressee
from tuppence.llm.fields import NOT_JSON, count_in, json_object, object_in, objects_in, text_in
from tuppence.llm.openai_faults import fault_of_event

STOP_REASONS: dict[str, StopReason] = {
    "stop": "end_turn",
    "end_turn": "end_turn",
    "eos": "end_turn",
    "eos_token": "end_turn",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "model_length": "context_window",
    "tool_calls": "function_request",
    "tool_use": "function_request",
    "function_call": "function_request",
    "stop_sequence": "stop_sequence",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
    "sensitive": "content_filter",
    "refusal": "refusal",
}
"""What servers call the end of an answer, in small letters."""

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
"""Where servers put the reasoning as text. Some fill two of them with the same words: the first that is filled counts.
"""

_SOURCES = ("citations", "search_results")  # beside the choices: what the text cites (Perplexity)
_OWN_TOOLS = "executed_tools"  # calls of the server's own tools, already run (Groq)


class ChatParser:
    """Reads one completion."""

    def __init__(self, to: Addressee | None = None) -> None:
        """to: whom the request went to, for errors and the blocks' origin; None in tests."""
        self._to = to
        self._origin: Origin | None = to.origin if to else None

    def parse_bytes(self, body: bytes) -> ChatResponse:
        """A plain answer's body.

        Raises MalformedStream when it is not a completion, and the LLMError that an error in its place stands for.
        """
        try:
            completion = msgspec.json.decode(body)
        except NOT_JSON as error:
            raise MalformedStream("The provider's answer is not JSON. Check the provider's address.") from error
        if isinstance(completion, dict) and completion.get("error"):
            raise fault_of_event(completion, self._to or NOBODY, begun=False)
        choices = completion.get("choices") if isinstance(completion, dict) else None
        if not isinstance(choices, list) or not any(isinstance(choice, dict) for choice in choices):
            raise MalformedStream("The provider's answer is not a chat completion. Check the provider's address.")
        return self.parse(completion)

    def parse(self, completion: dict[str, Any]) -> ChatResponse:
        """A completion as the API gives it. Of several choices the first is read.

        What a field holds against the protocol counts as not said: this never raises.
        """
        choices = objects_in(completion, "choices")
        choice = next((one for one in choices if not one.get("index")), choices[0] if choices else {})
        message = object_in(choice, "message")
        word = text_in(choice, "finish_reason") or None
        response_id = text_in(completion, "id")
        requests = self._requests(message, response_id, cut=_stop_of(word) == "max_tokens")
        words, thought, refused = content_of(message.get("content"), message.get("refusal"))
        content = (
            *self._reasoning(message, thought),
            *self._own_tools(message),
            *self._text(message, completion, words),
            *requests,
        )
        return ChatResponse(
            id=response_id,
            model=text_in(completion, "model"),
            content=content,
            stop_reason=_stop_reason(word, bool(requests), refused),
            provider_stop_reason=word,
            usage=usage_of(object_in(completion, "usage") or object_in(object_in(completion, "x_groq"), "usage")),
        )

    def _reasoning(self, message: dict[str, Any], thought: str) -> list[Block]:
        details = objects_in(message, "reasoning_details")
        carried = {"reasoning_details": details} if details else None
        text = next(filter(None, (text_in(message, name) for name in REASONING_FIELDS)), "")
        text = text or thought or "".join(map(detail_text, details))
        return [ReasoningBlock(text, self._origin, raw=carried)] if text or carried else []

    def _own_tools(self, message: dict[str, Any]) -> list[Block]:
        ran = message.get(_OWN_TOOLS)
        return [ProviderBlock(_OWN_TOOLS, {_OWN_TOOLS: ran}, self._origin)] if ran else []

    def _text(self, message: dict[str, Any], completion: dict[str, Any], words: str) -> list[Block]:
        if not words:
            return []
        carried = {"annotations": message.get("annotations")} | {name: completion.get(name) for name in _SOURCES}
        raw = {name: value for name, value in carried.items() if value}
        return [TextBlock(words, self._origin, raw=raw or None)]

    def _requests(self, message: dict[str, Any], response_id: str, *, cut: bool) -> list[ChatFunctionRequest]:
        """The requests, each with an id of its own. cut: the last one may have been cut off by the token limit."""
        calls = objects_in(message, "tool_calls")
        if not calls and (older := object_in(message, "function_call")):
            calls = [{"function": older}]
        requests: list[ChatFunctionRequest] = []
        ids: set[str] = set()
        for number, call in enumerate(calls):
            call_id = text_in(call, "id") or _invented_id(response_id, number)
            while call_id in ids:
                call_id += f"_{number}"
            ids.add(call_id)
            requests.append(self._request(call, call_id, cut=cut and number == len(calls) - 1))
        return requests

    def _request(self, call: dict[str, Any], call_id: str, *, cut: bool) -> ChatFunctionRequest:
        function = object_in(call, "function") or object_in(call, "custom")
        text = argument_text(function.get("arguments"), function.get("input"))
        arguments = None if cut and not text.strip() else _arguments(text)
        extra = {name: value for name, value in call.items() if name not in _CALL_FIELDS and value is not None}
        return ChatFunctionRequest(
            id=call_id,
            call_id=call_id,
            function_name=text_in(function, "name"),
            function_args=arguments or {},
            malformed=arguments is None,
            raw_arguments=text if arguments is None else None,
            origin=self._origin,
            raw=extra or None,
        )


NOBODY = Addressee("openai-compatible", "The provider", "the model", "", "the API key")
"""Whom errors name when a parser is used alone."""

_CALL_FIELDS = frozenset(("id", "index", "type", "function", "custom"))


def content_of(content: object, refusal: object) -> tuple[str, str, bool]:
    """The words in these fields of a message or delta, the reasoning among them, and whether the words refuse."""
    words, thought, refused = [], [], bool(refusal)
    if isinstance(content, str):
        words.append(content)
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "output_text") and isinstance(part.get("text"), str):
            words.append(part["text"])
        elif kind == "refusal" and isinstance(part.get("refusal"), str):
            words.append(part["refusal"])
            refused = refused or bool(part["refusal"])
        elif kind == "thinking":
            thought.append(_thinking_text(part.get("thinking")))
    if isinstance(refusal, str):
        words.append(refusal)
    return "".join(words), "".join(thought), refused


def _thinking_text(thinking: object) -> str:
    """The words of a `thinking` part: a text, or a list of parts (Mistral)."""
    if isinstance(thinking, str):
        return thinking
    parts = thinking if isinstance(thinking, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def detail_text(detail: dict[str, Any]) -> str:
    """The visible words of one of OpenRouter's `reasoning_details`; empty for encrypted ones."""
    return text_in(detail, "text") or text_in(detail, "summary")


def argument_text(arguments: object, custom_input: object = None) -> str:
    """The arguments of a call, or a piece of them, as JSON text; some servers send an object.

    custom_input: the text that a custom tool has instead.
    """
    given = custom_input if arguments is None else arguments
    if given is None or isinstance(given, str):
        return given or ""
    return msgspec.json.encode(given).decode()


def _arguments(text: str) -> dict[str, Any] | None:
    """The arguments as an object; `{}` where there are none, None when they are something else."""
    return {} if text.strip() == "null" else json_object(text)


def _invented_id(response_id: str, number: int) -> str:
    """A call id for a server that sent none; the same each time the same answer is read."""
    return "call_" + hashlib.sha256(f"{response_id} {number}".encode()).hexdigest()[:16]


def _stop_of(word: str | None) -> StopReason:
    return STOP_REASONS.get(word.lower(), "other") if word else "end_turn"


def _stop_reason(word: str | None, requests: bool, refused: bool) -> StopReason:
    """Several servers say "stop", or nothing, where they mean that functions are to be run."""
    stop = _stop_of(word)
    if stop == "end_turn" and requests:
        return "function_request"
    return "refusal" if stop == "end_turn" and refused else stop


def usage_of(usage: dict[str, Any]) -> TokenUsage:
    """The tokens of one request; `prompt_tokens` counts cached ones, `completion_tokens` reasoning.

    xAI counts reasoning beside the completion, which its total tells. Caches are reported in one of the places listed
    here: OpenAI's details, DeepSeek's own field, those of gateways to Anthropic, Together's.
    """
    into, out = object_in(usage, "prompt_tokens_details"), object_in(usage, "completion_tokens_details")
    prompt, completion = count_in(usage, "prompt_tokens"), count_in(usage, "completion_tokens")
    reasoning = _first(count_in(out, "reasoning_tokens"), count_in(usage, "reasoning_tokens"))
    counts = (prompt, completion, reasoning)
    if reasoning and completion is not None and count_in(usage, "total_tokens") == sum(one or 0 for one in counts):
        completion += reasoning
    return TokenUsage(
        input_tokens=prompt,
        output_tokens=completion,
        cache_read_tokens=_first(
            count_in(into, "cached_tokens"),
            count_in(usage, "prompt_cache_hit_tokens"),
            count_in(usage, "cache_read_input_tokens"),
            count_in(usage, "cached_tokens"),
        ),
        cache_write_tokens=_first(
            count_in(into, "cache_write_tokens"),
            count_in(into, "cache_creation_tokens"),
            count_in(usage, "cache_creation_input_tokens"),
        ),
        reasoning_tokens=reasoning,
    )


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)

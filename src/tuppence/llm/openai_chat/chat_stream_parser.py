"""Chat Completions chunks, in whatever dialect, to ours. No I/O.

Source of the facts here: OpenAI API reference, "Chat Completions: streaming", and what servers were recorded to send.
The answer ends at `[DONE]`, or with the bytes when a finish reason was sent: usage may come after the finish reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from tuppence.llm.concept import ChatResponse, ChatStreamChunk, OutputTextChunk, ReasoningChunk, ResponseChunk
from tuppence.llm.errors import MalformedStream
from tuppence.llm.faults import Addressee
from tuppence.llm.fields import NOT_JSON
from tuppence.llm.openai_chat.chat_parser import (
    NOBODY,
    REASONING_FIELDS,
    ChatParser,
    content_of,
    detail_text,
)
from tuppence.llm.openai_chat.reasoning_details import joined_details
from tuppence.llm.openai_chat.tool_calls import FunctionPiece, ToolCalls, ToolPiece
from tuppence.llm.openai_faults import fault_of_event

# ------------------------------------------------------------------------------------------------------- events


class Delta(msgspec.Struct, gc=False):
    """What a chunk adds. Servers differ in what they send in these fields, so it is looked at, not trusted."""

    content: Any = None
    refusal: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    reasoning_text: Any = None
    thinking: Any = None
    reasoning_details: Any = None
    tool_calls: list[ToolPiece] | None = None
    function_call: FunctionPiece | None = None
    annotations: Any = None
    executed_tools: Any = None

    def has_reasoning(self) -> bool:
        return bool(
            self.reasoning_content or self.reasoning or self.reasoning_details or self.reasoning_text or self.thinking
        )

    def has_only_content(self) -> bool:
        return (
            self.reasoning_content is None
            and self.reasoning is None
            and self.tool_calls is None
            and self.refusal is None
            and self.reasoning_details is None
            and self.annotations is None
            and self.reasoning_text is None
            and self.thinking is None
            and self.function_call is None
            and self.executed_tools is None
        )


class Choice(msgspec.Struct, gc=False):
    index: Any = 0
    delta: Delta | None = None
    message: Delta | None = None
    """In the place of `delta` from servers that send the answer in one piece; beside it, a copy that is not read."""
    finish_reason: Any = None


class Chunk(msgspec.Struct):
    """One `chat.completion.chunk`."""

    choices: list[Choice] | None = None
    id: Any = None
    model: Any = None
    usage: Any = None
    error: Any = None
    x_groq: Any = None
    citations: Any = None
    search_results: Any = None


class StreamError(msgspec.Struct):
    error: Any


class Done(msgspec.Struct):
    """The words `[DONE]`."""


StreamEvent: TypeAlias = Chunk | StreamError | Done

_decode = msgspec.json.Decoder(Chunk).decode

_IN_CONTENT, _IN_DETAILS = "content", "reasoning_details"  # where reasoning is that has no field of its own


def decode_event(data: bytes, name: bytes = b"") -> StreamEvent:
    """The data of one server-sent event, and the event's name. What is no chunk at all raises MalformedStream."""
    try:
        chunk = _decode(data)
    except NOT_JSON as error:
        return _decode_unusual(data, error)
    if chunk.choices is None or name:
        return _decode_nameless(chunk, data, name)
    return chunk


def _decode_nameless(chunk: Chunk, data: bytes, name: bytes) -> StreamEvent:
    """A chunk without choices, which may be an error that does not call itself so."""
    if name != b"error" and (chunk.choices is not None or chunk.error is not None):
        return chunk
    try:
        whole = msgspec.json.decode(data)
    except NOT_JSON as error:  # what is left out of a chunk may still be broken
        raise MalformedStream("The server sent a piece that is not JSON. Ask again.") from error
    return StreamError(whole) if name == b"error" or whole.get("object") == "error" else chunk


def _decode_unusual(data: bytes, error: Exception) -> StreamEvent:
    """`[DONE]`; errors in a list (Gemini); JSON that is not quite JSON: NaN, halves of a surrogate pair."""
    if data.lstrip().startswith(b"[DONE]"):
        return Done()
    try:
        value = json.loads(data, parse_constant=lambda _: None)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict) and value.get("error"):
            return StreamError(value)
        return _decode(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except msgspec.ValidationError:
        raise MalformedStream("The provider sent an event that does not fit its protocol. Ask again.") from error
    except (ValueError, RecursionError):
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from error


# ------------------------------------------------------------------------------------------------------- parser


class ChatStreamParser:
    """One stream's events, one after the other. Of several choices only the first counts."""

    def __init__(self, to: Addressee | None = None) -> None:
        """to: whom the request went to, for errors and the blocks' origin; None in tests."""
        self._to = to
        self._words: list[str] = []
        self._refused = False
        self._thought: list[str] = []
        self._channel: str | None = None
        self._details: list[dict[str, Any]] = []
        self._calls = ToolCalls()
        self._carried: dict[str, list[Any]] = {}
        self._finish_reason: str | None = None
        self._completion: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._introduced = False
        self._heard = False
        self._response: ChatResponse | None = None
        self.begun = False
        """Whether any of the answer has come: words, reasoning, a call, or its end."""

    @property
    def ended(self) -> bool:
        """Whether `[DONE]` has come, or the end of the bytes after a finish reason."""
        return self._response is not None

    def parse(self, event: StreamEvent) -> ChatStreamChunk | tuple[ChatStreamChunk, ...] | None:
        """Take one event; return the chunk it makes, two where it holds reasoning and text, or None.

        Raises the LLMError that an error inside the stream stands for.
        """
        if type(event) is Chunk:
            if (
                not self._introduced
                or event.usage is not None
                or event.error is not None
                or event.x_groq is not None
                or event.citations is not None
            ):
                self._note(event)
            for choice in event.choices or ():
                if not choice.index:
                    return self._grow(choice)
            return None
        if type(event) is StreamError:
            raise fault_of_event(event.error, self._to or NOBODY, begun=self.begun)
        return self._end()

    def finish(self) -> ChatStreamChunk | None:
        """The bytes are over: an answer that gave a finish reason is whole without `[DONE]`."""
        return self._end() if self._finish_reason else None

    def partial(self) -> ChatResponse | None:
        """What there is so far, without function requests that may be incomplete; None before anything has come."""
        if self._response is not None or not self._heard:
            return self._response
        if self._finish_reason:
            return self._response_of(with_calls=True)
        return msgspec.structs.replace(self._response_of(with_calls=False), stop_reason=None)

    # ----------------------------------------------------------------------------------------------------- deltas

    def _grow(self, choice: Choice) -> ChatStreamChunk | tuple[ChatStreamChunk, ...] | None:
        word = choice.finish_reason
        if word and type(word) is str:
            self._finish_reason = word
            self.begun = True
        delta = choice.delta or choice.message
        if delta is None:
            return None
        content = delta.content
        if type(content) is str and content and delta.has_only_content():
            self.begun = True
            self._words.append(content)
            return OutputTextChunk(content)
        return self._grow_by_any(delta)

    def _grow_by_any(self, delta: Delta) -> ChatStreamChunk | tuple[ChatStreamChunk, ...] | None:
        words = thinking = ""
        if delta.content or delta.refusal:
            words, thinking, refused = content_of(delta.content, delta.refusal)
            self._refused = self._refused or refused
        thought = self._reasoning_of(delta, thinking) if thinking or delta.has_reasoning() else ""
        if delta.tool_calls:
            self.begun = True
            for piece in delta.tool_calls:
                self._calls.add(piece)
        if delta.function_call or delta.annotations or delta.executed_tools:
            self._grow_by_rare(delta)
        if thought:
            self._thought.append(thought)
        if words:
            self._words.append(words)
        if not thought and not words:
            return None
        self.begun = True
        if thought and words:
            return ReasoningChunk(thought), OutputTextChunk(words)
        return ReasoningChunk(thought) if thought else OutputTextChunk(words)

    def _reasoning_of(self, delta: Delta, thinking: str) -> str:
        """The reasoning in a delta. The field that was first filled is read to the end, so that words which a server
        sends in two fields are not taken twice."""
        details = _objects(delta.reasoning_details)
        if details:
            self._details += details
        if self._channel is None:
            filled = (name for name in REASONING_FIELDS if (value := getattr(delta, name)) and type(value) is str)
            self._channel = next(filled, None) or (_IN_CONTENT if thinking else None)
        match self._channel:
            case None if details:
                text = "".join(map(detail_text, details))
                self._channel = _IN_DETAILS if text else None
                return text
            case None:
                return ""
            case "content":
                return thinking
            case "reasoning_details":
                return "".join(map(detail_text, details))
            case field:
                value = getattr(delta, field)
                return value if type(value) is str else ""

    def _grow_by_rare(self, delta: Delta) -> None:
        if delta.function_call is not None:  # the older form: one call, without an id
            self.begun = True
            self._calls.add(ToolPiece(index=0, function=delta.function_call))
        for name in ("annotations", "executed_tools"):
            if value := _objects(getattr(delta, name)):
                self._carried.setdefault(name, []).extend(value)

    def _note(self, chunk: Chunk) -> None:
        """What a chunk says beside its choices. Totals overwrite; what is left out keeps its earlier value."""
        self._heard = True
        for name in ("id", "model"):
            value = getattr(chunk, name)
            if value and isinstance(value, str) and name not in self._completion:
                self._completion[name] = value
        self._introduced = "id" in self._completion and "model" in self._completion
        for name in ("citations", "search_results"):
            if value := getattr(chunk, name):
                self._completion[name] = value
        groq = chunk.x_groq if isinstance(chunk.x_groq, dict) else {}
        for usage in (groq.get("usage"), chunk.usage):
            if isinstance(usage, dict):
                _overwrite(self._usage, usage)
        if error := chunk.error or groq.get("error"):
            raise fault_of_event(error, self._to or NOBODY, begun=self.begun)

    # -------------------------------------------------------------------------------------------------------- end

    def _end(self) -> ChatStreamChunk | None:
        if self._response is not None:
            return None
        self._response = self._response_of(with_calls=True)
        return ResponseChunk(self._response)

    def _response_of(self, *, with_calls: bool) -> ChatResponse:
        words = "".join(self._words)
        message: dict[str, Any] = {
            "content": [{"type": "refusal", "refusal": words}] if self._refused else words,
            "reasoning_content": "".join(self._thought),
            "reasoning_details": joined_details(self._details),
            "tool_calls": self._calls.finished() if with_calls else [],
            **self._carried,
        }
        choice = {"message": message, "finish_reason": self._finish_reason}
        return ChatParser(self._to).parse({**self._completion, "choices": [choice], "usage": self._usage})


def _objects(value: object) -> Sequence[dict[str, Any]]:
    """The JSON objects in a list; empty for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else ()


def _overwrite(totals: dict[str, Any], newer: dict[str, Any]) -> None:
    for name, value in newer.items():
        earlier = totals.get(name)
        if isinstance(value, dict) and isinstance(earlier, dict):
            _overwrite(earlier, value)
        elif value is not None:
            totals[name] = value

"""Messages API stream events to chunks. No I/O.

Source of the facts here: Anthropic API reference, "Streaming Messages": usage totals are running totals, new kinds of
events and deltas may be added at any time, `ping` may come anywhere, `error` may come inside an HTTP 200.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from tuppence.llm.anthropic_messages.chat_parser import ChatParser, function_args
from tuppence.llm.concept import ChatResponse, ChatStreamChunk, OutputTextChunk, ReasoningChunk, ResponseChunk
from tuppence.llm.errors import LLMError, MalformedStream, StreamInterrupted
from tuppence.llm.faults import Addressee, fault_of_status
from tuppence.llm.fields import NOT_JSON, object_in, text_in

# ------------------------------------------------------------------------------------------------------- events


class TextDelta(msgspec.Struct, tag="text_delta", gc=False):
    text: str


class ThinkingDelta(msgspec.Struct, tag="thinking_delta", gc=False):
    thinking: str


class InputJsonDelta(msgspec.Struct, tag="input_json_delta", gc=False):
    partial_json: str


class SignatureDelta(msgspec.Struct, tag="signature_delta", gc=False):
    signature: str


class CitationsDelta(msgspec.Struct, tag="citations_delta"):
    citation: dict[str, Any]


BlockDelta: TypeAlias = TextDelta | ThinkingDelta | InputJsonDelta | SignatureDelta | CitationsDelta


class MessageStart(msgspec.Struct, tag="message_start"):
    message: dict[str, Any]


class ContentBlockStart(msgspec.Struct, tag="content_block_start"):
    index: int
    content_block: dict[str, Any]


class ContentBlockDelta(msgspec.Struct, tag="content_block_delta"):
    index: int
    delta: BlockDelta


class OtherBlockDelta(msgspec.Struct, tag="other_content_block_delta"):
    """A delta of a kind that is not known here (`compaction_delta`, and those to come)."""

    index: int
    delta: dict[str, Any]


class ContentBlockStop(msgspec.Struct, tag="content_block_stop"):
    index: int


class MessageDelta(msgspec.Struct, tag="message_delta"):
    delta: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


class MessageStop(msgspec.Struct, tag="message_stop"):
    pass


class Ping(msgspec.Struct, tag="ping"):
    pass


class StreamError(msgspec.Struct, tag="error"):
    error: dict[str, Any] | None = None


class UnknownEvent(msgspec.Struct, tag="unknown"):
    """An event of a kind that is not known here."""


StreamEvent: TypeAlias = (
    MessageStart
    | ContentBlockStart
    | ContentBlockDelta
    | OtherBlockDelta
    | ContentBlockStop
    | MessageDelta
    | MessageStop
    | Ping
    | StreamError
    | UnknownEvent
)

_KNOWN: Any = (
    MessageStart
    | ContentBlockStart
    | ContentBlockDelta
    | ContentBlockStop
    | MessageDelta
    | MessageStop
    | Ping
    | StreamError
)
_KNOWN_KINDS = frozenset(kind.__struct_config__.tag for kind in _KNOWN.__args__)
_KNOWN_DELTAS = frozenset(kind.__struct_config__.tag for kind in BlockDelta.__args__)
_decode = msgspec.json.Decoder(_KNOWN).decode


def decode_event(data: bytes) -> StreamEvent:
    """The data of one server-sent event. Unknown kinds pass; what is no event at all raises MalformedStream."""
    try:
        return _decode(data)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        return _decode_unusual(data, error)
    except NOT_JSON as error:
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from error


def _decode_unusual(data: bytes, error: msgspec.ValidationError) -> StreamEvent:
    try:
        event = msgspec.json.decode(data)
    except NOT_JSON:
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from error
    kind = event.get("type") if isinstance(event, dict) else None
    if isinstance(kind, str) and kind not in _KNOWN_KINDS:
        return UnknownEvent()
    if kind == "content_block_delta":
        index, delta = event.get("index"), event.get("delta")
        if isinstance(index, int) and isinstance(delta, dict) and text_in(delta, "type") not in _KNOWN_DELTAS:
            return OtherBlockDelta(index, delta)
    raise MalformedStream("The provider sent an event that does not fit its protocol. Ask again.") from error


# ------------------------------------------------------------------------------------------------------- parser


class _OpenBlock:
    """A content block while its pieces arrive; they are joined once, at the end."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.kind = start.get("type")
        self.text = [text_in(start, "text")]
        self.thinking = [text_in(start, "thinking")]
        self.signature = [text_in(start, "signature")]
        self.input_json: list[str] = []
        citations = start.get("citations")
        self.citations: list[Any] = list(citations) if isinstance(citations, list) else []
        self.stopped = False

    def finished(self) -> dict[str, Any]:
        """The block as a plain answer would hold it, but for a function request's input, which may stay text."""
        block = dict(self.start)
        if self.kind == "text":
            block["text"] = "".join(self.text)
        elif self.kind == "thinking":
            block["thinking"] = "".join(self.thinking)
            block["signature"] = "".join(self.signature)
        if self.citations:
            block["citations"] = self.citations
        if self.input_json:
            block["input_json"] = "".join(self.input_json)
            if self.kind != "tool_use":  # a server's tool: the block goes back as the API would have given it
                block["input"] = function_args(block)[0] or {}
                del block["input_json"]
        return block

    def shown(self) -> bool:
        """Whether what there is of an unfinished block may be kept: words yes, half a function request no."""
        return self.stopped or self.kind in ("text", "thinking")


class ChatStreamParser:
    """One stream's events, one after the other."""

    def __init__(self, to: Addressee | None = None) -> None:
        """to: whom the request went to, for errors and the blocks' origin; None in tests."""
        self._to = to
        self._blocks: list[_OpenBlock] = []
        self._by_index: dict[int, _OpenBlock] = {}  # gateways that splice two answers use an index twice
        self._message: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._response: ChatResponse | None = None
        self.begun = False
        """Whether `message_start` has come, or, from a gateway that leaves it out, the first block."""

    @property
    def ended(self) -> bool:
        """Whether `message_stop` has come."""
        return self._response is not None

    def parse(self, event: StreamEvent) -> ChatStreamChunk | None:
        """Take one event; return the chunk it makes, or None (pings, unknown kinds, pieces of a function request).

        Raises the LLMError that an `error` event stands for, MalformedStream for a delta without its block.
        """
        if (
            type(event) is ContentBlockDelta and type(event.delta) is TextDelta
        ):  # nearly all; three times faster than `match`
            text = event.delta.text
            block = self._block(event.index)
            if block.kind == "text":
                block.text.append(text)
                return OutputTextChunk(text) if text else None
        match event:
            case ContentBlockDelta(index, delta):
                return self._grown(self._block(index), delta)
            case ContentBlockStart(index, start):
                return self._started(index, start)
            case ContentBlockStop(index):
                self._block(index).stopped = True
            case MessageDelta():
                self._merge(event)
            case MessageStart(message):
                self.begun = True
                self._message = {**message, "content": []}
                self._usage = dict(object_in(message, "usage"))
            case MessageStop():
                self._response = self._response_of(self._blocks)
                return ResponseChunk(self._response)
            case StreamError(error):
                raise self._fault(error or {})
            case OtherBlockDelta(index, unknown):
                _merge_unknown(self._block(index).start, unknown)
            case _:
                pass
        return None

    def finish(self) -> None:
        """Without `message_stop` an answer has not ended, whatever else was sent."""
        return

    def partial(self) -> ChatResponse | None:
        """What there is so far, without function requests that are not complete; None before the answer has begun."""
        if self._response is not None or not self.begun:
            return self._response
        return self._response_of([block for block in self._blocks if block.shown()])

    def _started(self, index: int, start: dict[str, Any]) -> ChatStreamChunk | None:
        self.begun = True
        block = self._by_index[index] = _OpenBlock(start)
        self._blocks.append(block)
        if block.kind == "text" and block.text[0]:
            return OutputTextChunk(block.text[0])
        if block.kind == "thinking" and block.thinking[0]:
            return ReasoningChunk(block.thinking[0])
        return None

    def _grown(self, block: _OpenBlock, delta: BlockDelta) -> ChatStreamChunk | None:
        match delta:
            case InputJsonDelta(piece):
                block.input_json.append(piece)
            case ThinkingDelta(thinking) if block.kind == "thinking":
                block.thinking.append(thinking)
                return ReasoningChunk(thinking) if thinking else None
            case SignatureDelta(signature):
                block.signature.append(signature)
            case CitationsDelta(citation):
                block.citations.append(citation)
            case _:  # words in a block of another kind: its origin knows what they are
                _merge_unknown(block.start, msgspec.to_builtins(delta))
        return None

    def _block(self, index: int) -> _OpenBlock:
        try:
            return self._by_index[index]
        except KeyError:
            raise MalformedStream("The provider sent a piece of a block that it never began. Ask again.") from None

    def _merge(self, event: MessageDelta) -> None:
        """Totals overwrite; what this event leaves out keeps its earlier value."""
        self._message.update({name: value for name, value in (event.delta or {}).items() if value is not None})
        self._usage.update({name: value for name, value in (event.usage or {}).items() if value is not None})

    def _response_of(self, blocks: list[_OpenBlock]) -> ChatResponse:
        message = {**self._message, "content": [block.finished() for block in blocks], "usage": self._usage}
        return ChatParser(self._to.origin if self._to else None).parse(message)

    def _fault(self, error: dict[str, Any]) -> LLMError:
        to = self._to or Addressee("anthropic", "Anthropic", "", "", "the API key")
        fault = fault_of_status(0, to, kind=text_in(error, "type") or None, words=text_in(error, "message"))
        return StreamInterrupted(f"The answer broke off. {fault}") if self.begun else fault


def _merge_unknown(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Grow a block that is not known here by a delta that is not known either: texts are joined, all else is set."""
    for name, value in delta.items():
        if name == "type":
            continue
        earlier = block.get(name)
        block[name] = earlier + value if isinstance(earlier, str) and isinstance(value, str) else value

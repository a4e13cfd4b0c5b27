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


class MessageStart(msgspec.Struct, tag="message_start"):
    message: dict[str, Any]


class ContentBlockStart(msgspec.Struct, tag="content_block_start"):
    index: int
    content_block: dict[str, Any]


class ContentBlockDelta(msgspec.Struct, tag="content_block_delta"):
    index: int
    delta: TextDelta | ThinkingDelta | InputJsonDelta | SignatureDelta | CitationsDelta


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
_KNOWN_DELTAS = frozenset(
    kind.__struct_config__.tag for kind in (TextDelta, ThinkingDelta, InputJsonDelta, SignatureDelta, CitationsDelta)
)
_decode = msgspec.json.Decoder(_KNOWN).decode


def decode_event(data: bytes) -> StreamEvent:
    """The data of one server-sent event. Unknown kinds pass; what is no event at all raises MalformedStream."""
    try:
        return _decode(data)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        return _decode_unusual(data, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from error


def _decode_unusual(data: bytes, error: msgspec.ValidationError) -> StreamEvent:
    try:
        event = msgspec.json.decode(data)
    except msgspec.DecodeError:
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from error
    kind = event.get("type") if isinstance(event, dict) else None
    if isinstance(kind, str) and kind not in _KNOWN_KINDS:
        return UnknownEvent()
    if kind == "content_block_delta":
        index, delta = event.get("index"), event.get("delta")
        if isinstance(index, int) and isinstance(delta, dict) and delta.get("type") not in _KNOWN_DELTAS:
            return OtherBlockDelta(index, delta)
    raise MalformedStream("The provider sent an event that does not fit its protocol. Ask again.") from error


# ------------------------------------------------------------------------------------------------------- parser


class _OpenBlock:
    """A content block while its pieces arrive; they are joined once, at the end."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.text = [start["text"]] if start.get("text") else []
        self.thinking = [start["thinking"]] if start.get("thinking") else []
        self.signature = [start["signature"]] if start.get("signature") else []
        self.input_json: list[str] = []
        self.citations: list[dict[str, Any]] = list(start.get("citations") or ())
        self.stopped = False

    def finished(self) -> dict[str, Any]:
        """The block as a plain answer would hold it, but for a function request's input, which may stay text."""
        block = dict(self.start)
        if block.get("type") == "text":
            block["text"] = "".join(self.text)
        elif block.get("type") == "thinking":
            block["thinking"] = "".join(self.thinking)
            if self.signature:
                block["signature"] = "".join(self.signature)
        if self.citations:
            block["citations"] = self.citations
        if self.input_json:
            block["input_json"] = "".join(self.input_json)
            if block.get("type") != "tool_use":  # a server's tool: the block goes back as the API would have given it
                block["input"] = function_args(block)[0] or {}
                del block["input_json"]
        return block

    def shown(self) -> bool:
        """Whether what there is of an unfinished block may be kept: words yes, half a function request no."""
        return self.stopped or self.start.get("type") in ("text", "thinking")


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
        """Whether `message_start` has come."""

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
            self._block(event.index).text.append(text)
            return OutputTextChunk(text) if text else None
        match event:
            case ContentBlockDelta(index, InputJsonDelta(piece)):
                self._block(index).input_json.append(piece)
            case ContentBlockDelta(index, ThinkingDelta(thinking)):
                self._block(index).thinking.append(thinking)
                return ReasoningChunk(thinking) if thinking else None
            case ContentBlockStart(index, start):
                return self._started(index, start)
            case ContentBlockStop(index):
                self._block(index).stopped = True
            case MessageDelta():
                self._merge(event)
            case MessageStart(message):
                self.begun = True
                self._message = {**message, "content": []}
                self._usage = dict(message.get("usage") or {})
            case MessageStop():
                self._response = self._response_of(self._blocks)
                return ResponseChunk(self._response)
            case StreamError(error):
                raise self._fault(error or {})
            case ContentBlockDelta(index, SignatureDelta(signature)):
                self._block(index).signature.append(signature)
            case ContentBlockDelta(index, CitationsDelta(citation)):
                self._block(index).citations.append(citation)
            case OtherBlockDelta(index, delta):
                _merge_unknown(self._block(index).start, delta)
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
        block = self._by_index[index] = _OpenBlock(start)
        self._blocks.append(block)
        if start.get("type") == "text" and block.text:
            return OutputTextChunk(block.text[0])
        if start.get("type") == "thinking" and block.thinking:
            return ReasoningChunk(block.thinking[0])
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
        kind, words = error.get("type"), error.get("message")
        to = self._to or Addressee("anthropic", "Anthropic", "", "", "the API key")
        fault = fault_of_status(0, to, kind=kind, words=words if isinstance(words, str) else "")
        return StreamInterrupted(f"The answer broke off. {fault}") if self.begun else fault


def _merge_unknown(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """Grow a block that is not known here by a delta that is not known either: texts are joined, all else is set."""
    for name, value in delta.items():
        if name == "type":
            continue
        earlier = block.get(name)
        block[name] = earlier + value if isinstance(earlier, str) and isinstance(value, str) else value

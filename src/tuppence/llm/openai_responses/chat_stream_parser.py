"""Responses API stream events to chunks. No I/O.

Source of the facts here: OpenAI API reference, "Responses: Streaming events". Items are told apart by their place
(`output_index`), since some servers change ids on the way. The terminal event holds the whole response; where its
output is empty, the items are those of `response.output_item.done`.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import msgspec

from tuppence.llm.concept import ChatResponse, ChatStreamChunk, OutputTextChunk, ReasoningChunk, ResponseChunk
from tuppence.llm.errors import LLMError, MalformedStream
from tuppence.llm.faults import Addressee
from tuppence.llm.fields import NOT_JSON, object_in, objects_in, text_in
from tuppence.llm.openai_faults import fault_of_event
from tuppence.llm.openai_responses.chat_parser import ChatParser, message_text, reasoning_text

# ------------------------------------------------------------------------------------------------------- events


class TextDelta(msgspec.Struct, tag="response.output_text.delta", gc=False):
    delta: str
    output_index: int = 0


class RefusalDelta(msgspec.Struct, tag="response.refusal.delta", gc=False):
    delta: str
    output_index: int = 0


class SummaryDelta(msgspec.Struct, tag="response.reasoning_summary_text.delta", gc=False):
    delta: str
    output_index: int = 0
    summary_index: int = 0


class ReasoningDelta(msgspec.Struct, tag="response.reasoning_text.delta", gc=False):
    delta: str
    output_index: int = 0
    content_index: int = 0


class ArgumentsDone(msgspec.Struct, tag="response.function_call_arguments.done"):
    arguments: str
    output_index: int = 0


class ItemAdded(msgspec.Struct, tag="response.output_item.added"):
    item: dict[str, Any]
    output_index: int = 0


class ItemDone(msgspec.Struct, tag="response.output_item.done"):
    item: dict[str, Any]
    output_index: int = 0


class Created(msgspec.Struct, tag="response.created"):
    response: dict[str, Any]


class InProgress(msgspec.Struct, tag="response.in_progress"):
    response: dict[str, Any]


class Completed(msgspec.Struct, tag="response.completed"):
    response: dict[str, Any]


class Incomplete(msgspec.Struct, tag="response.incomplete"):
    response: dict[str, Any]


class Failed(msgspec.Struct, tag="response.failed"):
    response: dict[str, Any]


class Cancelled(msgspec.Struct, tag="response.cancelled"):
    response: dict[str, Any]


class StreamError(msgspec.Struct, tag="error"):
    error: dict[str, Any] | None = None
    code: str | None = None
    message: str | None = None


class OtherEvent(msgspec.Struct, tag="other"):
    """An event that makes no chunk and changes nothing (`queued`, `keepalive`, built-in tools), or an unknown one."""


StreamEvent: TypeAlias = (
    TextDelta
    | RefusalDelta
    | SummaryDelta
    | ReasoningDelta
    | ArgumentsDone
    | ItemAdded
    | ItemDone
    | Created
    | InProgress
    | Completed
    | Incomplete
    | Failed
    | Cancelled
    | StreamError
    | OtherEvent
)
_KINDS = frozenset(kind.__struct_config__.tag for kind in StreamEvent.__args__)
_decode = msgspec.json.Decoder(StreamEvent).decode
_OTHER = OtherEvent()


def decode_event(data: bytes) -> StreamEvent:
    """The data of one server-sent event. Unknown kinds pass; what is no event at all raises MalformedStream."""
    try:
        return _decode(data)  # type: ignore[no-any-return]
    except NOT_JSON as error:  # what does not fit the types is among them
        return _decode_unusual(data, error)


def _decode_unusual(data: bytes, why: Exception) -> StreamEvent:
    if data.strip() == b"[DONE]":  # some servers end as Chat Completions does
        return _OTHER
    try:
        event = msgspec.json.decode(data)
    except NOT_JSON:
        raise MalformedStream("The provider sent a piece that is not JSON. Ask again.") from why
    kind = event.get("type") if isinstance(event, dict) else None
    if isinstance(kind, str) and kind not in _KINDS:
        return _OTHER
    if isinstance(event, dict) and kind is None and event.get("error"):
        found = event["error"]
        return StreamError(error=found if isinstance(found, dict) else {"message": str(found)})
    raise MalformedStream("The provider sent an event that does not fit its protocol. Ask again.") from why


# ------------------------------------------------------------------------------------------------------- parser


class _OpenItem:
    """An output item while its pieces arrive."""

    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.kind = start.get("type")
        self.done: dict[str, Any] | None = None
        self.shown: list[str] = []
        self.part: tuple[str, int] | None = None  # the part of a reasoning item that is being shown

    def missing(self, whole: str) -> str:
        """What `whole` has beyond what was shown; empty when it does not continue it."""
        shown = "".join(self.shown)
        return whole[len(shown) :] if whole.startswith(shown) else ""

    def finished(self) -> dict[str, Any] | None:
        """The item as a plain answer would hold it; None when it broke off and cannot be used."""
        if self.done is not None and (self.done.get("type") == self.kind or not self.shown):
            return self.done
        if self.kind in ("message", "reasoning") and self.shown:
            return {**self.start, "status": "in_progress"}
        return None


class ChatStreamParser:
    """One stream's events, one after the other."""

    def __init__(self, to: Addressee | None = None) -> None:
        """to: whom the request went to, for errors and the blocks' origin; None in tests."""
        self._to = to
        self._items: dict[int, _OpenItem] = {}
        self._response: dict[str, Any] = {}
        self._ended: ChatResponse | None = None

    @property
    def begun(self) -> bool:
        """Whether an output item has begun; before that, nothing was delivered."""
        return bool(self._items)

    @property
    def ended(self) -> bool:
        """Whether the `response` chunk was made."""
        return self._ended is not None

    def parse(self, event: StreamEvent) -> ChatStreamChunk | tuple[ChatStreamChunk, ...] | None:
        """Take one event; return the chunk it makes, or None; two when only the terminal event holds the words.

        Raises the LLMError that an `error`, `response.failed` or `response.cancelled` event stands for.
        """
        if type(event) is TextDelta:
            return self._text(event.output_index, event.delta)
        match event:
            case RefusalDelta(delta, index):
                return self._text(index, delta)
            case SummaryDelta(delta, index, part):
                return self._reasoning(index, ("summary", part), delta)
            case ReasoningDelta(delta, index, part):
                return self._reasoning(index, ("content", part), delta)
            case ArgumentsDone(arguments, index):
                call = self._item(index, "function_call")
                call.done = {**call.start, "arguments": arguments}
            case ItemAdded(item, index):
                self._items[index] = _OpenItem(item)
            case ItemDone(item, index):
                return self._done(index, item)
            case Created(response) | InProgress(response):
                self._response = response
            case Completed(response) | Incomplete(response):
                return self._terminal(response)
            case Failed(response) | Cancelled(response):
                self._response = response
                raise self._fault(object_in(response, "error"))
            case StreamError(error, code, message):
                raise self._fault(error or {"code": code, "message": message})
            case _:
                pass
        return None

    def finish(self) -> None:
        """Without its terminal event an answer has not ended."""
        return

    def partial(self) -> ChatResponse | None:
        """What there is so far, without function requests that are not complete; None before the answer has begun."""
        if self._ended is not None:
            return self._ended
        return self._response_of({**self._response, "status": None}) if self._items or self._response else None

    # --------------------------------------------------------------------------------------------------- the items

    def _item(self, index: int, kind: str) -> _OpenItem:
        """The item at `index`. A place where none began means the latest one, if that is still open and of this kind;
        otherwise the stream was resumed in the middle of an item, which begins here.
        """
        if index in self._items:
            return self._items[index]
        latest = next(reversed(self._items.values()), None)
        if latest is not None and latest.kind == kind and latest.done is None:
            return latest
        item = self._items[index] = _OpenItem({"type": kind})
        return item

    def _text(self, index: int, text: str) -> ChatStreamChunk | None:
        if not text:
            return None
        item = self._item(index, "message")
        if item.kind != "message":  # words of an item that is carried through, not of the answer
            return None
        item.shown.append(text)
        return OutputTextChunk(text)

    def _reasoning(self, index: int, part: tuple[str, int], text: str) -> ChatStreamChunk | None:
        """A piece of reasoning; a new part begins a paragraph."""
        if not text:
            return None
        item = self._item(index, "reasoning")
        if item.kind != "reasoning":
            return None
        if item.part not in (None, part):
            text = "\n\n" + text
        item.part = part
        item.shown.append(text)
        return ReasoningChunk(text)

    def _done(self, index: int, done: dict[str, Any]) -> ChatStreamChunk | None:
        """An item is whole: show what its pieces left out."""
        item = self._item(index, text_in(done, "type"))
        item.done = done
        if not item.shown:
            item.kind = done.get("type")
        return self._rest(item)

    def _rest(self, item: _OpenItem) -> ChatStreamChunk | None:
        done = item.done or {}
        if done.get("type") == "message" and (rest := item.missing(message_text(done))):
            item.shown.append(rest)
            return OutputTextChunk(rest)
        if done.get("type") == "reasoning" and not item.shown and (rest := reasoning_text(done)):
            item.shown.append(rest)
            return ReasoningChunk(rest)
        return None

    # ----------------------------------------------------------------------------------------------------- the end

    def _terminal(self, response: dict[str, Any]) -> ChatStreamChunk | tuple[ChatStreamChunk, ...]:
        """The response is whole. Words that only the terminal event holds are shown first."""
        rests = [self._rest(item) for item in self._completed_by(objects_in(response, "output"))]
        shown = [rest for rest in rests if rest is not None]
        self._ended = self._response_of({**self._response, **response})
        whole = ResponseChunk(self._ended)
        return (*shown, whole) if shown else whole

    def _completed_by(self, output: list[dict[str, Any]]) -> list[_OpenItem]:
        """The items that are whole only now. `output` may skip places of the stream, so it is read in order."""
        begun = list(self._items.values())
        if len(output) <= sum(item.done is not None for item in begun):
            return []
        places = itertools.count(max(self._items, default=-1) + 1)
        completed = []
        for at, done in enumerate(output):
            item = begun[at] if at < len(begun) else self._item(next(places), text_in(done, "type"))
            if item.done is None:
                item.done = done
                completed.append(item)
        return completed

    def _response_of(self, response: dict[str, Any]) -> ChatResponse:
        found = [(item, whole) for item in self._items.values() if (whole := item.finished()) is not None]
        shown = {at: "".join(item.shown) for at, (item, _) in enumerate(found)}
        output = [whole for _, whole in found]
        return ChatParser(self._to.origin if self._to else None).parse({**response, "output": output}, shown)

    def _fault(self, error: dict[str, Any]) -> LLMError:
        to = self._to or Addressee("openai", "OpenAI", "", "", "the API key")
        return fault_of_event(error, to, begun=self.begun)

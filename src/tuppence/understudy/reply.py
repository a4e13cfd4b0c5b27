"""What a script can make the understudy do: one Reply per request, the same words for every wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

Json = Mapping[str, Any]
Cut = Literal["close", "terminate", "reset"]


@dataclass(frozen=True, slots=True)
class Text:
    """Visible words. `citations` are sent as the wire's own citation objects, before the words they belong to."""

    text: str
    citations: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning. `signature` None: the wire signs it, and a later request must bring it back unchanged.

    `hidden`: it took place and is counted, but its words are not shown.
    """

    text: str
    signature: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    """Reasoning that only its origin can read."""

    data: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function request. `arguments` as text are sent exactly so, whole JSON or not; `id` None: one is made.

    With `at_once` the arguments stand in the block's first event and no pieces follow.
    """

    name: str
    arguments: Json | str = field(default_factory=dict)
    id: str | None = None
    at_once: bool = False

    @property
    def arguments_text(self) -> str:
        """The arguments as they go over the wire."""
        return self.arguments if isinstance(self.arguments, str) else compact_json(self.arguments)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Any other block of the wire (a server tool and its result, ...), sent whole in its first event."""

    block: Json


Block = Text | Thinking | RedactedThinking | Call | Opaque


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. `data` as text is sent exactly so, which is how broken JSON gets on the wire."""

    name: str | None
    data: Json | str
    line_end: str = "\n"

    def frame(self) -> bytes:
        """The bytes of the event, blank line included."""
        data = self.data if isinstance(self.data, str) else compact_json(self.data)
        lines = [f"event: {self.name}"] if self.name is not None else []
        return self.line_end.join([*lines, f"data: {data}", "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as a wire reports them; None means not reported. All input is the sum of the three input kinds."""

    fresh_input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def input_tokens(self) -> int | None:
        """All input, cached or not; None when the wire did not report its fresh input."""
        if self.fresh_input_tokens is None:
            return None
        return self.fresh_input_tokens + (self.cache_read_tokens or 0) + (self.cache_write_tokens or 0)

    def updated(self, later: Usage) -> Usage:
        """This usage with what `later` reports put over it: running totals overwrite, silence keeps."""
        return Usage(*(old if new is None else new for old, new in zip(_counts(self), _counts(later), strict=True)))


def _counts(usage: Usage) -> tuple[int | None, ...]:
    return (
        usage.fresh_input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """An error answer; the wire puts it into its own envelope. `kind` None: the wire's word for the status.

    `param` and `code` are said by the OpenAI wires only; `code` None: what usually comes with the status.
    """

    status: int
    message: str | None = None
    kind: str | None = None
    param: str | None = None
    code: str | None = None


class Rejected(Exception):
    """The request is refused with `fault`, as the real server would."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class RandomSizes:
    """Chunks of 1 to `largest` bytes, the same for the same seed."""

    seed: int
    largest: int = 64


Chunking = Literal["event", "whole"] | int | RandomSizes


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer. Say what (at most one of content, events, raw, error), then how it goes wrong.

    Event counts include pings and start at 1; `..._after=0` means right after the headers. Times are seconds.
    """

    content: str | Sequence[Block] | None = None
    """Words, or blocks, which the wire renders as a stream or as one plain answer, whichever was asked for."""
    _: KW_ONLY
    events: Sequence[Event | bytes] | None = None
    """The exact events of a stream; bytes are sent as they are."""
    raw: bytes | None = None
    """The exact body."""
    error: Fault | None = None
    """An error in the wire's own envelope, before anything is streamed."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Put over the usual ones."""
    content_type: str | None = None
    retry_after: float | str | None = None
    """Seconds or an HTTP date, for the retry-after header."""
    stop_reason: str | None = None
    """The wire's own word, or Anthropic's for the same; None: what fits the content. After "refusal" the OpenAI wires
    send the words as a refusal."""
    stop_sequence: str | None = None
    usage: Usage | None = None
    """None: counted by the understudy."""

    pace: float | None = None
    """Seconds between two events; None: the server's."""
    pings: int = 0
    """A ping after every so many events, besides the usual one; 0: none."""
    first_byte_delay: float | None = None
    """Seconds before the status line; None: the server's latency."""
    gates: Mapping[int, asyncio.Event] = field(default_factory=dict)
    """After so many events hold until the gate is set; -1 holds before the status line."""
    chunking: Chunking = "event"
    """How the body is divided into HTTP chunks: one per event, all in one, so many bytes, or at random."""
    split_utf8: bool = False
    """Also divide every character of several bytes."""
    in_one_piece: bool = False
    """Every block's words or arguments in one event, although a stream was asked for."""
    held_back: bool = False
    """The body is made at its pace but leaves only when it is whole, as behind a proxy that buffers."""
    without_end: bool = False
    """The stream's last events, the ones that say why and that it ended, are left out."""

    cut_after_event: int | None = None
    cut_after_bytes: int | None = None
    """Bytes of the body, whatever the chunking."""
    cut: Cut = "close"
    """How it is cut: closed without HTTP's end, HTTP ended properly but the answer not, or a TCP reset."""
    cut_in_head: int | None = None
    """Close after so many bytes of the status line and headers; 0: no answer at all."""
    error_event_after: int | None = None
    """An error event instead of the rest, within the status already sent."""
    error_event: Fault = Fault(529)
    stall_after: int | None = None
    """After so many events keep the socket open and say nothing until the client leaves; -1: before the status line."""
    wrong_json_after: int | None = None
    """The next event's data is cut off in the middle of its JSON; the rest follows unharmed."""
    unknown_event_after: int | None = None
    """Then comes one event of a kind nobody knows; the rest follows."""

    def __post_init__(self) -> None:
        said = [part for part in (self.content, self.events, self.raw, self.error) if part is not None]
        if len(said) > 1:
            raise ValueError("a Reply says one thing: content, events, raw or error")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The content as blocks; none for an empty text."""
        if isinstance(self.content, str):
            return (Text(self.content),) if self.content else ()
        return tuple(self.content or ())


def compact_json(value: object) -> str:
    """`value` as JSON without spaces, other alphabets as themselves."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

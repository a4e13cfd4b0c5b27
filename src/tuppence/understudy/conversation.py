"""A request in words that fit every wire: what was said, what may be called, what is asked of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tuppence.understudy.reply import Usage

_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Function:
    """A function on offer; `parameters` is its JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call made earlier in the conversation."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a call brought; `output` is text, usually JSON."""

    call_id: str
    output: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One message, neighbours of the same speaker already joined."""

    speaker: Literal["user", "assistant"]
    text: str = ""
    calls: tuple[PastCall, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that the answer can depend on."""

    instructions: str
    messages: tuple[Said, ...]
    functions: tuple[Function, ...] = ()
    calls: Literal["allowed", "forbidden", "required"] = "allowed"
    required_function: str | None = None
    """The one function that must be called; None: any, if one must be."""
    parallel_calls: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A request for an answer. `usage` holds the input's tokens; the output's are counted when it is known."""

    model: str
    streamed: bool
    conversation: Conversation
    usage: Usage
    most_output_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    thinking: Literal["no", "shown", "omitted"] = "no"
    request: Mapping[str, Any] = field(default_factory=dict)
    """The request as it came, for what only its wire understands."""

    def fitted(self, window: int) -> Question:
        """The question as a server sees it that drops what does not fit from the beginning of its input, in silence."""
        surplus = (self.usage.input_tokens or 0) - window
        if surplus <= 0:
            return self
        messages = _without_beginning(self.conversation.messages, surplus * _BYTES_PER_TOKEN)
        usage = replace(self.usage, fresh_input_tokens=window, cache_read_tokens=0, cache_write_tokens=None)
        return replace(self, conversation=replace(self.conversation, messages=messages), usage=usage)


def _without_beginning(messages: Sequence[Said], surplus: int) -> tuple[Said, ...]:
    """The messages without their first `surplus` bytes. A message that is cut loses its calls and results; the last
    one keeps them."""
    kept = list(messages)
    while len(kept) > 1 and surplus > 0:
        said = kept[0]
        text = said.text.encode()
        if surplus < len(text):
            kept[0] = Said(said.speaker, text[surplus:].decode(errors="ignore"))
            return tuple(kept)
        surplus -= len(text) + sum(len(result.output.encode()) for result in said.results)
        kept.pop(0)
    if kept and surplus > 0:
        kept[0] = replace(kept[0], text=kept[0].text.encode()[surplus:].decode(errors="ignore"))
    return tuple(kept)

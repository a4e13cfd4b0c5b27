"""What happens during a turn, as those who watch it are told. Every turn ends with exactly one terminal event.

Written as JSON, an event is `{"event": NAME, ...its fields}`; the names and fields are those of the web's event stream.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from tuppence.llm import StopReason, TokenUsage


class OutputText(msgspec.Struct, frozen=True, tag_field="event", tag="output_text", gc=False):
    """A piece of the answer, as the model sent it."""

    text: str


class Reasoning(msgspec.Struct, frozen=True, tag_field="event", tag="reasoning", gc=False):
    """A piece of what the model thought."""

    text: str


class FunctionRequested(msgspec.Struct, frozen=True, tag_field="event", tag="function_request"):
    """The model asked for a function, which now runs."""

    call_id: str
    name: str
    arguments: dict[str, Any]


class FunctionAnswered(msgspec.Struct, frozen=True, tag_field="event", tag="function_result"):
    """A function has answered the model."""

    call_id: str
    summary: str
    """What was looked at, for people."""
    ok: bool
    """False when the answer was an error, which the model has been told with a hint."""


class RoundEnded(msgspec.Struct, frozen=True, tag_field="event", tag="response"):
    """A round is over: its usage row is closed."""

    model: str
    """The model that answered."""
    usage: TokenUsage
    cost: Decimal | None
    """US dollars; None when the price is not known."""
    seconds_to_first_chunk: float | None
    stop_reason: StopReason | None
    """Why the model stopped; `max_tokens` and `context_window` mean that the answer was cut off."""
    round: int = 1
    """Of the turn, from 1."""


class Waiting(msgspec.Struct, frozen=True, tag_field="event", tag="waiting"):
    """The request will be repeated after a wait."""

    seconds: float
    why: str
    until: datetime | None = None
    """The moment (UTC) when that is, for those who hear of it later."""


class SteppedIn(msgspec.Struct, frozen=True, tag_field="event", tag="stepped_in"):
    """The provider that was asked could not answer; before anything was shown, another one took over."""

    provider: str
    """The name people know of the one that answers now."""
    model: str
    why: str
    """What kept the other one from answering."""


class EarlierTalkLeftOut(msgspec.Struct, frozen=True, tag_field="event", tag="earlier_talk_left_out"):
    """The model's context window is too small for the whole chat: it answers without the oldest questions."""

    turns: int
    """How many questions, with their answers, it does not know of."""


CutOff: TypeAlias = Literal["max_tokens", "context_window", "refusal", "content_filter"]
"""Why an answer that the model brought to an end is not whole."""


class TurnCompleted(msgspec.Struct, frozen=True, tag_field="event", tag="turn_completed", omit_defaults=True):
    """The model came to an end."""

    cut_off: CutOff | None = None
    """Why what it said is not the whole answer; None when it is."""


class TurnStopped(msgspec.Struct, frozen=True, tag_field="event", tag="turn_stopped"):
    """A person stopped the answer; what was said is kept."""


class TurnFailed(msgspec.Struct, frozen=True, tag_field="event", tag="turn_failed"):
    """The answer could not be finished; what was said is kept."""

    code: str
    """For programs: the error's class in snake case, such as "authentication_failed"."""
    message: str
    """For people: what happened and what to do."""
    retryable: bool
    """Whether asking again may help without anything being changed."""
    retry_after: float | None = None
    """Seconds after which the provider asks to be tried again; None when it did not say."""


TerminalEvent: TypeAlias = TurnCompleted | TurnStopped | TurnFailed
TurnEvent: TypeAlias = (
    OutputText
    | Reasoning
    | FunctionRequested
    | FunctionAnswered
    | RoundEnded
    | Waiting
    | SteppedIn
    | EarlierTalkLeftOut
    | TerminalEvent
)
TERMINAL_EVENTS = frozenset(one.__struct_config__.tag for one in get_args(TerminalEvent))
"""The names of the events that are a turn's last."""

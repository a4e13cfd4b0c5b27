"""How a turn is shown: its answer's parts, who gave it at what cost, and what to do when it did not come to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from math import ceil
from typing import Literal, TypeAlias

from tuppence.assistant.conversation import Conversation, Lookup, Part, Thought, TurnView, Words
from tuppence.assistant.events import CutOff, EarlierTalkLeftOut, SteppedIn, TurnFailed, Waiting
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import cut_off_by
from tuppence.store.tables import now
from tuppence.web.formats import Formats
from tuppence.web.proposed import ONLY_LOOKS, Proposed

Way = Literal["retry", "other-model", "settings", "limits", "go-on"]


@dataclass(frozen=True, slots=True)
class ShownWords:
    """A run of the answer, in Markdown."""

    text: str
    open: bool
    """Whether the rest of it is still to come."""
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class ShownThought:
    """What the model thought before it went on."""

    text: str
    kind: Literal["thought"] = "thought"


@dataclass(frozen=True, slots=True)
class ShownLookup:
    """One question to the ledger."""

    call_id: str
    name: str
    given: str
    """The arguments, as readable JSON."""
    told: str
    """What was, or is being, looked at."""
    state: Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class ShownLookups:
    """Questions to the ledger that were asked together."""

    all: tuple[ShownLookup, ...]
    open: bool
    kind: Literal["lookups"] = "lookups"

    @property
    def told(self) -> str:
        """All of them in one line."""
        return " · ".join(one.told for one in self.all)


@dataclass(frozen=True, slots=True)
class ShownRemark:
    """What happened besides."""

    text: str
    kind: Literal["remark"] = "remark"


@dataclass(frozen=True, slots=True)
class ShownWait:
    """The provider is asked again after a wait."""

    why: str
    seconds: float
    """Still to go."""
    kind: Literal["wait"] = "wait"

    @property
    def text(self) -> str:
        """As it is said now."""
        left = ceil(self.seconds)
        return f"Asking again in {left} s: {self.why}" if left else f"Asking again: {self.why}"


ShownPart: TypeAlias = ShownWords | ShownThought | ShownLookups | ShownRemark | ShownWait


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an answer."""

    text: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why an answer is not whole, and what can be done."""

    kind: Literal["stopped", "failed", "cut-off"]
    title: str
    text: str = ""
    ways: frozenset[Way] = frozenset()
    retry: str = "Retry"
    """What the button says that asks again."""
    again_in: int | None = None
    """Seconds after which the provider wants to be asked again; None when it did not say."""


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """One question and its answer, ready for the template."""

    id: str
    state: str
    after: int
    question: str
    parts: tuple[ShownPart, ...]
    versions: tuple[str, ...]
    place: int
    """Of this version among them, from 1."""
    figures: tuple[Figure, ...]
    ending: Ending | None
    proposed: Proposed | None
    is_last: bool

    @property
    def has_words(self) -> bool:
        """Whether there is something to copy."""
        return any(isinstance(part, ShownWords) for part in self.parts)

    @property
    def before(self) -> str | None:
        """The version before this one."""
        return self.versions[self.place - 2] if self.place > 1 else None

    @property
    def behind(self) -> str | None:
        """The version after this one."""
        return self.versions[self.place] if self.place < len(self.versions) else None


async def shown_turns(
    talk: Conversation, log: TurnLog, formats: Formats, proposed: Mapping[str, Proposed]
) -> list[ShownTurn]:
    """Every turn of a conversation. proposed: by turn."""
    return [
        await _shown(view, log, formats, proposed.get(view.turn.id), is_last=view is talk.turns[-1])
        for view in talk.turns
    ]


def cost_of_chat(talk: Conversation, formats: Formats) -> Figure:
    """What a chat has cost; an empty text while it has cost nothing."""
    meaning = "What this chat has cost so far, earlier versions and failed requests included."
    if talk.cost is None:
        return Figure("cost unknown" if talk.unknown_costs else "", meaning)
    if talk.unknown_costs:
        return Figure(f"at least {formats.dollars(talk.cost)}", meaning + " The cost of some requests is not known.")
    return Figure(formats.dollars(talk.cost), meaning)


async def _shown(
    view: TurnView, log: TurnLog, formats: Formats, proposed: Proposed | None, *, is_last: bool
) -> ShownTurn:
    runs = view.turn.state == "running"
    return ShownTurn(
        id=view.turn.id,
        state=view.turn.state,
        after=view.after or 0,
        question=view.question,
        parts=tuple(_shown_parts(view.parts, runs=runs)),
        versions=view.versions,
        place=view.versions.index(view.turn.id) + 1,
        figures=() if runs else tuple(_figures(view, formats)),
        ending=await _ending(view, log),
        proposed=proposed,
        is_last=is_last,
    )


# -------------------------------------------------------------------------------------------------------- the parts


def _shown_parts(parts: Sequence[Part], *, runs: bool) -> Iterator[ShownPart]:
    """The parts, neighbours of a kind as one."""
    groups = [(kind, list(group)) for kind, group in groupby(parts, _kind)]
    for number, (_, group) in enumerate(groups, start=1):
        goes_on = runs and number == len(groups)
        match group[0]:
            case Words():
                words = [one for one in group if isinstance(one, Words)]
                yield ShownWords("".join(one.text for one in words), goes_on and not words[-1].finished)
            case Thought():
                yield ShownThought("".join(one.text for one in group if isinstance(one, Thought)))
            case Lookup():
                yield ShownLookups(tuple(_lookup(one, runs) for one in group if isinstance(one, Lookup)), goes_on)
            case SteppedIn() | EarlierTalkLeftOut() | Waiting():
                yield from (_remark(one) for one in group)


def _kind(part: Part) -> tuple[type, bool]:
    """What neighbours must have in common to be shown as one: a finished round's words are a run of their own."""
    return type(part), isinstance(part, Words) and part.finished


def _lookup(one: Lookup, runs: bool) -> ShownLookup:
    given = json.dumps(one.arguments, ensure_ascii=False, indent=2, default=str)
    if one.ok is None:
        return ShownLookup(one.call_id, one.name, given, _told(one.name, runs), "running" if runs else "failed")
    return ShownLookup(one.call_id, one.name, given, one.summary or one.name, "done" if one.ok else "failed")


def _remark(one: Part) -> ShownRemark | ShownWait:
    """Said in the words of `answer.js`."""
    match one:
        case SteppedIn(provider, model, why):
            return ShownRemark(f"{provider} answers instead, with {model}. {why}")
        case EarlierTalkLeftOut(turns):
            what = "the first question" if turns == 1 else f"the first {turns} questions"
            return ShownRemark(f"This chat is longer than the model can read at once: it answers without {what}.")
        case Waiting(seconds, why, until):
            left = seconds if until is None else (until - now()).total_seconds()
            return ShownWait(why, max(0.0, left))
        case _:
            raise AssertionError(f"{one} is no remark")


def _told(name: str, runs: bool) -> str:
    """Said in the words of `answer.js`."""
    words = name.removeprefix(ONLY_LOOKS).replace("_", " ")
    if name.startswith(ONLY_LOOKS):
        return f"Looking up {words}…" if runs else f"Wanted to look up {words}"
    return f"Asking to {words}…" if runs else f"Wanted to {words}"


# ------------------------------------------------------------------------------------------------------ the figures


def _figures(view: TurnView, formats: Formats) -> Iterator[Figure]:
    yield Figure(view.model, f"Asked of {view.turn.provider}")
    if (seconds := view.seconds_to_first_chunk) is not None:
        yield Figure(f"first words {_soon(seconds, formats)}")
    used, made = view.usage.input_tokens, view.usage.output_tokens
    if used is not None or made is not None:
        approximately = "≈ " if view.cost_estimated else ""
        both = f"{approximately}{formats.number((used or 0) + (made or 0))} tokens"
        yield Figure(both, "; ".join(_tokens(view, formats)))
    if view.cost is not None:
        meaning = "Estimated: the provider did not report every token." if view.cost_estimated else ""
        yield Figure(("≈ " if view.cost_estimated else "") + formats.dollars(view.cost), meaning)
    elif view.parts:
        yield Figure("cost unknown", "The price of this model is not known, or the provider reported no tokens.")


def _soon(seconds: float, formats: Formats) -> str:
    if seconds < 0.1:
        return f"within {formats.number(0.1)} s"
    return f"after {formats.number(round(seconds, 1 if seconds < 10 else None))} s"


def _tokens(view: TurnView, formats: Formats) -> Iterator[str]:
    usage = view.usage
    named = (
        ("read", usage.input_tokens),
        ("of these from the cache", usage.cache_read_tokens),
        ("written", usage.output_tokens),
        ("of these for reasoning", usage.reasoning_tokens),
    )
    for name, count in named:
        if count:
            yield f"{name}: {formats.number(count)}"


# ------------------------------------------------------------------------------------------------------- the ending

_TITLES: dict[str, str] = {
    "authentication_failed": "The key was not accepted.",
    "rate_limited": "Too many requests for now.",
    "unavailable": "The provider cannot be reached.",
    "stream_interrupted": "The answer broke off.",
    "stalled": "The answer broke off.",
    "malformed_stream": "The answer broke off.",
    "interrupted": "Interrupted.",
    "context_too_long": "This chat is too long for the model.",
    "request_rejected": "The provider refused the question.",
    "empty_answer": "No answer came.",
    "limit_reached": "A limit is reached.",
}
_OTHERS: frozenset[str] = frozenset({"authentication_failed", "context_too_long", "request_rejected", "limit_reached"})
"""What asking the same model again cannot mend before something was changed."""
_NOT_THE_MODEL: frozenset[str] = frozenset({"interrupted", "internal_error", "store_unusable", "log_unusable"})


_CUT_OFF: dict[CutOff, Ending] = {
    "max_tokens": Ending(
        "cut-off", "The answer is not complete.", "It reached the greatest length.", frozenset({"go-on"})
    ),
    "context_window": Ending(
        "cut-off",
        "The answer is not complete.",
        "This chat is as long as the model can read. Go on in a new one, or with a model that can read more.",
        frozenset({"other-model"}),
    ),
    "refusal": Ending(
        "cut-off",
        "The model did not want to answer.",
        "Ask in other words, or another model.",
        frozenset({"retry", "other-model"}),
    ),
    "content_filter": Ending(
        "cut-off",
        "The answer is not complete.",
        "The provider's content filter ended it. Ask in other words, or another model.",
        frozenset({"retry", "other-model"}),
    ),
}


async def _ending(view: TurnView, log: TurnLog) -> Ending | None:
    turn = view.turn
    if (cut_off := cut_off_by(turn)) is not None:
        return _CUT_OFF[cut_off]
    if turn.state == "stopped":
        return Ending("stopped", "You stopped this answer.")
    if turn.state != "failed":
        return None
    code = turn.code or "failed"
    ways: set[Way] = {"retry"} if turn.retryable or code in _OTHERS else set()
    if code not in _NOT_THE_MODEL:
        ways.add("other-model")
    if code == "authentication_failed":
        ways.add("settings")
    if code == "limit_reached":
        ways.add("limits")
    return Ending(
        "failed",
        _TITLES.get(code, "That did not work."),
        turn.reason or "",
        frozenset(ways),
        "Go on" if code == "interrupted" else "Retry",
        await _again_in(view, log),
    )


async def _again_in(view: TurnView, log: TurnLog) -> int | None:
    """Seconds from now after which the provider wants to be asked again; None when it did not say."""
    if view.turn.code != "rate_limited" or view.turn.ended_at is None:
        return None
    events = await log.logged(view.turn.id)
    last = events[-1].event if events else None
    if not isinstance(last, TurnFailed) or last.retry_after is None:
        return None
    left = view.turn.ended_at + timedelta(seconds=last.retry_after) - now()
    return max(0, ceil(left.total_seconds()))

"""What a page shows of a chat: each question, the making of its answer so far, who answered, what that cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from tuppence.assistant.chats import Chat, open_chat
from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    FunctionRequested,
    OutputText,
    Reasoning,
    RoundEnded,
    SteppedIn,
    Waiting,
)
from tuppence.assistant.logged_event import LoggedEvent, joined
from tuppence.assistant.messages import SaidMessage, said_during, text_of
from tuppence.assistant.reader import COMMAND_LINE, Reader
from tuppence.assistant.turn_log import KEPT, TurnLog
from tuppence.assistant.turns import Turn, open_turn
from tuppence.assistant.versions import path_to, turns_of_chat, versions_of
from tuppence.ledger.household import Ledger
from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    FunctionResult,
    ReasoningBlock,
    TextBlock,
    TokenUsage,
    UserMessage,
)
from tuppence.store.tables import now
from tuppence.usage import UsageLog, UsageRow, total_cost


class UnknownLookup(LookupError):
    """There is no such lookup, or it has no result yet."""


class KeptLookup(msgspec.Struct, frozen=True):
    """A function that the model asked for, and what it was given."""

    name: str
    arguments: Mapping[str, Any]
    result: str | None
    """Usually JSON; None while it runs, and when it never answered."""


class Words(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str
    finished: bool
    """False: more of it may come; or, in a turn that has ended, it broke off here."""


class Thought(msgspec.Struct, frozen=True):
    """What the model thought, as far as it was shown."""

    text: str


class Lookup(msgspec.Struct, frozen=True):
    """A function that the model asked for."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    summary: str | None = None
    """What was looked at; None while it runs, and when it never answered."""
    ok: bool | None = None
    """False when the answer was an error; None without an answer."""


Remark: TypeAlias = SteppedIn | EarlierTalkLeftOut | Waiting
"""What happened besides. A wait is among the parts while nothing has followed it, and the answer is still to come."""
Part: TypeAlias = Words | Thought | Lookup | Remark


class TurnView(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer."""

    turn: Turn
    question: str
    asked_at: datetime
    parts: tuple[Part, ...]
    """The answer so far, in order. Who stepped in, and what was left out, is known for a day."""
    model: str
    """The one that answered, as the provider names it; before that, the one that was asked."""
    seconds_to_first_chunk: float | None
    """Of the first request that was answered; None while there is none."""
    usage: TokenUsage
    """Tokens of all requests that this turn made; None for a kind that none reported."""
    cost: Decimal | None
    """US dollars of these; None when one of them is unknown, and when there was none."""
    cost_estimated: bool
    versions: tuple[str, ...]
    """The ids of the turns that ask this question, in whatever words, oldest first; the turn's own is among them."""
    after: int | None
    """The events of a running turn that follow this number are not in `parts`, all others are. None when it has ended:
    nothing will follow."""


class Conversation(msgspec.Struct, frozen=True):
    """The version of a chat that is shown."""

    chat: Chat
    turns: tuple[TurnView, ...]
    cost: Decimal | None
    """US dollars of all requests made for the chat, failed ones and other versions included, as far as their cost is
    known; None when it is of none."""
    unknown_costs: int
    """How many requests have cost something that nobody can tell: `cost` is without them."""


async def conversation(
    ledger: Ledger, log: TurnLog, usage: UsageLog, chat_id: str, reader: Reader = COMMAND_LINE
) -> Conversation:
    """The chat as it is now. Raises UnknownChat when there is none that `reader` may read."""
    chat = await open_chat(ledger, chat_id, reader)
    async with ledger.store.reading() as connection:
        among = await turns_of_chat(connection, ledger, chat.id)
        path = path_to(chat.leaf_turn_id, among)
        said = await said_during(connection, ledger.household, [turn.id for turn in path])
    # The log is read after the messages: whatever of a running turn is in those is in the log by now.
    events = {turn.id: await log.logged(turn.id) for turn in path if turn.state != "completed"}
    events |= await log.remarks([turn.id for turn in path if turn.state == "completed" and _is_in_log(turn)])
    rows = await usage.rows(ledger.household, chat_id=chat.id)
    views = [
        _turn_view(
            turn,
            [one for one in said if one.turn_id == turn.id],
            events.get(turn.id, []),
            [row for row in rows if row.purpose.turn_id == turn.id],
            versions_of(turn, among),
        )
        for turn in path
    ]
    costs = [row.cost.amount for row in rows if row.cost is not None]
    unknown = sum(row.cost_unknown for row in rows)
    return Conversation(chat, tuple(views), sum(costs, Decimal(0)) if costs else None, unknown)


async def lookup_result(ledger: Ledger, turn_id: str, call_id: str, reader: Reader = COMMAND_LINE, nth: int = 1) -> str:
    """The whole result of a function that was asked for during a turn, as the model was given it: usually JSON.

    Found as by `lookup_of`. Raises UnknownTurn when `reader` may not read the turn, UnknownLookup.
    """
    result = (await lookup_of(ledger, turn_id, call_id, reader, nth)).result
    if result is None:
        raise UnknownLookup("This lookup has no result: it was interrupted, or is still under way.")
    return result


async def lookup_of(
    ledger: Ledger, turn_id: str, call_id: str, reader: Reader = COMMAND_LINE, nth: int = 1
) -> KeptLookup:
    """A lookup of a turn with all that was asked and found.

    nth: which of those whose call has this id, from 1: some models use their ids again. Raises UnknownTurn when
    `reader` may not read the turn, UnknownLookup when it holds no such call.
    """
    turn = await open_turn(ledger, turn_id, reader)
    async with ledger.store.reading() as connection:
        said = await said_during(connection, ledger.household, [turn.id])
    requests = [
        (one.round, block)
        for one in said
        if isinstance(one.message, AssistantMessage)
        for block in one.message.content
        if isinstance(block, ChatFunctionRequest) and block.call_id == call_id
    ]
    if len(requests) < nth:
        raise UnknownLookup("There is no such lookup in this answer.")
    round_number, request = requests[nth - 1]
    results = (one.message for one in said if one.round == round_number and isinstance(one.message, FunctionResult))
    result = next((one.output for one in results if one.call_id == call_id), None)
    return KeptLookup(request.function_name, request.function_args, result)


# --------------------------------------------------------------------------------------------------------- one turn


def _is_in_log(turn: Turn) -> bool:
    return turn.ended_at is not None and turn.ended_at > now() - timedelta(seconds=KEPT)


def _turn_view(
    turn: Turn,
    said: Sequence[SaidMessage],
    events: Sequence[LoggedEvent],
    rows: Sequence[UsageRow],
    versions: tuple[str, ...],
) -> TurnView:
    """rows: the usage of the turn, latest first."""
    runs = turn.state == "running"
    parts = _running_parts(said, events) if runs else _ended_parts(said, events)
    answered = [row for row in rows if row.answered_model is not None]
    first = next((row for row in reversed(rows) if row.first_chunk_microseconds is not None), None)
    return TurnView(
        turn=turn,
        question=next((text_of(one.message) for one in said if isinstance(one.message, UserMessage)), ""),
        asked_at=turn.started_at,
        parts=tuple(parts),
        model=(answered[0].answered_model if answered else None) or turn.model,
        seconds_to_first_chunk=(first.first_chunk_microseconds or 0) / 1_000_000 if first else None,
        usage=_sum(row.usage for row in rows),
        cost=total_cost(rows),
        cost_estimated=any(row.cost_estimated for row in rows),
        versions=versions,
        after=(events[-1].n if events else 0) if runs else None,
    )


def _ended_parts(said: Sequence[SaidMessage], events: Sequence[LoggedEvent]) -> Iterator[Part]:
    """The parts of a turn by its messages, and where a function's result was not kept by what the log says of it.

    Remarks come before the first word: somebody steps in only as long as nothing was said.
    """
    yield from (one.event for one in events if isinstance(one.event, SteppedIn | EarlierTalkLeftOut))
    answers = _answers_logged(events)
    for one in said:
        if isinstance(one.message, FunctionResult):
            answers[one.round, one.message.call_id] = (one.summary, not one.message.is_error)
    for one in said:
        if isinstance(one.message, AssistantMessage):
            yield from _parts_of(one, answers)


def _answers_logged(events: Sequence[LoggedEvent]) -> dict[tuple[int | None, str], tuple[str | None, bool]]:
    """What functions looked at, and whether that went well, by round and call: some models use their ids again."""
    answers: dict[tuple[int | None, str], tuple[str | None, bool]] = {}
    number = 0
    for event in (one.event for one in events):
        match event:
            case RoundEnded(round=number):
                pass
            case FunctionAnswered(call_id, summary, ok):
                answers[number, call_id] = (summary, ok)
            case _:
                pass
    return answers


def _parts_of(said: SaidMessage, answers: Mapping[tuple[int | None, str], tuple[str | None, bool]]) -> Iterator[Part]:
    """The parts of one round's answer."""
    assert isinstance(said.message, AssistantMessage)
    for block in said.message.content:
        match block:
            case TextBlock(text) if text:
                yield Words(text, said.finished)
            case ReasoningBlock(text) if text:
                yield Thought(text)
            case ChatFunctionRequest(call_id=call_id, function_name=name, function_args=arguments):
                yield Lookup(call_id, name, arguments, *answers.get((said.round, call_id), (None, None)))
            case _:
                pass


def _running_parts(said: Sequence[SaidMessage], events: Sequence[LoggedEvent]) -> list[Part]:
    """The parts of a turn by the log; the rounds that it was begun with, which the log does not know, by its messages.

    What the turn itself has finished stands in the log before it is kept as a message.
    """
    happened = list(joined([one.event for one in events]))
    logged_rounds = {event.round for event in happened if isinstance(event, RoundEnded)}
    parts = list(_ended_parts([one for one in said if one.round not in logged_rounds], []))
    running = {part.call_id: n for n, part in enumerate(parts) if isinstance(part, Lookup) and part.ok is None}
    for event in happened:
        if parts and isinstance(parts[-1], Waiting):
            parts.pop()
        match event:
            case OutputText(text):
                parts.append(Words(text, finished=False))
            case Reasoning(text):
                parts.append(Thought(text))
            case FunctionRequested(call_id, name, arguments) if call_id not in running:
                running[call_id] = len(parts)
                parts.append(Lookup(call_id, name, arguments))
            case FunctionAnswered(call_id, summary, ok) if call_id in running:
                at = running.pop(call_id)
                parts[at] = msgspec.structs.replace(parts[at], summary=summary, ok=ok)
            case SteppedIn() | EarlierTalkLeftOut() | Waiting():
                parts.append(event)
            case RoundEnded():
                parts = [_finished(part) for part in parts]
            case _:
                pass
    return parts


def _finished(part: Part) -> Part:
    return Words(part.text, finished=True) if isinstance(part, Words) else part


def _sum(usages: Iterable[TokenUsage]) -> TokenUsage:
    """All together; None for a kind that none of them reports."""
    usages = list(usages)
    counts = {
        kind: [count for one in usages if (count := getattr(one, kind)) is not None]
        for kind in TokenUsage.__struct_fields__
    }
    return TokenUsage(**{kind: sum(known) if known else None for kind, known in counts.items()})

"""The responder: runs the rounds of a turn. It asks, runs the functions that were requested, and asks again.

What happens next is derived from the transcript, never remembered: called again after anything, the responder does just
what is still owed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from time import monotonic
from typing import Protocol, TypeAlias

import msgspec

from tuppence.asking import Asker, Inquiry
from tuppence.assistant.events import (
    EarlierTalkLeftOut,
    FunctionAnswered,
    FunctionRequested,
    OutputText,
    Reasoning,
    RoundEnded,
    SteppedIn,
    TurnEvent,
    Waiting,
)
from tuppence.assistant.functions import Function, FunctionAnswer, refused
from tuppence.enrichment.confirmations import ChatCall
from tuppence.ledger.household import Ledger
from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    ChatResponse,
    FunctionResult,
    LLMError,
    Message,
    OutputTextChunk,
    ReasoningChunk,
    RequestRejected,
    ResponseChunk,
    UserMessage,
)
from tuppence.llm.answerer import Answerer
from tuppence.llm.closing import finished
from tuppence.store.tables import now
from tuppence.usage import LimitReached, UsageRow, total_cost

MAX_ROUNDS = 8
_PATIENCE = 30.0  # seconds to wait for requests under way that hold what is left of a limit
_LOOK_AGAIN = 1.0  # seconds

Emit: TypeAlias = Callable[[TurnEvent], None]
"""Told of every event as it happens; returns at once."""


class EmptyAnswer(LLMError):
    """The model answered with neither words nor a question to the ledger. Ask again, perhaps in other words."""


class Transcript(Protocol):
    """The history that a turn adds to."""

    @property
    def messages(self) -> Sequence[Message]:
        """Everything said so far, as a model is sent it."""

    async def add(
        self, said: Sequence[Message], *, round_number: int, finished: bool, summaries: Sequence[str] = ()
    ) -> None:
        """Keep what was said; `finished` is False for an answer that was stopped or broke off.

        summaries: for people, one for each of `said` that is a function's result.
        """


class ReplyOwed(msgspec.Struct, frozen=True):
    """The model has to speak."""

    round_number: int
    """Within the turn, from 1."""


class ResultsOwed(msgspec.Struct, frozen=True):
    """Functions have to be run."""

    round_number: int
    """The round that requested them."""
    requests: tuple[ChatFunctionRequest, ...]


def owed(messages: Sequence[Message], max_rounds: int) -> ReplyOwed | ResultsOwed | None:
    """What a transcript still needs; None when the answer is complete.

    The round after the last permitted one is never owed, so that requests made in the last round stay unanswered.
    """
    start = max((at for at, message in enumerate(messages) if isinstance(message, UserMessage)), default=-1)
    turn = messages[start + 1 :]
    answers = [at for at, message in enumerate(turn) if isinstance(message, AssistantMessage)]
    if not answers:
        return ReplyOwed(1)
    rounds, answer = len(answers), turn[answers[-1]]
    assert isinstance(answer, AssistantMessage)
    # Only what follows the answer: some models use the ids of their calls again.
    answered = {message.call_id for message in turn[answers[-1] :] if isinstance(message, FunctionResult)}
    requests = [block for block in answer.content if isinstance(block, ChatFunctionRequest)]
    missing = tuple(request for request in requests if request.call_id not in answered)
    if rounds >= max_rounds or not (requests or answer.paused):
        return None
    return ResultsOwed(rounds, missing) if missing else ReplyOwed(rounds + 1)


class Responder:
    """Answers one question by as many rounds as it takes."""

    def __init__(
        self,
        *,
        answerers: Sequence[Answerer],
        instructions: str,
        functions: Sequence[Function],
        ledger: Ledger,
        today: date,
        asker: Asker,
        max_rounds: int = MAX_ROUNDS,
    ) -> None:
        """answerers: the first one answers; each next one steps in when the one before it fails and nothing was shown.

        max_rounds: the last of them must not request functions, so that the model answers with what it has.
        """
        self._answerers, self._instructions = list(answerers), instructions
        self._functions: Mapping[str, Function] = {function.name: function for function in functions}
        self._definitions = [function.definition() for function in functions]
        self._ledger, self._today = ledger, today
        self._asker, self._max_rounds = asker, max_rounds

    async def respond(self, transcript: Transcript, emit: Emit) -> None:
        """Add to `transcript` whatever it still needs, telling `emit` of each piece as it comes.

        Raises LLMError when a round fails, NotAdmitted when it must not begin; CancelledError when it is stopped. What
        was said until then is kept either way, and finished rounds stay finished: called again, only the rest is done.
        """
        while (owing := owed(transcript.messages, self._max_rounds)) is not None:
            match owing:
                case ReplyOwed(round_number):
                    with self._asker.tracing.round(round_number):
                        await self._reply(transcript, round_number, emit)
                case ResultsOwed(round_number, requests):
                    await self._run_functions(transcript, round_number, requests, emit)

    # ----------------------------------------------------------------------------------------------------- a reply

    async def _reply(self, transcript: Transcript, round_number: int, emit: Emit) -> None:
        until = monotonic() + _PATIENCE
        while True:
            try:
                await self._reply_by(self._answerers[0], transcript, round_number, emit)
                return
            except LimitReached as reached:
                if not reached.may_pass or monotonic() > until:
                    raise
                emit(Waiting(_LOOK_AGAIN, str(reached), now() + timedelta(seconds=_LOOK_AGAIN)))
                await asyncio.sleep(_LOOK_AGAIN)  # until other requests, in whatever process, have ended
            except LLMError as error:
                shown = round_number > 1 or _is_visible(error.partial)
                if shown or len(self._answerers) == 1:
                    raise
                del self._answerers[0]
                emit(SteppedIn(self._answerers[0].provider.title, self._answerers[0].model, str(error)))

    async def _reply_by(self, answerer: Answerer, transcript: Transcript, round_number: int, emit: Emit) -> None:
        request = self._request(answerer, transcript.messages, round_number)
        inquiry = await self._asker.inquiry(answerer, request, round_number=round_number)
        if inquiry.turns_left_out and round_number == 1:
            emit(EarlierTalkLeftOut(inquiry.turns_left_out))
        inquiry.stream.waiting_told_to(lambda seconds, error: emit(_waiting(seconds, error)))
        rows = inquiry.rows
        try:
            response = await _streamed(inquiry, emit)
        except (LLMError, asyncio.CancelledError):
            await finished(partial(_keep_partial, transcript, round_number, inquiry.partial))
            raise
        emit(
            RoundEnded(
                model=response.model or answerer.model,
                usage=rows[-1].usage if rows else response.usage,
                cost=total_cost(rows),
                seconds_to_first_chunk=seconds_to_first_chunk(rows),
                stop_reason=response.stop_reason,
                round=round_number,
            )
        )
        goes_on = response.stop_reason == "pause" or (response.function_requests and round_number < self._max_rounds)
        if not (response.output_text.strip() or goes_on):
            raise EmptyAnswer(provider=answerer.provider.name, model=answerer.model, usage=response.usage)
        answer = [AssistantMessage.of(response)]
        await finished(partial(transcript.add, answer, round_number=round_number, finished=True))

    def _request(self, answerer: Answerer, messages: Sequence[Message], round_number: int) -> ChatRequest:
        """The request of a round. Raises RequestRejected when the model cannot answer at all."""
        objection = answerer.abilities.objection(answerer.model)
        if objection is not None:
            raise RequestRejected(objection, provider=answerer.provider.name, model=answerer.model)
        return ChatRequest(
            model=answerer.model,
            transcript=messages,
            instructions=self._instructions,
            functions=self._definitions,
            tool_choice="auto" if round_number < self._max_rounds else "none",
            session_id=self._asker.purpose.chat_id,
        )

    # --------------------------------------------------------------------------------------------------- functions

    async def _run_functions(
        self, transcript: Transcript, round_number: int, requests: Sequence[ChatFunctionRequest], emit: Emit
    ) -> None:
        """Run the functions of one round side by side; their results are kept together, in the requests' order."""
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(self._run_function(request, round_number, emit)) for request in requests]
        answers = [task.result() for task in running]
        results = [
            FunctionResult(request.call_id, answer.output, is_error=not answer.ok)
            for request, answer in zip(requests, answers, strict=True)
        ]
        summaries = [answer.summary for answer in answers]
        await transcript.add(results, round_number=round_number, finished=True, summaries=summaries)

    async def _run_function(self, request: ChatFunctionRequest, round_number: int, emit: Emit) -> FunctionAnswer:
        emit(FunctionRequested(request.call_id, request.function_name, request.function_args))
        with self._asker.traced_function(request) as returned:
            answer = await self._answer(request, round_number)
            returned(answer.output, answer.ok)
        emit(FunctionAnswered(request.call_id, answer.summary, answer.ok))
        return answer

    async def _answer(self, request: ChatFunctionRequest, round_number: int) -> FunctionAnswer:
        function = self._functions.get(request.function_name)
        if request.malformed:
            raw = (request.raw_arguments or "")[:200]
            return refused(f"The arguments were no JSON object: {raw}", "Call the function again with a JSON object.")
        if function is None:
            known = ", ".join(self._functions)
            return refused(f"There is no function {request.function_name!r}.", f"Call one of: {known}.")
        call = self._call(round_number, request)
        return await function.run(self._ledger, request.function_args, self._today, call)

    def _call(self, round_number: int, request: ChatFunctionRequest) -> ChatCall | None:
        """What the effects of a call are named after; None outside of chats."""
        chat, turn = self._asker.purpose.chat_id, self._asker.purpose.turn_id
        if chat is None or turn is None:
            return None
        return ChatCall(chat_id=chat, turn_id=turn, round=round_number, call_id=request.call_id)


def seconds_to_first_chunk(rows: Sequence[UsageRow]) -> float | None:
    """Of the attempt that answered; None when it is not on record."""
    microseconds = rows[-1].first_chunk_microseconds if rows else None
    return None if microseconds is None else microseconds / 1_000_000


async def _streamed(inquiry: Inquiry, emit: Emit) -> ChatResponse:
    """The whole answer, each piece told to `emit` as it comes."""
    async with inquiry.stream as stream:
        async for streamed in stream:
            for chunk in inquiry.meant(streamed):
                match chunk:
                    case OutputTextChunk(text):
                        emit(OutputText(text))
                    case ReasoningChunk(text):
                        emit(Reasoning(text))
                    case ResponseChunk(response):
                        return response
    raise AssertionError("a stream ends with its response or raises")


def _waiting(seconds: float, error: LLMError) -> Waiting:
    return Waiting(seconds, str(error), now() + timedelta(seconds=seconds))


def _is_visible(said: ChatResponse | None) -> bool:
    """Whether a person has seen something of an answer."""
    return said is not None and bool(said.output_text or said.reasoning_text)


async def _keep_partial(transcript: Transcript, round_number: int, said: ChatResponse | None) -> None:
    """Keep the words of an answer that was stopped or broke off, if there were any."""
    if said is not None and said.output_text:
        await transcript.add([AssistantMessage.of(said)], round_number=round_number, finished=False)

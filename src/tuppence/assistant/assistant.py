"""The assistant: answers questions in chats over one household's ledger."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TypeAlias

import msgspec

from tuppence.assistant.chats import (
    Asked,
    Chat,
    Turn,
    TurnState,
    begin_turn,
    end_turn,
    keep_messages,
    said_in,
    transcript_of,
)
from tuppence.assistant.events import TurnCompleted, TurnFailed, TurnStopped
from tuppence.assistant.functions import FUNCTIONS, Function
from tuppence.assistant.instructions import instructions
from tuppence.assistant.responder import MAX_ROUNDS, Answerer, Emit, EmptyAnswer, Responder
from tuppence.ledger.household import Ledger, household_of
from tuppence.llm import LLMError, Message, StreamInterrupted, Unavailable
from tuppence.llm.closing import finished
from tuppence.usage import Purpose, UsageLog

TerminalEvent: TypeAlias = TurnCompleted | TurnStopped | TurnFailed
RETRYABLE = (Unavailable, StreamInterrupted, EmptyAnswer)
"""Failures after which asking again may help without anything being changed."""


class Assistant:
    """Runs turns. Wired once per process by the command line or the web."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        answerers: Sequence[Answerer],
        usage: UsageLog,
        process_id: str,
        today: Callable[[], date] = date.today,
        functions: Sequence[Function] = FUNCTIONS,
        max_rounds: int = MAX_ROUNDS,
    ) -> None:
        """answerers: the first one answers, the others step in. process_id: the `Presence.id` of the process.

        today: the household's day, asked at the start of each turn.
        """
        self._ledger, self._answerers, self._usage = ledger, list(answerers), usage
        self._process_id, self._today, self._functions, self._max_rounds = process_id, today, functions, max_rounds

    async def ask(self, chat: Chat, text: str, emit: Emit, *, client_id: str | None = None) -> Turn:
        """Answer `text` in `chat`; the turn as it ended, completed or failed.

        `emit` is told of everything as it happens, the terminal event last. Cancel the task to stop the answer: the
        provider's stream is closed, what was said is kept and marked stopped, and CancelledError is raised. client_id:
        the asker's own id for this question; asked again with the same one, the turn that exists is returned and
        nothing is told. Raises ChatBusy while the chat still answers, StoreUnusable.
        """
        today = self._today()
        first = self._answerers[0]
        asked = Asked(text, first.provider.name, first.model, self._process_id, today, client_id)
        turn, new = await begin_turn(self._ledger, chat, asked)
        if not new:
            return turn
        try:
            await self._respond(turn, today, emit)
        except asyncio.CancelledError:
            await self._end(turn, "stopped", emit, TurnStopped())
            raise
        except LLMError as error:
            failed = TurnFailed(code_of(error), str(error), retryable=isinstance(error, RETRYABLE))
            return await self._end(turn, "failed", emit, failed)
        except Exception:
            text = "Tuppence made a mistake while answering. What was said is kept."
            await self._end(turn, "failed", emit, TurnFailed("internal_error", text, retryable=True))
            raise
        return await self._end(turn, "completed", emit, TurnCompleted())

    async def _respond(self, turn: Turn, today: date, emit: Emit) -> None:
        transcript = KeptTranscript(self._ledger, turn, today)
        await transcript.load()
        responder = Responder(
            answerers=self._answerers,
            instructions=instructions(await household_of(self._ledger)),
            functions=self._functions,
            ledger=self._ledger,
            today=today,
            usage=self._usage,
            purpose=Purpose("chat", self._ledger.household, chat_id=turn.chat_id, turn_id=turn.id),
            max_rounds=self._max_rounds,
        )
        await responder.respond(transcript, emit)

    async def _end(self, turn: Turn, state: TurnState, emit: Emit, event: TerminalEvent) -> Turn:
        """Keep how the turn ended, then tell it."""
        ended = msgspec.structs.replace(turn, state=state)
        if isinstance(event, TurnFailed):
            why = {"code": event.code, "reason": event.message, "retryable": event.retryable}
            ended = msgspec.structs.replace(ended, **why)
        await finished(partial(end_turn, self._ledger, ended))
        emit(event)
        return ended


class KeptTranscript:
    """The transcript of a chat as a turn adds to it: in memory for the model, in the database for good."""

    def __init__(self, ledger: Ledger, turn: Turn, today: date) -> None:
        self._ledger, self._turn, self._today = ledger, turn, today
        self._messages: list[Message] = []

    async def load(self) -> None:
        """Read what was said so far. What this very turn said without finishing is left out: it is said anew."""
        said = await said_in(self._ledger, self._turn.chat_id)
        self._messages = transcript_of([one for one in said if one.finished or one.turn_id != self._turn.id])

    @property
    def messages(self) -> Sequence[Message]:
        return self._messages

    async def add(self, said: Sequence[Message], *, round_number: int, finished: bool) -> None:
        await keep_messages(
            self._ledger, self._turn, said, round_number=round_number, finished=finished, today=self._today
        )
        self._messages = [*self._messages, *said]


def code_of(error: LLMError) -> str:
    """An error's class for programs: `RateLimited` is "rate_limited"."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()

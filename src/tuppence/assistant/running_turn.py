"""One turn while it is answered: told to the log, interrupted when it must not go on, and ended truthfully."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine
from functools import partial
from typing import Any, get_args

from tuppence.assistant.events import (
    CutOff,
    RoundEnded,
    TerminalEvent,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStopped,
)
from tuppence.assistant.responder import Emit, EmptyAnswer
from tuppence.assistant.turn_log import Interruption, TurnLog
from tuppence.assistant.turns import INTERRUPTED, Turn, TurnLost, end_turn, ending_of
from tuppence.ledger.household import Ledger
from tuppence.llm import LLMError, StreamInterrupted, Unavailable
from tuppence.llm.closing import finished
from tuppence.store import StoreUnusable
from tuppence.usage import NotAdmitted

RETRYABLE = (Unavailable, StreamInterrupted, EmptyAnswer)
"""Failures after which asking again may help without anything being changed."""

_CLEAN_UP = 20.0  # seconds granted to closing a stream and to keeping what was said and how it ended
_logger = logging.getLogger(__name__)


class RunningTurn:
    """Runs one turn once."""

    def __init__(self, ledger: Ledger, log: TurnLog, turn: Turn, emit: Emit) -> None:
        """emit: told of every event as it happens, besides the log."""
        self._ledger, self._log, self._turn, self._emit = ledger, log, turn, emit
        self._answering: asyncio.Task[None] | None = None
        self._why: Interruption | None = None
        self._ended: Turn | None = None
        self._cut_off: CutOff | None = None

    def tell(self, event: TurnEvent) -> None:
        """Something happened."""
        if isinstance(event, RoundEnded):
            self._cut_off = next((one for one in get_args(CutOff) if one == event.stop_reason), None)
        self._log.append(self._turn.id, event)
        self._emit(event)

    def interrupt(self, why: Interruption) -> None:
        """Give the answer up. Only the first reason counts."""
        if self._why is None:
            self._why = why
            if self._answering is not None:
                self._answering.cancel()

    async def end_of(self, answering: Coroutine[Any, Any, None], cancelled_as: Interruption) -> Turn:
        """Run `answering`, and keep how that ended: the turn as it ended.

        A cancellation is an interruption for the reason `cancelled_as`, and is raised when the turn has ended; so is
        what `answering` raised when it is not one of the ways in which an answer may fail. Raises StoreUnusable when it
        cannot be kept how the turn ended.
        """
        self._answering = asyncio.ensure_future(answering)
        self._log.begin(self._turn.id, self.interrupt)
        cancelled: asyncio.CancelledError | None = None
        try:
            await asyncio.wait({self._answering})
        except asyncio.CancelledError as error:
            cancelled = error
            self.interrupt(cancelled_as)
        try:
            await finished(partial(self._end, cancelled_as), within=_CLEAN_UP)
        finally:
            self._log.release(self._turn.id)
        if cancelled is not None:
            raise cancelled
        if (mistake := _mistake_in(self._answering)) is not None:
            raise mistake
        return self._ended or self._turn

    async def _end(self, cancelled_as: Interruption) -> None:
        """Keep how the turn ended, when all that was said is in the log; then tell it. Safe to run twice."""
        assert self._answering is not None
        await asyncio.wait({self._answering})
        event = _outcome(self._answering, self._why or cancelled_as)
        if isinstance(event, TurnCompleted):
            event = TurnCompleted(self._cut_off)
        if (failure := await self._failure_of_log()) is not None:
            event = TurnFailed("log_unusable", str(failure), retryable=True)
        ended = await end_turn(self._ledger, self._turn, event)
        if self._ended is not None or ended is None:
            return
        self._ended = ended
        if ended.state != _state(event):
            event = ending_of(ended) or event  # somebody else had ended it, and has told the log
        elif failure is None:
            self._log.append(self._turn.id, event)
            if (failure := await self._failure_of_log()) is not None:
                _logger.warning("The end of an answer is not in the log, only in its row. %s", failure)
        self._emit(event)

    async def _failure_of_log(self) -> StoreUnusable | None:
        """Why what was appended cannot be committed; None when it is."""
        try:
            await self._log.committed(self._turn.id)
        except StoreUnusable as failure:
            return failure
        return None


def code_of(error: Exception) -> str:
    """An error's class for programs: `RateLimited` is "rate_limited"."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _outcome(answering: asyncio.Task[None], why: Interruption) -> TerminalEvent:
    """How an answer ended that is over. why: the reason when it was given up."""
    error = None if answering.cancelled() else answering.exception()
    match error:
        case None if not answering.cancelled():
            return TurnCompleted()
        case None:
            return TurnStopped() if why == "stopped" else INTERRUPTED
        case TurnLost():
            return INTERRUPTED
        case LLMError():
            wait = error.retry_after if isinstance(error, Unavailable) else None
            return TurnFailed(code_of(error), str(error), isinstance(error, RETRYABLE), wait)
        case NotAdmitted():
            return TurnFailed(code_of(error), str(error), retryable=False)
        case StoreUnusable():
            return TurnFailed(code_of(error), str(error), retryable=True)
        case _:
            text = "Tuppence made a mistake while answering. What was said is kept."
            return TurnFailed("internal_error", text, retryable=True)


def _mistake_in(answering: asyncio.Task[None]) -> BaseException | None:
    """What an answer raised that is over, where it is more than a way for answers to fail."""
    error = None if answering.cancelled() else answering.exception()
    return None if isinstance(error, LLMError | NotAdmitted | TurnLost | StoreUnusable) else error


def _state(event: TerminalEvent) -> str:
    match event:
        case TurnCompleted():
            return "completed"
        case TurnStopped():
            return "stopped"
        case TurnFailed():
            return "failed"

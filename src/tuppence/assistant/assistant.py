"""The assistant: answers questions in chats over one household's ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial

import msgspec

from tuppence.asking import Asker
from tuppence.assistant.chats import Chat
from tuppence.assistant.functions import FUNCTIONS, Function
from tuppence.assistant.instructions import instructions
from tuppence.assistant.interrupted_turns import end_orphans
from tuppence.assistant.kept_transcript import KeptTranscript
from tuppence.assistant.messages import SaidMessage, said_during, text_of
from tuppence.assistant.responder import MAX_ROUNDS, Emit, Responder
from tuppence.assistant.running_turn import RunningTurn
from tuppence.assistant.turn_log import Interruption, TurnLog
from tuppence.assistant.turns import Asked, ChatBusy, Turn, begin_turn
from tuppence.ledger.household import Ledger, household_of
from tuppence.llm import UserMessage
from tuppence.llm.answerer import Answerer
from tuppence.tracing import SILENT, Tracing
from tuppence.usage import Purpose, UsageLog


class Begun(msgspec.Struct, frozen=True):
    """A question that was kept."""

    turn: Turn
    is_new: bool
    """False: the same question (by the asker's own id) had been asked before, and nothing is to be done."""


class Assistant:
    """Asks the answerers on behalf of one household: questions are begun, then run."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        answerers: Sequence[Answerer],
        usage: UsageLog,
        log: TurnLog,
        process_id: str,
        today: Callable[[], date] = date.today,
        functions: Sequence[Function] = FUNCTIONS,
        max_rounds: int = MAX_ROUNDS,
        tracing: Tracing = SILENT,
        user_id: int | None = None,
    ) -> None:
        """answerers: the first one answers, the others step in. process_id: the `Presence.id` of the process.

        today: the household's day, asked at the start of each turn. user_id: who asks; None: the command line.
        """
        self._ledger, self._answerers, self._usage, self._log = ledger, list(answerers), usage, log
        self._process_id, self._today, self._functions, self._max_rounds = process_id, today, functions, max_rounds
        self._tracing, self._user_id = tracing, user_id

    # ----------------------------------------------------------------------------------------------------- beginning

    async def begin(self, chat: Chat, text: str, *, client_id: str | None = None) -> Begun:
        """Keep a question that follows what `chat` shows, and the turn that is to answer it.

        client_id: the asker's own id for this question; asked again with the same one, the turn that exists is given.
        Raises ChatBusy while the chat still answers, UnknownChat when it was deleted, StoreUnusable.
        """
        return await self._begin(partial(begin_turn, self._ledger, chat, self._asked(text, client_id)))

    async def begin_edited(self, chat: Chat, turn: Turn, text: str, *, client_id: str | None = None) -> Begun:
        """The same for another wording of the question of `turn`, which becomes an earlier version. Raises as begin."""
        return await self._begin(partial(begin_turn, self._ledger, chat, self._asked(text, client_id), beside=turn))

    async def begin_retry(self, chat: Chat, turn: Turn, *, client_id: str | None = None) -> Begun:
        """The same question once more. What `turn` did before it failed is not done again. Raises as begin."""
        async with self._ledger.store.reading() as connection:
            said = await said_during(connection, self._ledger.household, [turn.id])
        questions = [text_of(one.message) for one in said if isinstance(one.message, UserMessage)]
        asked = self._asked(questions[0] if questions else "", client_id)
        carried = _finished_rounds(said) if turn.state == "failed" else []
        return await self._begin(partial(begin_turn, self._ledger, chat, asked, beside=turn, carried=carried))

    async def _begin(self, begin: Callable[[], Awaitable[tuple[Turn, bool]]]) -> Begun:
        """Begin; where a turn of a process that died is in the way, end that first."""
        try:
            return Begun(*await begin())
        except ChatBusy:
            if not await end_orphans(self._ledger.store, self._log, self._usage):
                raise
        return Begun(*await begin())

    def _asked(self, text: str, client_id: str | None) -> Asked:
        first = self._answerers[0]
        return Asked(text, first.provider.name, first.model, self._process_id, self._today(), client_id)

    # ------------------------------------------------------------------------------------------------------- running

    async def ask(self, chat: Chat, text: str, emit: Emit, *, client_id: str | None = None) -> Turn:
        """Begin a question and run its turn: the turn as it ended. Nothing is run, or told, that was begun before.

        Cancel the task to stop the answer. Raises as `begin` and `run`.
        """
        begun = await self.begin(chat, text, client_id=client_id)
        return await self.run(begun.turn, emit) if begun.is_new else begun.turn

    async def run(self, turn: Turn, emit: Emit = lambda event: None, *, cancelled_as: Interruption = "stopped") -> Turn:
        """Answer the question of a turn that was begun; the turn as it ended.

        Everything that happens goes to the log, and at the same time to `emit`, the terminal event last. Cancel the
        task to end the answer: the provider's stream is closed, what was said is kept, the turn ends as `cancelled_as`
        says, and CancelledError is raised. Stopped by way of the log, it returns. Raises whatever is a mistake of ours,
        after the turn has ended as failed; and StoreUnusable when it cannot be kept how it ended.
        """
        running = RunningTurn(self._ledger, self._log, turn, emit)
        return await running.end_of(self._respond(turn, running.tell), cancelled_as)

    async def _respond(self, turn: Turn, emit: Emit) -> None:
        today = self._today()
        purpose = Purpose("chat", self._ledger.household, chat_id=turn.chat_id, turn_id=turn.id)
        transcript = KeptTranscript(self._ledger, self._log, turn, today)
        await transcript.load()
        responder = Responder(
            answerers=self._answerers,
            instructions=instructions(await household_of(self._ledger)),
            functions=self._functions,
            ledger=self._ledger,
            today=today,
            asker=Asker(self._ledger, self._usage, purpose, tracing=self._tracing),
            max_rounds=self._max_rounds,
        )
        with self._tracing.turn(
            chat_id=turn.chat_id,
            turn_id=turn.id,
            household_id=self._ledger.household,
            user_id=self._user_id,
            question=None,
        ):
            await responder.respond(transcript, emit)


def _finished_rounds(said: Sequence[SaidMessage]) -> list[SaidMessage]:
    """What a turn has finished: answers of rounds, and results of their requests."""
    return [one for one in said if one.finished and one.round is not None]

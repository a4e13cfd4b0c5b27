"""The transcript of a chat as a turn adds to it: in memory for the model, in the database for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tuppence.assistant.messages import said_during, transcript_of
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import Turn, keep_messages
from tuppence.assistant.versions import path_to, turns_of_chat
from tuppence.ledger.household import Ledger
from tuppence.llm import Message


class KeptTranscript:
    """What was said on the way to a turn and during it. The log always knows of it before the messages do."""

    def __init__(self, ledger: Ledger, log: TurnLog, turn: Turn, today: date) -> None:
        self._ledger, self._log, self._turn, self._today = ledger, log, turn, today
        self._messages: list[Message] = []

    async def load(self) -> None:
        """Read what was said so far. What this very turn said without finishing is left out: it is said anew."""
        async with self._ledger.store.reading() as connection:
            path = path_to(self._turn.id, await turns_of_chat(connection, self._ledger, self._turn.chat_id))
            said = await said_during(connection, self._ledger.household, [turn.id for turn in path])
        self._messages = transcript_of([one for one in said if one.finished or one.turn_id != self._turn.id])

    @property
    def messages(self) -> Sequence[Message]:
        return self._messages

    async def add(
        self, said: Sequence[Message], *, round_number: int, finished: bool, summaries: Sequence[str] = ()
    ) -> None:
        """Keep what was said, also when the log cannot be written any more.

        Raises TurnLost when the turn was ended by another process, StoreUnusable.
        """
        try:
            await self._log.committed(self._turn.id)
        finally:
            await keep_messages(
                self._ledger,
                self._turn,
                said,
                round_number=round_number,
                finished=finished,
                today=self._today,
                summaries=summaries,
            )
        self._messages = [*self._messages, *said]

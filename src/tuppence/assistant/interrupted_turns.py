"""Turns that nobody goes on with, because their process died: they end as interrupted, and their text is kept.

They are not asked again by themselves: that would spend money unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.assistant.events import OutputText, Reasoning, RoundEnded, SteppedIn
from tuppence.assistant.logged_event import LoggedEvent, joined
from tuppence.assistant.messages import SaidMessage, keep, said_during
from tuppence.assistant.turn_log import TurnLog
from tuppence.assistant.turns import INTERRUPTED, mark_ended
from tuppence.llm import AssistantMessage, ReasoningBlock, TextBlock
from tuppence.store import Store, living_processes
from tuppence.store.tables import now, turns
from tuppence.usage import UsageLog

_ADRIFT = timedelta(minutes=1)
"""A turn of this very process that does not run so long after it began never will."""


async def end_orphans(store: Store, log: TurnLog, usage: UsageLog, process_id: str | None = None) -> int:
    """End every turn whose process died, and close such usage rows; the number of turns.

    process_id: this process's own; its turns that do not run, because something went wrong, are ended as well. Any
    process may do this at any time: each turn is ended once. Raises StoreUnusable.
    """
    await usage.close_orphans()
    runs = turns.c.state == "running"
    async with store.reading() as connection:
        if not (rows := (await connection.execute(select(turns).where(runs))).all()):
            return 0
        living = await living_processes(connection)
    left = [row for row in rows if row.process_id not in living or _is_adrift(row, process_id, log)]
    return sum([await _end(store, log, row, process_id) for row in left])


def _is_adrift(row: Row[Any], process_id: str | None, log: TurnLog) -> bool:
    return row.process_id == process_id and not log.writes(row.id) and row.started_at < now() - _ADRIFT


async def _end(store: Store, log: TurnLog, row: Row[Any], process_id: str | None) -> bool:
    """End one turn; False when somebody else did.

    Once its end is in the log nothing can be added to that; what came in the meantime is kept as well.
    """
    events = await log.logged(row.id)
    async with store.writing() as connection:
        if row.process_id != process_id and row.process_id in await living_processes(connection):
            return False
        if not await mark_ended(connection, row.id, INTERRUPTED):
            return False
        await _keep_text(connection, row, events)
    await log.end(row.id, INTERRUPTED)
    everything = await log.logged(row.id)
    if len(everything) > len(events) + 1:
        async with store.writing() as connection:
            await _keep_text(connection, row, everything)
    return True


async def _keep_text(connection: AsyncConnection, row: Row[Any], events: Sequence[LoggedEvent]) -> None:
    """Keep the words of the round that was not finished, or not kept as such."""
    said = await said_during(connection, row.household_id, [row.id])
    finished = {one.round for one in said if one.finished and isinstance(one.message, AssistantMessage)}
    last = max((number for number in finished if number is not None), default=0)
    unfinished = [
        SaidMessage(row.id, message, finished=False, date=said[0].date, round=number)
        for number, message in said_in_rounds(events, after=last).items()
        if number not in finished
    ]
    if unfinished:
        await keep(connection, row.household_id, row.chat_id, unfinished)


def said_in_rounds(events: Sequence[LoggedEvent], after: int) -> dict[int, AssistantMessage]:
    """What the log holds of each round that has words, by its number. after: the rounds finished before the first."""
    rounds: dict[int, list[TextBlock | ReasoningBlock]] = {}
    current, blocks = after + 1, list[TextBlock | ReasoningBlock]()
    for event in joined([one.event for one in events]):
        match event:
            case OutputText(text):
                blocks.append(TextBlock(text))
            case Reasoning(text):
                blocks.append(ReasoningBlock(text))
            case RoundEnded(round=number):
                rounds.setdefault(number, []).extend(blocks)
                current, blocks = number + 1, []
            case SteppedIn():
                current = 1
            case _:
                pass
    rounds.setdefault(current, []).extend(blocks)
    return {
        number: AssistantMessage(tuple(blocks))
        for number, blocks in rounds.items()
        if any(isinstance(block, TextBlock) for block in blocks)
    }

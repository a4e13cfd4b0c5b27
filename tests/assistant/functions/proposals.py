"""Calling functions that propose something, as the responder does within a chat."""

import json
from typing import Any

from ledger.reports.small_household import TODAY
from sqlalchemy import insert

from tuppence.enrichment.confirmations import ChatCall, Confirmation, confirmations_of
from tuppence.enrichment.review import Suggestion, list_suggestions
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction, find_transactions
from tuppence.store.tables import chats, now

from .answers import BY_NAME

CHAT = "c" * 32


async def chat_began(ledger: Ledger) -> None:
    """There is a chat, begun at the command line."""
    values = {"id": CHAT, "household_id": ledger.household, "title": "T", "created_at": now(), "updated_at": now()}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(chats).values(values))


async def called(ledger: Ledger, name: str, call_id: str = "1", /, **arguments: Any) -> tuple[Any, str]:
    """What the function answered the model, and what people see of it."""
    call = ChatCall(chat_id=CHAT, turn_id="t" * 32, round=1, call_id=call_id)
    answer = await BY_NAME[name].run(ledger, arguments, TODAY, call)
    return json.loads(answer.output), answer.summary


async def queue(ledger: Ledger) -> list[Suggestion]:
    """What waits in the review queue."""
    return [each for group in (await list_suggestions(ledger)).groups for each in group.suggestions]


async def questions(ledger: Ledger) -> list[Confirmation]:
    """What waits for a yes."""
    return await confirmations_of(ledger, user_id=None)


async def everything(ledger: Ledger) -> dict[str, Transaction]:
    """All transactions by their description."""
    return {each.description: each for each in (await find_transactions(ledger, limit=1000)).rows}

"""How functions put something before a person, and tell the model so."""

from collections.abc import Sequence
from typing import Any

from tuppence.assistant.functions.function import FunctionInputError
from tuppence.enrichment.confirmations import Change, ChatCall, Confirmation, ask_confirmation
from tuppence.enrichment.suggestions import Suggested, suggest
from tuppence.ledger.household import Ledger

REASON = "Suggested in a chat"
"""Of suggestions. Only its author may read a chat, so nothing of it is said to the rest of the household."""
_WAITS = "Nothing has been changed. The person decides in the review queue."
_ASKED = "Nothing has been changed. It is done only if the person confirms exactly this."


async def into_queue(ledger: Ledger, call: ChatCall, wanted: Sequence[Suggested]) -> dict[str, Any]:
    """Put suggestions into the review queue: what the model is told of it."""
    async with ledger.store.writing() as connection:
        proposed = await suggest(connection, ledger, wanted, call.origin)
    left_out = len({each.transaction_id for each in wanted}) - proposed
    data: dict[str, Any] = {"proposed_for_transactions": proposed, "status": _WAITS}
    if left_out:
        data["left_out"] = left_out
        data["left_out_because"] = "so already, proposed or rejected before, decided by a person, or a transfer"
    return data


async def before_the_person(ledger: Ledger, call: ChatCall, change: Change, summary: str) -> Confirmation:
    """Ask the person to confirm a change. Raises FunctionInputError when nobody can be asked any more."""
    async with ledger.store.writing() as connection:
        try:
            return await ask_confirmation(connection, ledger, change, summary, call)
        except LookupError as error:
            raise FunctionInputError(str(error), "Nothing can be proposed any more.") from error


def told(asked: Confirmation) -> dict[str, Any]:
    """What the model is told of a change that waits for a yes."""
    status = _ASKED if asked.state == "open" else f"The person has answered: {asked.state}."
    return {"asked_to_confirm": asked.summary, "confirmation": asked.id, "status": status}

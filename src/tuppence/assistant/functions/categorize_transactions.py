"""categorize_transactions: categories proposed for transactions, for a person to decide."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.proposing import REASON, into_queue
from tuppence.assistant.functions.rendering import counted
from tuppence.enrichment.confirmations import ChatCall
from tuppence.enrichment.suggestions import Suggested
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import transactions_by_id

MOST = 200


class Filing(BaseModel):
    """One transaction and its category."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    transaction_id: Annotated[int, Field(ge=1, lt=1 << 63, description="Its `id` as get_transactions says.")]
    category: Annotated[str, Field(min_length=1, max_length=200, description="Name of an existing category.")]


@function
async def categorize_transactions(
    ledger: Ledger,
    call: ChatCall,
    filings: Annotated[tuple[Filing, ...], Field(min_length=1, max_length=MOST)],
) -> Findings:
    """Propose categories for transactions. Nothing is changed: a person accepts or rejects each in the review queue.

    Use it only when the person asks to categorize. Leave out transactions of whose category you are not sure. The ids
    come from get_transactions, the names from get_categories; for a category that is missing use create_category first.
    """
    known, there = (
        await list_categories(ledger),
        await transactions_by_id(ledger, [one.transaction_id for one in filings]),
    )
    hint = "Call again with exact names; get_categories lists all categories."
    ids_named([one.category for one in filings], known, "category", hint)
    missing = sorted({one.transaction_id for one in filings} - there.keys())
    if len(missing) == len({one.transaction_id for one in filings}):
        raise FunctionInputError("There are no transactions of these ids.", "get_transactions says the ids.")
    wanted = [
        Suggested(
            transaction_id=one.transaction_id,
            kind="category",
            category_id=ids_named([one.category], known, "category", hint)[0],
            source="model",
            confidence=None,
            reason=REASON,
        )
        for one in filings
        if one.transaction_id in there
    ]
    data = await into_queue(ledger, call, wanted)
    if missing:
        data["unknown_ids"] = missing
    proposed = data["proposed_for_transactions"]
    whom = counted(proposed, "transaction")
    return Findings(data, f"Proposed a category for {whom}" if proposed else "Proposed nothing new")

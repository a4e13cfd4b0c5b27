"""update_transaction: what to say anew of one transaction, for a person to decide."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.parameters import Names
from tuppence.assistant.functions.proposing import REASON, before_the_person, into_queue, told
from tuppence.enrichment.confirmations import ChatCall, UpdateTransaction
from tuppence.enrichment.suggestions import Suggested
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction, transactions_by_id


@function
async def update_transaction(
    ledger: Ledger,
    call: ChatCall,
    transaction_id: Annotated[int, Field(ge=1, lt=1 << 63, description="Its `id` as get_transactions says.")],
    category: Annotated[str, Field(description="Name of an existing category.", max_length=200)] = "",
    merchant: Annotated[str, Field(description="Name of the business; it may be a new one.", max_length=200)] = "",
    notes: Annotated[str, Field(description="In place of the notes there are.", max_length=2000)] = "",
    add_tags: Annotated[Names, Field(description="Names of tags to add; they may be new ones.")] = (),
) -> Findings:
    """Propose another category or merchant, tags or notes for one transaction. Nothing is changed: a person decides.

    Use it only when the person asks for such a change. For the categories of several transactions use
    categorize_transactions.
    """
    row = (await transactions_by_id(ledger, [transaction_id])).get(transaction_id)
    if row is None:
        raise FunctionInputError(f"There is no transaction {transaction_id}.", "get_transactions says the ids.")
    if not (category or merchant or notes or add_tags):
        raise FunctionInputError(
            "Nothing is to be changed.", "Give at least one of category, merchant, notes and add_tags."
        )
    wanted = await _wanted(ledger, row.id, category, merchant, add_tags)
    data: dict[str, Any] = await into_queue(ledger, call, wanted) if wanted else {}
    if notes and notes != row.notes:
        data["notes"] = await _notes(ledger, call, row, notes)
    is_new = bool(data.get("proposed_for_transactions") or "notes" in data)
    return Findings(data, f"Proposed changes to {_told(row)}" if is_new else "Proposed nothing new")


async def _wanted(
    ledger: Ledger, identity: int, category: str, merchant: str, tags: tuple[str, ...]
) -> list[Suggested]:
    empty = Suggested(transaction_id=identity, kind="category", source="model", confidence=None, reason=REASON)
    wanted = []
    if category:
        hint = "Call again with the exact name; get_categories lists all categories."
        (known,) = ids_named([category], await list_categories(ledger), "category", hint)
        wanted.append(replace(empty, category_id=known))
    if merchant:
        wanted.append(replace(empty, kind="merchant", merchant_name=merchant))
    if tags:
        wanted.append(replace(empty, kind="tags", tags=tags))
    return wanted


async def _notes(ledger: Ledger, call: ChatCall, row: Transaction, notes: str) -> dict[str, Any]:
    change = UpdateTransaction(transaction_id=row.id, notes=notes, instead_of=row.notes)
    instead = f", instead of “{row.notes}”" if row.notes else ""
    summary = f"Set the notes of {_told(row)} to “{notes}”{instead}"
    return told(await before_the_person(ledger, call, change, summary))


def _told(row: Transaction) -> str:
    return f"“{row.description}” of {row.date.isoformat()}, {row.amount}"

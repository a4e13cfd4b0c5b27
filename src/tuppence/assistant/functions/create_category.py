"""create_category: a new category, once a person has confirmed it."""

from typing import Annotated, Literal

from pydantic import Field

from tuppence.assistant.functions.function import Findings, FunctionInputError, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.proposing import before_the_person, told
from tuppence.enrichment.confirmations import ChatCall, CreateCategory
from tuppence.ledger.categories import list_categories
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, shown_name


@function
async def create_category(
    ledger: Ledger,
    call: ChatCall,
    name: Annotated[str, Field(min_length=1, max_length=100)],
    kind: Annotated[
        Literal["income", "expense", "other"] | None, Field(description="Default: as its parent, or expense.")
    ] = None,
    parent: Annotated[str, Field(description="Name of the category to be under.", max_length=200)] = "",
) -> Findings:
    """Propose a new category. Nothing is changed: it is made only if the person confirms it.

    Use it only when the person asks for a category that get_categories does not list. "expense" is spending, "income"
    is money earned, "other" is neither.
    """
    known = await list_categories(ledger)
    hint = "Use that one, or call again with another name."
    if name_key(name) in {name_key(one.name) for one in known}:
        raise FunctionInputError(f"There is a category called “{name}” already.", hint)
    if not name_key(name):
        raise FunctionInputError("A category needs a name.", "Call again with a name.")
    above = ids_named([parent] if parent else [], known, "category", "Call again with the exact name of the parent.")
    title = {one.id: one.name for one in known}
    change = CreateCategory(name=shown_name(name, "a category"), kind=kind, parent_id=above[0] if above else None)
    under = f" under {title[above[0]]}" if above else ""
    of_kind = f" ({kind})" if kind else ""
    asked = await before_the_person(ledger, call, change, f"Create the category “{change.name}”{under}{of_kind}")
    return Findings(told(asked), f"Asked to create the category “{change.name}”")

"""get_categories: the names under which transactions are filed."""

from typing import Any, Literal

from tuppence.assistant.functions.function import Findings, function
from tuppence.assistant.functions.rendering import counted, said
from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.household import Ledger


@function
async def get_categories(ledger: Ledger, kind: Literal["income", "expense", "other"] | None = None) -> Findings:
    """List the categories under which the household files its transactions, with their sub-categories.

    Use it when the exact name of a category is not known. "expense" is spending, "income" is money earned, "other" is
    neither, such as money put into investments. For what was spent on each use get_income_statement.
    """
    categories = [one for one in await list_categories(ledger) if kind is None or one.kind == kind]
    ids = {one.id for one in categories}
    tops = [one for one in categories if one.parent_id not in ids]
    data = {"categories": [_branch(one, categories) for one in tops]}
    return Findings(data, f"Looked at {counted(len(categories), 'category', 'categories')}")


def _branch(top: Category, categories: list[Category]) -> dict[str, Any]:
    children = [one for one in categories if one.parent_id == top.id]
    is_leaf = {one.id for one in children}.isdisjoint(one.parent_id for one in categories)
    names = [one.name for one in children] if is_leaf else [_branch(one, categories) for one in children]
    return {"name": top.name, "kind": top.kind, **said(subcategories=names)}

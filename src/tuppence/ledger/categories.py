"""What money is spent on or comes from: a tree of names, each of them once in a household."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken, name_key, the_one_named
from tuppence.store.tables import categories

CategoryKind = Literal["income", "expense", "other"]
"""In an expense category money coming in is a refund and makes the spending smaller; "other" is neither of the two."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category."""

    id: int
    name: str
    kind: CategoryKind
    parent_id: int | None
    """None for a category at the top of the tree."""


async def list_categories(ledger: Ledger) -> list[Category]:
    """All categories of the household, each parent followed by its children, in the order they were made."""
    table = categories.c
    query = select(table.id, table.name, table.kind, table.parent_id).where(table.household_id == ledger.household)
    async with ledger.store.reading() as connection:
        found = [Category(*row) for row in await connection.execute(query.order_by(table.id))]
    children: dict[int | None, list[Category]] = {}
    for category in found:
        children.setdefault(category.parent_id, []).append(category)
    return list(_tree(None, children))


def _tree(parent: int | None, children: dict[int | None, list[Category]]) -> Iterable[Category]:
    for category in children.get(parent, ()):
        yield category
        yield from _tree(category.id, children)


def with_subcategories(ids: Collection[int], tree: Iterable[Category]) -> frozenset[int]:
    """`ids` and those of everything below them. `tree` is in the order of `list_categories`."""
    found = set(ids)
    for category in tree:
        if category.parent_id in found:
            found.add(category.id)
    return frozenset(found)


async def find_category(ledger: Ledger, name: str) -> Category:
    """The category called `name` (case does not matter). Raises NameUnknown, which lists what could have been meant."""
    return the_one_named(name, await list_categories(ledger), "category")


async def create_category(
    ledger: Ledger, name: str, *, kind: CategoryKind | None = None, parent: Category | None = None
) -> Category:
    """A new category. Without `kind` it has its parent's, or is an expense.

    Raises NameTaken when the household has one of that name, and ValueError for an empty name.
    """
    if not name_key(name):
        raise ValueError("A category needs a name.")
    chosen: CategoryKind = kind or (parent.kind if parent else "expense")
    shown, parent_id = " ".join(name.split()), parent.id if parent else None
    row = insert(categories).values(
        household_id=ledger.household, name=shown, name_key=name_key(name), kind=chosen, parent_id=parent_id
    )
    try:
        async with ledger.store.writing() as connection:
            identity = (await connection.execute(row.returning(categories.c.id))).scalar_one()
    except IntegrityError as error:
        raise NameTaken(f"There is a category called “{name}” already.") from error
    return Category(identity, shown, chosen, parent_id)

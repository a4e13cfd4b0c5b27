"""What money is spent on or comes from: a tree of names, each of them once in a household."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.bulk_edits import move_references, takes_back
from tuppence.ledger.edits import PERSON, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, shown_name, taken_names, the_one_named
from tuppence.store.tables import categories, rules, transactions

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


class CategoryChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a category. What is not set stays as it is."""

    name: str | UnsetType = UNSET
    kind: CategoryKind | UnsetType = UNSET
    """Of everything below it, too."""
    parent: int | UnsetType | None = UNSET
    """The id of the one to be under; None for the top of the tree."""


async def list_categories(ledger: Ledger) -> list[Category]:
    """All categories of the household, each parent followed by its children, in the order they were made."""
    async with ledger.store.reading() as connection:
        return await _categories(connection, ledger)


async def _categories(connection: AsyncConnection, ledger: Ledger) -> list[Category]:
    table = categories.c
    query = select(table.id, table.name, table.kind, table.parent_id).where(table.household_id == ledger.household)
    children: dict[int | None, list[Category]] = {}
    for row in await connection.execute(query.order_by(table.id)):
        children.setdefault(row.parent_id, []).append(Category(*row))
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
    ledger: Ledger, name: str, *, kind: CategoryKind | None = None, parent: Category | None = None, by: By = PERSON
) -> Category:
    """A new category. Without `kind` it has its parent's, or is an expense.

    Raises NameTaken when the household has one of that name, ValueError for an empty name, and LookupError when the
    parent is none of ours.
    """
    with taken_names(name, "a category"):
        async with editing(ledger, by, "Added a category") as edit:
            return await category_in(edit, name, kind=kind, parent=None if parent is None else parent.id)


async def category_in(
    edit: Editing, name: str, *, kind: CategoryKind | None = None, parent: int | None = None
) -> Category:
    """The same as a part of an edit, within `taken_names`. parent: its id."""
    shown = shown_name(name, "a category")
    above = None if parent is None else await _category(edit.connection, edit.ledger, parent)
    chosen: CategoryKind = _kind(kind) if kind else above.kind if above else "expense"
    edit.summary = f"Added the category {shown}"
    values = {"name": shown, "name_key": name_key(name), "kind": chosen, "parent_id": parent}
    return Category(await edit.insert(categories, values), shown, chosen, parent)


async def change_category(ledger: Ledger, identity: int, change: CategoryChange, by: By = PERSON) -> Edited:
    """Rename a category, give it another kind, move it under another one.

    Everything below it moves with it and has the same new kind. Raises LookupError for an id that the household does
    not have, NameTaken when another category has that name, ValueError for an empty name, an unknown kind or a place
    below the category itself.
    """
    new_name = None if change.name is UNSET else shown_name(change.name, "a category")
    with taken_names(new_name or "", "a category"):
        async with editing(ledger, by, "Changed a category") as edit:
            before = await _category(edit.connection, ledger, identity)
            edit.summary = f"Changed the category {before.name}"
            this, below = categories.c.id == identity, await _below(edit, identity)
            if new_name is not None:
                if new_name != before.name:
                    edit.summary = f"Renamed the category {before.name} to {new_name}"
                await edit.update(categories, this, {"name": new_name, "name_key": name_key(new_name)})
            if change.kind is not UNSET:
                await edit.update(categories, categories.c.id.in_(below), {"kind": _kind(change.kind)})
            if change.parent is not UNSET:
                if change.parent is not None and (await _category(edit.connection, ledger, change.parent)).id in below:
                    raise ValueError(
                        f"{before.name} cannot be moved under itself. Choose a category that is not below it."
                    )
                await edit.update(categories, this, {"parent_id": change.parent})
            return edited(edit, min(edit.changes, 1))


async def delete_category(ledger: Ledger, identity: int, into: int | None = None, by: By = PERSON) -> Edited:
    """Remove a category; counted are its transactions, which go to the category `into`, or have none any more.

    What was below it goes up. Many transactions move in slices, see `edit_in_slices`. Waits while an import is running.
    Raises LookupError for an id that the household does not have, ValueError when `into` is the category itself.
    """
    return await _replace(ledger, identity, into, by, merge=False)


async def merge_categories(ledger: Ledger, identity: int, into: int, by: By = PERSON) -> Edited:
    """Make one category part of another: its transactions, which are counted, and what is below it go there.

    Waits while an import is running. Raises LookupError for an id that the household does not have, ValueError when the
    two are one.
    """
    return await _replace(ledger, identity, into, by, merge=True)


async def _replace(ledger: Ledger, identity: int, into: int | None, by: By, *, merge: bool) -> Edited:
    """Remove a category, `into` taking its place. Its transactions go first, in slices, if they are many."""
    async with ledger.store.reading() as connection:
        gone = await _category(connection, ledger, identity)
        target = None if into is None else await _category(connection, ledger, into)
    if target == gone:
        raise ValueError(f"{gone.name} cannot take the place of itself. Choose another category.")
    summary = f"{'Merged' if merge else 'Deleted'} the category {gone.name}"
    if target is not None:
        summary += f" into {target.name}" if merge else f"; its transactions are under {target.name}"
    filed = {"category_id": into} if into is not None else {"category_id": None, "category_source": None}
    moved = await move_references(ledger, by, summary, transactions.c.category_id, identity, filed)
    async with (
        takes_back(ledger, moved),
        editing(ledger, by, summary, into=moved.edit_id, between_imports=True) as edit,
    ):
        gone = await _category(edit.connection, ledger, identity)
        # Rows that nobody sees yet, as their import is not done, go with the others.
        count = await edit.update(transactions, transactions.c.category_id == identity, filed)
        heir = gone.parent_id
        if merge and into not in await _below(edit, identity):  # what is above the target cannot go below it
            heir = into
        await edit.update(categories, categories.c.parent_id == identity, {"parent_id": heir})
        await edit.update(rules, rules.c.category_id == identity, {"category_id": into})
        await edit.delete(categories, categories.c.id == identity)
        return edited(edit, moved.rows + count)


async def _category(connection: AsyncConnection, ledger: Ledger, identity: int) -> Category:
    table = categories.c
    query = select(table.id, table.name, table.kind, table.parent_id)
    mine = table.household_id == ledger.household, table.id == identity
    if (row := (await connection.execute(query.where(*mine))).one_or_none()) is None:
        raise LookupError(f"There is no category {identity}.")
    return Category(*row)


async def _below(edit: Editing, identity: int) -> frozenset[int]:
    """The category and everything below it."""
    return with_subcategories([identity], await _categories(edit.connection, edit.ledger))


def _kind(kind: str) -> CategoryKind:
    for known in get_args(CategoryKind):
        if kind == known:
            return cast(CategoryKind, kind)
    raise ValueError(f"“{kind}” is no kind of category. The kinds are: {', '.join(get_args(CategoryKind))}.")

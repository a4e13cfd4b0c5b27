"""Tags, which people put on transactions: made, renamed, merged, removed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.bulk_edits import NOTHING, edit_in_slices, takes_back
from tuppence.ledger.edits import PERSON, SLICE, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, shown_name, taken_names
from tuppence.ledger.reports.tags import Tag
from tuppence.store.bulk import is_among
from tuppence.store.tables import imports, tags, transaction_tags, transactions


@dataclass(frozen=True, slots=True)
class TagUse:
    """A tag, and how many transactions have it."""

    tag: Tag
    count: int


async def tag_uses(ledger: Ledger) -> list[TagUse]:
    """All tags of the household by name."""
    on, row, running = transaction_tags.c, transactions.c, imports.c
    uses = select(on.tag_id, func.count().label("uses")).where(on.household_id == ledger.household).group_by(on.tag_id)
    # Taken off again are those on rows that nobody sees, of which there are hardly ever any.
    unseen = select(running.id).where(running.household_id == ledger.household, running.state != "done")
    theirs = select(row.id).where(row.household_id == ledger.household, row.import_id.in_(unseen))
    hidden = uses.where(on.transaction_id.in_(theirs))
    known = select(tags.c.id, tags.c.name).where(tags.c.household_id == ledger.household).order_by(tags.c.name_key)
    async with ledger.store.reading() as connection:
        count_of = Counter({one.tag_id: one.uses for one in await connection.execute(uses)})
        count_of.subtract({one.tag_id: one.uses for one in await connection.execute(hidden)})
        return [TagUse(Tag(*one), count_of[one.id]) for one in await connection.execute(known)]


async def create_tag(ledger: Ledger, name: str, by: By = PERSON) -> Tag:
    """A new tag. Raises NameTaken when the household has one of that name, ValueError for an empty name."""
    shown = shown_name(name, "a tag")
    with taken_names(name, "a tag"):
        async with editing(ledger, by, f"Added the tag {shown}") as edit:
            return Tag(await edit.insert(tags, {"name": shown, "name_key": name_key(name)}), shown)


async def rename_tag(ledger: Ledger, identity: int, name: str, by: By = PERSON) -> Edited:
    """Call a tag otherwise.

    Raises LookupError for an id that the household does not have, NameTaken when another tag has that name, ValueError
    for an empty name.
    """
    shown = shown_name(name, "a tag")
    with taken_names(name, "a tag"):
        async with editing(ledger, by, "Renamed a tag") as edit:
            before = await _tag(edit.connection, ledger, identity)
            edit.summary = f"Renamed the tag {before.name} to {shown}"
            values = {"name": shown, "name_key": name_key(name)}
            return edited(edit, await edit.update(tags, tags.c.id == identity, values))


async def delete_tag(ledger: Ledger, identity: int, by: By = PERSON) -> Edited:
    """Remove a tag from everywhere; counted are the transactions that had it.

    Raises LookupError for an id that the household does not have.
    """
    return await _replace(ledger, identity, None, by)


async def merge_tags(ledger: Ledger, identity: int, into: int, by: By = PERSON) -> Edited:
    """Put one tag wherever another one is, and remove that; counted are the transactions that had it.

    Raises LookupError for an id that the household does not have, ValueError when the two are one.
    """
    return await _replace(ledger, identity, into, by)


async def _replace(ledger: Ledger, identity: int, into: int | None, by: By) -> Edited:
    """Remove a tag, `into` taking its place. Its transactions go first, in slices, if they are many."""
    async with ledger.store.reading() as connection:
        gone = await _tag(connection, ledger, identity)
        target = None if into is None else await _tag(connection, ledger, into)
        ids = (await connection.scalars(_tagged(ledger, identity))).all()
    if target == gone:
        raise ValueError(f"{gone.name} cannot be merged into itself. Choose another tag.")
    summary = f"Merged the tag {gone.name} into {target.name}" if target else f"Deleted the tag {gone.name}"

    async def move(edit: Editing, some: Sequence[int]) -> int:
        return await _move(edit, identity, into, some)

    moved = await edit_in_slices(ledger, by, summary, ids, move) if len(ids) > SLICE else NOTHING
    async with takes_back(ledger, moved), editing(ledger, by, summary, into=moved.edit_id) as edit:
        await _tag(edit.connection, ledger, identity)
        count = await _move(edit, identity, into, (await edit.connection.scalars(_tagged(ledger, identity))).all())
        await edit.delete(tags, tags.c.id == identity)
        return edited(edit, moved.rows + count)


async def _move(edit: Editing, identity: int, into: int | None, some: Sequence[int]) -> int:
    """Take the tag off these transactions, `into` taking its place; return how many had it."""
    on, household, dialect = transaction_tags.c, edit.ledger.household, edit.connection.dialect.name
    these = is_among(dialect, [on.transaction_id], [[each] for each in some])
    if into is not None:
        other = transaction_tags.alias()
        there = exists().where(
            other.c.household_id == household, other.c.transaction_id == on.transaction_id, other.c.tag_id == into
        )
        new = select(on.transaction_id, literal(into).label("tag_id"))
        meant = on.household_id == household, on.tag_id == identity, these, ~there
        await edit.insert_from(transaction_tags, new.where(*meant))
    return await edit.delete(transaction_tags, and_(on.tag_id == identity, these))


def _tagged(ledger: Ledger, identity: int) -> Select[int]:
    on = transaction_tags.c
    return select(on.transaction_id).where(on.household_id == ledger.household, on.tag_id == identity)


async def _tag(connection: AsyncConnection, ledger: Ledger, identity: int) -> Tag:
    mine = tags.c.household_id == ledger.household, tags.c.id == identity
    row = (await connection.execute(select(tags.c.id, tags.c.name).where(*mine))).one_or_none()
    if row is None:
        raise LookupError(f"There is no tag {identity}.")
    return Tag(*row)

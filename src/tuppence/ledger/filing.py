"""Filing transactions: category, merchant, notes and tags. What a person decided nothing but a person overwrites."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.bulk_edits import edit_in_slices
from tuppence.ledger.edits import PERSON, By, Edited, Editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, shown_name
from tuppence.ledger.transaction_filter import TransactionFilter, narrowed
from tuppence.ledger.visibility import visible
from tuppence.store.bulk import is_among
from tuppence.store.tables import categories, edit_changes, merchants, tags, transaction_tags, transactions

Meant = Sequence[int] | TransactionFilter
"""Transactions: their ids, or everything that a search finds."""


class TransactionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to say anew of transactions. What is not set stays as it is."""

    category: int | UnsetType | None = UNSET
    """An id; None takes them out of their categories."""
    merchant: int | UnsetType | None = UNSET
    """An id; None for none."""
    notes: str | UnsetType | None = UNSET
    """In place of earlier ones; None, or nothing but spaces, for none."""
    add_tags: tuple[str, ...] = ()
    """Names; a tag that does not exist yet is made."""
    remove_tags: tuple[str, ...] = ()
    """Names; those that a transaction does not have are ignored."""


async def file_transactions(ledger: Ledger, meant: Meant, change: TransactionChange, by: By = PERSON) -> Edited:
    """Carry out `change` on the transactions that are meant; counted are those that are different now.

    Many are changed in slices, see `edit_in_slices`. Where a person has said the category or the merchant, or that
    there is none, only a person changes it. Raises LookupError, and changes nothing, when the household lacks one of
    the ids, and ValueError when anybody but a person would rewrite notes or take tags off.
    """
    async with ledger.store.reading() as connection:
        filed_under = await _names(connection, ledger, change)
        ids = await _ids(connection, ledger, meant)
    different = 0

    async def carry_out(edit: Editing, some: Sequence[int]) -> int:
        nonlocal different
        different += (count := await file_in(edit, some, change))
        edit.summary = _summary(different, change, filed_under)
        return count

    return await edit_in_slices(ledger, by, _summary(0, change, filed_under), ids, carry_out)


async def file_in(edit: Editing, ids: Sequence[int], change: TransactionChange) -> int:
    """The same as a part of an edit, for ids; return how many transactions are different now."""
    if not edit.by.is_person and (change.notes is not UNSET or change.remove_tags):
        raise ValueError("Only a person changes notes or takes tags off.")
    await _names(edit.connection, edit.ledger, change)
    ids = await _ids(edit.connection, edit.ledger, ids)
    added = await _tag_ids(edit, change.add_tags, make=bool(ids))
    removed = await _tag_ids(edit, change.remove_tags, make=False)
    before, counts = edit.changes, dict.fromkeys(("category", "merchant", "notes", "added", "removed"), 0)
    these = _among(edit.connection, transactions.c.id, ids)
    if change.category is not UNSET:
        counts["category"] = await _decide(edit, these, "category", change.category)
    if change.merchant is not UNSET:
        counts["merchant"] = await _decide(edit, these, "merchant", change.merchant)
    if change.notes is not UNSET:
        notes = (change.notes or "").strip() or None
        counts["notes"] = await edit.update(transactions, these, {"notes": notes})
    if added:
        counts["added"] = await _add_tags(edit, these, added)
    if removed:
        counts["removed"] = await _remove_tags(edit, ids, removed)
    return await _different(edit, before, counts)


async def _decide(edit: Editing, these: ColumnElement[bool], what: str, identity: int | None) -> int:
    """File transactions under a category or a merchant, together with who says so."""
    value, source = transactions.c[f"{what}_id"], transactions.c[f"{what}_source"]
    free = true() if edit.by.is_person else source.is_distinct_from("person")
    return await edit.update(transactions, and_(these, free), {value.name: identity, source.name: edit.by.source})


async def _ids(connection: AsyncConnection, ledger: Ledger, meant: Meant) -> Sequence[int]:
    """The ids of the transactions that are meant. Raises LookupError for one that the household does not have."""
    query = select(transactions.c.id).order_by(transactions.c.id)
    if isinstance(meant, TransactionFilter):
        asked = await narrowed(connection, ledger, meant)
        if not meant.include_transfers:
            asked.append(transactions.c.transfer_id.is_(None))
        return (await connection.scalars(query.where(*asked))).all()
    wanted = sorted(set(meant))
    mine = query.where(visible(ledger), _among(connection, transactions.c.id, wanted))
    there = set(await connection.scalars(mine))
    if missing := [identity for identity in wanted if identity not in there]:
        raise LookupError(f"There is no transaction {missing[0]}.")
    return wanted


def _among(connection: AsyncConnection, column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return is_among(connection.dialect.name, [column], [[identity] for identity in ids])


async def _names(connection: AsyncConnection, ledger: Ledger, change: TransactionChange) -> list[str]:
    """The names of the category and the merchant that are to be set. Raises LookupError when there is none."""
    names: list[str] = []
    for table, identity, noun in (
        (categories, change.category, "category"),
        (merchants, change.merchant, "merchant"),
    ):
        if isinstance(identity, int):
            mine = table.c.household_id == ledger.household, table.c.id == identity
            name: str | None = await connection.scalar(select(table.c.name).where(*mine))
            if name is None:
                raise LookupError(f"There is no {noun} {identity}.")
            names.append(name)
    return names


# ----------------------------------------------------------------------------------------------------------- tags


async def _tag_ids(edit: Editing, names: Iterable[str], *, make: bool) -> list[int]:
    """The ids of the tags of these names, of which missing ones are made or left out."""
    wanted = {name_key(name): shown_name(name, "a tag") for name in names}
    known = select(tags.c.name_key, tags.c.id).where(
        tags.c.household_id == edit.ledger.household, tags.c.name_key.in_(wanted)
    )
    found = {row.name_key: row.id for row in await edit.connection.execute(known)}
    if make:
        for key in sorted(wanted.keys() - found.keys()):
            found[key] = await edit.insert(tags, {"name": wanted[key], "name_key": key})
    return list(found.values())


async def _add_tags(edit: Editing, these: ColumnElement[bool], tag_ids: Sequence[int]) -> int:
    rows, there = transactions.c, transaction_tags.c
    missing = ~exists().where(
        there.household_id == rows.household_id, there.transaction_id == rows.id, there.tag_id == tags.c.id
    )
    pairs = select(rows.id.label("transaction_id"), tags.c.id.label("tag_id")).where(
        rows.household_id == edit.ledger.household,
        tags.c.household_id == rows.household_id,
        these,
        tags.c.id.in_(tag_ids),
        missing,
    )
    return await edit.insert_from(transaction_tags, pairs)


async def _remove_tags(edit: Editing, ids: Sequence[int], tag_ids: Sequence[int]) -> int:
    there = transaction_tags.c
    those = _among(edit.connection, there.transaction_id, ids)
    return await edit.delete(transaction_tags, and_(those, there.tag_id.in_(tag_ids)))


# ---------------------------------------------------------------------------------------------------------- words


async def _different(edit: Editing, before: int, counts: dict[str, int]) -> int:
    """How many transactions were touched by the changes after the first `before` ones, of which there are `counts`."""
    ways = [count for count in counts.values() if count]
    if not ways:
        return 0
    if len(ways) == 1 and not (counts["added"] or counts["removed"]):
        return ways[0]
    table = edit_changes.c
    keys = select(table.rows).where(
        table.household_id == edit.ledger.household,
        table.edit_id == edit.id,
        table.position > before,
        or_(table.table == transactions.name, table.table == transaction_tags.name),
    )
    entries = await edit.connection.scalars(keys)
    # The id of the transaction is the first part of the key in both tables.
    return len({key[0] for rows in entries for key in msgspec.json.decode(rows, type=list[list[int]])})


def _summary(different: int, change: TransactionChange, filed_under: Sequence[str]) -> str:
    """What was done, for people: "Filed 3 transactions under Groceries"."""
    whom = counted(different, "transaction")
    said = [
        name
        for name, is_said in (
            ("category", change.category is not UNSET),
            ("merchant", change.merchant is not UNSET),
            ("notes", change.notes is not UNSET),
            ("tags", bool(change.add_tags or change.remove_tags)),
        )
        if is_said
    ]
    match said:
        case ["category"]:
            return f"Filed {whom} under {filed_under[0]}" if filed_under else f"Took the category off {whom}"
        case ["merchant"]:
            return f"Put {filed_under[0]} on {whom}" if filed_under else f"Took the merchant off {whom}"
        case ["tags"] if not change.remove_tags:
            return f"Tagged {whom} with {', '.join(change.add_tags)}"
        case ["tags"] if not change.add_tags:
            return f"Took {', '.join(change.remove_tags)} off {whom}"
    return f"Changed {' and '.join(said)} of {whom}"


def counted(number: int, noun: str) -> str:
    """The number with its noun: "1 transaction", "1,200 transactions"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

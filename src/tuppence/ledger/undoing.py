"""Undoing and redoing edits: rows that are still as the edit left them become what they were; others are left alone."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from anyio import to_thread
from sqlalchemy import (
    ColumnElement,
    Delete,
    FromClause,
    Insert,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import UserDefinedType

from tuppence.ledger.edits import SLICE, AlreadyUndone, Edit, edit_on, key_of
from tuppence.ledger.household import Ledger
from tuppence.ledger.import_turns import turn_to_import
from tuppence.ledger.transfers import refresh_transfers, stretches
from tuppence.store.bulk import is_among, many_keys
from tuppence.store.tables import accounts, categories, edit_changes, edits, metadata, now, transactions, transfers

MATTERS_TO_PAIRING = frozenset({"account_id", "date", "amount", "currency", "transfer_id"})


class NotUndone(ValueError):
    """The edit is in force, so there is nothing to redo."""

    def __init__(self) -> None:
        super().__init__("This change has not been undone, so there is nothing to do again.")


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing an edit, or of redoing it. Counted are its changes: see `Edit.rows`."""

    restored: int
    left_alone: int
    """Changed since, or in the way of something that came since."""


class Change(NamedTuple):
    """What some rows of a table have to become, and what they have to be for that.

    Values are as the database stores them.
    """

    table: Table
    keys: list[list[int]]
    expected: dict[str, Any] | None
    """None: there are no such rows."""
    wanted: dict[str, Any] | None
    """None: there are no such rows any more."""


async def undo_edit(ledger: Ledger, edit_id: str) -> Undone:
    """Take an edit back: rows that are still as it left them become as they were, and all others are left alone.

    When none is, nothing happens and the edit stays in force. Raises UnknownEdit and AlreadyUndone.
    """
    return await _replay(ledger, edit_id, back=True)


async def redo_edit(ledger: Ledger, edit_id: str) -> Undone:
    """Make an edit that was undone once more, in the same manner. Raises UnknownEdit and NotUndone."""
    return await _replay(ledger, edit_id, back=False)


async def _replay(ledger: Ledger, edit_id: str, *, back: bool) -> Undone:
    """Large edits are replayed in slices, so that others can write in between. What breaks off can be called again."""
    async with ledger.store.reading() as connection:
        _check(await edit_on(connection, ledger, edit_id), back=back)
        changes = await _changes(connection, ledger, edit_id, back=back)
        days = await _days(connection, ledger, changes)
    restored = 0
    *slices, last = _slices(changes)
    for some in slices:
        async with _writing(ledger, some) as connection:
            restored += sum([await _carry_out(connection, ledger, change) for change in some])
    async with _writing(ledger, last) as connection:
        _check(await edit_on(connection, ledger, edit_id), back=back)
        restored += sum([await _carry_out(connection, ledger, change) for change in last])
        if restored:
            mine = edits.c.household_id == ledger.household, edits.c.id == edit_id
            await connection.execute(update(edits).where(*mine).values(undone_at=now() if back else None))
            await _whole_transfers(connection, ledger, changes)
            for first, final in stretches(days | await _days(connection, ledger, changes)):
                await refresh_transfers(connection, ledger, first, final)
    return Undone(restored, sum(len(change.keys) for change in changes) - restored)


def _writing(ledger: Ledger, changes: Sequence[Change]) -> AbstractAsyncContextManager[AsyncConnection]:
    """A writing connection; where a category goes, between imports: a running one holds in memory which there are."""
    waits = any(change.table is categories and change.wanted is None for change in changes)
    return turn_to_import(ledger) if waits else ledger.store.writing()


def _slices(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes in order, at most SLICE rows together."""
    slices: list[list[Change]] = [[]]
    room = SLICE
    for change in changes:
        keys = change.keys
        while keys:
            if not room:
                slices.append([])
                room = SLICE
            slices[-1].append(change._replace(keys=keys[:room]))
            keys, room = keys[room:], max(0, room - len(keys))
    return slices


def _check(edit: Edit, *, back: bool) -> None:
    if back and edit.undone_at is not None:
        raise AlreadyUndone
    if not back and edit.undone_at is None:
        raise NotUndone


async def _changes(connection: AsyncConnection, ledger: Ledger, edit_id: str, *, back: bool) -> list[Change]:
    """What has to change, in order: the last change is the first to be taken back."""
    table = edit_changes.c
    query = select(table.table, table.rows, table.before, table.after).where(
        table.household_id == ledger.household, table.edit_id == edit_id
    )
    found = (await connection.execute(query.order_by(table.position.desc() if back else table.position))).all()

    def decoded() -> list[Change]:
        values = msgspec.json.Decoder(dict[str, Any]).decode
        keys = msgspec.json.Decoder(list[list[int]]).decode
        return [
            Change(metadata.tables[name], keys(rows), *((after, before) if back else (before, after)))
            for name, rows, *texts in found
            for before, after in [[None if text is None else values(text) for text in texts]]
        ]

    return await to_thread.run_sync(decoded)


async def _days(connection: AsyncConnection, ledger: Ledger, changes: Sequence[Change]) -> set[datetime.date]:
    """The days of transactions that change in what pairing of transfers depends on."""
    touched = [
        key
        for change in changes
        if change.table is transactions
        and not MATTERS_TO_PAIRING.isdisjoint((change.expected or change.wanted or {}).keys())
        for key in change.keys
    ]
    mine = is_among(connection.dialect.name, [transactions.c.id], touched)
    query = select(transactions.c.date).where(transactions.c.household_id == ledger.household, mine).distinct()
    return set(await connection.scalars(query))


async def _whole_transfers(connection: AsyncConnection, ledger: Ledger, changes: Sequence[Change]) -> None:
    """Dissolve transfers that came back with one side only, as the other belongs to something else by now."""
    came = [change for change in changes if change.table is transfers and change.wanted is not None]
    back = [key[0] for change in came for key in change.keys]
    rows = transactions.c
    sides = (
        select(func.count())
        .where(rows.household_id == transfers.c.household_id, rows.transfer_id == transfers.c.id)
        .scalar_subquery()
    )
    query = select(transfers.c.id).where(transfers.c.household_id == ledger.household, sides < 2)
    halves = (await connection.scalars(query.where(transfers.c.id.in_(back)))).all()
    free = update(transactions).where(rows.household_id == ledger.household, rows.transfer_id.in_(halves))
    await connection.execute(free.values(transfer_id=None, transfer_source=None))
    await connection.execute(
        delete(transfers).where(transfers.c.household_id == ledger.household, transfers.c.id.in_(halves))
    )


# ------------------------------------------------------------------------------------------------------ statements

_Values = Mapping[str, ColumnElement[Any]]


class AsStored(UserDefinedType[Any]):
    """Of values that are handed to the database as they are, whatever they are compared with."""

    cache_ok = True


async def _carry_out(connection: AsyncConnection, ledger: Ledger, change: Change) -> int:
    """Take the rows from what is expected to what is wanted, where they may; return how many are now."""
    dialect, table = connection.dialect.name, change.table
    if change.expected is None:
        insertion = _insertion(ledger, table, many_keys(dialect, change.keys), change.wanted or {})
        return (await connection.execute(insertion)).rowcount
    as_left = [table.c[name].is_not_distinct_from(value) for name, value in _raw(change.expected).items()]
    rows = and_(table.c.household_id == ledger.household, is_among(dialect, key_of(table), change.keys), *as_left)
    statement = _deletion(table) if change.wanted is None else _replacement(ledger, table, change.wanted)
    return (await connection.execute(statement.where(rows))).rowcount


def _insertion(ledger: Ledger, table: Table, keys: FromClause, wanted: Mapping[str, Any]) -> Insert:
    key = {column.name: part for column, part in zip(key_of(table), keys.c, strict=True)}
    new: _Values = {**key, **_raw(wanted)}
    allowed = [*_refer_to_something(ledger, table, key, new), *_are_free(ledger, table, new)]
    rows = select(literal(ledger.household), *new.values()).select_from(keys).where(*allowed)
    return insert(table).from_select(["household_id", *new], rows)


def _deletion(table: Table) -> Delete:
    return delete(table).where(*_unreferenced(table))


def _replacement(ledger: Ledger, table: Table, wanted: Mapping[str, Any]) -> Update:
    key, new = {column.name: column for column in key_of(table)}, _raw(wanted)
    allowed = [*_refer_to_something(ledger, table, key, new), *_are_free(ledger, table, new, but_for=key)]
    if table is accounts and "currency" in new:
        allowed += _unreferenced(table)
    return update(table).where(*allowed).values(new)


def _raw(values: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
    """The values as they are, which the database stored like that before."""
    return {name: literal(value, AsStored()) for name, value in values.items()}


def _unreferenced(table: Table) -> list[ColumnElement[bool]]:
    """Nothing in the database refers to the row."""
    found: list[ColumnElement[bool]] = []
    for other in metadata.tables.values():
        for reference in other.foreign_key_constraints:
            if reference.referred_table is table:
                rows = other.alias()
                pairs = ((rows.c[key.parent.name], table.c[key.column.name]) for key in reference.elements)
                found.append(~exists().where(*(theirs == own for theirs, own in pairs)))
    return found


def _refer_to_something(ledger: Ledger, table: Table, key: _Values, new: _Values) -> list[ColumnElement[bool]]:
    """What the new values refer to exists, and is not below the row itself."""
    found: list[ColumnElement[bool]] = []
    for reference in table.foreign_key_constraints:
        names = [element.parent.name for element in reference.elements if element.parent.name != "household_id"]
        if not names or names[0] not in new:
            continue
        target, value = reference.referred_table.alias(), new[names[0]]
        there = exists().where(target.c.household_id == ledger.household, target.c.id == value)
        found.append(or_(value.is_(None), there))
        if reference.referred_table is table:
            found.append(_is_not_above(ledger, table, names[0], key["id"], value))
    return found


def _is_not_above(
    ledger: Ledger, table: Table, parent: str, identity: ColumnElement[Any], value: ColumnElement[Any]
) -> ColumnElement[bool]:
    """The row is neither the one that `value` names nor above it."""
    own, above = table.alias(), table.alias()
    start = select(own.c.id, own.c[parent].label("parent"))
    chain = start.where(own.c.household_id == ledger.household, own.c.id == value).cte(recursive=True, nesting=True)
    further = select(above.c.id, above.c[parent])
    chain = chain.union(further.where(above.c.household_id == ledger.household, above.c.id == chain.c.parent))
    return identity.not_in(select(chain.c.id))


def _are_free(ledger: Ledger, table: Table, new: _Values, but_for: _Values | None = None) -> list[ColumnElement[bool]]:
    """No row, but for the one named, has what may be there only once."""
    found: list[ColumnElement[bool]] = []
    for unique in table.constraints:
        if isinstance(unique, UniqueConstraint | PrimaryKeyConstraint):
            names = [column.name for column in unique.columns if column.name != "household_id"]
            if names and new.keys() >= set(names):
                other = table.alias()
                same = [other.c[name] == new[name] for name in names]
                others = [or_(*(other.c[name] != value for name, value in but_for.items()))] if but_for else []
                found.append(~exists().where(other.c.household_id == ledger.household, *same, *others))
    return found

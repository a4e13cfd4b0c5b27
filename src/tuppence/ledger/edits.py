"""The journal: an edit changes rows of the ledger in one transaction and keeps what they were, so it can be undone.

Values are kept as JSON of what the database stores, so that they go back as they came, whatever they mean.
"""

import datetime
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    FromClause,
    Select,
    String,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.import_turns import turn_to_import
from tuppence.ledger.sources import Source
from tuppence.store.tables import edit_changes, edits, now

SLICE = 4000
"""So many rows are changed in one transaction: others wait for it some tenths of a second."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides."""

    user_id: int | None = None
    """None at the command line, and when no person decides."""
    source: Source = "person"
    """What a "person" decided nothing but a person overwrites."""

    @property
    def is_person(self) -> bool:
        """Whether a person decides, who may overrule everything."""
        return self.source == "person"


PERSON = By()
"""A person of whom nothing else is known, as at the command line."""


class UnknownEdit(LookupError):
    """The household has no such edit."""

    def __init__(self) -> None:
        super().__init__("There is no such change in the history.")


class AlreadyUndone(ValueError):
    """The edit is undone already."""

    def __init__(self) -> None:
        super().__init__("This change has been undone already.")


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of the journal."""

    id: str
    summary: str
    """What was done, for people."""
    source: Source
    user_id: int | None
    """Who did it; None at the command line, and when no person did."""
    created_at: datetime.datetime
    undone_at: datetime.datetime | None
    """None while it is in force."""
    rows: int
    """How many changes of single rows it consists of: what was said of one transaction may be several."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of an edit."""

    edit_id: str | None
    """By which it can be undone; None when it found nothing to change."""
    rows: int
    """How many of the things it was about are different now."""


class Editing:
    """An edit while it is made. Every row that it changes is the household's own, and is journalled.

    A change takes a row as a whole: what is given to one `update` is undone together or not at all.
    """

    def __init__(self, ledger: Ledger, connection: AsyncConnection, by: By, summary: str) -> None:
        self.ledger = ledger
        self.connection = connection
        self.by = by
        self.summary = summary
        """For people; may be said anew until the edit is done."""
        self.id = secrets.token_hex(16)
        self.changes = 0
        """So many entries the journal has of it until now."""

    async def insert(self, table: Table, values: Mapping[str, Any]) -> int:
        """Add a row to a table whose rows have an id, and return it."""
        row = insert(table).values(household_id=self.ledger.household, **values).returning(table.c.id)
        identity: int = (await self.connection.execute(row)).scalar_one()
        made = and_(table.c.household_id == self.ledger.household, table.c.id == identity)
        await self._record(table, table, made, after=_content(table))
        return identity

    async def insert_from(self, table: Table, rows: Select[Any]) -> int:
        """Add the rows that a query finds to a table that has nothing but keys; return how many."""
        found = rows.subquery()
        names = [column.name for column in key_of(table)]
        await self._record(table, found, after=[])
        values = select(literal(self.ledger.household), *(found.c[name] for name in names))
        return (await self.connection.execute(insert(table).from_select(["household_id", *names], values))).rowcount

    async def update(self, table: Table, meant: ColumnElement[bool], values: Mapping[str, Any]) -> int:
        """Set `values` in the rows for which `meant` is true and which differ in them; return how many these were."""
        if not values:
            return 0
        differs = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
        rows = and_(table.c.household_id == self.ledger.household, meant, differs)
        await self._record(table, table, rows, before=[table.c[name] for name in values], after=values)
        return (await self.connection.execute(update(table).where(rows).values(values))).rowcount

    async def delete(self, table: Table, meant: ColumnElement[bool]) -> int:
        """Remove the rows for which `meant` is true, and return how many there were.

        Rows that refer to them have to be gone before: what the database removed with them would not come back.
        """
        rows = and_(table.c.household_id == self.ledger.household, meant)
        await self._record(table, table, rows, before=_content(table))
        return (await self.connection.execute(delete(table).where(rows))).rowcount

    async def _record(
        self,
        table: Table,
        rows: FromClause,
        *meant: ColumnElement[bool],
        before: Sequence[Column[Any]] | None = None,
        after: Sequence[Column[Any]] | Mapping[str, Any] | None = None,
    ) -> None:
        """Journal a change of those of `rows` that are meant: those alike before and after it are one entry."""
        key = [rows.c[column.name] for column in key_of(table)]
        alike = [*(before or ()), *(() if after is None or isinstance(after, Mapping) else after)]
        changed = select(
            literal(self.ledger.household),
            literal(self.id),
            self.changes + func.row_number().over(order_by=func.min(key[0])),
            literal(table.name),
            self._list(key),
            self._object(before),
            literal(self._stored(table, after), Text) if isinstance(after, Mapping) else self._object(after),
        )
        changed = changed.select_from(rows).where(*meant).group_by(*alike).having(func.count() > 0)
        names = ("household_id", "edit_id", "position", "table", "rows", "before", "after")
        self.changes += (await self.connection.execute(insert(edit_changes).from_select(names, changed))).rowcount

    def _list(self, key: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        """A JSON list of the keys of all rows, each of them a list."""
        if self.connection.dialect.name == "sqlite":
            return func.json_group_array(func.json_array(*key), type_=Text)
        return cast(func.json_agg(func.json_build_array(*key)), Text)

    def _object(self, columns: Sequence[Column[Any]] | None) -> ColumnElement[Any]:
        """A JSON object of the columns as the database stores them."""
        if columns is None:
            return null()
        parts = [part for column in columns for part in (literal(column.name, String), column)]
        if self.connection.dialect.name == "sqlite":
            return func.json_object(*parts, type_=Text)
        return cast(func.json_build_object(*parts), Text)

    def _stored(self, table: Table, values: Mapping[str, Any]) -> str:
        """The same of values that are about to be stored."""
        dialect = self.connection.dialect
        stored = {}
        for name, value in values.items():
            process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            stored[name] = value if process is None else process(value)
        return msgspec.json.encode(stored).decode()


def key_of(table: Table) -> list[Column[Any]]:
    """What names a row of the table within its household."""
    return [column for column in table.primary_key if column.name != "household_id"]


def _content(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name != "household_id" and not column.primary_key]


@asynccontextmanager
async def editing(
    ledger: Ledger,
    by: By,
    summary: str,
    *,
    into: str | None = None,
    known_as: str | None = None,
    between_imports: bool = False,
) -> AsyncIterator[Editing]:
    """One edit: a writing transaction that is journalled. Nothing is left of it when the block raises.

    An edit that changed nothing leaves no trace in the journal. With `into`, the id of an edit in force, it becomes a
    part of that one: raises UnknownEdit and AlreadyUndone. With `known_as`, an id of 32 characters, it has that id, and
    becomes a part of the edit that has it already: raises AlreadyUndone. With `between_imports` it waits until no
    import is running: one holds in memory which categories there are.
    """
    async with turn_to_import(ledger) if between_imports else ledger.store.writing() as connection:
        edit = Editing(ledger, connection, by, summary)
        mine = edits.c.household_id == ledger.household
        if known_as is not None:
            edit.id = known_as
            found = select(edits.c.id).where(mine, edits.c.id == known_as)
            into = await connection.scalar(found)
        if into is None:
            values = {"user_id": by.user_id, "source": by.source, "summary": summary, "created_at": now()}
            await connection.execute(insert(edits).values(id=edit.id, household_id=ledger.household, **values))
        else:
            if (await edit_on(connection, ledger, into)).undone_at is not None:
                raise AlreadyUndone
            edit.id, edit.changes = into, await _entries(connection, ledger, into)
        yield edit
        if edit.changes:
            await connection.execute(update(edits).where(mine, edits.c.id == edit.id).values(summary=edit.summary))
        else:
            await connection.execute(delete(edits).where(mine, edits.c.id == edit.id))


async def _entries(connection: AsyncConnection, ledger: Ledger, edit_id: str) -> int:
    mine = edit_changes.c.household_id == ledger.household, edit_changes.c.edit_id == edit_id
    return await connection.scalar(select(func.max(edit_changes.c.position)).where(*mine)) or 0


def edited(edit: Editing, rows: int) -> Edited:
    """What came of an edit that made `rows` things different."""
    return Edited(edit.id if edit.changes else None, rows)


async def list_edits(ledger: Ledger, *, limit: int = 50, before: str | None = None) -> list[Edit]:
    """The household's edits, newest first, those undone included; with `before` only those older than this one.

    Raises UnknownEdit when there is none of the id `before`.
    """
    async with ledger.store.reading() as connection:
        query = (
            _edits(ledger, connection.dialect.name).order_by(edits.c.created_at.desc(), edits.c.id.desc()).limit(limit)
        )
        if before is not None:
            last = select(edits.c.created_at).where(edits.c.household_id == ledger.household, edits.c.id == before)
            if (moment := await connection.scalar(last)) is None:
                raise UnknownEdit
            older = tuple_(edits.c.created_at, edits.c.id) < tuple_(literal(moment, edits.c.created_at.type), before)
            query = query.where(older)
        return [Edit(*row) for row in await connection.execute(query)]


async def edit_of(ledger: Ledger, edit_id: str) -> Edit:
    """The edit of this id. Raises UnknownEdit."""
    async with ledger.store.reading() as connection:
        return await edit_on(connection, ledger, edit_id)


async def edit_on(connection: AsyncConnection, ledger: Ledger, edit_id: str) -> Edit:
    """The same over an open connection."""
    query = _edits(ledger, connection.dialect.name).where(edits.c.id == edit_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownEdit
    return Edit(*row)


def _edits(ledger: Ledger, dialect: str) -> Select[Any]:
    table, entries = edits.c, edit_changes.c
    length = func.json_array_length(entries.rows if dialect == "sqlite" else cast(entries.rows, JSON))
    rows = select(func.sum(length)).where(entries.household_id == table.household_id, entries.edit_id == table.id)
    columns = (table.id, table.summary, table.source, table.user_id, table.created_at, table.undone_at)
    return select(*columns, rows.scalar_subquery()).where(table.household_id == ledger.household)

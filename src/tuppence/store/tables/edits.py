"""The journal of what people changed in the ledger, so that it can be undone."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Text, UniqueConstraint

from tuppence.store.tables.metadata import Moment, RowId, metadata

edits = Table(
    "edits",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal
    Column("household_id", RowId, nullable=False),
    Column("user_id", RowId),  # who did it; none at the command line, or when no person did
    Column("source", String(16), nullable=False),  # as of a transaction's category: "person", "rule", "model" ...
    Column("summary", Text, nullable=False),  # for people: "Filed 3 transactions under Groceries"
    Column("created_at", Moment, nullable=False),
    Column("undone_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
)
Index("ix_edits_created", edits.c.household_id, edits.c.created_at)

edit_changes = Table(
    "edit_changes",
    metadata,
    Column("household_id", RowId, primary_key=True, autoincrement=False),
    Column("edit_id", String(32), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # within the edit, from 1
    Column("table", String(32), nullable=False),
    Column("rows", Text, nullable=False),  # JSON: the keys of all rows that changed alike, without the household
    Column("before", Text),  # JSON: the columns that changed, as they were; none when the rows were made
    Column("after", Text),  # the same as they became; none when the rows were removed
    ForeignKeyConstraint(["household_id", "edit_id"], ["edits.household_id", "edits.id"], ondelete="CASCADE"),
)

"""The table of people's own rules: what to file how, before anything else is asked."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, Text, UniqueConstraint

from tuppence.store.tables.metadata import Moment, RowId, metadata

rules = Table(
    "rules",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("position", Integer, nullable=False),  # the rule of the lowest one is asked first
    Column("enabled", Boolean, nullable=False),
    Column("conditions", Text, nullable=False),  # JSON: see enrichment/conditions.py
    # Not references: a category or merchant may go, and the rule then says nothing of it any more. Ids never come back.
    Column("category_id", RowId),
    Column("merchant_id", RowId),
    Column("tags", Text, nullable=False),  # JSON: a list of names
    Column("transfer", Boolean, nullable=False),  # it is a move between own accounts
    Column("created_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    sqlite_autoincrement=True,
)
Index("ix_rules_position", rules.c.household_id, rules.c.position)

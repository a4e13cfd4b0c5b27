"""The tables of what a household has set up: providers and other choices, and files about to be imported."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Integer, String, Table, Text

from tuppence.store.tables.metadata import Moment, RowId, metadata

provider_settings = Table(
    "provider_settings",
    metadata,
    Column("household_id", RowId, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),  # as registered
    Column("enabled", Boolean, nullable=False),
    Column("encrypted_key", Text),  # see access/secrets.py; none where the provider needs no key
    Column("base_url", String),  # none: the provider's own address
    Column("model", String),  # asked of it when nobody chose one; none: the provider's default
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
)

household_settings = Table(
    "household_settings",
    metadata,
    Column("household_id", RowId, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    ForeignKeyConstraint(["household_id"], ["households.id"]),
)

uploads = Table(
    "uploads",
    metadata,
    Column(
        "id", String(32), primary_key=True
    ),  # random, 128 bits in hexadecimal; the file of this name holds the bytes
    Column("household_id", RowId, nullable=False),
    Column("user_id", RowId),
    Column("filename", String, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("options", Text, nullable=False),  # JSON: what was answered so far of what the file leaves open
    Column("created_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
)

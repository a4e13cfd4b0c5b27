"""The tables of who may enter: users, their sessions, one-time links and keys for programs.

Secrets are kept as SHA-256 of themselves: they are long and random, so that nothing slower is needed.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table, UniqueConstraint

from tuppence.store.tables.metadata import Moment, RowId, metadata

users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("name", String, nullable=False),  # with which the user signs in
    Column("name_key", String, nullable=False, unique=True),  # the name as it is compared, over all households
    Column("password", String),  # argon2's own encoding; none: enters by one-time links only
    Column("role", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("role IN ('owner', 'member')", name="role"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie, in hexadecimal
    Column("household_id", RowId, nullable=False),
    Column("user_id", RowId, nullable=False),
    Column("browser", String, nullable=False),  # as it names itself, shortened
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    ForeignKeyConstraint(["household_id", "user_id"], ["users.household_id", "users.id"], ondelete="CASCADE"),
)
Index("ix_sessions_user", sessions.c.household_id, sessions.c.user_id)

links = Table(
    "links",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the secret in the address
    Column("household_id", RowId, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("user_id", RowId),  # who signs in by it
    Column("role", String(16)),  # of whoever joins by it
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    ForeignKeyConstraint(["household_id", "user_id"], ["users.household_id", "users.id"], ondelete="CASCADE"),
    CheckConstraint("purpose IN ('join', 'sign_in')", name="purpose"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("user_id", RowId, nullable=False),
    Column("name", String, nullable=False),
    Column("scope", String(16), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    ForeignKeyConstraint(["household_id", "user_id"], ["users.household_id", "users.id"], ondelete="CASCADE"),
    CheckConstraint("scope IN ('read', 'write')", name="scope"),
)
Index("ix_api_keys_user", api_keys.c.household_id, api_keys.c.user_id)

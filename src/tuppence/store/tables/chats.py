"""The tables of conversations: chats, their turns, and the messages that finished rounds left."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from tuppence.store.tables.metadata import Moment, RowId, metadata

chats = Table(
    "chats",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal, as are all ids here
    Column("household_id", RowId, nullable=False),
    Column("title", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),  # when the latest turn began
    # A user's id: nobody else reads the chat. None: begun at the command line, read by the household's owner. Not a
    # reference, nor are the other columns that came later: SQLite adds no composite one to a table that exists.
    Column("author_id", RowId),
    Column("leaf_turn_id", String(32)),  # the last turn of the version that is shown; none before the first turn
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
)
Index("ix_chats_updated", chats.c.household_id, chats.c.updated_at)

turns = Table(
    "turns",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("chat_id", String(32), nullable=False),
    Column("client_id", String(64), nullable=False),  # the asker's own id: the same question sent twice is one turn
    Column("provider", String(64), nullable=False),
    Column("model", String, nullable=False),
    Column("process_id", String(32), nullable=False),  # who runs it; not a reference, as processes come and go
    Column("state", String(16), nullable=False),
    Column("code", String(64)),  # why it failed, or what cut the answer off, for programs
    Column("reason", Text),  # and for people
    Column("retryable", Boolean),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    # The turn before it; none for a chat's first. Turns with the same parent are versions of one another.
    Column("parent_id", String(32)),
    ForeignKeyConstraint(["household_id", "chat_id"], ["chats.household_id", "chats.id"], ondelete="CASCADE"),
    UniqueConstraint("chat_id", "client_id"),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("state IN ('running', 'completed', 'stopped', 'failed')", name="state"),
)
Index(
    "uq_turns_running_chat",
    turns.c.chat_id,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)
Index(
    "ix_turns_running",
    turns.c.process_id,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("chat_id", String(32), nullable=False),
    Column("turn_id", String(32), nullable=False),
    Column("position", Integer, nullable=False),  # in the chat, from 1
    Column("round", Integer),  # within the turn, from 1; none for the question
    Column("body", Text, nullable=False),  # a tuppence.llm Message as JSON
    Column("finished", Boolean, nullable=False),  # false: the answer was stopped or broke off
    Column("date", Date, nullable=False),  # the household's day on which it was said
    Column("created_at", Moment, nullable=False),
    Column("summary", Text),  # of a function's result: what was looked at, for people
    Column("words", Text),  # what people read of it, in lower case, for search; none where there is nothing to read
    ForeignKeyConstraint(["household_id", "chat_id"], ["chats.household_id", "chats.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["household_id", "turn_id"], ["turns.household_id", "turns.id"], ondelete="CASCADE"),
    UniqueConstraint("chat_id", "position"),
)
Index("ix_messages_turn", messages.c.household_id, messages.c.turn_id)

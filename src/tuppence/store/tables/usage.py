"""The table of usage rows: one per request to a model, there before it is sent, closed whatever happens."""

from sqlalchemy import (
    BigInteger,
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
    text,
)

from tuppence.store.tables.metadata import Moment, RowId, metadata

llm_usage = Table(
    "llm_usage",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal: known before the row is written
    Column("household_id", RowId, nullable=False),
    # What it was for. Chats come and go; what they cost stays.
    Column("operation", String(32), nullable=False),  # "chat", "categorize", ...
    Column("chat_id", String(32)),
    Column("message_id", String(32)),
    Column("turn_id", String(32)),
    Column("round", Integer),  # within the turn, from 1
    Column("run_id", String(32)),  # of the work in the background that it was a part of
    # What was asked.
    Column("attempt", Integer, nullable=False),  # within the round, from 1
    Column("provider", String(64), nullable=False),
    Column("model", String, nullable=False),
    Column("streaming", Boolean, nullable=False),
    Column("process_id", String(32), nullable=False),  # who asks; not a reference, as processes come and go
    Column("started_at", Moment, nullable=False),
    # How it ended.
    Column("outcome", String(16), nullable=False),
    Column("status", Integer),  # of HTTP, when the request was refused
    Column("error", String(64)),  # the member of the error tree
    Column("answered_model", String),
    Column("request_id", String),  # the provider's
    Column("ended_at", Moment),  # unknown while open, and for ever when the process died in between
    Column("microseconds", BigInteger),
    Column("first_chunk_microseconds", BigInteger),
    # Tokens as reported; unknown where they were not.
    Column("input_tokens", BigInteger),  # all of them, cached or not
    Column("cache_read_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("output_tokens", BigInteger),  # all of them, reasoning included
    Column("reasoning_tokens", BigInteger),
    Column("tokens_estimated", Boolean, nullable=False),
    # What it cost, with the prices of then: later prices do not change it.
    Column("cost_picodollars", BigInteger),
    Column("cost_estimated", Boolean, nullable=False),
    Column("prices", Text),  # JSON: US dollars by kind
    Column("price_source", String),
    Column("price_date", Date),
    # What it could cost at most, and how many tokens it could take. Counts for limits while the truth is not known.
    Column("reserved_picodollars", BigInteger),
    Column("reserved_tokens", BigInteger),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    CheckConstraint("outcome IN ('open', 'completed', 'stopped', 'interrupted', 'failed')", name="outcome"),
)
Index("ix_llm_usage_started", llm_usage.c.household_id, llm_usage.c.started_at)
for _column in ("chat_id", "turn_id", "run_id"):
    Index(
        f"ix_llm_usage_{_column}",
        llm_usage.c.household_id,
        llm_usage.c[_column],
        llm_usage.c.started_at,
        sqlite_where=text(f"{_column} IS NOT NULL"),
        postgresql_where=text(f"{_column} IS NOT NULL"),
    )
Index(
    "ix_llm_usage_open",
    llm_usage.c.process_id,
    sqlite_where=text("outcome = 'open'"),
    postgresql_where=text("outcome = 'open'"),
)

"""The tables of filing in the background: runs, the batches of one, what is suggested, what waits for a yes."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
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

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal
    Column("household_id", RowId, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cause", String(16), nullable=False),  # why it began
    Column("user_id", RowId),  # who began it; none at the command line, and after an import
    Column("provider", String(64)),  # none: no model is asked
    Column("model", String),
    Column("orders", Text, nullable=False),  # JSON: see enrichment/runs.py
    Column("transactions", Integer, nullable=False),  # so many it is about
    Column("planned", Boolean, nullable=False),  # what can be said without a model is said, and the batches are made
    Column("problem", Text),  # what ended it early, for people
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("undone_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("kind IN ('categorize', 'merchants')", name="kind"),
    CheckConstraint(
        "state IN ('running', 'completed', 'cancelled', 'capped', 'failed')",
        name="state",
    ),
    CheckConstraint("cause IN ('person', 'import')", name="cause"),
)
Index("ix_runs_created", runs.c.household_id, runs.c.created_at)
Index(
    "uq_runs_running",  # one of a kind at a time: two would pay for the same answers
    runs.c.household_id,
    runs.c.kind,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

run_batches = Table(
    "run_batches",
    metadata,
    Column("household_id", RowId, primary_key=True, autoincrement=False),
    Column("run_id", String(32), primary_key=True),
    Column(
        "number", Integer, primary_key=True, autoincrement=False
    ),  # from 1; 0 and below: what is said without a model
    Column("groups", Text, nullable=False),  # JSON: lists of the ids of transactions that are asked about as one
    Column("transactions", Integer, nullable=False),  # in all groups
    Column("state", String(16), nullable=False),
    Column("process_id", String(32)),  # who is at it; not a reference, as processes come and go
    Column("filed", Integer, nullable=False),  # transactions
    Column("suggested", Integer, nullable=False),
    Column("unsure", Integer, nullable=False),  # the model was not sure enough to say anything
    Column("abstained", Text, nullable=False),  # JSON: the ids of these
    Column("unanswered", Integer, nullable=False),  # asked twice, and no usable answer came
    Column("problem", Text),  # why it failed, for people
    Column("ended_at", Moment),
    ForeignKeyConstraint(["household_id", "run_id"], ["runs.household_id", "runs.id"], ondelete="CASCADE"),
    CheckConstraint("state IN ('open', 'done', 'failed', 'skipped')", name="state"),
)
Index(
    "ix_run_batches_open",
    run_batches.c.household_id,
    run_batches.c.run_id,
    run_batches.c.number,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("household_id", RowId, nullable=False),
    Column("transaction_id", RowId, nullable=False),
    Column("kind", String(16), nullable=False),
    # Not references: a category or merchant may go, and nothing is suggested any more. Ids never come back.
    Column("category_id", RowId),
    Column("merchant_id", RowId),
    Column("merchant_name", String),  # of one that does not exist yet
    Column("merchant_website", String),
    Column("tags", Text),  # JSON: a list of names
    Column("source", String(16), nullable=False),
    Column("confidence", Integer),  # percent; unknown when whoever suggests it did not say
    Column("reason", Text, nullable=False),  # for people
    Column("run_id", String(32)),
    Column("turn_id", String(32)),  # of the chat in which it was suggested; not a reference, as chats come and go
    Column("round", Integer),
    Column("call_id", String),
    Column("state", String(16), nullable=False),
    Column("user_id", RowId),  # who decided
    Column("created_at", Moment, nullable=False),
    Column("decided_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    ForeignKeyConstraint(
        ["household_id", "transaction_id"], ["transactions.household_id", "transactions.id"], ondelete="CASCADE"
    ),
    UniqueConstraint("household_id", "id"),
    CheckConstraint("kind IN ('category', 'merchant', 'tags', 'transfer')", name="kind"),
    CheckConstraint("source IN ('rule', 'memory', 'classifier', 'model')", name="source"),
    CheckConstraint("state IN ('open', 'accepted', 'rejected', 'replaced')", name="state"),
    sqlite_autoincrement=True,
)
Index(
    "uq_suggestions_open",  # one answer to one question
    suggestions.c.household_id,
    suggestions.c.transaction_id,
    suggestions.c.kind,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
Index("ix_suggestions_transaction", suggestions.c.household_id, suggestions.c.transaction_id, suggestions.c.kind)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal
    Column("household_id", RowId, nullable=False),
    Column("chat_id", String(32), nullable=False),  # not references, as chats come and go
    Column("turn_id", String(32), nullable=False),
    Column("round", Integer, nullable=False),
    Column("call_id", String, nullable=False),
    Column("user_id", RowId),  # whose chat it is; none: begun at the command line
    Column("kind", String(32), nullable=False),
    Column("change", Text, nullable=False),  # JSON: exactly what is done after a yes; see enrichment/confirmations.py
    Column("summary", Text, nullable=False),  # the same for people
    Column("state", String(16), nullable=False),
    Column("edit_id", String(32)),  # what came of it
    Column("created_at", Moment, nullable=False),
    Column("decided_at", Moment),
    ForeignKeyConstraint(["household_id"], ["households.id"]),
    UniqueConstraint("household_id", "id"),
    UniqueConstraint("household_id", "turn_id", "round", "call_id"),
    CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name="state"),
)
Index(
    "ix_confirmations_open",
    confirmations.c.household_id,
    confirmations.c.created_at,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)

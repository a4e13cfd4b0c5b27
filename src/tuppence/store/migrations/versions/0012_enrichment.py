"""Filing in the background: runs and their batches, suggestions, confirmations; usage rows say of which run they are.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    op.add_column("llm_usage", sa.Column("run_id", sa.String(32)))
    op.create_index(
        "ix_llm_usage_run_id",
        "llm_usage",
        ["household_id", "run_id", "started_at"],
        sqlite_where=sa.text("run_id IS NOT NULL"),
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    _runs()
    _suggestions()
    _confirmations()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("user_id", ROW_ID),
        sa.Column("provider", sa.String(64)),
        sa.Column("model", sa.String()),
        sa.Column("orders", sa.Text(), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("undone_at", MOMENT),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.CheckConstraint("kind IN ('categorize', 'merchants')", name="kind"),
        sa.CheckConstraint("state IN ('running', 'completed', 'cancelled', 'capped', 'failed')", name="state"),
        sa.CheckConstraint("cause IN ('person', 'import')", name="cause"),
    )
    op.create_index("ix_runs_created", "runs", ["household_id", "created_at"])
    op.create_index(
        "uq_runs_running",
        "runs",
        ["household_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "run_batches",
        sa.Column("household_id", ROW_ID, nullable=False, autoincrement=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("process_id", sa.String(32)),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.Column("suggested", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Text(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(["household_id", "run_id"], ["runs.household_id", "runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("household_id", "run_id", "number"),
        sa.CheckConstraint("state IN ('open', 'done', 'failed', 'skipped')", name="state"),
    )
    op.create_index(
        "ix_run_batches_open",
        "run_batches",
        ["household_id", "run_id", "number"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("transaction_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("category_id", ROW_ID),
        sa.Column("merchant_id", ROW_ID),
        sa.Column("merchant_name", sa.String()),
        sa.Column("merchant_website", sa.String()),
        sa.Column("tags", sa.Text()),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(32)),
        sa.Column("turn_id", sa.String(32)),
        sa.Column("round", sa.Integer()),
        sa.Column("call_id", sa.String()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("user_id", ROW_ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.ForeignKeyConstraint(
            ["household_id", "transaction_id"], ["transactions.household_id", "transactions.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.CheckConstraint("kind IN ('category', 'merchant', 'tags', 'transfer')", name="kind"),
        sa.CheckConstraint("source IN ('rule', 'memory', 'classifier', 'model')", name="source"),
        sa.CheckConstraint("state IN ('open', 'accepted', 'rejected', 'replaced')", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_suggestions_open",
        "suggestions",
        ["household_id", "transaction_id", "kind"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_suggestions_transaction", "suggestions", ["household_id", "transaction_id", "kind"])


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("chat_id", sa.String(32), nullable=False),
        sa.Column("turn_id", sa.String(32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("user_id", ROW_ID),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("edit_id", sa.String(32)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
        sa.UniqueConstraint("household_id", "turn_id", "round", "call_id"),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name="state"),
    )
    op.create_index(
        "ix_confirmations_open",
        "confirmations",
        ["household_id", "created_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

"""Usage rows: one per request to a model.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "llm_usage",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("operation", sa.String(32), nullable=False),
        sa.Column("chat_id", sa.String(32)),
        sa.Column("message_id", sa.String(32)),
        sa.Column("turn_id", sa.String(32)),
        sa.Column("round", sa.Integer()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("streaming", sa.Boolean(), nullable=False),
        sa.Column("process_id", sa.String(32), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.String(64)),
        sa.Column("answered_model", sa.String()),
        sa.Column("request_id", sa.String()),
        sa.Column("ended_at", MOMENT),
        sa.Column("microseconds", sa.BigInteger()),
        sa.Column("first_chunk_microseconds", sa.BigInteger()),
        sa.Column("input_tokens", sa.BigInteger()),
        sa.Column("cache_read_tokens", sa.BigInteger()),
        sa.Column("cache_write_tokens", sa.BigInteger()),
        sa.Column("output_tokens", sa.BigInteger()),
        sa.Column("reasoning_tokens", sa.BigInteger()),
        sa.Column("tokens_estimated", sa.Boolean(), nullable=False),
        sa.Column("cost_picodollars", sa.BigInteger()),
        sa.Column("cost_estimated", sa.Boolean(), nullable=False),
        sa.Column("prices", sa.Text()),
        sa.Column("price_source", sa.String()),
        sa.Column("price_date", sa.Date()),
        sa.CheckConstraint("outcome IN ('open', 'completed', 'stopped', 'interrupted', 'failed')", name="outcome"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_llm_usage_started", "llm_usage", ["household_id", "started_at"])
    for column in ("chat_id", "turn_id"):
        op.create_index(
            f"ix_llm_usage_{column}",
            "llm_usage",
            ["household_id", column, "started_at"],
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index(
        "ix_llm_usage_open",
        "llm_usage",
        ["process_id"],
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    )

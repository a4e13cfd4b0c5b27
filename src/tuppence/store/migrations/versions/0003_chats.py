"""Chats, their turns and messages.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "chats",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
    )
    op.create_index("ix_chats_updated", "chats", ["household_id", "updated_at"])
    op.create_table(
        "turns",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("chat_id", sa.String(32), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("process_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("reason", sa.Text()),
        sa.Column("retryable", sa.Boolean()),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("state IN ('running', 'completed', 'stopped', 'failed')", name="state"),
        sa.ForeignKeyConstraint(["household_id", "chat_id"], ["chats.household_id", "chats.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("chat_id", "client_id"),
        sa.UniqueConstraint("household_id", "id"),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_turns_running_chat", "turns", ["chat_id"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_index("ix_turns_running", "turns", ["process_id"], sqlite_where=running, postgresql_where=running)
    op.create_table(
        "messages",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("chat_id", sa.String(32), nullable=False),
        sa.Column("turn_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["household_id", "chat_id"], ["chats.household_id", "chats.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["household_id", "turn_id"], ["turns.household_id", "turns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("chat_id", "position"),
    )
    op.create_index("ix_messages_turn", "messages", ["household_id", "turn_id"])

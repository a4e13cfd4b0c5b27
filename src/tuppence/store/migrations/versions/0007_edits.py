"""The journal of what people changed in the ledger.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Make the tables, and room for a person's word that something is no transfer."""
    op.add_column("transactions", sa.Column("transfer_source", sa.String(16)))
    op.create_table(
        "edits",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "id"),
    )
    op.create_index("ix_edits_created", "edits", ["household_id", "created_at"])
    op.create_table(
        "edit_changes",
        sa.Column("household_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("edit_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(32), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.ForeignKeyConstraint(["household_id", "edit_id"], ["edits.household_id", "edits.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("household_id", "edit_id", "position"),
    )

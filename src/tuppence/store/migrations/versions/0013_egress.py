"""What left the machine is on record, and usage rows reserve what they could cost at most.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("llm_usage", sa.Column("reserved_picodollars", sa.BigInteger()))
    op.add_column("llm_usage", sa.Column("reserved_tokens", sa.BigInteger()))
    op.create_table(
        "egress",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("household_id", ROW_ID),
        sa.Column("usage_id", sa.String(32)),
        sa.Column("chat_id", sa.String(32)),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kinds", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_egress_sent", "egress", ["household_id", "sent_at"])
    op.create_index("ix_egress_usage", "egress", ["usage_id"])
    op.create_index("ix_egress_chat", "egress", ["household_id", "chat_id"])

"""Chats have authors, and questions that were asked again have versions.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns. Until now each turn of a chat followed the one before it."""
    op.add_column("chats", sa.Column("author_id", ROW_ID))
    op.add_column("chats", sa.Column("leaf_turn_id", sa.String(32)))
    op.add_column("turns", sa.Column("parent_id", sa.String(32)))
    op.add_column("messages", sa.Column("summary", sa.Text()))
    op.add_column("messages", sa.Column("words", sa.Text()))
    op.execute(
        "UPDATE turns SET parent_id = (SELECT before.id FROM turns AS before WHERE before.chat_id = turns.chat_id AND "
        "(before.started_at, before.id) < (turns.started_at, turns.id) "
        "ORDER BY before.started_at DESC, before.id DESC LIMIT 1)"
    )
    op.execute(
        "UPDATE chats SET leaf_turn_id = (SELECT turns.id FROM turns WHERE turns.chat_id = chats.id "
        "ORDER BY turns.started_at DESC, turns.id DESC LIMIT 1)"
    )

"""The table of what left the machine: one row per request to a provider, there before it is sent."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table, Text

from tuppence.store.tables.metadata import Moment, RowId, metadata

egress = Table(
    "egress",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal
    Column("household_id", RowId),  # none: nobody knows for whom
    # The attempt, which is a usage row: what it was for is said there. None for a list of models.
    Column("usage_id", String(32)),
    Column("chat_id", String(32)),  # of the usage row: whoever deletes a chat deletes the bodies of its requests
    Column("sent_at", Moment, nullable=False),
    Column("host", String, nullable=False),
    Column("size", Integer, nullable=False),  # bytes of the body
    Column("kinds", Text),  # JSON: which kinds of data are in the body; none: not looked at yet
    Column("body", LargeBinary),  # the exact bytes, compressed by zlib; none once they are not kept any more
    ForeignKeyConstraint(["household_id"], ["households.id"]),
)
Index("ix_egress_sent", egress.c.household_id, egress.c.sent_at)
Index("ix_egress_usage", egress.c.usage_id)
Index("ix_egress_chat", egress.c.household_id, egress.c.chat_id)

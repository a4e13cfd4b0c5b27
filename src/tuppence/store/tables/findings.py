"""The table of what the doctor found. It is about servers and models, not about a household, and belongs to none."""

from sqlalchemy import Column, String, Table, Text

from tuppence.store.tables.metadata import Moment, metadata

findings = Table(
    "findings",
    metadata,
    # Whom they are about: the same name at another address is another server.
    Column("provider", String(64), primary_key=True),
    Column("host", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("found_at", Moment, nullable=False),
    Column("findings", Text, nullable=False),  # JSON: a list of tuppence.llm Findings
    Column("abilities", Text, nullable=False),  # JSON: tuppence.llm Abilities, only those that are known
)

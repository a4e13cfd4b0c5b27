"""The table of living processes, by which anybody can tell whose work was left behind."""

from sqlalchemy import Column, Integer, String, Table

from tuppence.store.tables.metadata import Moment, metadata

processes = Table(
    "processes",
    metadata,
    Column("id", String(32), primary_key=True),  # random, 128 bits in hexadecimal
    Column("started_at", Moment, nullable=False),
    Column("heartbeat", Moment, nullable=False),
    Column("machine", String, nullable=False),  # within which `pid` means something; see store/processes.py
    Column("pid", Integer, nullable=False),
)

"""Every table of `tuppence.db`, one file per room of the house, over one MetaData."""

from tuppence.store.tables.chats import chats, messages, turns
from tuppence.store.tables.findings import findings
from tuppence.store.tables.ledger import (
    accounts,
    balances,
    categories,
    households,
    import_changes,
    imports,
    merchants,
    movement_revisions,
    tags,
    transaction_tags,
    transactions,
    transfers,
)
from tuppence.store.tables.metadata import Moment, RowId, metadata, now
from tuppence.store.tables.processes import processes
from tuppence.store.tables.usage import llm_usage

__all__ = [
    "Moment",
    "RowId",
    "accounts",
    "balances",
    "categories",
    "chats",
    "findings",
    "households",
    "import_changes",
    "imports",
    "llm_usage",
    "merchants",
    "messages",
    "metadata",
    "movement_revisions",
    "now",
    "processes",
    "tags",
    "transaction_tags",
    "transactions",
    "transfers",
    "turns",
]

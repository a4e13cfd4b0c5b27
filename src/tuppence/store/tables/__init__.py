"""Every table of `tuppence.db`, one file per room of the house, over one MetaData."""

from tuppence.store.tables.access import api_keys, links, sessions, users
from tuppence.store.tables.chats import chats, messages, turns
from tuppence.store.tables.edits import edit_changes, edits
from tuppence.store.tables.egress import egress
from tuppence.store.tables.enrichment import confirmations, run_batches, runs, suggestions
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
from tuppence.store.tables.preferences import household_settings, provider_settings, uploads
from tuppence.store.tables.processes import processes
from tuppence.store.tables.rules import rules
from tuppence.store.tables.summaries import category_months, merchant_months
from tuppence.store.tables.usage import llm_usage

__all__ = [
    "Moment",
    "RowId",
    "accounts",
    "api_keys",
    "balances",
    "categories",
    "category_months",
    "chats",
    "confirmations",
    "edit_changes",
    "edits",
    "egress",
    "findings",
    "household_settings",
    "households",
    "import_changes",
    "imports",
    "links",
    "llm_usage",
    "merchant_months",
    "merchants",
    "messages",
    "metadata",
    "movement_revisions",
    "now",
    "processes",
    "provider_settings",
    "rules",
    "run_batches",
    "runs",
    "sessions",
    "suggestions",
    "tags",
    "transaction_tags",
    "transactions",
    "transfers",
    "turns",
    "uploads",
    "users",
]

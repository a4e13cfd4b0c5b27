"""What the tables of the ledger hold, row by row, for comparing before and after."""

from typing import Any

from sqlalchemy import Table, select, text

from tuppence.ledger.household import Ledger
from tuppence.ledger.transfers import transfer_changes
from tuppence.store.tables import (
    accounts,
    balances,
    categories,
    merchants,
    tags,
    transaction_tags,
    transactions,
    transfers,
)

TABLES: tuple[Table, ...] = (
    accounts,
    balances,
    categories,
    merchants,
    tags,
    transaction_tags,
    transactions,
    transfers,
)
Contents = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""By table and key: the row."""


async def contents(ledger: Ledger) -> Contents:
    """Every row of every household."""
    found: Contents = {}
    async with ledger.store.reading() as connection:
        for table in TABLES:
            rows = (await connection.execute(select(table))).mappings()
            found[table.name] = {tuple(row[column.name] for column in table.primary_key): dict(row) for row in rows}
    return found


async def assert_sound(ledger: Ledger) -> None:
    """Every reference leads somewhere, categories are a tree, transfers are pairs, and pairing has nothing to add."""
    now = await contents(ledger)
    async with ledger.store.reading() as connection:
        assert (await connection.execute(text("PRAGMA foreign_key_check"))).all() == []
        days = [row["date"] for row in now["transactions"].values()]
        found = await transfer_changes(connection, ledger, min(days), max(days))
    assert (found.dissolved, found.pairs) == ((), ())
    parents = {row["id"]: row["parent_id"] for row in now["categories"].values()}
    for start in parents:
        seen, above = set(), start
        while above is not None:
            assert above not in seen, "a category is above itself"
            seen.add(above)
            above = parents[above]
    sides = [row["transfer_id"] for row in now["transactions"].values() if row["transfer_id"] is not None]
    assert all(sides.count(identity) == 2 for (identity,) in now["transfers"])

"""Filing transactions: category, merchant, notes and tags. What a person decided nothing but a person overwrites."""

from collections.abc import Sequence

from sqlalchemy import Column, delete, insert, or_, select, update

from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.ledger.transactions import Source
from tuppence.ledger.visibility import visible
from tuppence.store.tables import tags, transaction_tags, transactions


async def set_category(ledger: Ledger, ids: Sequence[int], category_id: int | None, source: Source = "person") -> int:
    """File the transactions under a category, None for none; return how many of them took it.

    Those a person filed are left alone unless `source` is "person". Ids of other households are ignored.
    """
    return await _set(ledger, ids, transactions.c.category_id, transactions.c.category_source, category_id, source)


async def set_merchant(ledger: Ledger, ids: Sequence[int], merchant_id: int | None, source: Source = "person") -> int:
    """Say with which merchant the transactions were made, None for none; otherwise as `set_category`."""
    return await _set(ledger, ids, transactions.c.merchant_id, transactions.c.merchant_source, merchant_id, source)


async def _set(
    ledger: Ledger, ids: Sequence[int], column: Column[int], decided_by: Column[str], value: int | None, source: Source
) -> int:
    rows = update(transactions).where(visible(ledger), transactions.c.id.in_(ids))
    if source != "person":
        rows = rows.where(or_(decided_by.is_(None), decided_by != "person"))
    async with ledger.store.writing() as connection:
        done = await connection.execute(rows.values({column: value, decided_by: source}))
    return done.rowcount


async def set_notes(ledger: Ledger, transaction_id: int, notes: str | None) -> None:
    """Keep a person's words about a transaction in place of earlier ones; None or nothing but spaces for no words."""
    kept = (notes or "").strip() or None
    row = update(transactions).where(visible(ledger), transactions.c.id == transaction_id)
    async with ledger.store.writing() as connection:
        await connection.execute(row.values(notes=kept))


async def add_tags(ledger: Ledger, ids: Sequence[int], names: Sequence[str]) -> None:
    """Put the tags on the transactions; a tag that does not exist yet is made."""
    async with ledger.store.writing() as connection:
        wanted = {name_key(name): " ".join(name.split()) for name in names if name_key(name)}
        known = select(tags.c.name_key, tags.c.id).where(
            tags.c.household_id == ledger.household, tags.c.name_key.in_(wanted)
        )
        missing = wanted.keys() - {key for key, _ in await connection.execute(known)}
        if missing:
            values = [
                {"household_id": ledger.household, "name": wanted[key], "name_key": key} for key in sorted(missing)
            ]
            await connection.execute(insert(tags), values)
        tag_ids = [identity for _, identity in await connection.execute(known)]
        mine = select(transactions.c.id).where(visible(ledger), transactions.c.id.in_(ids))
        rows = (await connection.scalars(mine)).all()
        pairs = {(row, tag) for row in rows for tag in tag_ids}
        there = select(transaction_tags.c.transaction_id, transaction_tags.c.tag_id).where(
            transaction_tags.c.household_id == ledger.household, transaction_tags.c.transaction_id.in_(rows)
        )
        pairs -= {(row, tag) for row, tag in await connection.execute(there)}
        if pairs:
            await connection.execute(
                insert(transaction_tags),
                [
                    {"household_id": ledger.household, "transaction_id": row, "tag_id": tag}
                    for row, tag in sorted(pairs)
                ],
            )


async def remove_tags(ledger: Ledger, ids: Sequence[int], names: Sequence[str]) -> None:
    """Take the tags off the transactions; those that are not on them are ignored."""
    meant = select(tags.c.id).where(
        tags.c.household_id == ledger.household, tags.c.name_key.in_([name_key(name) for name in names])
    )
    async with ledger.store.writing() as connection:
        await connection.execute(
            delete(transaction_tags).where(
                transaction_tags.c.household_id == ledger.household,
                transaction_tags.c.transaction_id.in_(ids),
                transaction_tags.c.tag_id.in_(meant),
            )
        )

"""Several merchants that are one: merged in one edit, which is undone at once."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, select

from tuppence.ledger.bulk_edits import NOTHING, edit_in_slices, takes_back
from tuppence.ledger.edits import PERSON, SLICE, By, Edited, Editing, edited, editing
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchant_search import merchants_by_id
from tuppence.ledger.merchants import Merchant
from tuppence.store.bulk import is_among
from tuppence.store.tables import merchants, transactions

MOST = 500
"""So many are merged at once."""


async def merge_all_merchants(ledger: Ledger, ids: Collection[int], into: int, by: By = PERSON) -> Edited:
    """Make some merchants the same as the merchant `into`, who may be one of them; counted are their transactions.

    A website goes along where that one has none. Many transactions move in slices, see `edit_in_slices`. Raises
    LookupError for an id that the household does not have, ValueError when nobody is left to be merged, or too many.
    """
    gone, target = await _who(ledger, ids, into)
    these = [one.id for one in gone]
    names = gone[0].name if len(gone) == 1 else f"{gone[0].name} and {len(gone) - 1:,} more"
    summary = f"Merged the merchant{'' if len(gone) == 1 else 's'} {names} into {target.name}"
    moved = await _move(ledger, by, summary, these, into)
    async with takes_back(ledger, moved), editing(ledger, by, summary, into=moved.edit_id) as edit:
        count = await edit.update(transactions, transactions.c.merchant_id.in_(these), {"merchant_id": into})
        if website := next((one.website for one in gone if one.website), None):
            nowhere = and_(merchants.c.id == into, merchants.c.website.is_(None))
            await edit.update(merchants, nowhere, {"website": website})
        await edit.delete(merchants, merchants.c.id.in_(these))
        return edited(edit, moved.rows + count)


async def _who(ledger: Ledger, ids: Collection[int], into: int) -> tuple[list[Merchant], Merchant]:
    """Those that go, by name, and the one that stays."""
    wanted = sorted({*ids, into})
    if len(wanted) > MOST:
        raise ValueError(f"At most {MOST} merchants are merged at once. Choose fewer.")
    known = await merchants_by_id(ledger, wanted)
    if missing := [identity for identity in wanted if identity not in known]:
        raise LookupError(f"There is no merchant {missing[0]}.")
    target = known.pop(into)
    if not known:
        raise ValueError(f"{target.name} cannot be merged into itself. Choose another merchant.")
    return sorted(known.values(), key=lambda one: one.name), target


async def _move(ledger: Ledger, by: By, summary: str, these: Sequence[int], into: int) -> Edited:
    """Put `into` on their transactions, if these are too many to do so at once."""
    column = transactions.c.merchant_id
    query = select(transactions.c.id).where(transactions.c.household_id == ledger.household, column.in_(these))
    async with ledger.store.reading() as connection:
        ids = (await connection.scalars(query)).all()
    if len(ids) <= SLICE:
        return NOTHING

    async def move(edit: Editing, some: Sequence[int]) -> int:
        rows = is_among(edit.connection.dialect.name, [transactions.c.id], [[each] for each in some])
        return await edit.update(transactions, and_(column.in_(these), rows), {"merchant_id": into})

    return await edit_in_slices(ledger, by, summary, ids, move)

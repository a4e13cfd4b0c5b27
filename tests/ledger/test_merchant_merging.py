"""Several merchants become one in one edit."""

import pytest

from ledger.contents import assert_sound, contents
from ledger.statements import bring_in, row, rows_of, statement
from ledger.test_importing import new_ledger
from tuppence.ledger.edits import SLICE, list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchant_merging import MOST, merge_all_merchants
from tuppence.ledger.merchants import Merchant, list_merchants, merchant_named
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.undoing import undo_edit

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shops(ledger: Ledger) -> list[Merchant]:
    """Three with a transaction each, of which the last knows its website."""
    websites = {"Shop": None, "Shop AG": None, "The shop": "shop.example"}
    made = [await merchant_named(ledger, name, website) for name, website in websites.items()]
    await bring_in(ledger, statement(*(row(f"03-0{number}", "-1", f"Word{number}") for number in (1, 2, 3))))
    for number, one in enumerate(made, start=1):
        await file_transactions(ledger, TransactionFilter(text=f"Word{number}"), TransactionChange(merchant=one.id))
    return made


async def test_all_go_into_one_and_come_back_at_once(ledger: Ledger, shops: list[Merchant]) -> None:
    before, first = await contents(ledger), shops[0]
    done = await merge_all_merchants(ledger, [one.id for one in shops], first.id)
    assert done.rows == 2
    assert await list_merchants(ledger) == [Merchant(first.id, "Shop", "shop.example")]
    assert {each.merchant for each in await rows_of(ledger)} == {"Shop"}
    assert (await list_edits(ledger))[0].summary == "Merged the merchants Shop AG and 1 more into Shop"
    await assert_sound(ledger)
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before


async def test_a_known_website_stays(ledger: Ledger, shops: list[Merchant]) -> None:
    other = await merchant_named(ledger, "Other", "other.example")
    await merge_all_merchants(ledger, [shops[2].id], other.id)
    assert other in await list_merchants(ledger)


async def test_what_cannot_be_changes_nothing(ledger: Ledger, shops: list[Merchant]) -> None:
    foreign = await merchant_named(await new_ledger(ledger.store), "Foreign")
    before, first = await contents(ledger), shops[0].id
    with pytest.raises(ValueError, match="into itself"):
        await merge_all_merchants(ledger, [first], first)
    with pytest.raises(ValueError, match="At most"):
        await merge_all_merchants(ledger, range(1, MOST + 2), first)
    for ids, into in (([first, foreign.id], first), ([first], foreign.id), ([999], first)):
        with pytest.raises(LookupError):
            await merge_all_merchants(ledger, ids, into)
    assert await contents(ledger) == before


async def test_very_many_transactions_go_in_slices_as_one_edit(ledger: Ledger, shops: list[Merchant]) -> None:
    first, second, _ = shops
    await bring_in(ledger, statement(*(row("03-04", "-1", f"Bulk {number}") for number in range(SLICE + 1))))
    await file_transactions(ledger, TransactionFilter(text="Bulk"), TransactionChange(merchant=second.id))
    done = await merge_all_merchants(ledger, [second.id], first.id)
    assert done.rows == SLICE + 2
    assert len(await rows_of(ledger, TransactionFilter(merchants=(first.id,)))) == SLICE + 3
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert len(await rows_of(ledger, TransactionFilter(merchants=(second.id,)))) == SLICE + 2

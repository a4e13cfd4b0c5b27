"""What is said of transactions, one by one or as a whole search finds them."""

import pytest

from ledger.contents import contents
from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, imported, row, rows_of
from tuppence.ledger.categories import find_category
from tuppence.ledger.edits import By, list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(ledger: Ledger) -> Ledger:
    checking = [row("03-01", "-1", "Corner shop"), row("03-02", "-2", "Corner shop"), row("03-03", "-9", "To savings")]
    savings = [row("03-04", "9", "From checking")]
    await bring_in(ledger, bank_file(imported(checking), imported(savings)), CHECKING, SAVINGS)
    return ledger


async def summary(ledger: Ledger) -> str:
    return (await list_edits(ledger, limit=1))[0].summary


async def test_a_whole_search_is_filed_at_once(books: Ledger) -> None:
    groceries = (await find_category(books, "Groceries")).id
    shops = TransactionFilter(text="corner", uncategorized=True)
    done = await file_transactions(books, shops, TransactionChange(category=groceries, notes=" milk "))
    assert done.rows == 2
    assert [(each.category, each.notes) for each in await rows_of(books)][:3] == [
        *[("Groceries", "milk")] * 2,
        (None, None),
    ]


async def test_transfers_that_a_search_does_not_list_are_left_out(books: Ledger) -> None:
    listed = TransactionFilter(include_transfers=False)
    assert (await file_transactions(books, listed, TransactionChange(notes="x"))).rows == 2
    assert (await file_transactions(books, EVERYTHING, TransactionChange(notes="y"))).rows == 4


async def test_rows_that_were_so_already_are_not_counted(books: Ledger) -> None:
    first, second, *_ = [each.id for each in await rows_of(books)]
    await file_transactions(books, [first], TransactionChange(add_tags=("Trip",)))
    assert (await file_transactions(books, [first, second], TransactionChange(add_tags=("trip", "work")))).rows == 2
    assert (await file_transactions(books, [first, second], TransactionChange(add_tags=("trip",)))).rows == 0
    assert (
        await file_transactions(books, [first, first], TransactionChange(remove_tags=("TRIP",), notes="x"))
    ).rows == 1
    assert [each.tags for each in await rows_of(books)][:2] == [("work",), ("Trip", "work")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"category": None}, "Took the category off 2 transactions"),
        ({"merchant": None}, "Took the merchant off 2 transactions"),
        ({"notes": "x"}, "Changed notes of 2 transactions"),
        ({"add_tags": ("a", "b")}, "Tagged 2 transactions with a, b"),
        ({"remove_tags": ("old",)}, "Took old off 2 transactions"),
        ({"add_tags": ("a",), "remove_tags": ("old",)}, "Changed tags of 2 transactions"),
        ({"notes": "x", "category": None}, "Changed category and notes of 2 transactions"),
    ],
)
async def test_the_summary_says_what_was_done(books: Ledger, change: dict[str, object], expected: str) -> None:
    ids = [each.id for each in await rows_of(books)][:2]
    await file_transactions(books, ids, TransactionChange(add_tags=("old",)))
    await file_transactions(books, ids, TransactionChange(**change))  # type: ignore[arg-type]
    assert await summary(books) == expected


async def test_the_summary_names_what_they_were_filed_under(books: Ledger) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    await file_transactions(books, [first], TransactionChange(merchant=(await merchant_named(books, "Corner")).id))
    assert await summary(books) == "Put Corner on 1 transaction"


async def test_only_a_person_rewrites_notes_and_takes_tags_off(books: Ledger) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    for change in (TransactionChange(notes="x"), TransactionChange(remove_tags=("a",))):
        with pytest.raises(ValueError, match="Only a person"):
            await file_transactions(books, [first], change, By(source="model"))
    assert (await file_transactions(books, [first], TransactionChange(add_tags=("a",)), By(source="rule"))).rows == 1


@pytest.mark.parametrize("change", [TransactionChange(category=999_999), TransactionChange(merchant=999_999)])
async def test_what_does_not_exist_is_said_to_be_missing(books: Ledger, change: TransactionChange) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    before = await contents(books)
    with pytest.raises(LookupError, match=r"There is no (category|merchant) 999999"):
        await file_transactions(books, [first], change)
    with pytest.raises(LookupError, match="There is no transaction 999999"):
        await file_transactions(books, [first, 999_999], TransactionChange(notes="x", add_tags=("new",)))
    with pytest.raises(ValueError, match="needs a name"):
        await file_transactions(books, [first], TransactionChange(add_tags=("ok", " ")))
    assert await contents(books) == before


async def test_what_a_person_said_nobody_else_changes(books: Ledger) -> None:
    first, second, *_ = [each.id for each in await rows_of(books)]
    groceries, shop = await find_category(books, "Groceries"), await merchant_named(books, "Corner")
    await file_transactions(books, [first], TransactionChange(category=None, merchant=shop.id))
    everything = TransactionChange(category=groceries.id, merchant=None)
    for source in ("rule", "memory", "classifier", "model", "import"):
        await file_transactions(books, [first, second], everything, By(source=source))
        found = [(each.category, each.category_source, each.merchant) for each in (await rows_of(books))[:2]]
        assert found == [(None, "person", "Corner"), ("Groceries", source, None)]

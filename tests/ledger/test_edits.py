"""The journal: what it says of edits, what undoing leaves alone, and large edits in slices."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from ledger.contents import assert_sound, contents
from ledger.statements import bring_in, day, row, rows_of, statement
from tuppence.ledger import bulk_edits, undoing
from tuppence.ledger.accounts import AccountChange, NewAccount, change_account, create_account, list_accounts
from tuppence.ledger.balances import balance_of, state_balance
from tuppence.ledger.categories import (
    CategoryChange,
    change_category,
    create_category,
    delete_category,
    find_category,
    list_categories,
    merge_categories,
)
from tuppence.ledger.edits import AlreadyUndone, By, Edit, Editing, UnknownEdit, edit_of, editing, list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import undo_import
from tuppence.ledger.merchants import merchant_named, merge_merchants
from tuppence.ledger.transaction_filter import EVERYTHING
from tuppence.ledger.undoing import NotUndone, Undone, redo_edit, undo_edit
from tuppence.store.tables import tags, transactions

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(ledger: Ledger) -> Ledger:
    rows = [row(f"03-0{number}", f"-{number}", f"Shop {number}") for number in range(1, 8)]
    await bring_in(ledger, statement(*rows))
    return ledger


async def latest(ledger: Ledger) -> Edit:
    return (await list_edits(ledger, limit=1))[0]


async def category(ledger: Ledger, name: str) -> int:
    return (await find_category(ledger, name)).id


async def test_an_edit_says_who_did_what_and_when(books: Ledger) -> None:
    first, second, *_ = [each.id for each in await rows_of(books)]
    groceries = await category(books, "Groceries")
    done = await file_transactions(books, [first, second], TransactionChange(category=groceries), By(source="rule"))
    assert done.edit_id is not None
    assert done.rows == 2
    edit = await edit_of(books, done.edit_id)
    assert edit == await latest(books)
    assert (edit.summary, edit.source, edit.user_id) == ("Filed 2 transactions under Groceries", "rule", None)
    assert (edit.undone_at, edit.rows) == (None, 2)
    await undo_edit(books, edit.id)
    undone_at = (await edit_of(books, edit.id)).undone_at
    assert undone_at is not None
    assert undone_at >= edit.created_at


async def test_an_edit_of_nothing_leaves_no_trace(books: Ledger) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    before = await list_edits(books)
    for change in (
        TransactionChange(),
        TransactionChange(category=None, notes=None),
        TransactionChange(remove_tags=("a",)),
    ):
        by = By(source="model") if change == TransactionChange() else By()
        await file_transactions(books, [first], change, by)
    nothing = await file_transactions(books, [], TransactionChange(add_tags=("new",)))
    assert (nothing.edit_id, nothing.rows) == (None, 0)
    assert len(await list_edits(books)) == len(before) + 1  # that a person says there is no category
    assert (await contents(books))["tags"] == {}


async def test_pages_of_the_history(books: Ledger) -> None:
    for number in range(5):
        await create_category(books, f"Number {number}")
    whole = await list_edits(books)
    assert [edit.summary for edit in whole] == [f"Added the category Number {number}" for number in range(4, -1, -1)]
    page = await list_edits(books, limit=2)
    rest = await list_edits(books, before=page[-1].id)
    assert [*page, *rest] == whole
    with pytest.raises(UnknownEdit):
        await list_edits(books, before="0" * 32)


async def test_what_raises_leaves_nothing(books: Ledger) -> None:
    before = await contents(books)

    async def break_off() -> None:
        async with editing(books, By(), "Broken") as edit:
            await edit.insert(tags, {"name": "a", "name_key": "a"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    assert await contents(books) == before
    assert await list_edits(books) == []


async def test_an_edit_is_undone_once_and_redone_once(books: Ledger) -> None:
    made = await create_category(books, "Pets and more")
    edit = (await latest(books)).id
    with pytest.raises(NotUndone):
        await redo_edit(books, edit)
    assert await undo_edit(books, edit) == Undone(1, 0)
    with pytest.raises(AlreadyUndone):
        await undo_edit(books, edit)
    assert await redo_edit(books, edit) == Undone(1, 0)
    assert await find_category(books, "Pets and more") == made
    with pytest.raises(UnknownEdit):
        await undo_edit(books, "0" * 32)


async def test_what_was_changed_since_is_left_alone(books: Ledger) -> None:
    first, second, third, *_ = [each.id for each in await rows_of(books)]
    groceries, rent = await category(books, "Groceries"), await category(books, "Rent")
    done = await file_transactions(books, [first, second, third], TransactionChange(category=groceries, notes="x"))
    await file_transactions(books, [second], TransactionChange(category=rent))
    await file_transactions(books, [third], TransactionChange(notes="y"))
    assert done.edit_id is not None
    assert await undo_edit(books, done.edit_id) == Undone(restored=4, left_alone=2)
    found = [(each.category, each.category_source, each.notes) for each in (await rows_of(books))[:3]]
    assert found == [(None, None, None), ("Rent", "person", None), (None, None, "y")]


async def test_an_edit_of_which_nothing_is_left_stays_in_force(books: Ledger) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    done = await file_transactions(books, [first], TransactionChange(notes="x"))
    later = await file_transactions(books, [first], TransactionChange(notes="y"))
    assert done.edit_id is not None
    assert later.edit_id is not None
    assert await undo_edit(books, done.edit_id) == Undone(0, 1)
    await undo_edit(books, later.edit_id)
    assert await undo_edit(books, done.edit_id) == Undone(1, 0)
    assert (await rows_of(books))[0].notes is None


async def test_what_others_refer_to_is_not_taken_back(books: Ledger) -> None:
    made = await create_category(books, "Pets and more")
    of_category = await latest(books)
    account = await create_account(books, NewAccount("Piggy bank", "EUR", "cash"))
    of_account = await latest(books)
    await file_transactions(books, EVERYTHING, TransactionChange(category=made.id))
    await bring_in(books, statement(row("03-01", "1")), account)
    assert await undo_edit(books, of_category.id) == Undone(0, 1)
    assert await undo_edit(books, of_account.id) == Undone(0, 1)
    await assert_sound(books)


async def test_what_an_undone_edit_referred_to_may_be_gone(books: Ledger) -> None:
    first, *_ = [each.id for each in await rows_of(books)]
    pets = (await create_category(books, "Pets and more")).id
    await file_transactions(books, [first], TransactionChange(category=pets))
    moved = await file_transactions(books, [first], TransactionChange(category=None))
    await delete_category(books, pets)
    assert moved.edit_id is not None
    assert await undo_edit(books, moved.edit_id) == Undone(0, 1)


async def test_a_name_that_something_else_has_by_now_stays_with_it(books: Ledger) -> None:
    pets = await create_category(books, "Animals")
    renamed = await change_category(books, pets.id, CategoryChange(name="Beasts"))
    newer = await create_category(books, "ANIMALS")
    assert renamed.edit_id is not None
    assert await undo_edit(books, renamed.edit_id) == Undone(0, 1)
    assert (await find_category(books, "Animals")).id == newer.id
    gone = await delete_category(books, newer.id)
    await create_category(books, "animals")
    assert gone.edit_id is not None
    assert await undo_edit(books, gone.edit_id) == Undone(0, 1)


async def test_undoing_never_puts_a_category_below_itself(books: Ledger) -> None:
    above = await create_category(books, "Above")
    below = await create_category(books, "Below", parent=above)
    up = await change_category(books, below.id, CategoryChange(parent=None))
    await change_category(books, above.id, CategoryChange(parent=below.id))
    assert up.edit_id is not None
    assert await undo_edit(books, up.edit_id) == Undone(0, 1)
    await assert_sound(books)
    assert {above.id, below.id} <= {each.id for each in await list_categories(books)}


async def test_a_currency_comes_back_only_while_nothing_is_in_it(ledger: Ledger) -> None:
    account = await create_account(ledger, NewAccount("Wallet", "EUR"))
    changed = await change_account(ledger, account.id, AccountChange(currency="usd"))
    (dollars,) = await list_accounts(ledger)
    await state_balance(ledger, dollars, day("03-01"), 5)
    assert changed.edit_id is not None
    assert await undo_edit(ledger, changed.edit_id) == Undone(0, 1)
    assert (await balance_of(ledger, dollars)).amount == 5


async def test_rows_of_an_undone_import_are_left_alone(ledger: Ledger) -> None:
    token = (await bring_in(ledger, statement(row("03-01", "-1")))).accounts[0].token
    done = await file_transactions(ledger, EVERYTHING, TransactionChange(notes="x", add_tags=("a",)))
    await undo_import(ledger, token)
    assert done.edit_id is not None
    assert await undo_edit(ledger, done.edit_id) == Undone(restored=1, left_alone=2)  # the tag
    assert (await contents(ledger))["tags"] == {}


async def test_another_households_edits_do_not_exist(books: Ledger) -> None:
    from ledger.test_importing import new_ledger

    other = await new_ledger(books.store)
    await create_category(books, "Mine")
    mine = (await latest(books)).id
    assert await list_edits(other) == []
    for asked in (edit_of(other, mine), undo_edit(other, mine), redo_edit(other, mine), list_edits(other, before=mine)):
        with pytest.raises(UnknownEdit):
            await asked
    with pytest.raises(UnknownEdit):
        async with editing(other, By(), "More", into=mine):
            pass


# --------------------------------------------------------------------------------------------------------- slices


@pytest.fixture
def slices_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_edits, "SLICE", 2)
    monkeypatch.setattr(undoing, "SLICE", 2)


@pytest.mark.usefixtures("slices_of_two")
async def test_slices_are_one_edit(books: Ledger) -> None:
    before = await contents(books)
    rent = await category(books, "Rent")
    done = await file_transactions(books, EVERYTHING, TransactionChange(category=rent, add_tags=("a",)))
    assert done.rows == 7
    (edit,) = await list_edits(books)
    assert (edit.summary, edit.rows) == ("Changed category and tags of 7 transactions", 15)
    after = await contents(books)
    assert await undo_edit(books, edit.id) == Undone(15, 0)
    assert await contents(books) == before
    assert await redo_edit(books, edit.id) == Undone(15, 0)
    assert await contents(books) == after


@pytest.mark.usefixtures("slices_of_two")
async def test_a_slice_that_fails_takes_the_others_with_it(books: Ledger) -> None:
    ids = [each.id for each in await rows_of(books)]
    before = await contents(books)

    async def fail_at_the_end(edit: Editing, some: Sequence[int]) -> int:
        if ids[-1] in some:
            raise LookupError
        return await edit.update(transactions, transactions.c.id.in_(some), {"notes": "x"})

    with pytest.raises(LookupError):
        await bulk_edits.edit_in_slices(books, By(), "Noted", ids, fail_at_the_end)
    assert await contents(books) == before
    assert (await latest(books)).undone_at is not None


@pytest.mark.usefixtures("slices_of_two")
async def test_what_many_transactions_refer_to_is_merged_in_slices(books: Ledger) -> None:
    one, other = await merchant_named(books, "One"), await merchant_named(books, "Other")
    rent, fees = await category(books, "Rent"), await create_category(books, "More fees")
    await file_transactions(books, EVERYTHING, TransactionChange(category=fees.id, merchant=one.id))
    before = await contents(books)
    merged = await merge_merchants(books, one.id, other.id)
    deleted = await merge_categories(books, fees.id, rent)
    assert (merged.rows, deleted.rows) == (7, 7)
    assert {(each.category, each.merchant) for each in await rows_of(books)} == {("Rent", "Other")}
    for done in (deleted, merged):
        assert done.edit_id is not None
        assert (await undo_edit(books, done.edit_id)).left_alone == 0
    assert await contents(books) == before


async def test_rows_that_change_alike_are_one_entry(books: Ledger) -> None:
    await file_transactions(books, EVERYTHING, TransactionChange(notes="the same"))
    async with books.store.reading() as connection:
        rows = (await connection.execute(text("SELECT rows, before, after FROM edit_changes"))).all()
    assert [tuple(each) for each in rows] == [
        ("[[1],[2],[3],[4],[5],[6],[7]]", '{"notes":null}', '{"notes":"the same"}')
    ]

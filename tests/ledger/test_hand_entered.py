"""Transactions that a person enters, corrects and deletes; those of a bank's file stay as the bank says."""

import pytest

from ledger.contents import assert_sound, contents
from ledger.statements import SAVINGS, bring_in, day, row, rows_of, statement
from tuppence.ledger.accounts import Account, NewAccount, create_account
from tuppence.ledger.categories import find_category
from tuppence.ledger.edits import list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import (
    NewFacts,
    NewTransaction,
    NotEnteredByHand,
    add_transaction,
    change_transaction,
    delete_transaction,
)
from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.undoing import undo_edit
from tuppence.money import Money

pytestmark = pytest.mark.anyio


@pytest.fixture
async def wallet(ledger: Ledger) -> Account:
    return await create_account(ledger, NewAccount("Wallet", "EUR", "cash"))


async def test_an_entered_transaction_is_one_like_any_other(ledger: Ledger, wallet: Account) -> None:
    gifts = await find_category(ledger, "Gifts")
    new = NewTransaction(wallet.id, day("03-14"), -1250, "  Flea  market ", category=gifts.id, notes="a lamp")
    made = await add_transaction(ledger, new)
    assert (made.date, made.amount, made.description) == (day("03-14"), Money(-1250, "EUR"), "Flea market")
    assert (made.category, made.category_source, made.notes, made.pending) == ("Gifts", "person", "a lamp", False)
    assert await rows_of(ledger, TransactionFilter(text="flea")) == (made,)
    assert (await list_edits(ledger, limit=1))[0].summary == "Added Flea market"
    yen = await add_transaction(ledger, NewTransaction(wallet.id, day("03-15"), -900, "Ramen", currency="jpy"))
    assert yen.amount == Money(-900, "JPY")
    assert yen.category_source is None


@pytest.mark.parametrize(
    "wrong", [{"description": " "}, {"amount": 10**18}, {"amount": -(10**18)}, {"currency": "EURO"}, {"currency": ""}]
)
async def test_what_cannot_be_entered(ledger: Ledger, wallet: Account, wrong: dict[str, object]) -> None:
    before = await contents(ledger)
    said = {"account": wallet.id, "date": day("03-01"), "amount": 1, "description": "Coin", **wrong}
    with pytest.raises(ValueError, match=r"description|18 digits|no currency"):
        await add_transaction(ledger, NewTransaction(**said))  # type: ignore[arg-type]
    assert await contents(ledger) == before


async def test_a_counterpart_is_paired_and_let_go(ledger: Ledger, wallet: Account) -> None:
    await bring_in(ledger, statement(row("03-10", "-50", "Cash machine")))
    before = await contents(ledger)
    made = await add_transaction(ledger, NewTransaction(wallet.id, day("03-11"), 5000, "From the machine"))
    assert made.transfer_id is not None
    await change_transaction(ledger, made.id, NewFacts(date=day("03-20")))
    assert [each.transfer_id for each in await rows_of(ledger)] == [None, None]
    await change_transaction(ledger, made.id, NewFacts(date=day("03-12"), amount=5000, description="Machine"))
    assert [each.description for each in await rows_of(ledger) if each.transfer_id] == ["Cash machine", "Machine"]
    await assert_sound(ledger)
    await delete_transaction(ledger, made.id)
    assert await contents(ledger) == before
    for edit in await list_edits(ledger, limit=4):
        assert (await undo_edit(ledger, edit.id)).left_alone == 0
    assert await contents(ledger) == before


async def test_a_correction_moves_it_to_its_month(ledger: Ledger, wallet: Account) -> None:
    made = await add_transaction(ledger, NewTransaction(wallet.id, day("03-31"), -5, "Coin"))
    done = await change_transaction(ledger, made.id, NewFacts(date=day("04-01"), amount=-7))
    assert done.rows == 1
    (stored,) = (await contents(ledger))["transactions"].values()
    assert (stored["month"], stored["amount"], stored["description"]) == (202604, -7, "Coin")
    assert (await change_transaction(ledger, made.id, NewFacts())).edit_id is None


async def test_deleting_takes_the_tags_and_undoing_brings_them_back(ledger: Ledger, wallet: Account) -> None:
    made = await add_transaction(ledger, NewTransaction(wallet.id, day("03-31"), -5, "Coin"))
    await file_transactions(ledger, [made.id], TransactionChange(add_tags=("a", "b")))
    before = await contents(ledger)
    done = await delete_transaction(ledger, made.id)
    assert await rows_of(ledger) == ()
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before
    assert await rows_of(ledger, TransactionFilter(text="coin")) != ()


async def test_what_the_bank_says_stays(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-10", "-50")), SAVINGS)
    (theirs,) = await rows_of(ledger)
    for asked in (delete_transaction(ledger, theirs.id), change_transaction(ledger, theirs.id, NewFacts(amount=1))):
        with pytest.raises(NotEnteredByHand, match="undo its import"):
            await asked
    assert await rows_of(ledger) == (theirs,)

"""Accounts change their names, kinds and states; balances that a person stated come and go."""

import pytest

from ledger.contents import contents
from ledger.statements import CHECKING, bring_in, day, row, statement
from tuppence.ledger.accounts import (
    Account,
    AccountChange,
    NewAccount,
    change_account,
    create_account,
    find_account,
    list_accounts,
)
from tuppence.ledger.balances import Anchor, balance_of, list_anchors, remove_balance, state_balance
from tuppence.ledger.edits import Edited, list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken
from tuppence.ledger.undoing import undo_edit
from tuppence.money import Money

pytestmark = pytest.mark.anyio


async def undone(ledger: Ledger, done: Edited) -> None:
    assert done.edit_id is not None
    assert (await undo_edit(ledger, done.edit_id)).left_alone == 0


async def test_everything_about_an_account_can_change(ledger: Ledger) -> None:
    wallet = await create_account(ledger, NewAccount("Wallet", "eur", "cash"))
    assert wallet.currency == "EUR"
    before = await contents(ledger)
    change = AccountChange(name=" My  purse", kind="savings", number=" 12 ", currency="usd", archived=True)
    done = await change_account(ledger, wallet.id, change)
    assert await list_accounts(ledger) == []
    assert await list_accounts(ledger, archived=True) == [
        Account(wallet.id, "My purse", "savings", "USD", "12", archived=True)
    ]
    assert (await change_account(ledger, wallet.id, AccountChange(number="  "))).rows == 1
    assert (await find_account(ledger, "my purse")).number is None
    assert (await change_account(ledger, wallet.id, AccountChange())).edit_id is None
    await undone(ledger, (await change_account(ledger, wallet.id, AccountChange(number="12"))))
    await undo_edit(ledger, (await list_edits(ledger))[1].id)
    await undone(ledger, done)
    assert await contents(ledger) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (AccountChange(name="\t"), "needs a name"),
        (AccountChange(kind="wallet"), "no kind of account"),  # type: ignore[arg-type]
        (AccountChange(currency="EU"), "no currency"),
        (AccountChange(name="CHECKING"), "“CHECKING” already"),
    ],
)
async def test_what_an_account_cannot_become(ledger: Ledger, change: AccountChange, words: str) -> None:
    await create_account(ledger, CHECKING)
    wallet = await create_account(ledger, NewAccount("Wallet", "EUR", "cash"))
    with pytest.raises(ValueError, match=words):
        await change_account(ledger, wallet.id, change)
    with pytest.raises(ValueError, match="no currency"):
        await create_account(ledger, NewAccount("Other", "coins"))
    assert wallet in await list_accounts(ledger)


async def test_a_name_may_be_written_otherwise(ledger: Ledger) -> None:
    wallet = await create_account(ledger, NewAccount("Wallet", "EUR", "cash"))
    await undone(ledger, await change_account(ledger, wallet.id, AccountChange(name="WALLET")))
    assert (await list_accounts(ledger))[0].name == "Wallet"
    await change_account(ledger, wallet.id, AccountChange(name="Purse"))
    with pytest.raises(NameTaken):
        await create_account(ledger, NewAccount("purse", "EUR"))


async def test_the_currency_of_an_account_with_rows_stays(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-01", "1")))
    account = await find_account(ledger, "Checking")
    with pytest.raises(ValueError, match="Add another account"):
        await change_account(ledger, account.id, AccountChange(currency="USD"))
    assert (await change_account(ledger, account.id, AccountChange(currency="EUR", kind="cash"))).rows == 1


async def test_balances_are_stated_anew_and_taken_back(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-01", "1"), closing_balance=row("03-01", "7").amount))
    account = await find_account(ledger, "Checking")
    before = await contents(ledger)
    first = await state_balance(ledger, account, day("03-05"), 500)
    assert (await list_edits(ledger))[0].summary == "Stated the balance of Checking on 2026-03-05"
    second = await state_balance(ledger, account, day("03-05"), -600)
    assert (await state_balance(ledger, account, day("03-05"), -600)).edit_id is None
    stated, of_bank = await list_anchors(ledger, account)
    assert (stated.date, stated.amount, stated.source) == (day("03-05"), Money(-600, "EUR"), "person")
    assert of_bank == Anchor(of_bank.id, day("03-01"), Money(700, "EUR"), "statement")
    with pytest.raises(ValueError, match="statement states"):
        await remove_balance(ledger, of_bank.id)
    third = await remove_balance(ledger, stated.id)
    assert await list_anchors(ledger, account) == [of_bank]
    assert (await balance_of(ledger, account, on=day("03-05"))).amount == 700
    for edit in (third, second, first):
        await undone(ledger, edit)
    assert await contents(ledger) == before
    with pytest.raises(ValueError, match="18 digits"):
        await state_balance(ledger, account, day("03-05"), 10**18)

"""Every function that changes something sees its own household only: what is another's does not exist."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.contents import contents
from ledger.statements import bring_in, day, row, rows_of, statement
from ledger.test_importing import new_ledger
from tuppence.ledger.accounts import Account, AccountChange, NewAccount, change_account, create_account, list_accounts
from tuppence.ledger.balances import list_anchors, remove_balance, state_balance
from tuppence.ledger.categories import (
    Category,
    CategoryChange,
    change_category,
    create_category,
    delete_category,
    merge_categories,
)
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import (
    NewFacts,
    NewTransaction,
    add_transaction,
    change_transaction,
    delete_transaction,
)
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import (
    Merchant,
    MerchantChange,
    change_merchant,
    delete_merchant,
    merchant_named,
    merge_merchants,
)
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transfer_marks import counterparts, mark_no_transfer, mark_transfer

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Books:
    """One of each kind."""

    account: Account
    category: Category
    merchant: Merchant
    transaction: int
    balance: int


async def books_of(ledger: Ledger) -> Books:
    account = await create_account(ledger, NewAccount("Checking", "EUR"))
    category, merchant = await create_category(ledger, "Aquariums"), await merchant_named(ledger, "Shop")
    await state_balance(ledger, account, day("03-01"), 1)
    entered = await add_transaction(ledger, NewTransaction(account.id, day("03-01"), 1, "Coin"))
    (anchor,) = await list_anchors(ledger, account)
    return Books(account, category, merchant, entered.id, anchor.id)


Trespass = Callable[[Ledger, Books, Books], Awaitable[Any]]
NOTES = TransactionChange(notes="seen")
TRESPASSES: dict[str, Trespass] = {
    "file": lambda ledger, own, other: file_transactions(ledger, [own.transaction, other.transaction], NOTES),
    "category": lambda ledger, own, other: file_transactions(
        ledger, [own.transaction], TransactionChange(category=other.category.id)
    ),
    "merchant": lambda ledger, own, other: file_transactions(
        ledger, TransactionFilter(), TransactionChange(merchant=other.merchant.id)
    ),
    "transfer": lambda ledger, own, other: mark_transfer(ledger, own.transaction, other.transaction),
    "no transfer": lambda ledger, own, other: mark_no_transfer(ledger, other.transaction),
    "counterparts": lambda ledger, own, other: counterparts(ledger, other.transaction),
    "add to account": lambda ledger, own, other: add_transaction(
        ledger, NewTransaction(other.account.id, day("03-01"), 1, "Coin")
    ),
    "add under category": lambda ledger, own, other: add_transaction(
        ledger, NewTransaction(own.account.id, day("03-01"), 1, "Coin", category=other.category.id)
    ),
    "correct": lambda ledger, own, other: change_transaction(ledger, other.transaction, NewFacts(amount=2)),
    "delete": lambda ledger, own, other: delete_transaction(ledger, other.transaction),
    "account": lambda ledger, own, other: change_account(ledger, other.account.id, AccountChange(name="Mine")),
    "balance": lambda ledger, own, other: state_balance(ledger, other.account, day("03-01"), 2),
    "anchors": lambda ledger, own, other: list_anchors(ledger, other.account),
    "remove balance": lambda ledger, own, other: remove_balance(ledger, other.balance),
    "category below": lambda ledger, own, other: create_category(ledger, "Fish", parent=other.category),
    "rename category": lambda ledger, own, other: change_category(
        ledger, other.category.id, CategoryChange(name="Mine")
    ),
    "move category": lambda ledger, own, other: change_category(
        ledger, own.category.id, CategoryChange(parent=other.category.id)
    ),
    "delete category": lambda ledger, own, other: delete_category(ledger, other.category.id),
    "delete into": lambda ledger, own, other: delete_category(ledger, own.category.id, other.category.id),
    "merge categories": lambda ledger, own, other: merge_categories(ledger, other.category.id, own.category.id),
    "rename merchant": lambda ledger, own, other: change_merchant(
        ledger, other.merchant.id, MerchantChange(name="Mine")
    ),
    "merge merchants": lambda ledger, own, other: merge_merchants(ledger, other.merchant.id, own.merchant.id),
    "merge into": lambda ledger, own, other: merge_merchants(ledger, own.merchant.id, other.merchant.id),
    "delete merchant": lambda ledger, own, other: delete_merchant(ledger, other.merchant.id),
}


@pytest.mark.parametrize("trespass", TRESPASSES.values(), ids=TRESPASSES)
async def test_what_is_anothers_is_missing(ledger: Ledger, trespass: Trespass) -> None:
    other = await new_ledger(ledger.store)
    own, theirs = await books_of(ledger), await books_of(other)
    before = await contents(ledger)
    with pytest.raises(LookupError, match="There is no "):
        await trespass(ledger, own, theirs)
    assert await contents(ledger) == before


async def test_the_same_calls_on_ones_own_do_something(ledger: Ledger) -> None:
    """Lest the calls above fail for another reason."""
    for name, trespass in TRESPASSES.items():
        household = await new_ledger(ledger.store)
        own, more = await books_of(household), await create_category(household, "Own")
        again = Books(own.account, more, await merchant_named(household, "Own"), own.transaction, own.balance)
        if name != "transfer":  # which needs two accounts
            await trespass(household, own, again)


async def test_a_whole_search_is_of_one_household(ledger: Ledger) -> None:
    other = await new_ledger(ledger.store)
    await books_of(ledger)
    theirs = await books_of(other)
    assert (await file_transactions(ledger, TransactionFilter(), NOTES)).rows == 1
    (row_,) = await rows_of(other)
    assert (row_.id, row_.notes) == (theirs.transaction, None)


async def test_rows_of_an_import_that_is_not_done_do_not_exist(ledger: Ledger) -> None:
    """Nor do accounts that it is about to make."""
    from sqlalchemy import update

    from tuppence.store.tables import accounts, imports

    await bring_in(ledger, statement(row("03-01", "-1")))
    (hidden,) = await rows_of(ledger)
    (account,) = await list_accounts(ledger)
    async with ledger.store.writing() as connection:
        await connection.execute(update(imports).values(state="running"))
        await connection.execute(update(accounts).values(created_by=1))
    for asked in (
        file_transactions(ledger, [hidden.id], NOTES),
        mark_no_transfer(ledger, hidden.id),
        change_account(ledger, account.id, AccountChange(name="Mine")),
        state_balance(ledger, account, day("03-01"), 1),
    ):
        with pytest.raises(LookupError):
            await asked

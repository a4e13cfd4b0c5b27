"""Any edit there is, chosen by numbers, on whatever the household has at the moment."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from ledger.contents import contents
from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, day, imported, row
from ledger.test_importing import new_ledger
from tuppence.ledger.accounts import Account, AccountChange, NewAccount, change_account, create_account, list_accounts
from tuppence.ledger.balances import remove_balance, state_balance
from tuppence.ledger.categories import (
    CategoryChange,
    change_category,
    create_category,
    delete_category,
    list_categories,
    merge_categories,
)
from tuppence.ledger.edits import By
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.hand_entered import (
    NewFacts,
    NewTransaction,
    add_transaction,
    change_transaction,
    delete_transaction,
)
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import MerchantChange, change_merchant, delete_merchant, merchant_named, merge_merchants
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transfer_marks import mark_no_transfer, mark_transfer
from tuppence.store import Store

Numbers = tuple[int, int, int]
NAMES = ("Food", "food ", "Fun", "Home", "Work")


async def a_household(store: Store) -> Ledger:
    """Rows of which some are a transfer and some could be; categories, a merchant, a balance."""
    ledger = await new_ledger(store)
    food = await create_category(ledger, "Food")
    await create_category(ledger, "Groceries", parent=food)
    await merchant_named(ledger, "Food")
    checking = [row("03-01", "-5"), row("03-02", "-7"), row("03-03", "-7", pending=True), row("03-09", "5", "Wages")]
    savings = [row("03-01", "5"), row("03-04", "7")]
    await bring_in(ledger, bank_file(imported(checking), imported(savings)), CHECKING, SAVINGS)
    return ledger


class Household:
    """What there is to be edited, one of each kind chosen by a number."""

    def __init__(self, ledger: Ledger, has: dict[str, list[int]], accounts: Sequence[Account]) -> None:
        self.ledger = ledger
        self._has = has
        self._accounts = accounts

    def some(self, kind: str, number: int) -> int:
        return self._has[kind][number % len(self._has[kind])] if self._has[kind] else 0

    def account(self, number: int) -> Account:
        return self._accounts[number % len(self._accounts)]


async def edit_by_numbers(ledger: Ledger, numbers: Numbers) -> None:
    """Make one edit; one that is not allowed makes none."""
    which, one, other = numbers
    now = await contents(ledger)
    has = {name: [row["id"] for row in rows.values() if "id" in row] for name, rows in now.items()}
    household = Household(ledger, has, await list_accounts(ledger, archived=True))
    with suppress(ValueError, LookupError):
        await EDITS[which % len(EDITS)](household, one, other)


Edit = Callable[[Household, int, int], Awaitable[Any]]


def _filing(by: By, what: Callable[[Household, int], TransactionChange]) -> Edit:
    async def edit(has: Household, one: int, other: int) -> None:
        ids = {has.some("transactions", one), has.some("transactions", one * 7 + 1)}
        await file_transactions(has.ledger, sorted(ids), what(has, other), by)

    return edit


def _category(has: Household, number: int) -> TransactionChange:
    return TransactionChange(category=has.some("categories", number) if number % 4 else None)


def _everything(has: Household, number: int) -> TransactionChange:
    return TransactionChange(
        category=has.some("categories", number),
        merchant=has.some("merchants", number) if number % 3 else None,
        notes=NAMES[number % 5],
        add_tags=NAMES[:2],
        remove_tags=NAMES[3:4],
    )


async def _bulk(has: Household, one: int, other: int) -> None:
    wanted = TransactionFilter(uncategorized=True) if one % 2 else TransactionFilter(direction="out")
    await file_transactions(has.ledger, wanted, _category(has, other))


async def _add(has: Household, one: int, other: int) -> None:
    amount = (500, -500, 700, -700, 12)[other % 5]
    category = has.some("categories", other) if other % 2 else None
    new = NewTransaction(has.account(one).id, day(f"03-0{one % 9 + 1}"), amount, "Cash", category=category)
    await add_transaction(has.ledger, new)


async def _correct(has: Household, one: int, other: int) -> None:
    facts = NewFacts(amount=(500, -700)[other % 2], date=day(f"03-0{other % 9 + 1}"))
    await change_transaction(has.ledger, has.some("transactions", -1 - one % 4), facts)


async def _change_account(has: Household, one: int, other: int) -> None:
    changes = (
        AccountChange(name=NAMES[one % 5]),
        AccountChange(archived=bool(one % 2), number="12"),
        AccountChange(kind="cash", currency="USD"),
    )
    await change_account(has.ledger, has.account(one).id, changes[other % 3])


async def _change_category(has: Household, one: int, other: int) -> None:
    changes = (
        CategoryChange(name=NAMES[one % 5]),
        CategoryChange(parent=has.some("categories", one * 3 + other) if one % 3 else None),
        CategoryChange(kind="income", name="Renamed"),
    )
    await change_category(has.ledger, has.some("categories", one), changes[other % 3])


EDITS: tuple[Edit, ...] = (
    _filing(By(), _category),
    _filing(By(source="model"), _category),
    _filing(By(), _everything),
    _filing(By(), lambda has, number: TransactionChange(remove_tags=NAMES[:1], notes=None)),
    _filing(By(source="rule"), lambda has, number: TransactionChange(merchant=has.some("merchants", number))),
    _bulk,
    _add,
    _add,
    _correct,
    _change_account,
    _change_category,
    lambda has, one, other: delete_transaction(has.ledger, has.some("transactions", -1 - one % 3)),
    lambda has, one, other: mark_transfer(has.ledger, has.some("transactions", one), has.some("transactions", other)),
    lambda has, one, other: mark_no_transfer(has.ledger, has.some("transactions", one)),
    lambda has, one, other: create_account(has.ledger, NewAccount(NAMES[one % 5], "EUR", "cash")),
    lambda has, one, other: state_balance(has.ledger, has.account(one), day(f"03-0{other % 3 + 1}"), one),
    lambda has, one, other: remove_balance(has.ledger, has.some("balances", one)),
    lambda has, one, other: create_category(has.ledger, NAMES[one % 5]),
    lambda has, one, other: delete_category(has.ledger, has.some("categories", one)),
    lambda has, one, other: delete_category(has.ledger, has.some("categories", one), has.some("categories", other)),
    lambda has, one, other: merge_categories(has.ledger, has.some("categories", one), has.some("categories", other)),
    lambda has, one, other: merchant_named(has.ledger, NAMES[one % 5], "shop.example" if other % 2 else None),
    lambda has, one, other: change_merchant(
        has.ledger, has.some("merchants", one), MerchantChange(name=NAMES[other % 5])
    ),
    lambda has, one, other: merge_merchants(has.ledger, has.some("merchants", one), has.some("merchants", other)),
    lambda has, one, other: delete_merchant(has.ledger, has.some("merchants", one)),
)


async def tree_is_listed(ledger: Ledger) -> bool:
    """Whether every category is in the tree."""
    return len(await list_categories(ledger)) == len((await contents(ledger))["categories"])

"""A household small enough to add up by hand, written through the real store."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert

from tuppence.ledger.accounts import Account, AccountKind, NewAccount, create_account
from tuppence.ledger.balances import state_balance
from tuppence.ledger.categories import list_categories
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transfers import refresh_transfers
from tuppence.store import Store
from tuppence.store.tables import households, imports, now, transactions

TODAY = date(2026, 4, 10)

ACCOUNTS: dict[str, tuple[AccountKind, str]] = {
    "Everyday": ("checking", "USD"),
    "Rainy day": ("savings", "USD"),
    "Plastic": ("credit_card", "USD"),
    "Euros": ("checking", "EUR"),
    "House loan": ("mortgage", "USD"),
}
# Nobody stated a balance of Euros. House loan has no transactions.
STATED = (
    ("Everyday", date(2026, 3, 31), 150000),
    ("Rainy day", date(2026, 2, 28), 500000),
    ("Plastic", date(2026, 4, 5), -12000),
    ("House loan", date(2026, 1, 1), -20000000),
)


@dataclass(frozen=True)
class Row:
    """One transaction, amounts in cents."""

    date: str
    account: str
    amount: int
    description: str
    category: str | None = None
    merchant: str | None = None
    pending: bool = False
    currency: str | None = None
    """None: the account's."""


ROWS = (
    Row("2026-02-01", "Everyday", 300000, "ACME PAYROLL", "Salary"),
    Row("2026-02-03", "Everyday", -120000, "LANDLORD FEB", "Rent"),
    Row("2026-02-10", "Plastic", -8000, "GREEN BASKET 0210", "Groceries", "Green Basket"),
    Row("2026-03-01", "Everyday", 300000, "ACME PAYROLL", "Salary"),
    Row("2026-03-02", "Everyday", -120000, "LANDLORD MAR", "Rent"),
    Row("2026-03-05", "Plastic", -10000, "GREEN BASKET 0305", "Groceries", "Green Basket"),
    Row("2026-03-09", "Plastic", 2500, "GREEN BASKET REFUND", "Groceries", "Green Basket"),
    Row("2026-03-12", "Plastic", -6050, "BLUE DOOR BISTRO", "Restaurants", "Blue Door"),
    Row("2026-03-15", "Everyday", -50000, "TO RAINY DAY"),
    Row("2026-03-16", "Rainy day", 50000, "FROM EVERYDAY"),
    Row("2026-03-20", "Everyday", -4000, "ODD SHOP 77"),
    Row("2026-03-21", "Everyday", 1500, "FROM A FRIEND"),
    Row("2026-03-25", "Euros", -3000, "MARKTHALLE", "Groceries", "Markthalle"),
    Row("2026-03-28", "Everyday", -25000, "FUND PURCHASE", "Investments"),
    Row("2026-03-30", "Plastic", -999, "MOVIE BOX", "Streaming", "Movie Box", pending=True),
    Row("2026-03-31", "Plastic", -4500, "SUNDRY FOOD", "Food"),
    Row("2026-04-02", "Everyday", -120000, "LANDLORD APR", "Rent"),
    Row("2026-04-08", "Plastic", -2000, "GREEN BASKET 0408", "Groceries", "Green Basket"),
)


async def small_household(store: Store) -> Ledger:
    """The ledger of the household above; beside it rows that nobody must see."""
    ledger = await open_ledger(store, currency="USD")
    accounts = {
        name: await create_account(ledger, NewAccount(name, currency, kind))
        for name, (kind, currency) in ACCOUNTS.items()
    }
    for name, day, amount in STATED:
        await state_balance(ledger, accounts[name], day, amount)
    await add_rows(ledger, accounts, ROWS)
    async with store.writing() as connection:
        await refresh_transfers(connection, ledger, date(2026, 1, 1), TODAY)
    await _add_invisible_rows(ledger, accounts["Everyday"])
    await file_transactions(ledger, [len(ROWS)], TransactionChange(add_tags=("party",)))
    return ledger


async def add_rows(ledger: Ledger, accounts: dict[str, Account], rows: tuple[Row, ...]) -> None:
    """Write `rows` as if they were entered by hand, numbered from 1 in an empty ledger."""
    categories = {one.name: one.id for one in await list_categories(ledger)}
    names = dict.fromkeys(row.merchant for row in rows if row.merchant)
    merchants = {name: (await merchant_named(ledger, name)).id for name in names}
    values = [
        {
            **_values(ledger.household, accounts[row.account].id, row.date, row.amount),
            "currency": row.currency or accounts[row.account].currency,
            "description": row.description,
            "pending": row.pending,
            "category_id": categories[row.category] if row.category else None,
            "merchant_id": merchants[row.merchant] if row.merchant else None,
        }
        for row in rows
    ]
    async with ledger.store.writing() as connection:
        await connection.execute(insert(transactions), values)


async def _add_invisible_rows(ledger: Ledger, account: Account) -> None:
    """A row of an import that is still running, and one of another household's account."""
    async with ledger.store.writing() as connection:
        other = {"name": "Neighbours", "language": "en", "created_at": now()}
        neighbours = await connection.scalar(insert(households).values(other).returning(households.c.id))
        running = {
            "household_id": ledger.household,
            "token": "0" * 32,
            "batch": "0" * 32,
            "account_id": account.id,
            "filename": "march.csv",
            "state": "running",
            "process_id": "0" * 32,
            "rows_new": 1,
            "rows_same": 0,
            "rows_changed": 0,
            "created_at": now(),
        }
        import_id = await connection.scalar(insert(imports).values(running).returning(imports.c.id))
        hidden = _values(ledger.household, account.id, "2026-03-10", -99900)
        await connection.execute(insert(transactions).values(**hidden, import_id=import_id))
    assert neighbours is not None
    theirs = Ledger(ledger.store, neighbours)
    their_account = await create_account(theirs, NewAccount("Everyday", "USD"))
    async with ledger.store.writing() as connection:
        foreign = _values(neighbours, their_account.id, "2026-03-10", -77700)
        await connection.execute(insert(transactions).values(**foreign))


def _values(household: int, account: int, day: str, amount: int) -> dict[str, Any]:
    booked = date.fromisoformat(day)
    return {
        "household_id": household,
        "account_id": account,
        "date": booked,
        "month": booked.year * 100 + booked.month,
        "amount": amount,
        "currency": "USD",
        "description": "HIDDEN",
        "pending": False,
    }

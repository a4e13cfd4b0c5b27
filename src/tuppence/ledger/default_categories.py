"""The categories that a new household starts with: a tree of two levels."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.names import name_key
from tuppence.store.tables import categories

INCOME: dict[str, tuple[str, ...]] = {
    "Income": (
        "Salary",
        "Bonuses",
        "Self-employment",
        "Pensions",
        "Benefits",
        "Interest",
        "Dividends",
        "Rental income",
        "Refunds & reimbursements",
        "Tax refunds",
        "Gifts received",
        "Other income",
    ),
}
EXPENSES: dict[str, tuple[str, ...]] = {
    "Housing": ("Rent", "Mortgage", "Repairs & maintenance", "Furniture & household goods", "Home services"),
    "Utilities": ("Electricity & gas", "Water & waste", "Internet & TV", "Mobile phone"),
    "Food": ("Groceries", "Restaurants", "Coffee & snacks", "Takeaway & delivery", "Alcohol & bars"),
    "Transport": (
        "Fuel",
        "Public transport",
        "Taxi & ride sharing",
        "Parking & tolls",
        "Car maintenance",
        "Car payment",
    ),
    "Travel": ("Flights", "Hotels & lodging", "Car rental", "Holiday activities"),
    "Health": ("Doctors & dentists", "Pharmacy", "Fitness", "Personal care"),
    "Shopping": ("Clothing", "Electronics", "Books & media", "Sports & hobbies"),
    "Entertainment": ("Events & cinema", "Games"),
    "Subscriptions": ("Streaming", "Software & apps", "News & magazines", "Memberships"),
    "Insurance": ("Health insurance", "Car insurance", "Home insurance", "Life insurance"),
    "Education": ("Tuition", "Courses & materials"),
    "Kids": ("Childcare", "School & activities"),
    "Pets": ("Pet food & supplies", "Vet"),
    "Gifts & donations": ("Gifts", "Charity"),
    "Taxes": ("Income tax", "Property tax"),
    "Fees": ("Bank fees", "Interest charges", "Fines"),
    "Loans": ("Student loan", "Loan payment"),
    "Other expenses": ("Cash withdrawals",),
}
OTHER: dict[str, tuple[str, ...]] = {
    "Savings & investments": ("Savings", "Investments", "Retirement"),
    "Debt payments": ("Credit card payment",),
}


DEFAULT_CATEGORIES: dict[str, dict[str, tuple[str, ...]]] = {"income": INCOME, "expense": EXPENSES, "other": OTHER}


async def add_default_categories(connection: AsyncConnection, household: int) -> None:
    """Give a household that has no categories yet the default ones."""
    for kind, tree in DEFAULT_CATEGORIES.items():
        for parent, children in tree.items():
            rows = [
                {"household_id": household, "name": name, "name_key": name_key(name), "kind": kind}
                for name in (parent, *children)
            ]
            made = await connection.execute(insert(categories).values(rows[0]).returning(categories.c.id))
            parent_id = made.scalar_one()
            await connection.execute(insert(categories), [{**row, "parent_id": parent_id} for row in rows[1:]])

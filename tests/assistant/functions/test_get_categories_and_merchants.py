"""get_categories and get_merchants: the names that other functions take."""

import pytest

from tuppence.ledger.categories import create_category, find_category
from tuppence.ledger.household import Ledger

from .answers import found, refused, summary

pytestmark = pytest.mark.anyio
MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


async def test_the_tree_of_categories(ledger: Ledger) -> None:
    categories = (await found(ledger, "get_categories"))["categories"]
    (food,) = [one for one in categories if one["name"] == "Food"]

    assert food["kind"] == "expense"
    assert "Groceries" in food["subcategories"]
    assert {one["kind"] for one in categories} == {"income", "expense", "other"}


async def test_categories_of_one_kind(ledger: Ledger) -> None:
    categories = (await found(ledger, "get_categories", kind="income"))["categories"]

    assert [one["name"] for one in categories] == ["Income"]
    assert "Salary" in categories[0]["subcategories"]


async def test_a_deeper_tree(ledger: Ledger) -> None:
    await create_category(ledger, "Bakery", parent=await find_category(ledger, "Groceries"))
    categories = (await found(ledger, "get_categories"))["categories"]
    (food,) = [one for one in categories if one["name"] == "Food"]

    assert {"name": "Groceries", "kind": "expense", "subcategories": ["Bakery"]} in food["subcategories"]


async def test_merchants_of_a_period(ledger: Ledger) -> None:
    data = await found(ledger, "get_merchants", **MARCH)

    assert data["merchants"][0] == {
        "name": "Green Basket",
        "money_out": "100.00",
        "money_in": "25.00",
        "currency": "USD",
        "transactions": 2,
        "last": "2026-03-09",
    }
    assert [one["name"] for one in data["merchants"]] == ["Green Basket", "Blue Door", "Movie Box", "Markthalle"]
    assert data["without_merchant"] == [
        # 1200.00 + 40.00 + 250.00 + 45.00; 3000.00 + 15.00
        {"currency": "USD", "money_out": "1535.00", "money_in": "3015.00", "transactions": 6}
    ]
    assert data["covers"]["transfers_left_out"] == 2


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("most_received", ["Green Basket", "Blue Door", "Movie Box", "Markthalle"]),
        ("most_transactions", ["Green Basket", "Blue Door", "Movie Box", "Markthalle"]),
        ("name", ["Blue Door", "Green Basket", "Markthalle", "Movie Box"]),
    ],
)
async def test_orders(ledger: Ledger, order: str, names: list[str]) -> None:
    data = await found(ledger, "get_merchants", **MARCH, order=order)

    if order == "most_received":  # net: -60.50, -9.99, -75.00 for dollars
        names = ["Movie Box", "Blue Door", "Green Basket", "Markthalle"]
    assert [one["name"] for one in data["merchants"]] == names


async def test_some_merchants(ledger: Ledger) -> None:
    data = await found(ledger, "get_merchants", limit=1)
    assert [one["name"] for one in data["merchants"]] == ["Green Basket"]
    assert data["merchants_left_out"] == 3
    assert data["period"] == {"since": "2025-04-11", "until": "2026-04-10"}

    data = await found(ledger, "get_merchants", text="BLUE")
    assert [one["name"] for one in data["merchants"]] == ["Blue Door"]


async def test_no_merchants(ledger: Ledger) -> None:
    data = await found(ledger, "get_merchants", since="2001-01-01", until="2001-01-31")

    assert data["merchants"] == []
    assert data["ledger_has_transactions_between"] == {"since": "2026-02-01", "until": "2026-04-08"}


async def test_a_period_that_ends_before_it_begins(ledger: Ledger) -> None:
    error, hint = await refused(ledger, "get_merchants", since="2026-03-31", until="2026-03-01")

    assert "(2026-03-01) comes before the first one (2026-03-31)" in error
    assert "both included" in hint


async def test_summaries(ledger: Ledger) -> None:
    assert await summary(ledger, "get_categories", kind="income") == "Looked at 13 categories"
    assert await summary(ledger, "get_merchants", **MARCH) == "Looked at 4 merchants, March 2026"
    assert await summary(ledger, "get_merchants", **MARCH, text="blue") == "Looked at 1 merchant, March 2026"

"""get_income_statement: the report as a model reads it."""

import pytest

from tuppence.ledger.household import Ledger

from .answers import found, refused, summary

pytestmark = pytest.mark.anyio
MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


async def test_a_month(ledger: Ledger) -> None:
    assert await found(ledger, "get_income_statement", **MARCH) == {
        "period": {"since": "2026-03-01", "until": "2026-03-31"},
        "statements": [
            {
                "currency": "USD",
                "income": "3015.00",  # 3000.00 + 15.00
                "spending": "1430.49",  # 1200.00 + 180.50 + 9.99 + 40.00
                "savings": "1584.51",  # 3015.00 - 1430.49
                "savings_rate_percent": "52.6",  # 1584.51 / 3015.00
                "spending_by_category": [
                    {
                        "category": "Housing",
                        "amount": "1200.00",
                        "transactions": 1,
                        "subcategories": [{"category": "Rent", "amount": "1200.00", "transactions": 1}],
                    },
                    {
                        "category": "Food",
                        "amount": "180.50",  # 75.00 + 60.50 + 45.00
                        "transactions": 4,
                        "in_no_subcategory": "45.00",
                        "subcategories": [
                            {"category": "Groceries", "amount": "75.00", "transactions": 2},  # 100.00 - 25.00
                            {"category": "Restaurants", "amount": "60.50", "transactions": 1},
                        ],
                    },
                    {
                        "category": "Subscriptions",
                        "amount": "9.99",
                        "transactions": 1,
                        "subcategories": [{"category": "Streaming", "amount": "9.99", "transactions": 1}],
                    },
                ],
                "income_by_category": [
                    {
                        "category": "Income",
                        "amount": "3000.00",
                        "transactions": 1,
                        "subcategories": [{"category": "Salary", "amount": "3000.00", "transactions": 1}],
                    }
                ],
                "uncategorized": {"money_in": "15.00", "money_out": "40.00"},
                "neither_income_nor_spending": [
                    {
                        "category": "Savings & investments",
                        "amount": "250.00",
                        "transactions": 1,
                        "subcategories": [{"category": "Investments", "amount": "250.00", "transactions": 1}],
                    }
                ],
                "refunds_in_spending": {"amount": "25.00", "transactions": 1},
                "transfers_left_out": {"money_in": "500.00", "money_out": "500.00"},
            },
            {
                "currency": "EUR",
                "income": "0.00",
                "spending": "30.00",
                "savings": "-30.00",
                "spending_by_category": [
                    {
                        "category": "Food",
                        "amount": "30.00",
                        "transactions": 1,
                        "subcategories": [{"category": "Groceries", "amount": "30.00", "transactions": 1}],
                    }
                ],
            },
        ],
        "covers": {
            "accounts": ["Euros", "Everyday", "Plastic", "Rainy day"],
            "transactions_counted": 11,
            "pending": 1,
            "uncategorized": 2,
            "transfers_left_out": 2,
            "first_transaction": "2026-03-01",
            "last_transaction": "2026-03-31",
        },
    }


async def test_by_month(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", since="2026-02-01", by_month=True)

    assert data["statements"][0]["months"] == [
        {"month": "2026-02", "income": "3000.00", "spending": "1280.00", "savings": "1720.00"},  # 1200 + 80
        {"month": "2026-03", "income": "3015.00", "spending": "1430.49", "savings": "1584.51"},
        {"month": "2026-04", "income": "0.00", "spending": "1220.00", "savings": "-1220.00"},  # 1200 + 20
    ]


async def test_compared_with_the_month_before(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", **MARCH, compare_with="previous_period")
    dollars, euros = data["statements"]

    assert data["compared_with"]["since"] == "2026-02-01"
    assert data["compared_with"]["covers"]["transactions_counted"] == 3
    assert dollars["before"] == {"income": "3000.00", "spending": "1280.00", "savings": "1720.00"}
    assert dollars["change"] == {"income": "15.00", "spending": "150.49", "savings": "-135.49"}
    (food,) = [one for one in dollars["spending_by_category"] if one["category"] == "Food"]
    assert (food["amount"], food["before"], food["change"]) == ("180.50", "80.00", "100.50")
    (restaurants,) = [one for one in food["subcategories"] if one["category"] == "Restaurants"]
    assert (restaurants["before"], restaurants["change"]) == ("0.00", "60.50")
    assert euros["before"]["spending"] == "0.00"


async def test_what_is_gone_since_is_compared_too(ledger: Ledger) -> None:
    april = {"since": "2026-04-01", "until": "2026-04-30"}
    data = await found(ledger, "get_income_statement", **april, compare_with="previous_period")
    dollars, euros = data["statements"]

    assert dollars["income_by_category"][0]["amount"] == "0.00"
    assert dollars["income_by_category"][0]["before"] == "3000.00"
    assert dollars["income_by_category"][0]["subcategories"][0]["change"] == "-3000.00"
    assert (euros["spending"], euros["before"]["spending"]) == ("0.00", "30.00")


async def test_the_year_before(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", **MARCH, compare_with="same_period_last_year")

    assert data["compared_with"]["since"] == "2025-03-01"
    assert data["compared_with"]["covers"]["transactions_counted"] == 0


async def test_only_some_categories(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", **MARCH, categories=["food"])
    dollars, euros = data["statements"]

    assert dollars["spending"] == "180.50"
    assert dollars.keys().isdisjoint({"income", "savings", "savings_rate_percent", "uncategorized"})
    assert euros["spending"] == "30.00"
    assert data["covers"]["uncategorized_not_counted"] == 2


async def test_income_alone(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", **MARCH, categories=["Salary"])

    assert data["statements"][0]["income"] == "3000.00"
    assert "spending" not in data["statements"][0]


async def test_only_some_accounts(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", **MARCH, accounts=["plastic"])

    assert data["statements"][0]["spending"] == "190.49"  # 100.00 - 25.00 + 60.50 + 45.00 + 9.99
    assert data["covers"]["accounts"] == ["Plastic"]


async def test_without_days_it_is_this_month_so_far(ledger: Ledger) -> None:
    assert (await found(ledger, "get_income_statement"))["period"] == {"since": "2026-04-01", "until": "2026-04-10"}


async def test_nothing_found_says_where_to_look(ledger: Ledger) -> None:
    data = await found(ledger, "get_income_statement", since="2019-01-01", until="2019-12-31")

    assert data["statements"] == []
    assert data["ledger_has_transactions_between"] == {"since": "2026-02-01", "until": "2026-04-08"}


async def test_unknown_names_bring_the_nearest_ones(ledger: Ledger) -> None:
    error, hint = await refused(ledger, "get_income_statement", categories=["Grocerys", "Zzz"])
    assert "Grocerys" in error
    assert "Groceries" in error
    assert "Zzz" in error
    assert "get_categories" in hint

    error, hint = await refused(ledger, "get_income_statement", accounts=["Everyda1"])
    assert "Everyday" in error
    assert "get_accounts" in hint


async def test_summary(ledger: Ledger) -> None:
    assert await summary(ledger, "get_income_statement", **MARCH) == "Looked at 11 transactions, March 2026"

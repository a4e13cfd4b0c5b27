"""get_balance_sheet: totals, both sides, and what is unknown."""

import pytest

from tuppence.ledger.household import Ledger

from .answers import found, refused, summary

pytestmark = pytest.mark.anyio


async def test_totals_and_sides(ledger: Ledger) -> None:
    sheet = await found(ledger, "get_balance_sheet")

    assert sheet["as_of"] == "2026-04-10"
    assert sheet["totals"] == [
        {
            "currency": "USD",
            "net_worth": "-194340.00",  # 5800.00 - 200140.00
            "total_assets": "5800.00",  # 300.00 + 5500.00
            "total_liabilities": "200140.00",  # 140.00 + 200000.00
        }
    ]
    assert [one["name"] for one in sheet["assets"]] == ["Everyday", "Rainy day"]
    assert [(one["name"], one["balance"]) for one in sheet["liabilities"]] == [
        ("Plastic", "-140.00"),
        ("House loan", "-200000.00"),
    ]
    assert sheet["unknown_balances"] == [{"name": "Euros", "currency": "EUR", "why": "no balance was ever stated"}]


async def test_another_day(ledger: Ledger) -> None:
    sheet = await found(ledger, "get_balance_sheet", as_of="2026-01-30")

    assert sheet["totals"][0]["net_worth"] == "-200000.00"
    why = {one["name"]: one["why"] for one in sheet["unknown_balances"]}
    assert why["Everyday"] == "nothing is known of days so early"
    assert why["Euros"] == "no balance was ever stated"


async def test_history(ledger: Ledger) -> None:
    sheet = await found(ledger, "get_balance_sheet", history_since="2025-11-20")

    assert sheet["history"] == [
        {"as_of": "2025-12-31", "net_worth": {"USD": "-200000.00"}, "accounts_unknown": 4},  # the loan alone
        {"as_of": "2026-01-31", "net_worth": {"USD": "-201325.00"}, "accounts_unknown": 3},  # -200000 - 1325
        {"as_of": "2026-02-28", "net_worth": {"USD": "-194464.50"}, "accounts_unknown": 1},  # + 475 + 5000 + 60.50
        {"as_of": "2026-03-31", "net_worth": {"USD": "-193120.00"}, "accounts_unknown": 1},  # + 1500 + 5500 - 120
    ]


async def test_a_history_has_an_end(ledger: Ledger) -> None:
    error, hint = await refused(ledger, "get_balance_sheet", history_since="2020-01-01")
    assert "36 months" in error
    assert "later day" in hint
    error, _ = await refused(ledger, "get_balance_sheet", as_of="2026-01-01", history_since="2026-02-01")
    assert "history_since (2026-02-01) comes after as_of (2026-01-01)" in error


async def test_summary(ledger: Ledger) -> None:
    assert await summary(ledger, "get_balance_sheet") == "Looked at the balances of 5 accounts, 10 April 2026"

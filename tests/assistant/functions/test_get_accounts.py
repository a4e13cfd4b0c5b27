"""get_accounts: names, kinds and what is known of balances."""

import pytest

from tuppence.ledger.household import Ledger

from .answers import found, summary

pytestmark = pytest.mark.anyio


async def test_accounts_and_balances(ledger: Ledger) -> None:
    accounts = (await found(ledger, "get_accounts"))["accounts"]

    assert accounts[0] == {
        "name": "Everyday",
        "kind": "checking",
        "balance": "300.00",  # 1500.00 stated on 31 March - 1200.00
        "currency": "USD",
        "balance_stated_on": "2026-03-31 by a person",
        "known_until": "2026-04-02",
    }
    assert [one["name"] for one in accounts] == ["Everyday", "Rainy day", "Plastic", "Euros", "House loan"]


async def test_an_unknown_balance_is_null(ledger: Ledger) -> None:
    (euros,) = [one for one in (await found(ledger, "get_accounts"))["accounts"] if one["name"] == "Euros"]

    assert euros == {
        "name": "Euros",
        "kind": "checking",
        "balance": None,
        "currency": "EUR",
        "known_until": "2026-03-25",
    }


async def test_summary(ledger: Ledger) -> None:
    assert await summary(ledger, "get_accounts") == "Looked at 5 accounts"

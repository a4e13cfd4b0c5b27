"""get_transactions: filters, totals, pages."""

from typing import Any

import pytest

from tuppence.ledger.household import Ledger

from .answers import found, refused, summary

pytestmark = pytest.mark.anyio


def described(data: Any) -> list[str]:
    return [row["description"] for row in data["transactions"]]


async def test_the_latest_first(ledger: Ledger) -> None:
    data = await found(ledger, "get_transactions", limit=2)

    assert data["found"] == 18
    first, second = data["transactions"]
    assert (first.pop("id"), second.pop("id")) == (18, 17)
    assert [first, second] == [
        {
            "date": "2026-04-08",
            "amount": "-20.00",
            "description": "GREEN BASKET 0408",
            "account": "Plastic",
            "merchant": "Green Basket",
            "category": "Groceries",
            "tags": ["party"],
        },
        {
            "date": "2026-04-02",
            "amount": "-1200.00",
            "description": "LANDLORD APR",
            "account": "Everyday",
            "category": "Rent",
        },
    ]
    assert data["currency"] == "USD"
    assert (data["not_listed"], data["next_offset"]) == (16, 2)


async def test_totals_count_all_that_was_found(ledger: Ledger) -> None:
    data = await found(ledger, "get_transactions", merchants=["Green Basket"], since="2026-03-01", limit=1)

    assert data["period"] == {"since": "2026-03-01"}
    assert data["found"] == 3
    assert data["money_out"] == {"USD": "120.00"}  # 100.00 + 20.00
    assert data["money_in"] == {"USD": "25.00"}
    assert data["net"] == {"USD": "-95.00"}  # 25.00 - 120.00
    assert data["covers"]["transactions_counted"] == 3


async def test_pages_go_on_to_the_end(ledger: Ledger) -> None:
    everything = described(await found(ledger, "get_transactions", limit=200))
    data = await found(ledger, "get_transactions", limit=7)
    pages = described(data)
    while "next_offset" in data:
        data = await found(ledger, "get_transactions", limit=7, offset=data["next_offset"])
        pages += described(data)

    assert pages == everything
    assert len(pages) == 18


async def test_transfers_are_listed_but_not_counted(ledger: Ledger) -> None:
    data = await found(ledger, "get_transactions", since="2026-03-15", until="2026-03-16")

    assert [row["transfer"] for row in data["transactions"]] == [True, True]
    assert data["money_out"] == {"USD": "0.00"}
    assert data["covers"]["transfers_left_out"] == 2
    assert (
        described(await found(ledger, "get_transactions", since="2026-03-15", until="2026-03-16", transfers=False))
        == []
    )


async def test_the_largest_money_out_is_no_transfer(ledger: Ledger) -> None:
    march = {"since": "2026-03-01", "until": "2026-03-31", "order": "largest", "limit": 3}

    data = await found(ledger, "get_transactions", **march, direction="out")
    assert described(data) == ["LANDLORD MAR", "FUND PURCHASE", "GREEN BASKET 0305"]
    data = await found(ledger, "get_transactions", **march, direction="out", transfers=True)
    assert described(data) == ["LANDLORD MAR", "TO RAINY DAY", "FUND PURCHASE"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"text": "landlord mar"}, ["LANDLORD MAR"]),
        ({"accounts": ["rainy"]}, ["FROM EVERYDAY"]),
        ({"categories": ["Food"], "until": "2026-02-28"}, ["GREEN BASKET 0210"]),
        ({"categories": "Restaurants"}, ["BLUE DOOR BISTRO"]),
        ({"merchants": ["movie box"]}, ["MOVIE BOX"]),
        ({"tags": ["Party"]}, ["GREEN BASKET 0408"]),
        ({"minimum": 60.5, "maximum": 79.99}, ["BLUE DOOR BISTRO"]),
        ({"minimum": 2500, "since": "2026-02-15"}, ["ACME PAYROLL"]),
        ({"pending": True}, ["MOVIE BOX"]),
        ({"direction": "in", "since": "2026-03-02"}, ["FROM A FRIEND", "GREEN BASKET REFUND"]),
        ({"uncategorized": True}, ["FROM A FRIEND", "ODD SHOP 77"]),
        ({"categories": ["Uncategorized"]}, ["FROM A FRIEND", "ODD SHOP 77"]),
        ({"accounts": ["Euros", "Rainy day"], "order": "oldest"}, ["FROM EVERYDAY", "MARKTHALLE"]),
        ({"accounts": ["Euros"], "order": "smallest"}, ["MARKTHALLE"]),
    ],
)
async def test_conditions(ledger: Ledger, arguments: dict[str, Any], expected: list[str]) -> None:
    assert described(await found(ledger, "get_transactions", **arguments)) == expected


async def test_rows_of_two_currencies_say_theirs(ledger: Ledger) -> None:
    data = await found(ledger, "get_transactions", since="2026-03-21", until="2026-03-25")

    assert "currency" not in data
    assert [(row["amount"], row["currency"]) for row in data["transactions"]] == [("-30.00", "EUR"), ("15.00", "USD")]
    assert data["money_out"] == {"EUR": "30.00", "USD": "0.00"}


async def test_nothing_found_says_where_to_look(ledger: Ledger) -> None:
    data = await found(ledger, "get_transactions", until="2020-12-31")

    assert (data["found"], data["transactions"]) == (0, [])
    assert data["ledger_has_transactions_between"] == {"since": "2026-02-01", "until": "2026-04-08"}


@pytest.mark.parametrize(
    ("arguments", "error_has", "hint_has"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until (2026-03-01) comes before", "both included"),
        ({"minimum": 9, "maximum": 3}, "maximum (3) is less than minimum (9)", "direction"),
        ({"uncategorized": True, "categories": ["Food"]}, "exclude each other", "one of them"),
        ({"accounts": ["Everydy"]}, "Everyday", "get_accounts"),
        ({"categories": ["Foods"]}, "Food", "get_categories"),
        ({"merchants": ["Green Baskit"]}, "Green Basket", "`text`"),
        ({"tags": ["partey"]}, "party", "tags"),
        ({"limit": 0}, "limit should be greater than or equal to 1", "corrected"),
        ({"limit": 10**30}, "limit", "corrected"),
        ({"offset": 10**30}, "offset", "corrected"),
    ],
)
async def test_refusals(ledger: Ledger, arguments: dict[str, Any], error_has: str, hint_has: str) -> None:
    error, hint = await refused(ledger, "get_transactions", **arguments)

    assert error_has in error
    assert hint_has in hint


@pytest.mark.parametrize("text", ['"', "' OR 1=1 --", "%", "_", "*", "a AND b", "ß", "\0", "(", "-", "日本"])
async def test_no_text_upsets_the_search(ledger: Ledger, text: str) -> None:
    assert (await found(ledger, "get_transactions", text=text))["found"] in range(19)


async def test_summaries(ledger: Ledger) -> None:
    march = {"since": "2026-03-01", "until": "2026-03-31"}
    assert await summary(ledger, "get_transactions", **march) == "Looked at 13 transactions, March 2026"
    assert await summary(ledger, "get_transactions", text="bistro") == "Looked at 1 transaction, 12 March 2026"
    assert await summary(ledger, "get_transactions", text="nowhere") == "Looked at 0 transactions"

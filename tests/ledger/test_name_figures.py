"""The figures of categories and merchants agree with the transactions themselves."""

from collections import Counter

import pytest

from ledger.statements import bring_in, day, row, rows_of, statement
from tuppence.ledger.categories import create_category
from tuppence.ledger.category_figures import CategoryFigure, MonthFigure, category_figures, category_months
from tuppence.ledger.days import Days
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchant_figures import MerchantSum, merchant_months, merchant_uses
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter

pytestmark = pytest.mark.anyio
MARCH_3_ON = Days(day("03-03"), day("05-31"))


@pytest.fixture
async def filed(ledger: Ledger) -> tuple[int, int]:
    """Rows of spring under one category and with one merchant; those of the bank's fee under neither."""
    rows = (
        row("03-01", "-1.00"),
        row("03-05", "-2.00"),
        row("03-06", "0.50"),
        row("04-01", "-4.00", currency="USD"),
        row("04-02", "-8.00"),
        row("05-01", "-16.00", "Fee"),
    )
    await bring_in(ledger, statement(*rows))
    category, merchant = await create_category(ledger, "Bread"), await merchant_named(ledger, "Baker", "baker.example")
    change = TransactionChange(category=category.id, merchant=merchant.id)
    await file_transactions(ledger, TransactionFilter(text="Bakery"), change)
    return category.id, merchant.id


async def test_of_categories(ledger: Ledger, filed: tuple[int, int]) -> None:
    category, _ = filed
    assert Counter(await category_figures(ledger, MARCH_3_ON)) == Counter(
        [
            CategoryFigure(category, "EUR", 50, -1000, 3, 0),  # 2.00 + 8.00
            CategoryFigure(category, "USD", 0, -400, 1, 0),
            CategoryFigure(None, "EUR", 0, -1600, 1, 0),
        ]
    )
    assert sum(one.count for one in await category_figures(ledger, Days())) == len(await rows_of(ledger, EVERYTHING))
    assert await category_months(ledger, [category], MARCH_3_ON) == [
        MonthFigure(202604, "EUR", 0, -800, 1),
        MonthFigure(202604, "USD", 0, -400, 1),
        MonthFigure(202603, "EUR", 50, -200, 2),
    ]


async def test_of_merchants(ledger: Ledger, filed: tuple[int, int]) -> None:
    _, merchant = filed
    idle = await merchant_named(ledger, "Able")
    uses = await merchant_uses(ledger, MARCH_3_ON, limit=10)
    assert [(one.merchant.id, one.count, one.last_month) for one in uses.uses] == [
        (merchant, 4, 202604),
        (idle.id, 0, None),
    ]
    assert uses.uses[0].sums == (MerchantSum("EUR", 50, -1000, 3), MerchantSum("USD", 0, -400, 1))
    assert await merchant_months(ledger, merchant, MARCH_3_ON) == [
        MonthFigure(202604, "EUR", 0, -800, 1),
        MonthFigure(202604, "USD", 0, -400, 1),
        MonthFigure(202603, "EUR", 50, -200, 2),
    ]


async def test_merchants_are_found_and_cut(ledger: Ledger, filed: tuple[int, int]) -> None:
    for name in ("Able", "Zoo"):
        await merchant_named(ledger, name)

    async def names(text: str = "", limit: int = 10, offset: int = 0) -> list[str]:
        found = await merchant_uses(ledger, Days(), text, limit=limit, offset=offset)
        return [one.merchant.name for one in found.uses]

    assert await names() == ["Baker", "Able", "Zoo"]
    assert await names(limit=1, offset=1) == ["Able"]
    assert await names("EXAMPLE bak") == ["Baker"]
    assert (await merchant_uses(ledger, Days(), limit=1)).found == 3
    by_name = await merchant_uses(ledger, Days(), order="name", limit=10)
    assert [one.merchant.name for one in by_name.uses] == ["Able", "Baker", "Zoo"]

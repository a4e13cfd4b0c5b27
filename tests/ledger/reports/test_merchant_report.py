"""Where the money went, by business."""

from datetime import date

import pytest

from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import Period, merchant_report

pytestmark = pytest.mark.anyio


async def test_merchants_of_a_period(ledger: Ledger) -> None:
    report = await merchant_report(ledger, Period(date(2026, 3, 1), date(2026, 3, 31)))

    assert [(one.merchant.name, one.currency, one.money_out, one.money_in, one.count) for one in report.lines] == [
        ("Green Basket", "USD", 10000, 2500, 2),
        ("Blue Door", "USD", 6050, 0, 1),
        ("Movie Box", "USD", 999, 0, 1),
        ("Markthalle", "EUR", 3000, 0, 1),
    ]
    (without,) = report.without
    assert without.money_in == 301500  # 300000 + 1500
    assert without.money_out == 153500  # 120000 + 4000 + 25000 + 4500; no transfers
    assert without.count == 6


async def test_what_it_covers(ledger: Ledger) -> None:
    covers = (await merchant_report(ledger, Period(date(2026, 3, 1), date(2026, 3, 31)))).coverage

    assert (covers.rows, covers.transfers, covers.pending, covers.uncategorized) == (13, 2, 1, 2)
    assert covers.accounts == ("Euros", "Everyday", "Plastic", "Rainy day")


async def test_nothing(ledger: Ledger) -> None:
    report = await merchant_report(ledger, Period(date(2001, 1, 1), date(2001, 1, 31)))

    assert (report.lines, report.without, report.coverage.rows) == ((), (), 0)

"""The list of merchants: what is asked of it, as its address says, and its lines."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from tuppence.ledger.merchant_figures import MerchantOrder, MerchantSum, MerchantUse
from tuppence.ledger.merchants import Merchant
from tuppence.money import Money
from tuppence.web.names import Shown
from tuppence.web.report_periods import PeriodName

USUAL_PERIOD: PeriodName = "last-12-months"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of the list."""

    text: str = ""
    """Words of names and websites."""
    period: PeriodName = USUAL_PERIOD
    order: MerchantOrder = "use"
    number: int = 1
    """Of the page."""

    def address(self) -> str:
        """Where exactly this is shown."""
        asked = {
            "q": self.text,
            "period": self.period if self.period != USUAL_PERIOD else "",
            "order": self.order if self.order != "use" else "",
            "page": str(self.number) if self.number > 1 else "",
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/merchants?{query}" if query else "/merchants"

    def of_period(self, period: PeriodName) -> str:
        """Where the same is shown of another period."""
        return replace(self, period=period, number=1).address()

    def page(self, number: int) -> str:
        """Where another page of it is."""
        return replace(self, number=number).address()


@dataclass(frozen=True, slots=True)
class Line:
    """One merchant with its figures of a period."""

    merchant: Merchant
    count: int
    sums: tuple[Money, ...]
    """What came in less what went out: the household's currency first."""
    last: datetime.date | None
    """The first day of the month of the latest transaction; None without one."""
    href: str
    """Where its transactions are."""


def lines_of(uses: Iterable[MerchantUse], shown: Shown, currency: str | None) -> list[Line]:
    """The lines of a page. currency: the household's."""
    return [
        Line(
            one.merchant,
            one.count,
            tuple(Money(each.net, each.currency) for each in _preferred_first(one.sums, currency)),
            None if one.last_month is None else datetime.date(one.last_month // 100, one.last_month % 100, 1),
            shown.transactions(merchant=one.merchant.id),
        )
        for one in uses
    ]


def _preferred_first(sums: Iterable[MerchantSum], currency: str | None) -> list[MerchantSum]:
    return sorted(sums, key=lambda one: one.currency != currency)

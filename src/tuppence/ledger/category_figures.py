"""What came and went under each category: the figures that stand beside its name."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, select

from tuppence.ledger.days import Days
from tuppence.ledger.household import Ledger
from tuppence.ledger.sums import category_sums, total_of


@dataclass(frozen=True, slots=True)
class CategoryFigure:
    """The transactions of one category, without those below it, in one currency. Amounts are minor units."""

    category: int | None
    """The category's id; None for transactions without one."""
    currency: str
    money_in: int
    money_out: int
    """Negative."""
    count: int
    transfers: int
    """How many sides of transfers there are besides; they are in none of the three above."""

    @property
    def net(self) -> int:
        """What came in less what went out."""
        return self.money_in + self.money_out


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """The transactions of one month in one currency, transfers left out. Amounts are minor units."""

    month: int
    """202603"""
    currency: str
    money_in: int
    money_out: int
    """Negative."""
    count: int


async def category_figures(ledger: Ledger, days: Days) -> list[CategoryFigure]:
    """The figures of every category that has transactions on these days, one entry a currency."""
    found: dict[tuple[int, str], list[int]] = {}
    async with ledger.store.reading() as connection:
        for part in category_sums(ledger, days):
            row = part.c
            counted = (row.money_in, row.money_out, row["count"])
            columns = [total_of(case((row.is_transfer, 0), else_=value)) for value in counted]
            moved = total_of(case((row.is_transfer, row["count"]), else_=0))
            key = (row.category_id, row.currency)
            for category, currency, *figures in await connection.execute(select(*key, *columns, moved).group_by(*key)):
                _add(found.setdefault((category, currency), [0, 0, 0, 0]), figures)
    return [CategoryFigure(category or None, currency, *sums) for (category, currency), sums in found.items()]


async def category_months(ledger: Ledger, categories: Collection[int], days: Days) -> list[MonthFigure]:
    """What came and went under these categories together, by month, the latest first, and currency."""
    found: dict[tuple[int, str], list[int]] = {}
    async with ledger.store.reading() as connection:
        for part in category_sums(ledger, days):
            row = part.c
            key = (row.month, row.currency)
            sums = (total_of(row.money_in), total_of(row.money_out), total_of(row["count"]))
            meant = row.category_id.in_(categories), row.is_transfer.is_(False)
            for month, currency, *figures in await connection.execute(select(*key, *sums).where(*meant).group_by(*key)):
                _add(found.setdefault((month, currency), [0, 0, 0]), figures)
    return latest_first(found)


def latest_first(found: dict[tuple[int, str], list[int]]) -> list[MonthFigure]:
    """The figures, by month and currency; months without transactions are left out."""
    ordered = sorted(found.items(), key=lambda entry: (-entry[0][0], entry[0][1]))
    return [MonthFigure(month, currency, *sums) for (month, currency), sums in ordered if sums[2]]


def _add(sums: list[int], more: list[int]) -> None:
    sums[:] = [one + other for one, other in zip(sums, more, strict=True)]

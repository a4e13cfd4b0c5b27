"""Statement: income and spending in one currency, reckoned from sums by month and category. Reads no database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tuppence.ledger.categories import Category, CategoryKind
from tuppence.ledger.reports.period import months_through


class Sum(msgspec.Struct, frozen=True, gc=False):
    """Transactions of one month, category and currency, or a part of them. Minor units; money out is negative."""

    month: int
    """202603"""
    category: int | None
    """The category's id, None for uncategorized ones."""
    currency: str
    money_in: int
    money_out: int
    count_in: int
    count_out: int
    pending: int
    """How many of both are pending. Sides of transfers are in none of the five."""
    transfers_in: int
    transfers_out: int
    transfers: int
    """How many sides of transfers there are besides."""

    @property
    def net(self) -> int:
        return self.money_in + self.money_out

    @property
    def count(self) -> int:
        return self.count_in + self.count_out


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One category with what is below it. Amounts are minor units, positive as its kind reads: earned, or spent."""

    name: str
    amount: int
    """With everything below it. Negative when more was given back than spent (or earned)."""
    count: int
    """Of transactions, with everything below it."""
    own_amount: int
    """Only what is filed under this category itself."""
    children: tuple["CategoryLine", ...]
    """Largest first."""


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month's totals, in minor units."""

    month: int
    """202603"""
    income: int
    spending: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Income and spending in one currency, in minor units. Both are positive when read as usual."""

    currency: str
    income_lines: tuple[CategoryLine, ...]
    spending_lines: tuple[CategoryLine, ...]
    """Refunds have made these smaller."""
    other_lines: tuple[CategoryLine, ...]
    """Categories that are neither, such as money put into investments: what went out of them, less what came in."""
    uncategorized_in: int
    """Part of `income`: nobody knows better yet."""
    uncategorized_out: int
    """Part of `spending`, and positive."""
    refunds: int
    """The money that came in under spending categories."""
    refund_count: int
    transfers_in: int
    """Positive: what came from other own accounts, part of nothing else here."""
    transfers_out: int
    """Positive: what went to other own accounts."""
    months: tuple[MonthLine, ...]
    """From the first to the last month with a transaction that counts in this currency, those without one as zero."""

    @property
    def income(self) -> int:
        """All income, uncategorized money in included."""
        return sum(line.amount for line in self.income_lines) + self.uncategorized_in

    @property
    def spending(self) -> int:
        """All spending, uncategorized money out included."""
        return sum(line.amount for line in self.spending_lines) + self.uncategorized_out

    @property
    def savings(self) -> int:
        """Income less spending; what moved under other categories is not part of it."""
        return self.income - self.spending


def statements_of(sums: Sequence[Sum], categories: Sequence[Category]) -> tuple[Statement, ...]:
    """A statement for every currency among `sums`, the one with the most transactions first."""
    by_currency: dict[str, list[Sum]] = defaultdict(list)
    for one in sums:
        by_currency[one.currency].append(one)
    busiest = sorted(by_currency, key=lambda code: (-sum(one.count for one in by_currency[code]), code))
    return tuple(statement_of(currency, by_currency[currency], categories) for currency in busiest)


def statement_of(currency: str, sums: Sequence[Sum], categories: Sequence[Category]) -> Statement:
    """The statement that `sums`, all of them in `currency`, make."""
    kinds = {category.id: category.kind for category in categories}
    unfiled = [one for one in sums if one.category not in kinds]
    refunded = [one for one in sums if _kind(one, kinds) == "expense" and one.money_in]
    return Statement(
        currency=currency,
        income_lines=_lines("income", sums, categories),
        spending_lines=_lines("expense", sums, categories),
        other_lines=_lines("other", sums, categories),
        uncategorized_in=sum(one.money_in for one in unfiled),
        uncategorized_out=-sum(one.money_out for one in unfiled),
        refunds=sum(one.money_in for one in refunded),
        refund_count=sum(one.count_in for one in refunded),
        transfers_in=sum(one.transfers_in for one in sums),
        transfers_out=-sum(one.transfers_out for one in sums),
        months=_months([one for one in sums if one.count], kinds),
    )


def _kind(one: Sum, kinds: Mapping[int, CategoryKind]) -> CategoryKind | None:
    return None if one.category is None else kinds.get(one.category)


def _lines(kind: CategoryKind, sums: Iterable[Sum], categories: Sequence[Category]) -> tuple[CategoryLine, ...]:
    """The tree of the categories of this kind that have transactions, with the parents they hang on."""
    sign = 1 if kind == "income" else -1
    of_kind = {category.id for category in categories if category.kind == kind}
    amounts: dict[int, int] = defaultdict(int)
    counts: dict[int, int] = defaultdict(int)
    for one in sums:
        if one.category in of_kind and one.count:
            amounts[one.category] += sign * one.net
            counts[one.category] += one.count
    children: dict[int | None, list[Category]] = defaultdict(list)
    for category in categories:
        children[category.parent_id].append(category)

    def lines_below(parent: int | None) -> tuple[CategoryLine, ...]:
        lines = [line_of(category) for category in children[parent]]
        return tuple(sorted((line for line in lines if line.count), key=lambda line: (-line.amount, line.name)))

    def line_of(category: Category) -> CategoryLine:
        below = lines_below(category.id)
        own = amounts.get(category.id, 0)
        return CategoryLine(
            name=category.name,
            amount=own + sum(line.amount for line in below),
            count=counts.get(category.id, 0) + sum(line.count for line in below),
            own_amount=own,
            children=below,
        )

    return lines_below(None)


def _months(sums: Sequence[Sum], kinds: Mapping[int, CategoryKind]) -> tuple[MonthLine, ...]:
    income: dict[int, int] = defaultdict(int)
    spending: dict[int, int] = defaultdict(int)
    for one in sums:
        match _kind(one, kinds):
            case "income":
                income[one.month] += one.net
            case "expense":
                spending[one.month] -= one.net
            case None:
                income[one.month] += one.money_in
                spending[one.month] -= one.money_out
            case "other":
                pass
    if not sums:
        return ()
    first, last = min(one.month for one in sums), max(one.month for one in sums)
    return tuple(MonthLine(month, income[month], spending[month]) for month in months_through(first, last))

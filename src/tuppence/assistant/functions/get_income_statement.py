"""get_income_statement: income, spending and savings of a period by category, by month, and against another period."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from tuppence.assistant.functions.function import Findings, function
from tuppence.assistant.functions.names import ids_named
from tuppence.assistant.functions.parameters import Day, Names, period_from
from tuppence.assistant.functions.rendering import counted, coverage_of, days, decimal, month, said, where_to_look
from tuppence.ledger.accounts import list_accounts
from tuppence.ledger.categories import list_categories, with_subcategories
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import CategoryLine, IncomeStatement, Period, Scope, Statement, income_statement

Comparison = Literal["previous_period", "same_period_last_year"]


@function
async def get_income_statement(
    ledger: Ledger,
    today: date,
    since: Annotated[
        Day | None, Field(description="First day, included. Default: the first of `until`'s month.")
    ] = None,
    until: Annotated[Day | None, Field(description="Last day, included. Default: today.")] = None,
    by_month: Annotated[bool, Field(description="Adds income, spending and savings of every month.")] = False,
    compare_with: Annotated[
        Comparison | None,
        Field(description="Adds the same figures of an earlier period of the same length, and the changes since."),
    ] = None,
    categories: Annotated[
        Names, Field(description="Only these categories, their sub-categories included. Default: all.")
    ] = (),
    accounts: Annotated[Names, Field(description="Only these accounts. Default: all.")] = (),
) -> Findings:
    """Income, spending and savings of a period, in total and by category, largest first.

    Use it for what was spent or earned in a period, on a category, month by month, for savings and comparisons. Amounts
    are positive, per currency and never mixed. Refunds make the spending of their category smaller. Transfers between
    own accounts are left out. `neither_income_nor_spending` is what went out under categories such as investments; it
    is in no total. Uncategorized money is part of the totals and shown apart, but in none when categories are given:
    `uncategorized_not_counted` of them could belong there. Pending transactions are included and counted.
    """
    period = period_from(since, until, today)
    scope = await _scope(ledger, categories, accounts)
    earlier = _earlier(period, compare_with)
    statement = await income_statement(ledger, period, scope)
    before = await income_statement(ledger, earlier, scope) if earlier else None
    data: dict[str, Any] = {"period": days(period)}
    if before:
        data["compared_with"] = {**days(before.period), "covers": coverage_of(before.coverage)}
    currencies = dict.fromkeys(one.currency for report in (statement, before) if report for one in report.statements)
    data["statements"] = [
        _statement(currency, statement, before, by_month=by_month, whole=scope.categories is None)
        for currency in currencies
    ]
    data["covers"] = coverage_of(statement.coverage)
    data["covers"] |= said(uncategorized_not_counted=statement.uncategorized_beside or None)
    data |= await where_to_look(ledger, statement.coverage)
    rows = statement.coverage.rows - statement.coverage.transfers
    return Findings(data, f"Looked at {counted(rows, 'transaction')}, {period.label}")


async def _scope(ledger: Ledger, categories: Sequence[str], accounts: Sequence[str]) -> Scope:
    account_ids = category_ids = None
    if accounts:
        hint = "Call again with the exact names; get_accounts lists all accounts."
        account_ids = frozenset(ids_named(accounts, await list_accounts(ledger, archived=True), "account", hint))
    if categories:
        tree = await list_categories(ledger)
        hint = "Call again with exact names; get_categories lists all categories."
        category_ids = with_subcategories(ids_named(categories, tree, "category", hint), tree)
    return Scope(account_ids, category_ids)


def _earlier(period: Period, compare_with: Comparison | None) -> Period | None:
    match compare_with:
        case "previous_period":
            return period.before()
        case "same_period_last_year":
            return period.year_before()
        case None:
            return None


def _statement(
    currency: str, report: IncomeStatement, before: IncomeStatement | None, *, by_month: bool, whole: bool
) -> dict[str, Any]:
    """One currency's figures; `whole` says that no categories were chosen, so that savings mean something."""
    now, then = report.statement_in(currency), before.statement_in(currency) if before else None
    figures = _Figures(currency, now, then, whole=whole)
    money = figures.money
    return {
        "currency": currency,
        **figures.of(now.income, now.spending),
        **said(savings_rate_percent=_percent(now.savings, now.income) if whole else None),
        **({"before": figures.of(then.income, then.spending)} if then else {}),
        **({"change": figures.of(now.income - then.income, now.spending - then.spending)} if then else {}),
        **said(
            spending_by_category=figures.lines(now.spending_lines, then.spending_lines if then else None),
            income_by_category=figures.lines(now.income_lines, then.income_lines if then else None),
            uncategorized=_in_and_out(now.uncategorized_in, now.uncategorized_out, currency),
            neither_income_nor_spending=figures.lines(now.other_lines, then.other_lines if then else None),
            refunds_in_spending={"amount": money(now.refunds), "transactions": now.refund_count}
            if now.refunds
            else None,
            transfers_left_out=_in_and_out(now.transfers_in, now.transfers_out, currency),
        ),
        **(
            {"months": [{"month": month(one.month), **figures.of(one.income, one.spending)} for one in now.months]}
            if by_month
            else {}
        ),
    }


class _Figures:
    """Writes the figures of one currency: all of them, or only the side that the chosen categories are on."""

    def __init__(self, currency: str, now: Statement, then: Statement | None, *, whole: bool) -> None:
        both = [now] + ([then] if then else [])
        self._currency, self._whole = currency, whole
        self._shows_income = whole or any(one.income_lines for one in both)
        self._shows_spending = whole or any(one.spending_lines for one in both)

    def money(self, minor: int) -> Decimal:
        return decimal(minor, self._currency)

    def of(self, income: int, spending: int) -> dict[str, Decimal]:
        written = {"income": self.money(income)} if self._shows_income else {}
        if self._shows_spending:
            written["spending"] = self.money(spending)
        if self._whole:
            written["savings"] = self.money(income - spending)
        return written

    def lines(self, now: Sequence[CategoryLine], then: Sequence[CategoryLine] | None) -> list[dict[str, Any]]:
        """Category lines; with those of an earlier period (`then`), each with the earlier figure and the change."""
        earlier = {line.name: line for line in then or ()}
        gone = [line for line in then or () if line.name not in {one.name for one in now}]
        written = [self._line(line.name, line, earlier.get(line.name), compares=then is not None) for line in now]
        return written + [self._line(line.name, None, line, compares=True) for line in gone]

    def _line(
        self, name: str, now: CategoryLine | None, then: CategoryLine | None, *, compares: bool
    ) -> dict[str, Any]:
        amount, before = now.amount if now else 0, then.amount if then else 0
        own = now.own_amount if now and now.children and now.own_amount else None
        below = self.lines(now.children if now else (), (then.children if then else ()) if compares else None)
        return {
            "category": name,
            "amount": self.money(amount),
            **({"before": self.money(before), "change": self.money(amount - before)} if compares else {}),
            "transactions": now.count if now else 0,
            **said(in_no_subcategory=None if own is None else self.money(own), subcategories=below),
        }


def _in_and_out(money_in: int, money_out: int, currency: str) -> Mapping[str, Decimal] | None:
    if not money_in and not money_out:
        return None
    return {"money_in": decimal(money_in, currency), "money_out": decimal(money_out, currency)}


def _percent(part: int, whole: int) -> Decimal | None:
    """`part` of `whole` in percent, with one decimal; None when there is no whole to speak of."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole > 0 else None

"""Statements from sums: pure, so that any sums may be tried."""

from hypothesis import given
from hypothesis import strategies as st

from tuppence.ledger.categories import Category
from tuppence.ledger.reports import Sum
from tuppence.ledger.reports.statement import CategoryLine, statement_of, statements_of

FOOD, GROCERIES, BAKERY = 1, 2, 3
PAY, BONUS = 4, 5
FUND = 6
TREE = (
    Category(FOOD, "Food", "expense", None),
    Category(GROCERIES, "Groceries", "expense", FOOD),
    Category(BAKERY, "Bakery", "expense", GROCERIES),
    Category(PAY, "Pay", "income", None),
    Category(BONUS, "Bonus", "income", FOOD),  # an odd place to hang it
    Category(FUND, "Fund", "other", None),
)


def a_sum(
    category: int | None, money_in: int = 0, money_out: int = 0, *, month: int = 202603, currency: str = "USD"
) -> Sum:
    return Sum(
        month=month,
        category=category,
        currency=currency,
        money_in=money_in,
        money_out=money_out,
        count_in=1 if money_in else 0,
        count_out=1 if money_out else 0,
        pending=0,
        transfers_in=0,
        transfers_out=0,
        transfers=0,
    )


def test_sub_totals_go_all_the_way_up() -> None:
    sums = [a_sum(BAKERY, money_out=-300), a_sum(GROCERIES, money_out=-1000), a_sum(FOOD, money_out=-50)]
    (food,) = statement_of("USD", sums, TREE).spending_lines

    assert (food.amount, food.own_amount, food.count) == (1350, 50, 3)  # 300 + 1000 + 50
    (groceries,) = food.children
    assert (groceries.amount, groceries.own_amount) == (1300, 1000)  # 300 + 1000
    assert groceries.children == (CategoryLine("Bakery", 300, 1, 300, ()),)


def test_a_category_keeps_its_own_kind_wherever_it_hangs() -> None:
    statement = statement_of("USD", [a_sum(BONUS, money_in=700), a_sum(FOOD, money_out=-50)], TREE)

    assert (statement.income, statement.spending) == (700, 50)
    assert [line.name for line in statement.income_lines] == ["Food"]
    assert [line.name for line in statement.income_lines[0].children] == ["Bonus"]


def test_refunds_can_exceed_what_was_spent() -> None:
    statement = statement_of("USD", [a_sum(FOOD, money_in=900, money_out=-200)], TREE)

    assert statement.spending == -700  # 200 - 900
    assert statement.refunds == 900


def test_money_out_of_an_income_category_makes_it_smaller() -> None:
    assert statement_of("USD", [a_sum(PAY, money_in=900, money_out=-200)], TREE).income == 700


def test_a_category_that_is_gone_counts_as_none() -> None:
    statement = statement_of("USD", [a_sum(99, money_in=5, money_out=-7)], TREE)

    assert (statement.uncategorized_in, statement.uncategorized_out) == (5, 7)


def test_the_busiest_currency_comes_first() -> None:
    sums = [a_sum(FOOD, money_out=-1, currency="EUR"), a_sum(FOOD, 1, -1), a_sum(PAY, 5, currency="AUD")]

    assert [one.currency for one in statements_of(sums, TREE)] == ["USD", "AUD", "EUR"]


sums = st.builds(
    a_sum,
    st.sampled_from([None, FOOD, GROCERIES, BAKERY, PAY, BONUS, FUND, 99]),
    money_in=st.integers(0, 10**12),
    money_out=st.integers(-(10**12), 0),
    month=st.sampled_from([202511, 202512, 202601, 202604]),
    currency=st.sampled_from(["USD", "JPY"]),
)


@given(st.lists(sums, max_size=20))
def test_no_money_is_lost_or_counted_twice(given_sums: list[Sum]) -> None:
    for statement in statements_of(given_sums, TREE):
        ours = [one for one in given_sums if one.currency == statement.currency]
        other = sum(line.amount for line in statement.other_lines)
        assert statement.savings - other == sum(one.net for one in ours)
        assert sum(one.income for one in statement.months) == statement.income
        assert sum(one.spending for one in statement.months) == statement.spending

"""What can be paid: found from two prices, and never more than there is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuppence.llm import TokenUsage
from tuppence.usage import Cost, CostOf, dollars
from tuppence.usage.worst_case import most_output_for, worst_cost

RATES = st.decimals(0, 50, places=3)
"""Picodollars per token; real ones are a million times as high, and so are hardly rounded."""


def prices(given: Decimal, written: Decimal | None, out: Decimal, reasoning: Decimal) -> CostOf:
    """Each price is rounded to whole picodollars, as those of the price list are."""

    def cost(usage: TokenUsage) -> Cost | None:
        into, made = usage.input_tokens or 0, usage.output_tokens or 0
        cached, thought = usage.cache_write_tokens or 0, usage.reasoning_tokens or 0
        if cached and written is None:
            return None
        amount = given * (into - cached) + (written or 0) * cached + out * (made - thought) + reasoning * thought
        return Cost(dollars(round(amount)), {}, "a test", datetime.now(UTC).date())

    return cost


@example(Decimal("0.5"), None, Decimal("0.5"), Decimal(0), 1, 4, 1)  # 0.5 and 2.5 become 0 and 2; in between 1.5 is 2
@given(RATES, st.none() | RATES, RATES, RATES, st.integers(0, 500), st.integers(1, 5000), st.integers(0, 50_000))
def test_what_can_be_paid_is_paid_and_no_more(
    given: Decimal,
    written: Decimal | None,
    out: Decimal,
    reasoning: Decimal,
    input_tokens: int,
    wanted: int,
    payable: int,
) -> None:
    costs = prices(given, written, out, reasoning)
    output = most_output_for(costs, input_tokens, wanted, payable)
    rate, dearest_input = max(out, reasoning), max(given, written or Decimal(0)) * input_tokens
    if output < 0:
        assert dearest_input + 1 > payable
        return
    assert output <= wanted
    assert (worst_cost(costs, input_tokens, output) or 0) <= payable
    assert output == wanted or dearest_input + rate * (output + 1) + 2 + rate > payable  # two prices are rounded


def test_the_price_of_each_kind_is_looked_at() -> None:
    costs = prices(Decimal(2), Decimal(3), Decimal(10), Decimal(40))
    assert worst_cost(costs, 100, 10) == 700  # 100 * 3 + 10 * 40
    assert worst_cost(prices(Decimal(2), None, Decimal(10), Decimal(4)), 100, 10) == 300
    assert worst_cost(lambda _: None, 100, 10) is None
    with pytest.raises(ValueError, match="without a price"):
        most_output_for(lambda _: None, 100, 10, 1000)

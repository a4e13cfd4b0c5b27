"""What a request can cost at most, before anybody knows what it will take."""

from __future__ import annotations

from itertools import product

from tuppence.llm import TokenUsage
from tuppence.usage.log import CostOf
from tuppence.usage.pricing import picodollars


def worst_cost(costs: CostOf, input_tokens: int, output_tokens: int) -> int | None:
    """Picodollars for so many tokens, of the dearest kinds that have a price; None when the price is unknown."""
    known = [picodollars(cost.amount) for usage in _kinds(input_tokens, output_tokens) if (cost := costs(usage))]
    return max(known, default=None)


def most_output_for(costs: CostOf, input_tokens: int, wanted: int, payable: int) -> int:
    """So many of the `wanted` tokens of output can be paid with `payable` picodollars beside the input; below nothing
    when not even that can.

    Raises ValueError when the price is unknown.
    """
    least, most = worst_cost(costs, input_tokens, 0), worst_cost(costs, input_tokens, wanted)
    if least is None or most is None:
        raise ValueError("nobody knows what can be paid without a price")
    if most <= payable:
        return wanted
    if least > payable:
        return -1
    # By kind, prices are linear in output, so what the dearest kinds cost lies on a straight line or sags below it.
    output = (payable - least) * wanted // (most - least)
    while output > 0 and (worst_cost(costs, input_tokens, output) or 0) > payable:  # each price is rounded by itself
        output -= 1
    return output


def _kinds(input_tokens: int, output_tokens: int) -> list[TokenUsage]:
    """The same numbers of tokens, each time of other kinds."""
    inputs = (
        TokenUsage(input_tokens),
        TokenUsage(input_tokens, cache_read_tokens=input_tokens),
        TokenUsage(input_tokens, cache_write_tokens=input_tokens),
    )
    return [
        TokenUsage(
            input_tokens, output_tokens, given.cache_read_tokens, given.cache_write_tokens, reasoning_tokens=reasoning
        )
        for given, reasoning in product(inputs, (None, output_tokens))
    ]

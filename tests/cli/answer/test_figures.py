"""What a turn came to, in words: what is unknown is said to be unknown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tuppence.assistant.events import RoundEnded
from tuppence.cli.answer.figures import TurnFigures, dollars
from tuppence.llm import TokenUsage


def ended(usage: TokenUsage, cost: str | None) -> RoundEnded:
    return RoundEnded("a-model", usage, None if cost is None else Decimal(cost), 0.5, "end_turn")


def test_rounds_add_up() -> None:
    figures = TurnFigures(seconds_to_first_words=0.84)
    for _ in range(2):
        figures = figures.with_round(ended(TokenUsage(1200, 30), "0.012"))
    assert str(figures) == "a-model · first words after 0.8 s · 2,400 tokens in, 60 out · $0.024"


def test_what_is_unknown_is_never_zero() -> None:
    assert str(TurnFigures().with_round(ended(TokenUsage(), None))) == "a-model · tokens unknown · cost unknown"
    assert "10 tokens in, ? out" in str(TurnFigures().with_round(ended(TokenUsage(10), None)))
    assert str(TurnFigures()) == ""


def test_what_is_known_in_part_is_a_lower_bound() -> None:
    figures = TurnFigures().with_round(ended(TokenUsage(10, 2), "1.5")).with_round(ended(TokenUsage(5), None))
    assert str(figures) == "a-model · at least 15 tokens in, 2 out · at least $1.50"


@pytest.mark.parametrize(
    ("cost", "words"),
    [("0", "$0.00"), ("1234.5", "$1,234.50"), ("0.1", "$0.10"), ("0.0954", "$0.095"), ("0.000312", "$0.00031")],
)
def test_dollars(cost: str, words: str) -> None:
    assert dollars(Decimal(cost)) == words

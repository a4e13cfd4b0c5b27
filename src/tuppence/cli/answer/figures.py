"""What a turn came to: who answered, how soon, how many tokens, what it cost."""

from dataclasses import dataclass, replace
from decimal import Decimal

from tuppence.assistant.events import RoundEnded

_DOT = " · "


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """Figures of the rounds so far. A sum is None while it is unknown, and a lower bound when `*_all` is False."""

    model: str | None = None
    seconds_to_first_words: float | None = None
    """As the person saw it; None while there were no words."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens_all: bool = True
    """Whether every round reported both."""
    cost: Decimal | None = None
    """US dollars."""
    cost_all: bool = True
    """Whether the cost of every round is known."""

    def with_round(self, ended: RoundEnded) -> "TurnFigures":
        """These figures and those of one more round."""
        usage = ended.usage
        return replace(
            self,
            model=ended.model,
            input_tokens=_sum(self.input_tokens, usage.input_tokens),
            output_tokens=_sum(self.output_tokens, usage.output_tokens),
            tokens_all=self.tokens_all and None not in (usage.input_tokens, usage.output_tokens),
            cost=self.cost if ended.cost is None else (self.cost or Decimal(0)) + ended.cost,
            cost_all=self.cost_all and ended.cost is not None,
        )

    def __str__(self) -> str:
        if self.model is None:
            return ""
        parts = [self.model]
        if self.seconds_to_first_words is not None:
            parts.append(f"first words after {self.seconds_to_first_words:.1f} s")
        parts += [self._tokens(), self._cost()]
        return _DOT.join(parts)

    def _tokens(self) -> str:
        if self.input_tokens is None and self.output_tokens is None:
            return "tokens unknown"
        counts = (self.input_tokens, self.output_tokens)
        told = ["?" if count is None else f"{count:,}" for count in counts]
        return f"{'' if self.tokens_all else 'at least '}{told[0]} tokens in, {told[1]} out"

    def _cost(self) -> str:
        if self.cost is None:
            return "cost unknown"
        return f"{'' if self.cost_all else 'at least '}{dollars(self.cost)}"


def dollars(cost: Decimal) -> str:
    """`cost` in US dollars for people: cents, and below ten cents as many decimals as two figures need."""
    if abs(cost) >= Decimal("0.1") or not cost:
        return f"${cost:,.2f}"
    return f"${cost:.{1 - cost.adjusted()}f}"


def _sum(total: int | None, more: int | None) -> int | None:
    return total if more is None else (total or 0) + more

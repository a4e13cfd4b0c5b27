"""What a household's own filing says of a transaction: its memory first, then the classifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tuppence.enrichment.classifier import Classifier, Guess
from tuppence.enrichment.entries import Entry, Filing
from tuppence.enrichment.memory import SURE, Memory, Recollection


@dataclass(frozen=True, slots=True)
class Habit:
    """Under what the household would file a transaction."""

    label: int | None
    """None: it would say that there is none."""
    source: Literal["memory", "classifier"]
    likelihood: float
    """From 0 to 1."""
    known_by: Recollection | Guess


class Habits:
    """Taught by filings, and asked about other transactions."""

    def __init__(self, filings: Sequence[Filing], sure: float = SURE) -> None:
        self._sure = sure
        self._memory = Memory(filings)
        self._classifier = Classifier(filings, sure)

    def habit(self, entry: Entry) -> Habit | None:
        """Under what the household would file `entry`; None when that is not sure.

        Where people file the same words now so and now so, the likeness of words is not asked.
        """
        if (known := self._memory.recall(entry, self._sure)) is not None:
            return Habit(known.label, "memory", known.likelihood, known)
        before = self._memory.knows(entry)
        if sum(before.values()) > 1 or (guess := self._classifier.guess(entry)) is None:
            return None
        if before and guess.label not in before:
            return None
        return Habit(guess.label, "classifier", guess.likelihood, guess)

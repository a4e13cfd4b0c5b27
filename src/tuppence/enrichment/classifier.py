"""Guesses by likeness: words and parts of words that a household files under one category far more often than others.

A naive Bayes classifier over descriptors. How sure it has to be before it says something is found by asking it, for
each descriptor that people filed, what it would have said had it never seen that one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log, log2, sqrt

from tuppence.enrichment.entries import Entry, Filing

SURE = 0.97
"""How many of its guesses have to be right."""
_PRIOR = 1.5  # so many imagined sights of every word, spread over the labels as everything is, go before the real ones
_TINY = 1e-9  # shares are sums of fractions
_CLEAREST = 50.0  # where there is no second guess
_GRAM = 4  # characters
_GRAMS_WEIGH = 1.5  # all those of a word together, where the word itself weighs 1
_STRICT = 1.0  # standard errors by which what was seen has to be better than SURE

Label = int | None
_NOTHING: Mapping[Label, float] = {}
Features = tuple[tuple[str, float], ...]
"""What is seen of an entry, and how much it weighs."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a transaction is likely to be filed under."""

    label: Label
    """None: people say of the like that it has none."""
    likelihood: float
    """How many of the guesses that were at least as clear are right: from 0 to 1."""
    because: str
    """The word that told most."""


@dataclass(frozen=True, slots=True)
class _Example:
    features: Features
    shares: Mapping[Label, float]
    """How large a part of its filings each label has."""


class Classifier:
    """Taught by the filings of a household."""

    def __init__(self, filings: Iterable[Filing], sure: float = SURE) -> None:
        by_words = _examples(filings)
        examples = list(by_words.values())
        self._examples = by_words
        self._size: dict[Label, float] = {}
        self._seen: dict[str, dict[Label, float]] = {}
        self._count = len(examples)
        for example in examples:
            for label, share in example.shares.items():
                self._size[label] = self._size.get(label, 0.0) + share
                for name, _ in example.features:
                    seen = self._seen.setdefault(name, {})
                    seen[label] = seen.get(label, 0.0) + share
        self._clear, self._right = _calibrated(self._trials(examples), sure)

    def guess(self, entry: Entry) -> Guess | None:
        """What `entry` is likely to be filed under; None when that is not clear enough.

        How the very same words were filed does not count: it is the likeness to others that is asked for.
        """
        if not entry.words or not self._clear:
            return None
        same = self._examples.get((entry.words, entry.sign))
        if (found := self._best(_features(entry), same)) is None:
            return None
        label, margin = found
        if margin < self._clear[0]:
            return None
        likelihood = self._right[bisect_right(self._clear, margin) - 1]
        return Guess(label, likelihood, self._because(entry, label))

    def _because(self, entry: Entry, label: Label) -> str:
        def telling(word: str) -> float:
            seen = self._seen.get("w:" + word, {})
            return seen.get(label, 0.0) ** 2 / sum(seen.values()) if seen else 0.0

        return max(entry.words.split(), key=telling)

    def _best(self, features: Features, without: _Example | None = None) -> tuple[Label, float] | None:
        """The likeliest label, and by how much it is ahead of the next one; `without`: as if that had not been seen."""
        own: Mapping[Label, float] = without.shares if without else {}
        count = self._count - (1 if without else 0)
        usual = {label: (size - own.get(label, 0.0) + 0.5) / (count + 1) for label, size in self._size.items()}
        scores = {label: log(share) for label, share in usual.items()}
        telling = False
        for name, weight in features:
            for label, share in self._seen.get(name, _NOTHING).items():
                left = share - own.get(label, 0.0)
                if left > _TINY:
                    telling = telling or name[0] != "="
                    scores[label] += weight * log(1 + left / (_PRIOR * usual[label]))
        if not telling:
            return None
        best = max(scores, key=scores.__getitem__)
        second = max((score for label, score in scores.items() if label != best), default=-inf)
        return best, min(scores[best] - second, _CLEAREST)

    def _trials(self, examples: Sequence[_Example]) -> list[tuple[float, float]]:
        """For each example how clear the guess was without it, and how much of it was right."""
        return [
            (guess[1], example.shares.get(guess[0], 0.0))
            for example in examples
            if (guess := self._best(example.features, example)) is not None
        ]


def _examples(filings: Iterable[Filing]) -> dict[tuple[str, int], _Example]:
    """One for each descriptor and sign: a shop is one experience, however often one goes there."""
    groups: dict[tuple[str, int], list[Filing]] = {}
    for filing in filings:
        if filing.entry.words:
            groups.setdefault((filing.entry.words, filing.entry.sign), []).append(filing)
    found = {}
    for key, group in groups.items():
        counts = Counter(filing.label for filing in group)
        middle = sorted(group, key=lambda filing: abs(filing.entry.amount.minor))[len(group) // 2]
        shares = {label: count / len(group) for label, count in counts.items()}
        found[key] = _Example(_features(middle.entry), shares)
    return found


def _features(entry: Entry) -> Features:
    found = {f"={entry.sign}": 1.5, f"=a{entry.account_id}": 0.3}
    found[f"=s{entry.sign}{int(2 * log2(1 + abs(entry.amount.minor)))}"] = 0.3
    for word in entry.words.split():
        found["w:" + word] = 1.0
        ends = f"^{word}$"
        grams = {ends[place : place + _GRAM] for place in range(len(ends) - _GRAM + 1)}
        for gram in grams:
            found["g:" + gram] = max(found.get("g:" + gram, 0.0), _GRAMS_WEIGH / len(grams))
    return tuple(found.items())


def _calibrated(trials: Sequence[tuple[float, float]], sure: float) -> tuple[list[float], list[float]]:
    """From which margin on guesses are right often enough, and how often those of each margin or a clearer one are.

    Both lists rise; they are empty when no margin is clear enough. What was seen is taken for less by its standard
    error (Wilson), so that a few lucky guesses prove nothing.
    """
    margins: list[float] = []
    shares: list[float] = []
    right, count, reached = 0.0, 0, 0
    for margin, was_right in sorted(trials, key=lambda trial: -trial[0]):
        right, count = right + was_right, count + 1
        margins.append(margin)
        shares.append((right + 1) / (count + 2))
        if _at_least(right, count) >= sure:
            reached = count
    margins, shares = margins[:reached][::-1], shares[:reached][::-1]
    for place in range(1, len(shares)):
        shares[place] = max(shares[place], shares[place - 1])
    return margins, shares


def _at_least(right: float, count: int) -> float:
    """The lower end of Wilson's interval for the share of right ones."""
    share, squared = right / count, _STRICT * _STRICT
    spread = _STRICT * sqrt(share * (1 - share) / count + squared / (4 * count * count))
    return (share + squared / (2 * count) - spread) / (1 + squared / count)

"""What a household did before: the same words filed the same way are filed so again.

Made anew of what people said whenever it is asked, so that a correction teaches at once.
"""

import datetime
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, lgamma, log
from typing import Literal, NamedTuple, get_args

from tuppence.enrichment.entries import Entry, Filing

SURE = 0.97
"""How likely it has to be that people would file it so, for it to be said."""
LEAST = 2
"""How often people filed it so, at least."""
ERA = 4
"""How many filings since a habit changed are looked at, at least."""
Whole = Literal["words", "payee"]
Finer = Literal["amount", "account"]
Way = Literal[Whole, Finer, "since", "until"]
"""What was the same as before: the words alone, those of the payee, or besides the words the amount, the account, or
the time since or until a habit changed."""


class Constancy(NamedTuple):
    """How constantly a household files what is alike: some of it always the same way but for slips, the rest anyhow."""

    constant: float
    """The part that it files the same way."""
    slips: float
    """How much of that is filed otherwise all the same."""

    def likelihood(self, same: int, total: int) -> float:
        """That the next filing is like `same` of `total` earlier ones, which is most of them."""
        others = total - same
        log_of_constant = log(self.constant) + same * log(1 - self.slips) + others * log(self.slips)
        log_of_rest = log(1 - self.constant) + _log_beta(same + 1, others + 1)
        constant = 1 / (1 + exp(min(log_of_rest - log_of_constant, 700.0)))
        return constant * (1 - self.slips) + (1 - constant) * (same + 1) / (total + 2)


_FINER: tuple[Finer, ...] = get_args(Finer)
_CONSTANT = (0.4, 0.55, 0.7, 0.8, 0.87, 0.92, 0.95, 0.97)
_SLIPS = (0.001, 0.0025, 0.005, 0.01, 0.02)
_USUAL_SLIPS = 0.005
# What is expected before the household has shown anything.
_USUAL: dict[Way, Constancy] = {
    "words": Constancy(0.87, _USUAL_SLIPS),
    "payee": Constancy(0.7, _USUAL_SLIPS),
    "amount": Constancy(0.8, _USUAL_SLIPS),
    "account": Constancy(0.7, _USUAL_SLIPS),
    "since": Constancy(0.4, _USUAL_SLIPS),
    "until": Constancy(0.4, _USUAL_SLIPS),
}


@dataclass(frozen=True, slots=True)
class Recollection:
    """How people filed what is like a transaction."""

    label: int | None
    """None: they said that it has none."""
    words: str
    """By which it was recognised, as a descriptor."""
    way: Way
    same: int
    """So many times they filed it under this label ..."""
    of: int
    """... of so many times in all."""
    likelihood: float
    """That they would file it so again: from 0 to 1."""


class Memory:
    """The filings of a household by what they have in common."""

    def __init__(self, filings: Iterable[Filing]) -> None:
        groups: dict[Whole, dict[Hashable, list[Filing]]] = {"words": {}, "payee": {}}
        for filing in filings:
            for way, key in _keys(filing.entry):
                groups[way].setdefault(key, []).append(filing)
        self._groups = groups
        self._looked_into: dict[tuple[Whole, Hashable], _Mixed] = {}
        self._counts = {
            way: {key: Counter(filing.label for filing in group) for key, group in found.items()}
            for way, found in groups.items()
        }
        self._constancy = dict(_USUAL)
        self._constancy["words"] = _constancy("words", _left_out(self._counts["words"].values()))
        self._constancy["payee"] = _constancy("payee", _in_other_words(groups["payee"].values()))
        mixed = [group for key, group in groups["words"].items() if len(self._counts["words"][key]) > 1]
        for finer in _FINER:
            within = [counts for group in mixed for counts in _split(finer, group).values()]
            self._constancy[finer] = _constancy(finer, _left_out(within))

    def knows(self, entry: Entry) -> Mapping[int | None, int]:
        """How often people filed transactions of the same words under what; empty when they never did."""
        for way, key in _keys(entry):
            if found := self._counts[way].get(key):
                return found
        return {}

    def recall(self, entry: Entry, sure: float = SURE) -> Recollection | None:
        """How people filed what is like `entry`; None when they did not, too rarely, or now so and now so."""
        for way, key in _keys(entry):
            if key in self._groups[way]:
                found = self._recalled(entry, way, key, sure)
                if found or len(self._counts[way][key]) > 1:
                    return found
        return None

    def _recalled(self, entry: Entry, way: Whole, key: Hashable, sure: float) -> Recollection | None:
        counts = self._counts[way][key]
        words = entry.words if way == "words" else entry.payee
        if len(counts) == 1:
            return self._judged(words, way, counts, sure)
        mixed = self._mixed(way, key)
        if found := self._judged(words, way, counts, sure):
            return found
        for finer in _FINER:
            same = mixed.parts[finer].get(_part(finer, entry), Counter())
            if found := self._judged(words, finer, same, sure):
                return found
        era = mixed.era(entry.date)
        return self._judged(words, *era, sure) if era and era[1].total() >= ERA else None

    def _mixed(self, way: Whole, key: Hashable) -> "_Mixed":
        if (way, key) not in self._looked_into:
            self._looked_into[way, key] = _Mixed(self._groups[way][key])
        return self._looked_into[way, key]

    def _judged(self, words: str, way: Way, counts: Counter[int | None], sure: float) -> Recollection | None:
        if not counts:
            return None
        (label, same), total = counts.most_common(1)[0], counts.total()
        likelihood = self._constancy[way].likelihood(same, total)
        if same < LEAST or likelihood < sure:
            return None
        return Recollection(label, words, way, same, total, likelihood)


def _keys(entry: Entry) -> list[tuple[Whole, Hashable]]:
    """By what it may be known, the most telling first."""
    keys: list[tuple[Whole, Hashable]] = []
    if entry.words:
        keys.append(("words", (entry.words, entry.sign)))
    if entry.payee:
        keys.append(("payee", (entry.payee, entry.sign)))
    return keys


def _part(way: Finer, entry: Entry) -> Hashable:
    return entry.amount if way == "amount" else entry.account_id


def _split(way: Finer, group: Iterable[Filing]) -> dict[Hashable, Counter[int | None]]:
    parts: dict[Hashable, Counter[int | None]] = {}
    for filing in group:
        parts.setdefault(_part(way, filing.entry), Counter())[filing.label] += 1
    return parts


class _Mixed:
    """Filings of the same words under several labels, by what may tell them apart."""

    def __init__(self, group: Sequence[Filing]) -> None:
        self.parts = {finer: _split(finer, group) for finer in _FINER}
        dated = [(filing.entry.date, filing.label) for filing in group if filing.entry.date is not None]
        dated.sort(key=lambda one: (one[0], str(one[1])))
        self._dates = [date for date, _ in dated]
        self._labels = [label for _, label in dated]
        turns = [place for place in range(1, len(dated)) if self._labels[place] != self._labels[place - 1]]
        is_told = len(dated) == len(group) and len(turns) == 1 and self._dates[turns[0] - 1] < self._dates[turns[0]]
        self._turn = turns[0] if is_told else None
        """Where the one change of a habit is; None when it did not change just once."""

    def era(self, date: datetime.date | None) -> tuple[Literal["since", "until"], Counter[int | None]] | None:
        """The filings of the time before or after the change, whichever this day is in; None when that is not told."""
        if date is None or self._turn is None:
            return None
        if date >= self._dates[self._turn]:
            return "since", Counter(self._labels[self._turn :])
        if date <= self._dates[self._turn - 1]:
            return "until", Counter(self._labels[: self._turn])
        return None


_Trials = Counter[tuple[int, int, bool]]
"""How often one filing was foretold by others: so many of the same label, of so many, and whether rightly."""


def _left_out(groups: Iterable[Counter[int | None]]) -> _Trials:
    """Each filing is left out once, and the rest of its group are asked for it."""
    trials: _Trials = Counter()
    for counts in groups:
        for label, count in counts.items():
            rest = counts.copy()
            rest[label] -= 1
            if total := rest.total():
                best, same = rest.most_common(1)[0]
                trials[same, total, best == label] += count
    return trials


def _in_other_words(groups: Iterable[Sequence[Filing]]) -> _Trials:
    """All filings of the same words are left out, and those in other words are asked for them."""
    trials: _Trials = Counter()
    for group in groups:
        counts = Counter(filing.label for filing in group)
        by_words: dict[str, Counter[int | None]] = {}
        for filing in group:
            by_words.setdefault(filing.entry.words, Counter())[filing.label] += 1
        for own in by_words.values():
            if rest := counts - own:
                best, same = rest.most_common(1)[0]
                trials.update((same, rest.total(), best == label) for label in own)
    return trials


def _constancy(way: Way, trials: _Trials) -> Constancy:
    """The one that foretells best what came of the trials. What is expected beforehand counts a little besides."""

    def fit(candidate: Constancy) -> float:
        strayed = _log_odds(candidate.constant) - _log_odds(_USUAL[way].constant)
        slipped = log(candidate.slips / _USUAL_SLIPS)
        found = -strayed * strayed - slipped * slipped / 2
        for (same, total, right), count in trials.items():
            likelihood = candidate.likelihood(same, total)
            found += count * log(likelihood if right else 1 - likelihood)
        return found

    return max((Constancy(*candidate) for candidate in product(_CONSTANT, _SLIPS)), key=fit)


def _log_odds(share: float) -> float:
    return log(share / (1 - share))


def _log_beta(one: int, other: int) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)

"""Choosing a category, by a small table and by what the household's own names have in common with the bank's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tuppence.understudy.clerk.assignment import Transaction
from tuppence.understudy.clerk.kinds import KINDS, VAGUE
from tuppence.understudy.clerk.words import folded, holds, needles

_EXACT, _BROADER, _BY_NAME, _TORN, _UNKNOWN = 95, 80, 75, 65, 20  # confidence
_AGAINST_THE_FLOW = 20  # so much less when the money goes the wrong way
_ABOVE = re.compile(r"\s*[>›→:|]\s*|\s+/\s+")
_BESIDES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_SHORTEST_NAME = 4
_SIGNS = sorted(
    ((len(sign), needle, name) for name, kind in KINDS.items() for sign in kind.signs for needle in needles(sign)),
    key=lambda sign: -sign[0],
)
"""Every sign's length, what to look for, and its kind; the longest first, otherwise in the order of the table."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A category and how sure the clerk is, from 0 to 100; None: it does not know."""

    category: str | None
    confidence: int


def chosen(transaction: Transaction, categories: Sequence[str]) -> Choice:
    """The category for `transaction` among these names."""
    text = folded(f"{transaction.payee} {transaction.description}")
    if not any(word not in VAGUE and not word.isdigit() for word in text.split()):
        return Choice(None, _UNKNOWN)
    kinds = _kinds_in(text, transaction.money_in)
    names = tuple(categories)
    for kind in kinds:
        if (found := _category_of(kind, names)) is not None:
            category, confidence = found
            torn = len({_category_of(other, names) for other in kinds} - {None}) > 1
            against = transaction.money_in is True and not KINDS[kind].earns
            return Choice(category, (_TORN if torn else confidence) - (_AGAINST_THE_FLOW if against else 0))
    return _by_name(text, names)


def _kinds_in(text: str, money_in: bool | None) -> list[str]:
    """The kinds with the longest sign in `text`; no income where money goes out."""
    most, found = 0, []
    for length, needle, kind in _SIGNS:
        if length < most:
            break
        if needle in text and not (KINDS[kind].earns and money_in is False):
            most = length
            found.append(kind)
    return list(dict.fromkeys(found))


@lru_cache(maxsize=2_000)
def _category_of(kind: str, categories: tuple[str, ...]) -> tuple[str, int] | None:
    """The household's category for a kind or for the nearest broader one it has, and the confidence in it."""
    confidence = _EXACT
    wanted: str | None = kind
    while wanted is not None:
        if (name := _named(KINDS[wanted].names, categories)) is not None:
            return name, confidence
        wanted, confidence = KINDS[wanted].broader, _BROADER
    return None


def _named(words: Sequence[str], categories: Sequence[str]) -> str | None:
    """The category whose own name is the most like one of `words`: the earlier word, then the shorter name."""
    for word in words:
        like = [name for name in categories if holds(own_name(name), word)]
        if like:
            return min(like, key=lambda name: (len(own_name(name).split()), len(own_name(name))))
    return None


def _by_name(text: str, categories: Sequence[str]) -> Choice:
    """The category with a word of its own name in the bank's text."""
    for name in categories:
        words = [word for word in own_name(name).split() if len(word) >= _SHORTEST_NAME and word not in VAGUE]
        if any(f" {word} " in text for word in words):
            return Choice(name, _BY_NAME)
    return Choice(None, _UNKNOWN)


@lru_cache(maxsize=2_000)
def own_name(name: str) -> str:
    """The folded name without what stands above it ("Food > Groceries") and without remarks in brackets."""
    return folded(_ABOVE.split(_BESIDES.sub(" ", name).strip())[-1])

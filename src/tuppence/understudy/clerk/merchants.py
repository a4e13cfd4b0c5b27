"""Naming the business behind a transaction, in the clerk's own simple way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tuppence.understudy.clerk.assignment import Transaction
from tuppence.understudy.clerk.kinds import LEGAL_FORMS, VAGUE, WELL_KNOWN
from tuppence.understudy.clerk.words import folded

_KNOWN, _CLEAR, _SHORT, _UNKNOWN = 97, 88, 82, 30  # confidence
_PROCESSOR = re.compile(r"^\s*(?:paypal|pp|sq|tst|sumup|zettle|izettle|stripe|sp|py|dd|ebay o)\s*\*+\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*", re.UNICODE)
_NOBODY = VAGUE | {"fee", "charge", "payroll", "salary", "interest"}
_MOST_WORDS = 3
_LONGEST_ACRONYM = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A business and how sure the clerk is, from 0 to 100; name None: it does not know."""

    name: str | None
    website: str | None
    confidence: int


def named(transaction: Transaction) -> Finding:
    """The business behind `transaction`."""
    text = transaction.payee or transaction.description
    for word in folded(text).split():
        if word in WELL_KNOWN:
            return Finding(*WELL_KNOWN[word], _KNOWN)
    words = _telling(_PROCESSOR.sub("", text))
    if not words or max(map(len, words)) <= 2:
        return Finding(None, None, _UNKNOWN)
    return Finding(" ".join(map(_written, words)), None, _CLEAR if len(words) > 1 else _SHORT)


def _telling(text: str) -> list[str]:
    """The first words in a row that could be a name: noise before them is passed over, what follows is left out."""
    words: list[str] = []
    for word in _WORD.findall(text):
        plain = folded(word).strip()
        noise = plain in _NOBODY or any(letter.isdigit() for letter in word)
        if words and (noise or plain in LEGAL_FORMS or len(words) == _MOST_WORDS):
            break
        if not noise and plain not in LEGAL_FORMS:
            words.append(word)
    return words


def _written(word: str) -> str:
    spelled_out = len(word) <= _LONGEST_ACRONYM and not set("AEIOUY") & set(word.upper())
    return word.upper() if spelled_out else word[:1].upper() + word[1:].lower()

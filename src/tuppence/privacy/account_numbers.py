"""The numbers of a household's own accounts in a text: with other spaces and hyphens, or masked but for their end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tuppence.privacy.findings import Found
from tuppence.privacy.stand_ins import Kind
from tuppence.privacy.word_borders import WORD

_SHORTEST = 5
"""Letters and digits; shorter numbers are years and amounts, unless they stand alone or behind a mask."""
_FEWEST = 3
_LONG = 8
"""From here on a number is no amount, whatever follows it."""
_SHOWN = 4
"""Digits that are left of a masked number."""
_SEPARATOR = r"[ \u00a0\u202f./-]?"
_MASK = r"(?:[*xX•·●∙#]{1,30}(?:[ -][*xX•·●∙#]{1,30}){0,6}|…|\.{2,6})[ -]?"
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_SEPARATORS = re.compile(r"[\s./-]+")


class AccountNumbers:
    """The numbers of one household's accounts."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_key = {number_key(part): part for number in numbers for part in _parts_of(number)}
        plain = sorted((key for key in self._by_key if key.isalnum() and len(key) >= _SHORTEST), key=len, reverse=True)
        self._whole = _any_of(map(_spaced, plain))
        marked = [number.strip() for key, number in self._by_key.items() if not key.isalnum()]
        self._marked = _any_of(map(re.escape, sorted(marked, key=len, reverse=True)))
        self._values_by_end = {end: key for key in self._by_key if (end := _end_of(key))}
        ends = "|".join(map(re.escape, self._values_by_end))
        self._masked = re.compile(rf"(?<![^\W_])({_MASK})({ends})(?![^\W_]|\*)", re.IGNORECASE) if ends else None

        self._digits = {digits_of(_end_of(key) or key) for key in self._by_key}
        """Of which one is among the digits of every text with a number in it, whatever it is spaced or masked by."""

    @property
    def words(self) -> frozenset[str]:
        """The words of all numbers, casefolded."""
        return frozenset(word.casefold() for key in self._by_key for word in (key, *WORD.findall(key)))

    def found_in(self, text: str) -> Iterator[Found]:
        """Every place of every number."""
        digits = digits_of(text)
        if not any(known in digits for known in self._digits):
            return
        alone = text.strip()
        if alone and (key := number_key(alone)) in self._by_key:
            start = text.index(alone)
            yield Found(start, start + len(alone), Kind.ACCOUNT, key)
        for pattern in (self._whole, self._marked):
            for match in pattern.finditer(text) if pattern else ():
                yield Found(*match.span(1), Kind.ACCOUNT, number_key(match[1]))
        for match in self._masked.finditer(text) if self._masked else ():
            yield Found(*match.span(), Kind.ACCOUNT, self._values_by_end[match[2].upper()])


def digits_of(text: str) -> bytes:
    """The digits from 0 to 9 in a text, one after the other."""
    return text.encode("utf-8", "surrogatepass").translate(None, _NO_DIGITS)


def number_key(number: str) -> str:
    """What the spellings of a number have in common."""
    return _SEPARATORS.sub("", number).upper()


def _parts_of(number: str) -> list[str]:
    """A number, and the parts of it that may stand for it alone, as behind a sort code; none when it is too short."""
    parts = [part for part in number.split() if len(part) >= _LONG and part.isalnum()]
    return [one for one in dict.fromkeys([number, *parts]) if len(number_key(one)) >= _FEWEST]


def _spaced(key: str) -> str:
    """A pattern for a number, whatever stands between its signs."""
    between = _SEPARATOR.join(map(re.escape, key))
    return between if len(key) >= _LONG else rf"(?<!\d[.,]){between}(?![.,]\d)"


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    either = "|".join(patterns)
    return re.compile(rf"(?<![^\W_])(?=({either})(?![^\W_]))", re.IGNORECASE) if either else None


def _end_of(key: str) -> str | None:
    """What a masked form of the number shows; None where that could not be told from anything."""
    shown = re.search(rf"[0-9A-Z]{{3,{_SHOWN}}}\Z", key)
    return shown[0] if shown else None

"""Known names in a text: as whole words, whatever their apostrophes, spaces, accents and umlauts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from tuppence.ledger.names import name_key
from tuppence.privacy.findings import Found
from tuppence.privacy.household_values import SHORTEST_NAME
from tuppence.privacy.stand_ins import Kind
from tuppence.privacy.word_borders import WORD, is_whole, lowered_words

_APOSTROPHES, _HYPHENS = "'’‘ʼ`´＇", "-\u2010\u2011\u2012\u2013"
_LIKE = {sign: f"[{re.escape(signs)}]" for signs in (_APOSTROPHES, _HYPHENS) for sign in signs}
_SPELLED_OUT = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "å": "aa",
        "Å": "Aa",
        "ø": "oe",
        "æ": "ae",
    }
)
_PLAIN = str.maketrans("øØłŁđĐıæÆ", "oOlLdDiaA")


class KnownNames:
    """The names of one household, each with what it is a name of."""

    def __init__(self, names: Iterable[tuple[str, Kind]]) -> None:
        """names: those that are too short are left out; of two that are the same, the first counts."""
        self._by_first_word: dict[str, _Branch] = {}
        self._by_beginning: dict[str, list[_Name]] = {}
        """Those that may begin within a word, by their first one or two signs."""
        known: dict[str, _Name] = {}
        for text, kind in names:
            name = _Name(text, kind)
            if name.is_long_enough and known.setdefault(text.strip(), name) is name:
                self._add(name)
        self._begin_in_ascii = any(map(str.isascii, self._by_beginning))
        spellings = (spelling for name in known.values() for spelling in name.spellings)
        self.words = frozenset(word.casefold() for spelling in spellings for word in WORD.findall(spelling))

    def found_in(self, text: str) -> Iterator[Found]:
        """Every place of every name, overlapping or not."""
        if not self._by_first_word.keys().isdisjoint(lowered_words(text)):
            yield from self._found_by_words(text)
        if self._by_beginning and (self._begin_in_ascii or not text.isascii()):
            yield from self._found_anywhere(text)

    def _found_by_words(self, text: str) -> Iterator[Found]:
        words = list(WORD.finditer(text))
        for at, word in enumerate(words):
            branch = self._by_first_word.get(word[0].lower())
            while branch is not None:
                for name in branch.names:
                    end = name.end_in(text, word.start())
                    if end is not None and is_whole(text, word.start(), end):
                        yield Found(word.start(), end, name.kind, name.value)
                at += 1
                branch = branch.next.get(words[at][0].lower()) if branch.next and at < len(words) else None

    def _found_anywhere(self, text: str) -> Iterator[Found]:
        lowered = [sign.lower() for sign in text]
        for start in range(len(text)):
            for beginning in (lowered[start], "".join(lowered[start : start + 2])):
                for name in self._by_beginning.get(beginning, ()):
                    end = name.end_in(text, start)
                    if end is not None and is_whole(text, start, end):
                        yield Found(start, end, name.kind, name.value)

    def _add(self, name: _Name) -> None:
        if all(map(WORD.match, name.spellings)):
            for first, *others in {tuple(lowered_words(spelling)) for spelling in name.spellings}:
                branch = self._by_first_word.setdefault(first, _Branch())
                for word in others:
                    branch = branch.next.setdefault(word, _Branch())
                branch.names.append(name)
        else:
            for beginning in {one for spelling in name.spellings for one in _beginnings(spelling)}:
                self._by_beginning.setdefault(beginning, []).append(name)


class _Branch:
    """Names that begin with the same words: thousands may begin with the same one."""

    def __init__(self) -> None:
        self.names: list[_Name] = []
        """Those that have no word more."""
        self.next: dict[str, _Branch] = {}
        """The others, by their next word."""


class _Name:
    """One name."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.kind = kind
        self.value = name_key(text)
        self.spellings = _spellings(text.strip())

    @property
    def is_long_enough(self) -> bool:
        return bool(self.spellings)

    def end_in(self, text: str, start: int) -> int | None:
        """Where the name ends that begins there; None when it does not."""
        for spelling, lowered in self._lowered:
            said = text[start : start + len(spelling)]
            if said == spelling or (self._flags and said.lower() == lowered):
                return start + len(spelling)
        match = self._pattern.match(text, start) if self._is_flexible else None
        return match and match.end()

    @cached_property
    def _lowered(self) -> list[tuple[str, str]]:
        return [(spelling, spelling.lower()) for spelling in self.spellings]

    @cached_property
    def _is_flexible(self) -> bool:
        """Whether there may be other signs between its words, or other apostrophes in them."""
        return any(sign in _LIKE or sign.isspace() for sign in self.spellings[0])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Made when it is first needed: that takes longer than all else, and most names are as they were given."""
        return re.compile("|".join(map(_fitting, self.spellings)), self._flags)

    @property
    def _flags(self) -> int:
        return 0 if self.kind is Kind.ACCOUNT else re.IGNORECASE


def _spellings(name: str) -> list[str]:
    """How a name may be written, the longest first; none for one that is too short."""
    composed = unicodedata.normalize("NFC", name)
    if len(composed) < SHORTEST_NAME:
        return []
    bare = "".join(sign for sign in unicodedata.normalize("NFD", composed) if not unicodedata.combining(sign))
    written = {name, composed, composed.translate(_SPELLED_OUT), bare.translate(_PLAIN), bare.translate(_SPELLED_OUT)}
    written |= {spelling.upper() for spelling in written}
    written |= {unicodedata.normalize("NFD", spelling) for spelling in written}
    return sorted((one for one in written if len(one) >= SHORTEST_NAME), key=lambda one: (-len(one), one))


def _beginnings(spelling: str) -> Iterable[str]:
    """The signs by which a spelling can be told to begin, in lower case: two, unless they can be written otherwise."""
    first, second = spelling[0], spelling[1]
    if first in _LIKE:
        return _APOSTROPHES if first in _APOSTROPHES else _HYPHENS
    if second in _LIKE or second.isspace():
        return (first.lower(),)
    return (first.lower() + second.lower(),)


def _fitting(spelling: str) -> str:
    """A pattern for the spelling, whatever its apostrophes, hyphens and white space."""
    words = spelling.split()
    return r"\s+".join("".join(_LIKE.get(sign) or re.escape(sign) for sign in word) for word in words)

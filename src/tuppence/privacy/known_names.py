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
from tuppence.privacy.word_borders import WORD, is_whole

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
        self._by_first_word: dict[str, list[_Name]] = {}
        self._others: list[_Name] = []
        known: dict[str, _Name] = {}
        for text, kind in names:
            name = _Name(text, kind)
            if name.is_long_enough and known.setdefault(text.strip(), name) is name:
                self._add(name)
        spellings = (spelling for name in known.values() for spelling in name.spellings)
        self.words = frozenset(word.casefold() for spelling in spellings for word in WORD.findall(spelling))

    def found_in(self, text: str) -> Iterator[Found]:
        """Every place of every name, overlapping or not."""
        if self._by_first_word:
            for word in WORD.finditer(text):
                for name in self._by_first_word.get(word[0].lower(), ()):
                    match = name.pattern.match(text, word.start())
                    if match and is_whole(text, *match.span()):
                        yield Found(match.start(), match.end(), name.kind, name.value)
        for name in self._others:
            for match in name.anywhere.finditer(text):
                if is_whole(text, *match.span(1)):
                    yield Found(*match.span(1), name.kind, name.value)

    def _add(self, name: _Name) -> None:
        first_words = {first[0].lower() if (first := WORD.match(spelling)) else None for spelling in name.spellings}
        if None in first_words:
            self._others.append(name)
        else:
            for word in first_words:
                self._by_first_word.setdefault(word or "", []).append(name)


class _Name:
    """One name."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.kind = kind
        self.value = name_key(text)
        self.spellings = _spellings(text.strip())

    @property
    def is_long_enough(self) -> bool:
        return bool(self.spellings)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    @cached_property
    def anywhere(self) -> re.Pattern[str]:
        """Finds every beginning, also within another one."""
        return re.compile(f"(?=({self._source}))", self._flags)

    @property
    def _source(self) -> str:
        return "|".join(map(_fitting, self.spellings))

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


def _fitting(spelling: str) -> str:
    """A pattern for the spelling, whatever its apostrophes, hyphens and white space."""
    words = spelling.split()
    return r"\s+".join("".join(_LIKE.get(sign) or re.escape(sign) for sign in word) for word in words)

"""Finder: the places in a text that hold values of one household."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tuppence.privacy.account_numbers import AccountNumbers
from tuppence.privacy.findings import Found, Place, without_overlaps
from tuppence.privacy.household_values import HouseholdValues
from tuppence.privacy.identifiers import identifiers_in
from tuppence.privacy.json_strings import is_document, meant, values_in
from tuppence.privacy.known_names import KnownNames
from tuppence.privacy.stand_ins import Kind

_STRINGS_REMEMBERED, _TEXTS_REMEMBERED = 20_000, 1_000


class Finder:
    """Finds the values of one household. Remembers what it has seen: the texts of a chat are sent in every round.

    It may be used by several threads.
    """

    def __init__(self, values: HouseholdValues) -> None:
        named = ((values.names, Kind.PERSON), (values.accounts, Kind.ACCOUNT), (values.payees, Kind.PAYEE))
        self._names = KnownNames((name, kind) for names, kind in named for name in names)
        self._numbers = AccountNumbers(values.numbers)
        self.found_in = lru_cache(_STRINGS_REMEMBERED)(self._found_in)
        """What has to be replaced in a text, from left to right, without overlaps; the longest values go first."""
        self.places_in = lru_cache(_TEXTS_REMEMBERED)(self._places_in)
        """The same where the text may be a JSON document: then only in its strings, and not in its keys."""

    @property
    def words(self) -> frozenset[str]:
        """The words of all names and numbers, casefolded."""
        return self._names.words | self._numbers.words

    def _found_in(self, text: str) -> Sequence[Found]:
        found = [*self._names.found_in(text), *self._numbers.found_in(text), *identifiers_in(text)]
        return without_overlaps(found) if found else ()

    def _places_in(self, text: str) -> Sequence[Place]:
        if not is_document(text):
            return [Place(one.start, one.end, one, text[one.start : one.end]) for one in self.found_in(text)]
        places: list[Place] = []
        for start, literal in values_in(text):
            if "\\" in literal:
                places += self._places_in_escaped(start, literal)
                continue
            for one in self.found_in(literal):
                places.append(Place(start + one.start, start + one.end, one, literal[one.start : one.end]))
        return places

    def _places_in_escaped(self, start: int, literal: str) -> Iterator[Place]:
        text, starts = meant(literal)
        for one in self.found_in(text):
            yield Place(start + starts[one.start], start + starts[one.end], one, text[one.start : one.end])

"""Finder: the places in a text that hold values of one household."""

from __future__ import annotations

from collections.abc import Sequence

from tuppence.privacy.account_numbers import AccountNumbers
from tuppence.privacy.findings import Found, without_overlaps
from tuppence.privacy.household_values import HouseholdValues
from tuppence.privacy.identifiers import identifiers_in
from tuppence.privacy.known_names import KnownNames
from tuppence.privacy.stand_ins import Kind


class Finder:
    """Finds the values of one household. Remembers the texts it has seen: those of a chat are sent in every round."""

    def __init__(self, values: HouseholdValues) -> None:
        named = ((values.names, Kind.PERSON), (values.accounts, Kind.ACCOUNT), (values.payees, Kind.PAYEE))
        self._names = KnownNames((name, kind) for names, kind in named for name in names)
        self._numbers = AccountNumbers(values.numbers)
        self._seen: dict[str, Sequence[Found]] = {}

    @property
    def words(self) -> frozenset[str]:
        """The words of all names and numbers, casefolded."""
        return self._names.words | self._numbers.words

    def found_in(self, text: str) -> Sequence[Found]:
        """What has to be replaced in `text`, from left to right, without overlaps; the longest values go first."""
        found = self._seen.get(text)
        if found is None:
            everything = (*self._names.found_in(text), *self._numbers.found_in(text), *identifiers_in(text))
            found = self._seen[text] = without_overlaps(everything) if everything else ()
        return found

"""Concealment: what stands for what in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from tuppence.privacy.finder import Finder
from tuppence.privacy.findings import Found
from tuppence.privacy.json_strings import replaced, replaced_in_value
from tuppence.privacy.restorer import Originals
from tuppence.privacy.stand_ins import StandIns, code_of, codes_in

MOST_TRIES = 10_000
"""To find a stand-in that is in no text; by chance the first one is it, in any text there is."""


class NoStandIn(Exception):
    """The texts of this request hold too much that looks like a stand-in. Ask again in a new chat."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Concealment:
    """Replaces a household's values in the texts of one request, and knows how to put them back.

    One to one: each spelling has one stand-in and each stand-in one spelling, so nothing of a text is lost.
    """

    def __init__(self, stand_ins: StandIns, finder: Finder, beside: Iterable[str]) -> None:
        """beside: every text that goes into the request. No stand-in is used that is in one of them."""
        self._stand_ins, self._finder = stand_ins, finder
        self._taken = set(codes_in(beside))
        self._stand_in_of: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text as it may leave. One that is a JSON document keeps its keys."""
        return replaced(
            text,
            [
                (place.start, place.end, self._stand_in(place.found, place.spelling))
                for place in self._finder.places_in(text)
            ],
        )

    def arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a function as they may leave."""
        concealed: dict[str, Any] = replaced_in_value(dict(arguments), self.words)
        return concealed

    def words(self, text: str) -> str:
        """A text as it may leave, never taken for a JSON document."""
        found = self._finder.found_in(text)
        return replaced(text, [(one.start, one.end, self._stand_in(one, text[one.start : one.end])) for one in found])

    def originals(self) -> Originals:
        """What the stand-ins that were used so far stand for."""
        return Originals({stand_in: spelling for spelling, stand_in in self._stand_in_of.items()})

    def _stand_in(self, found: Found, spelling: str) -> str:
        """The one of this spelling, chosen when it is first met."""
        stand_in = self._stand_in_of.get(spelling)
        if stand_in is None:
            candidates = islice(self._stand_ins.candidates(found.kind, found.value, spelling), MOST_TRIES)
            stand_in = next(filter(self._is_free, candidates), None)
            if stand_in is None:
                raise NoStandIn
            self._stand_in_of[spelling] = stand_in
            self._taken.add(code_of(stand_in))
        return stand_in

    def _is_free(self, stand_in: str) -> bool:
        return code_of(stand_in) not in self._taken and not self._finder.found_in(stand_in)

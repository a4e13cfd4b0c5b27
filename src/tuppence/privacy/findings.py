"""Found: a place in a text that holds a value of the household."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tuppence.privacy.stand_ins import Kind

_ORDER = {kind: place for place, kind in enumerate(Kind)}


class Found(NamedTuple):
    """A place in a text."""

    start: int
    end: int
    kind: Kind
    value: str
    """What all spellings of the value have in common."""


class Place(NamedTuple):
    """Where something has to be replaced in what leaves."""

    start: int
    end: int
    found: Found
    spelling: str
    """As it is meant there: without the escapes of JSON."""


def without_overlaps(found: Sequence[Found]) -> Sequence[Found]:
    """The longest ones, from left to right; each that is left out overlaps one that is not."""
    if len(found) < 2:
        return found
    kept: list[Found] = []
    taken: set[int] = set()
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start, _ORDER[one.kind])):
        if one.start in taken or one.end - 1 in taken:  # those taken are longer: they cover an end, or nothing
            continue
        taken.update(range(one.start, one.end))
        kept.append(one)
    return sorted(kept)

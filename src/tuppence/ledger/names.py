"""Names as people give them: compared without regard to case, width or spacing, and found or said to be missing."""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Protocol, TypeVar

from sqlalchemy.exc import IntegrityError


class NameUnknown(LookupError):
    """Nothing, or more than one thing, goes by the name; the message lists what could have been meant."""


class NameTaken(ValueError):
    """Something else has that name already."""


class Named(Protocol):
    """Anything a person calls by a name."""

    @property
    def name(self) -> str:
        """As it is shown."""


Thing = TypeVar("Thing", bound=Named)


def name_key(name: str) -> str:
    """What two spellings of one name have in common; empty for a name without any visible character."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def shown_name(name: str, noun: str) -> str:
    """The name as it is kept and shown. Raises ValueError for one without any visible character."""
    if not name_key(name):
        raise ValueError(f"{noun.capitalize()} needs a name.")
    return " ".join(name.split())


@contextmanager
def taken_names(name: str, noun: str) -> Iterator[None]:
    """Raise NameTaken where the block writes a name that something else has. To be put around its transaction."""
    try:
        yield
    except IntegrityError as error:
        raise NameTaken(f"There is {noun} called “{name}” already.") from error


def the_one_named(name: str, things: Iterable[Thing], noun: str) -> Thing:
    """The thing of exactly this name, or else the only one whose name contains it.

    `noun` is what to call such a thing in the message of NameUnknown, which is raised when there is none, or several.
    """
    by_key = {name_key(thing.name): thing for thing in things}
    key = name_key(name)
    if key in by_key:
        return by_key[key]
    containing = [thing for candidate, thing in by_key.items() if key and key in candidate]
    if len(containing) == 1:
        return containing[0]
    close = containing or [by_key[candidate] for candidate in get_close_matches(key, by_key, n=5, cutoff=0.5)]
    raise NameUnknown(_unknown(name, noun, [thing.name for thing in close or by_key.values()]))


def _unknown(name: str, noun: str, candidates: list[str]) -> str:
    if not candidates:
        return f"There is no {noun} yet, so none is called “{name}”."
    listed = ", ".join(sorted(candidates)[:10])
    more = f" and {len(candidates) - 10} more" if len(candidates) > 10 else ""
    return f"No single {noun} is called “{name}”. Use one of these names: {listed}{more}."

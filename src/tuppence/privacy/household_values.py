"""What is known of a household that shall not leave under its own name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST_NAME = 3
"""Characters; shorter names are in too many words."""
_BETWEEN_PARTS = re.compile(r"[\s._]+")
_PARTICLES = {"van", "von", "vom", "der", "den", "das", "del", "della", "dos", "bin", "ibn", "zum", "zur", "and", "und"}
_ANY_HOUSEHOLD = {
    *("a", "the", "my", "our", "of", "household", "house", "home", "family", "families", "finances", "money", "budget"),
    *("der", "die", "das", "mein", "meine", "unser", "unsere", "haushalt", "zuhause", "familie", "finanzen", "geld"),
    *("le", "la", "les", "mon", "ma", "notre", "ménage", "foyer", "maison", "famille", "el", "los", "las", "hogar"),
    *("casa", "familia", "famiglia", "gezin", "huishouden", "thuis"),
}
"""What many households are called by, casefolded."""


@dataclass(frozen=True, slots=True)
class HouseholdValues:
    """The values of one household. What has a form of its own (IBANs, cards, addresses, phones) need not be listed."""

    names: Sequence[str] = ()
    """Of people and of the household: found in whatever case they are written."""
    accounts: Sequence[str] = ()
    """Names of accounts: found as they are written and in capitals. In lower case, "savings" is mostly just a word."""
    numbers: Sequence[str] = ()
    """Numbers of accounts, as the bank's files name them: found with other spaces and hyphens as well."""
    payees: Sequence[str] = ()
    """Found in whatever case they are written; empty where payees may be told."""


def parts_of_name(name: str) -> list[str]:
    """A person's name, and the parts of it by which banks and people call them.

    What begins in lower case ("van", "and") is no part; in a name all in lower case, what mostly does is none. Of a
    name that is an e-mail address only what is before the "@" has parts. Not for names of households and accounts,
    which may hold any word.
    """
    is_lower = name == name.lower()
    parts = [part.strip(",;:()[]\"'’") for part in _BETWEEN_PARTS.split(name.partition("@")[0])]
    known = [part for part in parts if (part not in _PARTICLES if is_lower else not part[:1].islower())]
    return list(dict.fromkeys([name, *(part for part in known if len(part) >= SHORTEST_NAME)]))


def names_of_household(name: str) -> list[str]:
    """What a household's name tells of whose it is: itself, and what is left without the words that many are called by.

    "Kowalski family" tells "Kowalski" as well; "My household" tells nothing.
    """
    words = name.split()
    telling = [word for word in words if word.strip(",.'’").casefold() not in _ANY_HOUSEHOLD]
    return list(dict.fromkeys([name, " ".join(telling)])) if telling else []

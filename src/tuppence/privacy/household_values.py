"""What is known of a household that shall not leave under its own name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST_NAME = 3
"""Characters; shorter names are in too many words."""


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

    What begins in lower case ("van", "and") is no part. Not for names of households and accounts, which may hold any
    word.
    """
    parts = [part.strip(".,;:()[]\"'’") for part in name.split()]
    return list(
        dict.fromkeys([name, *(part for part in parts if len(part) >= SHORTEST_NAME and not part[0].islower())])
    )

"""From the names a model gives to what the household calls so."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from tuppence.assistant.functions.function import FunctionInputError
from tuppence.ledger.names import NameUnknown, the_one_named


class Known(Protocol):
    """Something of the ledger with a name."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def name(self) -> str:
        """As people call it."""


def ids_named(names: Iterable[str], things: Sequence[Known], noun: str, hint: str) -> tuple[int, ...]:
    """The ids of the things of these names. Case does not matter, and a part of a name will do if it fits only one.

    Raises FunctionInputError, which names all that is unknown with what comes near it, and gives `hint`.
    """
    found: list[int] = []
    unknown: list[str] = []
    for name in names:
        try:
            found.append(the_one_named(name, things, noun).id)
        except NameUnknown as error:
            unknown.append(str(error))
    if unknown:
        raise FunctionInputError(" ".join(unknown), hint)
    return tuple(dict.fromkeys(found))

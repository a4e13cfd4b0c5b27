"""Call ids that a server takes, whoever made them. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

_ALPHABETS = {"short": re.compile(r"[a-zA-Z0-9_-]{1,40}"), "nine": re.compile(r"[a-zA-Z0-9]{9}")}


class CallIds:
    """The call ids of one request: the same stand-in for the same id, never one for two."""

    def __init__(self, alphabet: Literal["short", "nine"]) -> None:
        """alphabet: "short" is up to 40 letters, digits, dashes and underscores; "nine" nine letters and digits."""
        self._alphabet = alphabet
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, call_id: str, *, own: bool = False) -> str:
        """`call_id` itself where it fits, otherwise a stand-in.

        own: the server made it, so that it takes it, whatever is in it (Kimi's are "functions.name:0"); nine is nine.
        """
        given = self._given.get(call_id)
        if given is None:
            given, number = call_id, 0
            while given in self._taken or not self._fits(given, own):
                given = self._stand_in(f"{call_id} {number}" if number else call_id)
                number += 1
            self._given[call_id] = given
            self._taken.add(given)
        return given

    def _fits(self, call_id: str, own: bool) -> bool:
        own = own and self._alphabet != "nine"  # told apart from another of the same name, it may have grown
        return own or _ALPHABETS[self._alphabet].fullmatch(call_id) is not None

    def _stand_in(self, seed: str) -> str:
        digest = hashlib.sha256(seed.encode()).hexdigest()
        return digest[:9] if self._alphabet == "nine" else "call_" + digest[:24]

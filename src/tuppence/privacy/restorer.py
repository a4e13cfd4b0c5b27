"""Restorer: puts the originals back into a text that comes in pieces. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping

from tuppence.privacy.stand_ins import BEGINNING, FORM, form_key


class Originals:
    """What each stand-in of a request stands for."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        """spellings: the original of each stand-in, as it was spelled."""
        self.stand_ins = tuple(spellings)
        self._by_key = {form_key(stand_in): spelling for stand_in, spelling in spellings.items()}
        self._keys = sorted(self._by_key)
        self.longest = max(map(len, self._keys), default=0)

    def restored(self, text: str) -> str:
        """A whole text with every stand-in replaced; whatever else looks like one stays."""
        if not self._keys or ("-" not in text and text.isascii()):
            return text
        return FORM.sub(self._original, text)

    def beginning_in(self, text: str) -> int:
        """Where, at the end of `text`, something begins that may become a stand-in; its length for nowhere."""
        found = BEGINNING.search(text, max(0, len(text) - self.longest + 1))
        while found is not None:
            key = form_key(found[0])
            place = bisect_left(self._keys, key)
            if place < len(self._keys) and self._keys[place].startswith(key):
                return found.start()
            found = BEGINNING.search(text, found.start() + 1)
        return len(text)

    def _original(self, match: re.Match[str]) -> str:
        return self._by_key.get(form_key(match[0]), match[0])


class Restorer:
    """One text on its way; it may be cut anywhere."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._held = ""

    @property
    def held(self) -> str:
        """What is held back."""
        return self._held

    def feed(self, text: str) -> str:
        """What is certain now, which may be nothing: what may become a stand-in is held back."""
        if not self._originals.longest:
            return text
        if self._held:
            text = self._held + text
        end = self._originals.beginning_in(text)
        self._held = text[end:]
        return self._originals.restored(text[:end])

    def flush(self) -> str:
        """What was held back, now that nothing follows."""
        held, self._held = self._held, ""
        return held

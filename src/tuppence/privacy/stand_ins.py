"""Stand-ins: what leaves in place of a value that is nobody's business, as in `Person-K7QDM2VX`. Pure.

The first five characters of the code come from the value, the other three from how it is spelled: `ANNA` and `Anna`
come back as they were written, and whoever reads both codes can tell that they mean the same. A code depends on nothing
but the household's secret and the value, so it is the same in every process and every chat.

The form makes mistakes impossible. The code has no letter that a label begins with, no vowel and no hyphen, and always
eight characters: a stand-in therefore never overlaps another one, and text beside it never completes one. What remains
is text that holds the very code already; `codes_in` finds those, and they are not used.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum

_LETTERS = "BDFGHJKNQRSTVWXZ"
_SIGNS = _LETTERS + "23456789"
_STEM, _VARIANT = 5, 3
_VARIANTS_OF_A_STEM = 64
_LONGER = "x"
_SHORTEST_SECRET = 16


class Kind(Enum):
    """What a value is, by the label of its stand-ins; where it could be two things, the first one counts."""

    PERSON = "Person"
    IBAN = "IBAN"
    ACCOUNT = "Account"
    CARD = "Card"
    MAIL = "Mail"
    PAYEE = "Payee"
    PHONE = "Phone"


def _begun(label: str) -> str:
    """A pattern for every beginning of `label` and what may follow it, shorter than the whole stand-in."""
    code = rf"{_HYPHEN}[{_SIGNS}]{{0,{_STEM + _VARIANT - 1}}}"
    pattern = f"(?:{_LONGER}+(?:{code})?|{code})?"
    for character in reversed(label[1:]):
        pattern = f"(?:{character}{pattern})?"
    return label[0] + pattern


_HYPHEN = "[-\u2010\u2011\u2012\u2013]"
"""Some models put another hyphen where they were given this one."""
_CODE = rf"[{_SIGNS}]{{{_STEM + _VARIANT}}}"
_ANY_LABEL = "|".join(kind.value for kind in Kind)

FORM = re.compile(rf"(?:{_ANY_LABEL}){_LONGER}*{_HYPHEN}{_CODE}", re.ASCII | re.IGNORECASE)
"""Whatever looks like a stand-in."""
BEGINNING = re.compile(rf"(?:{'|'.join(_begun(kind.value) for kind in Kind)})\Z", re.ASCII | re.IGNORECASE)
"""The end of a text that may become one."""
_CODES = re.compile(rf"{_HYPHEN}(?=({_CODE}))", re.ASCII | re.IGNORECASE)
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013"), "-")


def codes_in(texts: Iterable[str]) -> frozenset[str]:
    """The codes that texts hold already, by chance or because somebody copied them: none can stand for a value."""
    return frozenset(code.upper() for text in texts for code in _CODES.findall(text))


def code_of(stand_in: str) -> str:
    return stand_in.rpartition("-")[2]


def form_key(stand_in: str) -> str:
    """What a stand-in and the ways in which models write it have in common; also for the beginning of one."""
    return stand_in.translate(_HYPHENS).lower()


class StandIns:
    """The stand-ins of one household."""

    def __init__(self, secret: bytes, words: Collection[str] = ()) -> None:
        """secret: at least 16 bytes, the household's own: other households' stand-ins for the same value are others.

        words: the words of the household's names, casefolded; no label is one of them. Raises ValueError.
        """
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"The secret of a household's stand-ins needs at least {_SHORTEST_SECRET} bytes.")
        self._key = hashlib.blake2b(secret, person=b"stand-ins").digest()
        self._labels = {kind: _label(kind, words) for kind in Kind}

    def candidates(self, kind: Kind, value: str, spelling: str) -> Iterator[str]:
        """What may stand for `value` where it is spelled so, the usual stand-in first; without end.

        value: what all its spellings have in common.
        """
        for attempt in itertools.count():
            stem = self._signs(_STEM, kind.value, value, str(attempt // _VARIANTS_OF_A_STEM))
            variant = self._signs(_VARIANT, kind.value, value, spelling, str(attempt))
            yield f"{self._labels[kind]}-{stem}{variant}"

    def _signs(self, length: int, *of: str) -> str:
        """So many characters of a code; the first is a letter, so that nothing is ever taken for a number."""
        message = b"".join(
            len(part).to_bytes(8, "big") + part for part in (one.encode("utf-8", "surrogatepass") for one in of)
        )
        number = int.from_bytes(hashlib.blake2b(message, key=self._key, digest_size=16).digest(), "big")
        number, first = divmod(number, len(_LETTERS))
        signs = [_LETTERS[first]]
        for _ in range(length - 1):
            number, sign = divmod(number, len(_SIGNS))
            signs.append(_SIGNS[sign])
        return "".join(signs)


def _label(kind: Kind, words: Collection[str]) -> str:
    label = kind.value
    while label.casefold() in words:
        label += _LONGER
    return label

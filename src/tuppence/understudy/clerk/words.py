"""The bank's words and the household's, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+")
_LONG = 6


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """The words of `text` in lower case without accents, separated by single spaces, with one before and after."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    without = "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("'", "")
    return f" {' '.join(_WORD.findall(without.replace('’', '')))} "


@lru_cache(maxsize=20_000)
def needles(sign: str) -> tuple[str, ...]:
    """What to look for in folded text: a folded `sign` as words of their own, also in the plural; a single long word
    wherever it stands, also within another."""
    return (sign,) if len(sign) >= _LONG and " " not in sign else (f" {sign} ", f" {sign}s ")


def holds(text: str, sign: str) -> bool:
    """Whether folded `text` holds the folded `sign`."""
    return any(needle in text for needle in needles(sign))

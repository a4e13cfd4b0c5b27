"""Where words begin and end, in all scripts: what "as a whole word" means here."""

from __future__ import annotations

import re
import unicodedata

SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"  # Korean
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Japanese, Chinese
    "\U00020000-\U0003ffff"
)
"""The letters of scripts that put no space between words, or none between a name and what follows it, for a set of a
regular expression. Beside them a word may begin and end anywhere."""
LETTER = rf"[^\W_{SPACELESS}]"
"""A letter or digit that belongs to the same word as its neighbour."""
WORD = re.compile(rf"{LETTER}+")
_ASCII_WORD = re.compile("[a-z0-9]+")
_IS_LETTER = re.compile(LETTER)
_IS_SPACELESS = re.compile(f"[{SPACELESS}]")


def lowered_words(text: str) -> list[str]:
    """The words of a text in lower case."""
    if text.isascii():  # most are, and it takes half the time
        return _ASCII_WORD.findall(text.lower())
    return [word.lower() for word in WORD.findall(text)]


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether what stands there in a text is no part of a longer word."""
    if start and not _is_between(text[start - 1]) and _continues(text, start):
        return False
    if end == len(text) or _is_between(text[end]):
        return True
    last = end - 1
    while last > start and _is_mark(text[last]):
        last -= 1
    follows = _IS_LETTER.match(text, end) or _is_mark(text[end])
    return not (follows and _IS_LETTER.match(text, last))


def _is_between(sign: str) -> bool:
    """Whether a sign certainly belongs to no word; most that stand beside words are told by this."""
    return sign.isascii() and not sign.isalnum()


def _continues(text: str, start: int) -> bool:
    """Whether what begins there goes on with the word before it."""
    if not _IS_LETTER.match(text, start):
        return False
    return bool(_IS_LETTER.match(text, start - 1)) or _is_mark(text[start - 1])


def _is_mark(sign: str) -> bool:
    """Whether a sign is written upon the letter before it.

    What only says how an emoji looks is not, and in scripts without spaces it makes no difference.
    """
    if sign.isascii() or unicodedata.category(sign)[0] != "M":
        return False
    return not ("\ufe00" <= sign <= "\ufe0f" or sign == "\u20e3" or _IS_SPACELESS.match(sign))

"""What the bank's words for one counterpart have in common: its name, without numbers, dates, places, ways of paying.

Pure and by rule, the same for every household. The result is for comparing, not for showing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tuppence.enrichment.noise_words import (
    ANYWHERE,
    AT_THE_EDGES,
    COUNTRIES,
    LEGAL_FORMS,
    MONTHS,
    PERSON_TO_PERSON,
    SHORT_MONTHS,
    STATES,
    TOP_DOMAINS,
    TWO_WORD_TOWNS,
    UNTELLING,
    WEEKDAYS,
)

LONGEST = 300
"""Characters of a text that are looked at."""
WORDS = 8
"""At most so many words make a descriptor: what comes later is small print."""
_TAIL = 3  # so many words after a shop's number are its place

_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_PLACE = re.compile(r"(?<!:)//[^/]{1,40}/[a-z]{2,3}\b")  # "//muenchen/de"
_SHORT = SHORT_MONTHS.replace(" ", "|")
_DATE = re.compile(
    rf"\b\d{{1,2}}[ .-]?(?:{_SHORT})\b\.?(?:[ -]?\d{{2,4}}\b)?|\b(?:{_SHORT})[ .-]?\d{{1,4}}\b"
    r"|\b\d{1,2}:\d\d(?::\d\d)?\b"
)
_TOKEN = re.compile(r"#?[^\W_]+(?:[&.+-][^\W_]+)*")
_HAS_DIGIT = re.compile(r"\d")
_STORE_NUMBER = re.compile(r"#\d+|(?!(?:19|20)\d\d$)\d{4,}")
# How long a phrase may be that begins, or ends, with a word.
_BEGINNINGS = {phrase[0]: len(phrase) for phrase in sorted(AT_THE_EDGES, key=len)}
_ENDINGS = {phrase[-1]: len(phrase) for phrase in sorted(AT_THE_EDGES, key=len)}


@lru_cache(maxsize=20_000)
def descriptor(text: str) -> str:
    """The words of `text` that tell whom it is about, folded and joined by single spaces.

    Empty where it names nobody: cash, cheques, a bare way of paying, payments from person to person. Case, width and
    spacing of `text` make no difference, and the descriptor of a descriptor is itself.
    """
    before, after = "", _folded(text)
    while after != before:
        before, after = after, " ".join(_told(after))
    return after


def _folded(text: str) -> str:
    folded = text[: 4 * LONGEST].casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded).translate(_ACCENTS)
        folded = unicodedata.normalize("NFKC", folded).casefold()
    return " ".join(folded.split())[:LONGEST]


def _told(text: str) -> Sequence[str]:
    """The words that are left of a folded text."""
    words = _without_country(_words(text))
    words = list(dict.fromkeys(words))[:WORDS]
    if _begins_between_people(words) or all(word in UNTELLING or len(word) == 1 for word in words):
        return ()
    return words


def is_between_people(text: str) -> bool:
    """Whether `text` speaks of a way in which people pay people."""
    return _begins_between_people(_words(_folded(text)))


def _begins_between_people(words: Sequence[str]) -> bool:
    return any(tuple(words[:length]) in PERSON_TO_PERSON for length in (1, 2))


def _words(text: str) -> list[str]:
    """The words of a folded text, without numbers and without what banks put around the name."""
    text = text.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    if "//" in text:
        text = _PLACE.sub(" ", text)
    if _HAS_DIGIT.search(text):
        text = _DATE.sub(" ", text)
    return _without_edges(_without_numbers(_TOKEN.findall(text)))


def _without_numbers(tokens: Sequence[str]) -> list[str]:
    """The tokens as words, without those that are numbers or codes, and without the place that follows the name."""
    words: list[str] = []  # "" where a number was
    place: int | None = None
    for token in tokens:
        if not token.isalpha():
            is_shop = _STORE_NUMBER.fullmatch(token) and (token[0] == "#" or place is None)
            if is_shop and place is None and _names_somebody(words):
                place = len(words)
            if is_shop and token[0] == "#" and place is not None:
                return _only_words(words[:place])
            parts = list(_parts(token, is_first=not any(words)))
            words += parts or [""]
        elif token not in ANYWHERE and token not in MONTHS:
            words.append(token)
    if place is not None and len(_only_words(words[place:])) <= _TAIL:
        return _only_words(words[:place])
    return _only_words(_without_town(words))


def _only_words(words: Sequence[str]) -> list[str]:
    return [word for word in words if word]


def _without_town(words: list[str]) -> list[str]:
    """The words without a state at the end, and without the town right before it."""
    last = len(words)
    while last and (not words[last - 1] or (words[last - 1],) in AT_THE_EDGES):
        last -= 1
    before = words[: last - 1] if last and words[last - 1] in STATES else []
    if not any(before):
        return words
    if before[-1] and len(_only_words(before)) > 1:
        before = before[:-1]
        if before[-1] in TWO_WORD_TOWNS and len(_only_words(before)) > 1:
            before = before[:-1]
    return before


def _parts(token: str, *, is_first: bool) -> Iterator[str]:
    """What is left of a token that is not letters alone."""
    if token in ANYWHERE or token.startswith("#"):
        return
    if "." in token:
        *names, last = token.split(".")
        if all(len(name) == 1 for name in names):
            names = ["".join((*names, last))]
        elif last not in TOP_DOMAINS:
            names.append(last)
        for name in names:
            if name != "www" and name not in ANYWHERE and not _is_code(name, is_first=is_first):
                yield name
    elif "-" in token:
        parts = token.split("-")
        if any(part in ANYWHERE or part in MONTHS or _is_part_code(part) for part in parts):
            yield from (part for part in parts if part not in ANYWHERE and not _is_part_code(part))
        else:
            yield token
    elif not _is_code(token, is_first=is_first):
        yield token


def _is_code(word: str, *, is_first: bool) -> bool:
    """Whether it is a number, an order's code, the id of a terminal: "4711", "1a2b3c4d", not "7" or "o2" in front."""
    digits = sum(character.isdigit() for character in word)
    if not digits:
        return False
    if is_first and len(word) <= 3:
        return False
    return digits > 1 or len(word) <= 3 or word[0].isdigit() or not word[-1].isdigit()


def _is_part_code(part: str) -> bool:
    """The same of a part of a word with hyphens, as in "naranja-22", not "7-eleven"."""
    return (part.isdigit() and len(part) > 1) or _is_code(part, is_first=True)


def _names_somebody(words: Sequence[str]) -> bool:
    return any(
        len(word) > 2 and word not in UNTELLING and (word,) not in AT_THE_EDGES and not word.isdigit() for word in words
    )


def _without_edges(words: list[str]) -> list[str]:
    """The words without what banks put before and after the name."""
    first, last = 0, len(words)
    changed = True
    while changed and first < last:
        changed = False
        for length in range(min(_BEGINNINGS.get(words[first], 0), last - first), 0, -1):
            if tuple(words[first : first + length]) in AT_THE_EDGES:
                first, changed = first + length, True
                break
        for length in range(min(_ENDINGS.get(words[last - 1], 0), last - first), 0, -1):
            if tuple(words[last - length : last]) in AT_THE_EDGES:
                last, changed = last - length, True
                break
    return words[first:last]


def _without_country(words: list[str]) -> list[str]:
    """The words without countries, legal forms and days of the week at the end."""
    while len(words) > 1 and (words[-1] in LEGAL_FORMS or words[-1] in COUNTRIES or words[-1] in WEEKDAYS):
        words = words[:-1]
    return words

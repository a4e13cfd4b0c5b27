"""Strings in JSON: changed where they stand, so that every other byte of a document stays as it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import msgspec

Replacement: TypeAlias = tuple[int, int, str]
"""What to put where in a text: start, end, and what is put there. Several go from left to right, without overlaps."""

OUR_WORDS = frozenset({"kind", "currency"})
"""Keys under which Tuppence says something in words of its own, though an account may be called "savings" as well."""
_LITERAL = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_STRINGS = re.compile(rf"{_LITERAL}(?:(\s*:)\s*(?:{_LITERAL})?)?", re.DOTALL)
"""A string; or a key, and the string that may be its value."""
_ALONE, _WITHOUT_STRING, _WITH_STRING = 1, 2, 3
_SIGN = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


def is_document(text: str) -> bool:
    """Whether a text is a JSON object or array."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def replaced(text: str, replacements: Iterable[Replacement]) -> str:
    """A text with its replacements."""
    pieces, at = [], 0
    for start, end, new in replacements:
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def values_in(document: str) -> Iterator[tuple[int, str]]:
    """The strings of a JSON document as written there, each with where it begins; no keys, and no words of ours."""
    for match in _STRINGS.finditer(document):
        which = match.lastindex
        if which == _ALONE or (which == _WITH_STRING and match[1] not in OUR_WORDS):
            yield match.start(which), match[which]


def meant(literal: str) -> tuple[str, Sequence[int]]:
    """What a string means that is written with escapes, and where each of its signs begins there, and the end."""
    signs = _SIGN.findall(literal)
    starts = [0, *accumulate(map(len, signs))]
    return "".join(sign if len(sign) == 1 else json.loads(f'"{sign}"') for sign in signs), starts


def replaced_in_value(value: Any, change: Callable[[str], str]) -> Any:
    """A decoded JSON value with each string changed; keys are left alone."""
    match value:
        case str():
            return change(value)
        case list() | tuple():
            return [replaced_in_value(one, change) for one in value]
        case dict():
            return {key: replaced_in_value(one, change) for key, one in value.items()}
        case _:
            return value


def replaced_under(keys: frozenset[str], value: Any, change: Callable[[str], str]) -> Any:
    """A decoded JSON value with only those strings changed that stand under one of the keys."""
    match value:
        case list():
            return [replaced_under(keys, one, change) for one in value]
        case dict():
            return {
                key: change(one) if key in keys and isinstance(one, str) else replaced_under(keys, one, change)
                for key, one in value.items()
            }
        case _:
            return value

"""Strings in JSON: changed where they stand, so that every other byte of a document stays as it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import msgspec

Replacements: TypeAlias = Callable[[str], Iterable[tuple[int, int, str]]]
"""What to put where in a text, from left to right, without overlaps: start, end, and what is put there."""

OUR_WORDS = frozenset({"kind", "currency"})
"""Keys under which Tuppence says something in words of its own, though an account may be called "savings" as well."""
_STRING = re.compile(r'"((?:[^"\\]+|\\.)*)"(\s*:\s*(?=(")?))?', re.DOTALL)
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


def replaced(text: str, replacements: Replacements) -> str:
    """A text with its replacements."""
    pieces, at = [], 0
    for start, end, new in replacements(text):
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text


def replaced_in_document(document: str, replacements: Replacements) -> str:
    """A JSON document with the replacements in its strings; its keys, and our own words, are left alone.

    What is put in must need no escaping.
    """
    is_ours = False

    def changed(match: re.Match[str]) -> str:
        nonlocal is_ours
        is_key = match[2] is not None
        leave, is_ours = is_key or is_ours, is_key and match[1] in OUR_WORDS and match[3] is not None
        return match[0] if leave else f'"{_replaced_in_literal(match[1], replacements)}"'

    return _STRING.sub(changed, document)


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


def _replaced_in_literal(literal: str, replacements: Replacements) -> str:
    if "\\" not in literal:
        return replaced(literal, replacements)
    signs = _SIGN.findall(literal)
    meant = [sign if len(sign) == 1 else json.loads(f'"{sign}"') for sign in signs]
    pieces, at = [], 0
    for start, end, new in replacements("".join(meant)):
        pieces += ["".join(signs[at:start]), new]
        at = end
    return "".join([*pieces, *signs[at:]])

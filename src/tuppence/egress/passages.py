"""A request's body as people read it: indented, with the household's values and their stand-ins marked. Pure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from tuppence.egress.kinds import OUR_ROLES, document_in
from tuppence.privacy.finder import Finder
from tuppence.privacy.json_strings import OUR_WORDS
from tuppence.privacy.stand_ins import FORM

LONGEST = 200_000
"""Characters that are shown; the file has all of them."""
_OURS = ("tools", "system", "instructions")
_INDENT = "  "


class Passage(NamedTuple):
    """A piece of the text."""

    text: str
    mark: Literal["value", "stand-in", "note"] | None = None
    """`value`: of the household, as it is. `stand-in`: in place of one. `note`: not in the body, said by us."""


class Passages(NamedTuple):
    """A whole body, or its beginning."""

    passages: list[Passage]
    whole: bool


def passages_of(body: bytes, finder: Finder | None, longest: int = LONGEST) -> Passages:
    """The body with its values marked; text that is JSON is unfolded, and said to be text.

    finder: finds the household's values; None: none are looked for.
    """
    try:
        pieces = _written(msgspec.json.decode(body), "", finder, ours=False, is_request=True)
        return _joined(pieces, longest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _joined(_marked(body.decode(errors="replace")[: longest + 1], finder), longest)


def _joined(pieces: Iterable[Passage], longest: int) -> Passages:
    """Neighbours with the same mark as one, until there are enough."""
    found: list[Passage] = []
    left = longest
    for mark, some in itertools.groupby(pieces, lambda piece: piece.mark):
        texts = []
        for piece in some:
            texts.append(piece.text[:left])
            left -= len(piece.text)
            if left < 0:
                break
        found.append(Passage("".join(texts), mark))
        if left < 0:
            return Passages(found, whole=False)
    return Passages(found, whole=True)


def _written(
    value: Any, indent: str, finder: Finder | None, *, ours: bool, is_request: bool = False
) -> Iterator[Passage]:
    """A JSON value. ours: it is the same for every household, so that nothing in it is a value of this one."""
    match value:
        case dict() if value:
            ours = ours or value.get("role") in OUR_ROLES
            yield Passage("{")
            for number, (key, one) in enumerate(value.items()):
                yield Passage(("," if number else "") + f"\n{indent}{_INDENT}{_quoted(key)}: ")
                is_ours = ours or key in OUR_WORDS or (is_request and key in _OURS)
                yield from _written(one, indent + _INDENT, finder, ours=is_ours)
            yield Passage(f"\n{indent}}}")
        case list() if value:
            yield Passage("[")
            for number, one in enumerate(value):
                yield Passage(("," if number else "") + f"\n{indent}{_INDENT}")
                yield from _written(one, indent + _INDENT, finder, ours=ours)
            yield Passage(f"\n{indent}]")
        case str():
            yield from _string(value, indent, finder, ours=ours)
        case _:
            yield Passage(json.dumps(value))


def _string(text: str, indent: str, finder: Finder | None, *, ours: bool) -> Iterator[Passage]:
    if (document := document_in(text)) is not None:
        yield Passage("as text: ", "note")
        yield from _written(document, indent, finder, ours=ours)
        return
    yield Passage('"')
    for piece in _marked(text, None if ours else finder):
        yield Passage(_quoted(piece.text)[1:-1], piece.mark)
    yield Passage('"')


def _marked(text: str, finder: Finder | None) -> Iterator[Passage]:
    found = [(one.start, one.end, "value") for one in finder.found_in(text)] if finder else []
    found += [(*match.span(), "stand-in") for match in FORM.finditer(text)]
    at = 0
    for start, end, mark in sorted(found):
        if start < at:
            continue
        yield Passage(text[at:start])
        yield Passage(text[start:end], "stand-in" if mark == "stand-in" else "value")
        at = end
    yield Passage(text[at:])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

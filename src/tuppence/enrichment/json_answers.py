"""JSON in what a model wrote: between words, in code fences, cut off in the middle. Pure."""

import json
from collections.abc import Iterator

_LONGEST = 500_000
"""Characters that are looked at: an answer has a limit, and this is far above it."""
_TRIES = 2_000
"""Braces at which an object may begin."""
_DECODER = json.JSONDecoder()


def objects_in(text: str) -> Iterator[dict[str, object]]:
    """The JSON objects in `text`, outermost and whole ones, in order.

    Of an object that is cut off or broken these are the whole ones inside it.
    """
    text = text[:_LONGEST]
    at = 0
    for _ in range(_TRIES):
        at = text.find("{", at)
        if at < 0:
            return
        try:
            found, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):  # not only JSON's own error: numbers can be too long to be read
            at += 1
            continue
        yield found

"""Reasoning that a server leaves in the text, between tags, told apart from the answer. Pure.

Seen from servers that do not know a model's template: `<think>...</think>` before the answer, and the same without its
first tag, where the template itself had put that one into the prompt.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Piece: TypeAlias = tuple[Literal["reasoning", "text"], str]
"""A piece of the answer and what it is; never empty."""

_NAMES = ("think", "thinking", "thought", "reasoning")
_OPENING = tuple(f"<{name}>" for name in _NAMES)
_CLOSING = "</think>"


class ThinkTags:
    """One answer's text on its way; one object per answer. It may be cut anywhere, inside a tag as well."""

    def __init__(self, *, opened: bool = False) -> None:
        """opened: whether the answer begins inside the thinking, without an opening tag."""
        self._state: Literal["before", "thinking", "gap", "text"] = "thinking" if opened else "before"
        self._closing = _CLOSING
        self._held = ""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now: what may become a tag is held back."""
        self._held += text
        pieces: list[Piece] = []
        if self._state == "before":
            self._open()
        if self._state == "thinking":
            self._think(pieces)
        if self._state == "gap":
            self._held = self._held.lstrip()
            self._state = "text" if self._held else "gap"
        if self._state == "text" and self._held:
            pieces.append(("text", self._held))
            self._held = ""
        return pieces

    def flush(self) -> list[Piece]:
        """What was held back, now that nothing follows."""
        held, self._held = self._held, ""
        return [("reasoning" if self._state == "thinking" else "text", held)] if held and self._state != "gap" else []

    def _open(self) -> None:
        start = self._held.lstrip()
        tag = next((tag for tag in _OPENING if start.startswith(tag)), None)
        if tag is not None:
            self._held, self._closing, self._state = start[len(tag) :], f"</{tag[1:]}", "thinking"
        elif not any(tag.startswith(start) for tag in _OPENING):
            self._state = "text"

    def _think(self, pieces: list[Piece]) -> None:
        thought, tag, rest = self._held.partition(self._closing)
        if tag:
            self._held, self._state = rest, "gap"
        else:
            kept = _beginning_at_the_end(thought, self._closing)
            thought, self._held = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            pieces.append(("reasoning", thought))


def thinking_in(text: str) -> Literal["tags", "closing tag"] | None:
    """How `text` holds reasoning: between tags, before a closing tag alone, or, None, not at all."""
    if text.lstrip().startswith(_OPENING):
        return "tags"
    return "closing tag" if _CLOSING in text else None


def _beginning_at_the_end(text: str, tag: str) -> int:
    """The length of the longest end of `text` with which `tag` begins, without being there whole."""
    longest = min(len(text), len(tag) - 1)
    return next((length for length in range(longest, 0, -1) if text.endswith(tag[:length])), 0)

"""What the API remembers of the items it made: all that may be referred to later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Items = Sequence[Mapping[str, Any]]


class Memory:
    """Items and responses that were stored, and which item came of which reasoning."""

    def __init__(self) -> None:
        self._items: dict[str, Mapping[str, Any]] = {}
        self._responses: dict[str, Items] = {}
        self._reasoning: dict[str, str] = {}

    def keep(self, response_id: str, given: Items, made: Items, *, stored: bool) -> None:
        """Remember a response: its input and its output."""
        for before, item in pairwise(made):
            if before["type"] == "reasoning" and item["type"] != "reasoning":
                self._reasoning[item["id"]] = before["id"]
        if stored:
            self._items.update((item["id"], item) for item in made)
            self._responses[response_id] = (*given, *made)

    def item(self, item_id: object) -> Mapping[str, Any] | None:
        """The stored item, or None."""
        return self._items.get(item_id) if isinstance(item_id, str) else None

    def conversation(self, response_id: str) -> Items | None:
        """All items up to and including the response's own; None when it was not stored."""
        return self._responses.get(response_id)

    def reasoning_of(self, item_id: object) -> str | None:
        """The id of the reasoning that has to stand before the item; None when there is none."""
        return self._reasoning.get(item_id) if isinstance(item_id, str) else None

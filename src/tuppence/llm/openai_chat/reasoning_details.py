"""OpenRouter's `reasoning_details`: pieces of a stream joined to what a plain answer holds. Pure.

They go back to the model unchanged. Source: OpenRouter documentation, "Reasoning tokens: preserving reasoning blocks".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_TEXTS = ("text", "summary")


def joined_details(pieces: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The details with neighbouring pieces of one block joined. Encrypted ones are whole and stay apart."""
    blocks: list[list[dict[str, Any]]] = []
    for piece in pieces:
        if blocks and _continues(blocks[-1][0], piece):
            blocks[-1].append(piece)
        else:
            blocks.append([piece])
    return [block[0] if len(block) == 1 else _joined(block) for block in blocks]


def _continues(first: dict[str, Any], piece: dict[str, Any]) -> bool:
    if first.get("type") != piece.get("type") or first.get("index") != piece.get("index"):
        return False
    ids = {one.get("id") for one in (first, piece)} - {None}
    return first.get("type") != "reasoning.encrypted" and len(ids) < 2


def _joined(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for piece in pieces:
        whole.update({name: value for name, value in piece.items() if value is not None or name not in whole})
    for name in _TEXTS:
        if texts := [text for piece in pieces if isinstance(text := piece.get(name), str)]:
            whole[name] = "".join(texts)
    return whole

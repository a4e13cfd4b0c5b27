"""Reading the JSON of others, who may put anything anywhere: what is not of the expected kind counts as not said."""

from __future__ import annotations

from typing import Any

import msgspec

NOT_JSON = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding raises for text that is not JSON, not UTF-8, or nested without end."""


def text_in(holder: dict[str, Any], name: str) -> str:
    """The text under `name`; empty when there is none, or something else."""
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def object_in(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`; empty when there is none, or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in the list under `name`; none when there is no list."""
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def count_in(holder: dict[str, Any], name: str) -> int | None:
    """The whole number under `name`; None when there is none."""
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object that `text` is: `{}` for no text at all, None for anything else."""
    if not text.strip():
        return {}
    try:
        value = msgspec.json.decode(text)
    except NOT_JSON:
        return None
    return value if isinstance(value, dict) else None

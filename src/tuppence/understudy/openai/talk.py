"""Messages of the OpenAI wires in our own words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tuppence.understudy.conversation import Said


def text_of(content: object) -> str:
    """The text of a string or of the parts in a list that have text; empty for None."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def arguments_object(arguments: str) -> Mapping[str, Any]:
    """A call's arguments as an object; empty when they are not one."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def joined(messages: Sequence[Said]) -> tuple[Said, ...]:
    """The messages with neighbours of the same speaker joined; results stay apart from what a person says next."""
    found: list[Said] = []
    for said in messages:
        last = found[-1] if found else None
        if last is None or last.speaker != said.speaker or (last.results and said.text):
            found.append(said)
        else:
            found[-1] = replace(
                last,
                text="\n\n".join(text for text in (last.text, said.text) if text),
                calls=last.calls + said.calls,
                results=last.results + said.results,
            )
    return tuple(found)

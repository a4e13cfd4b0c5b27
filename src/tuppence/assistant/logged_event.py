"""Turn events as the log keeps them: numbered, and encoded once for everybody who reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, get_args

import msgspec

from tuppence.assistant.events import TERMINAL_EVENTS, OutputText, Reasoning, TurnEvent

_encode = msgspec.json.Encoder(decimal_format="string").encode
_names: dict[type, str] = {kind: kind.__struct_config__.tag for kind in get_args(TurnEvent)}
_tag_lengths = {kind: len(f'{{"event":"{name}"') for kind, name in _names.items()}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for kind, name in _names.items()}


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a turn's log."""

    n: int
    """Its number within the turn: 1, 2, 3 ..."""
    name: str
    data: bytes
    """Its fields, without the name, as a JSON object."""

    @property
    def is_last(self) -> bool:
        """Whether nothing can follow it."""
        return self.name in TERMINAL_EVENTS

    @property
    def event(self) -> TurnEvent:
        """The event itself."""
        event: TurnEvent = _decoders[self.name].decode(self.data)
        return event


def logged(n: int, event: TurnEvent) -> LoggedEvent:
    """`event` as number `n` of its turn."""
    kind = type(event)
    fields = _encode(event)[_tag_lengths[kind] :]  # begins with the comma before the first field, if there is one
    return LoggedEvent(n, _names[kind], b"{" + fields.removeprefix(b","))


def joined(events: Sequence[TurnEvent]) -> Iterator[TurnEvent]:
    """`events` with neighbouring pieces of text, and neighbouring pieces of reasoning, made one."""
    if len(events) == 1:
        yield events[0]
        return
    for kind, group in groupby(events, type):
        if kind is OutputText:
            yield OutputText("".join(one.text for one in group if isinstance(one, OutputText)))
        elif kind is Reasoning:
            yield Reasoning("".join(one.text for one in group if isinstance(one, Reasoning)))
        else:
            yield from group

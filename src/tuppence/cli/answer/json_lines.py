"""The view for programs: one turn event a line, as JSON, at the moment it happens."""

from types import TracebackType
from typing import TextIO

import msgspec

from tuppence.assistant.events import TurnEvent

_encode = msgspec.json.Encoder(decimal_format="string").encode


class JsonLines:
    """Writes every event as it is."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def status(self, text: str) -> None:
        """Nothing: it is no event."""

    def take(self, event: TurnEvent) -> None:
        """One line."""
        self._output.write(_encode(event).decode() + "\n")
        self._output.flush()

    async def __aenter__(self) -> "JsonLines":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

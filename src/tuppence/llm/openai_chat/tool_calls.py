"""The pieces of the tool calls of one stream, put together. No I/O."""

from __future__ import annotations

from typing import Any

import msgspec

from tuppence.llm.fields import json_object
from tuppence.llm.openai_chat.chat_parser import argument_text


class FunctionPiece(msgspec.Struct, gc=False):
    name: Any = None
    arguments: Any = None
    input: Any = None
    """What a custom tool has in the place of arguments."""


class ToolPiece(msgspec.Struct, gc=False):
    """One member of a delta's `tool_calls`."""

    index: Any = None
    id: Any = None
    function: FunctionPiece | None = None
    custom: FunctionPiece | None = None
    extra_content: Any = None
    """What Gemini wants back with the call: the signature of the thought behind it."""


class ToolCalls:
    """Tool calls while their pieces arrive.

    A piece belongs to the call of its `index`. Servers deviate: some leave the index out, some give every call the
    index 0, some repeat id and name in each piece, some send neither. So a piece begins a new call when its index is
    new, or when it names a function and cannot be more of the call that has its index: another id, or arguments that
    were already whole.
    """

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    def add(self, piece: ToolPiece) -> None:
        """Take one piece."""
        function = piece.function or piece.custom or _NOTHING
        index = piece.index if type(piece.index) is int else None
        call_id = piece.id if type(piece.id) is str else ""
        call = self._known(index, call_id)
        if call is None or call.differs(call_id, function):
            call = _Call()
            self._calls.append(call)
            if index is not None:
                self._by_index[index] = call
        call.add(call_id, function)
        if piece.extra_content is not None:
            call.extra["extra_content"] = piece.extra_content

    def finished(self) -> list[dict[str, Any]]:
        """The calls as a plain answer would hold them, without those that have neither a name nor arguments."""
        return [call.finished() for call in self._calls if call.name or call.arguments]

    def _known(self, index: int | None, call_id: str) -> _Call | None:
        """The call that a piece may belong to."""
        if index is not None:
            return self._by_index.get(index)
        if call_id:
            return next((call for call in self._calls if call.call_id == call_id), None)
        return self._calls[-1] if self._calls else None


class _Call:
    """One call."""

    def __init__(self) -> None:
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.extra: dict[str, Any] = {}

    def add(self, call_id: str, function: FunctionPiece) -> None:
        if call_id and not self.call_id:
            self.call_id = call_id
        if not self.name and type(function.name) is str:
            self.name = function.name
        arguments = function.arguments
        if type(arguments) is not str:
            arguments = argument_text(arguments, function.input)
        if arguments:
            self.arguments.append(arguments)

    def differs(self, call_id: str, function: FunctionPiece) -> bool:
        """Whether a piece with this id, name and arguments begins another call."""
        if not function.name or not self.name:
            return False
        if call_id and self.call_id:
            renamed = function.name != self.name
            return call_id != self.call_id and (renamed or not self.arguments or self._is_whole())
        return function.name != self.name or (bool(function.arguments) and self._is_whole())

    def finished(self) -> dict[str, Any]:
        function = {"name": self.name, "arguments": "".join(self.arguments)}
        return {"id": self.call_id, "type": "function", "function": function, **self.extra}

    def _is_whole(self) -> bool:
        """Whether the arguments so far are a JSON object."""
        text = "".join(self.arguments)
        return text.strip() != "" and json_object(text) is not None


_NOTHING = FunctionPiece()

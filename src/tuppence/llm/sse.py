"""Bytes to server-sent events, by the WHATWG HTML standard, section 9.2 "Server-sent events". No I/O.

The decoder takes bytes as the network cut them, also inside a line end or a UTF-8 character. Where it deviates from the
standard: an event that the end of the stream cuts off before its blank line is handed out by `flush`, because some
servers leave that last line end away; whether it is whole is for the protocol above to say. An event whose data is
empty (some servers keep a line alive so) is left out. `id` and `retry` are not kept: no provider's stream is resumed by
them.
"""

from __future__ import annotations

import re

import msgspec

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_USUAL_EVENT = re.compile(rb"(?:event: ([^\n]*)\n)?data: ([^\n]+)\n\n")  # what all but a few look like
_USUAL_EVENTS = re.compile(rb"(?:(?:event: [^\n]*\n)?data: [^\n]+\n\n)*")


class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """One dispatched event."""

    data: bytes
    """All `data` lines joined with a newline; never empty."""
    event: bytes = b""
    """The `event` field; empty when there was none."""


class SSEDecoder:
    """Takes the bytes of one stream, gives its events. The cost is linear, however an event is cut."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []  # bytes without a complete event in them
        self._mark_expected = True
        self._after_cr = False

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        """The events that `piece` completes, in order."""
        if self._after_cr and piece:  # the CR was taken for a whole line end; an LF right after it belongs to it
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not piece:
            return []
        if not self._completes_a_block(piece):
            self._pending.append(piece)
            return []
        if self._pending:
            self._pending.append(piece)
            piece = b"".join(self._pending)
        if self._mark_expected:
            self._mark_expected = False
            piece = piece.removeprefix(_BYTE_ORDER_MARK)
        usual = _USUAL_EVENTS.match(piece)
        end = usual.end() if usual else 0
        events = [ServerSentEvent(data, name) for name, data in _USUAL_EVENT.findall(piece, 0, end)]
        blocks = piece[end:].split(b"\n\n")
        rest = blocks.pop()
        self._pending = [rest] if rest else []
        events += [event for block in blocks if (event := _event_of(block)) is not None]
        return events

    def _completes_a_block(self, piece: bytes) -> bool:
        """Whether `piece` ends a blank line; without looking at what is pending again, however much that is."""
        return b"\n\n" in piece or (
            piece.startswith(b"\n") and bool(self._pending) and self._pending[-1].endswith(b"\n")
        )

    def flush(self) -> ServerSentEvent | None:
        """What the end of the stream left without a blank line after it; None when there is no such event."""
        rest = b"".join(self._pending)
        self._pending = []
        return _event_of(rest.removeprefix(_BYTE_ORDER_MARK) if self._mark_expected else rest)


def _event_of(block: bytes) -> ServerSentEvent | None:
    """The event in the lines of one block; None when it has no data (comments, keep-alives)."""
    event, data = b"", []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            event = value
    joined = b"\n".join(data)
    return ServerSentEvent(joined, event) if joined else None

"""What the understudy needs to know of a wire. Each wire is a package beside this file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tuppence.understudy.connection import Request
from tuppence.understudy.conversation import Question
from tuppence.understudy.reply import Event, Fault, Reply, Usage


@dataclass(frozen=True, slots=True)
class House:
    """The rules of the house, the same for all wires."""

    api_key: str | None = None
    """The only key that opens; None: any does."""
    models: tuple[str, ...] = ()
    """The only models there are; empty: the wire's own list."""
    strict: bool = True
    """Refuse requests that the real API would refuse."""
    context_window: int = 200_000
    """Tokens of input that fit."""
    cached_from: int = 1024
    """Tokens a prefix needs to be cached at all."""
    drops_beginning: bool = False
    """Drop the beginning of an input that does not fit, in silence, instead of refusing it."""


class Wire(Protocol):
    """One protocol: how it asks, how it answers, how it says no."""

    name: str

    def speaks(self, request: Request) -> bool:
        """Whether the request's path belongs to this wire."""

    def read(self, request: Request) -> Question | Reply:
        """The question for a model, or the reply to anything else (a list of models, a count). Raises Rejected."""

    def headers(self, request_id: str) -> Mapping[str, str]:
        """The headers of every answer of this wire."""

    def error_body(self, fault: Fault, request_id: str) -> dict[str, Any]:
        """The error envelope."""

    def error_event(self, fault: Fault, number: int) -> Event:
        """The error inside a stream that has begun; `number` events came before it."""

    def ping(self, number: int) -> Event | bytes | None:
        """The keep-alive after `number` events; None when this wire has none."""

    def events(self, reply: Reply, question: Question) -> Iterator[Event | bytes]:
        """The reply's content as a stream."""

    def plain(self, reply: Reply, question: Question) -> dict[str, Any]:
        """The reply's content as one JSON body."""

    def reported_usage(self, data: Mapping[str, Any]) -> Usage | None:
        """The usage in an event's data or a plain body, or None."""

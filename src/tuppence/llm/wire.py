"""The seam between what all providers have in common and what one protocol needs. A wire is a folder beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeAlias

import msgspec

from tuppence.llm.concept import ChatRequest, ChatResponse, ChatStreamChunk
from tuppence.llm.errors import LLMError
from tuppence.llm.faults import Addressee
from tuppence.llm.sse import ServerSentEvent

OnRequest = Callable[[str, bytes], Awaitable[None] | None]
"""Called with the host and the exact body of every request, before it is sent; what it returns is awaited first.

When it raises, the request is not sent. `stream.current_attempt()` says which attempt it is.
"""


class Withheld(Exception):
    """`on_request` raised, so the request was not sent. The cause is what it raised; SDKs wrap this in their own."""


def withheld_by(error: BaseException | None) -> Exception | None:
    """What `on_request` raised, where that is at the bottom of `error`."""
    while error is not None:
        if isinstance(error, Withheld):
            return error.__cause__ if isinstance(error.__cause__, Exception) else error
        error = error.__cause__ or error.__context__
    return None


Event: TypeAlias = Any
"""An event in the typed form of its wire; what `Wire.decode` gives is what that wire's parser takes."""


class Limits(msgspec.Struct, frozen=True):
    """How long silence may last, in seconds. About liveness, not length: an answer may take as long as it is alive."""

    connect: float = 10.0
    """Until a connection stands."""
    first_byte: float = 120.0
    """From sending the request to the first byte of the answer."""
    idle: float = 60.0
    """Between two bytes; a keep-alive is life."""
    total: float | None = None
    """For one whole attempt; None: no such limit."""


class StreamParser(Protocol):
    """One stream's events to chunks. No I/O; one object per stream."""

    @property
    def begun(self) -> bool:
        """Whether the answer has begun: from then on a failure is an interruption."""

    @property
    def ended(self) -> bool:
        """Whether the terminal event has come."""

    def parse(self, event: Event) -> ChatStreamChunk | tuple[ChatStreamChunk, ...] | None:
        """Take one event; the chunk it makes, if any, or the chunks, where it holds reasoning and text.

        Raises the LLMError that an `error` event stands for.
        """

    def finish(self) -> ChatStreamChunk | None:
        """The bytes are over without a terminal event: the `response` chunk if the protocol allows it, else None."""

    def partial(self) -> ChatResponse | None:
        """What there is so far, without function requests that are not complete; None before the answer has begun."""


class Body(Protocol):
    """An open HTTP response."""

    request_id: str | None

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as the network cut it. Raises what `Client.fault` understands."""

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end; otherwise close it at once."""


class Client(Protocol):
    """The official SDK of a wire with its connections; it neither repeats requests nor traces them."""

    async def stream(self, params: dict[str, Any]) -> Body:
        """Send a request whose answer streams; returns when the headers have come."""

    async def send(self, params: dict[str, Any]) -> Body:
        """Send a request with a plain answer; returns when the headers have come."""

    async def models(self) -> list[str]:
        """The names of the models that the provider lists."""

    def fault(self, error: Exception, to: Addressee) -> LLMError | None:
        """What an exception of the SDK or its transport means; None when it is not one of theirs."""

    async def aclose(self) -> None: ...


class Wire(Protocol):
    """A protocol: how a request is rendered and an answer read."""

    name: str

    def request_params(self, request: ChatRequest, to: Addressee) -> dict[str, Any]:
        """The JSON body for `request`, without the flag that asks for a stream."""

    def decode(self, event: ServerSentEvent) -> Event:
        """One event in its typed form; kinds that are not known pass. Raises MalformedStream."""

    def stream_parser(self, to: Addressee) -> StreamParser: ...

    def response_of(self, body: bytes, to: Addressee) -> ChatResponse:
        """Read a plain answer. Raises MalformedStream for what is not the protocol."""

    def open_client(self, *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> Client:
        """Slow the first time (the SDK is imported): call it in a thread."""

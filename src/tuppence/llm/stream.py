"""ChatStream: the one open HTTP stream of a round, watched and closed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from tuppence.llm.closing import finished
from tuppence.llm.concept import ChatResponse, ChatStreamChunk, ResponseChunk, TokenUsage
from tuppence.llm.errors import LLMError, MalformedStream, Stalled, StreamInterrupted, Unavailable
from tuppence.llm.faults import Addressee, fault_of_connection, fault_of_cut
from tuppence.llm.retry import Retry
from tuppence.llm.sse import ServerSentEvent, SSEDecoder
from tuppence.llm.watchdog import Watchdog
from tuppence.llm.wire import Body, Client, Limits, StreamParser, Wire, withheld_by

Outcome: TypeAlias = Literal["completed", "stopped", "interrupted", "failed"]
"""How an attempt ended: `stopped` by the caller, `interrupted` in the middle of the answer, `failed` before it."""

_DRAIN = 0.5  # seconds granted to a server for the end of a body whose answer is complete


class Attempt(msgspec.Struct, frozen=True):
    """One HTTP request to a model, before it is sent."""

    provider: str
    model: str
    """The model that is asked for."""
    number: int
    """From 1; higher when an earlier request had to be repeated."""
    streaming: bool
    id: str = ""
    """Random, 128 bits in hexadecimal; no two attempts have the same."""


class AttemptEnd(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    outcome: Outcome
    response: ChatResponse | None
    """The answer, or what there was of it; None when nothing came."""
    error: LLMError | None
    request_id: str | None
    seconds: float
    """From sending the request to the end of the answer."""
    seconds_to_first_chunk: float | None
    """From sending the request to the first piece of text or reasoning (or the whole response); None when none came."""
    seconds_to_first_byte: float | None = None
    """From sending the request to the first byte of the body, keep-alives included; None when none came."""


_sending: ContextVar[Attempt | None] = ContextVar("sending", default=None)


def current_attempt() -> Attempt | None:
    """For `on_request`: the attempt whose request is about to be sent; None for a request that is none, such as one
    for the list of models."""
    return _sending.get()


class AttemptWatcher(Protocol):
    """Is told of every attempt: each `begins` is followed by exactly one `ends`, whatever happens in between.

    When `begins` raises, the request is not sent. `ends` runs in a bounded, shielded scope and may run twice.
    """

    async def begins(self, attempt: Attempt) -> None: ...

    async def ends(self, attempt: Attempt, end: AttemptEnd) -> None: ...


OnWait: TypeAlias = Callable[[float, LLMError], None]
"""Told the seconds that will be waited before a request is repeated, and why."""


class ChatStream:
    """A model's answer, piece by piece.

    async with provider.stream_chat_response(request) as stream:
        async for chunk in stream: ...

    Iterating sends the request. Leaving the block closes the provider's connection at once, wherever the answer is.
    Iterating without `async with` closes it as well, when the iteration is over or given up. A stream is iterated once.
    Raises LLMError, whose `partial` and `usage` hold what had come.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        client: Callable[[], Awaitable[Client]],
        params: dict[str, Any],
        to: Addressee,
        limits: Limits,
        retry: Retry,
        streaming: bool = True,
    ) -> None:
        self._wire, self._client, self._params, self._to = wire, client, params, to
        self._limits, self._retry, self._streaming = limits, retry, streaming
        self._watchers: list[AttemptWatcher] = []
        self._on_wait: list[OnWait] = []
        self._entered = self._iterated = False
        self._chunks: AsyncGenerator[ChatStreamChunk, None] | None = None
        self._exchange: _Exchange | None = None

    # ----------------------------------------------------------------------------------------------- what is known

    @property
    def partial(self) -> ChatResponse | None:
        """The answer so far, or the whole of it; None before it has begun. Valid at any moment, also after a stop."""
        return self._exchange.response() if self._exchange else None

    @property
    def usage(self) -> TokenUsage:
        """The tokens reported so far."""
        partial = self.partial
        return partial.usage if partial else TokenUsage()

    @property
    def request_id(self) -> str | None:
        """The provider's id of the latest attempt; None when it sent none."""
        return self._exchange.request_id if self._exchange else None

    # ------------------------------------------------------------------------------------------------- who listens

    def watched_by(self, watcher: AttemptWatcher) -> ChatStream:
        """Tell `watcher` of every attempt of this stream. Returns the stream."""
        self._watchers.append(watcher)
        return self

    def waiting_told_to(self, on_wait: OnWait) -> ChatStream:
        """Call `on_wait` before each wait for a repetition. Returns the stream."""
        self._on_wait.append(on_wait)
        return self

    # --------------------------------------------------------------------------------------------------- iteration

    async def __aenter__(self) -> ChatStream:
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._chunks is not None:
            await self._chunks.aclose()

    def __aiter__(self) -> AsyncIterator[ChatStreamChunk]:
        if self._iterated:
            raise RuntimeError("a ChatStream is iterated once")
        self._iterated = True
        chunks = self._all_attempts()
        if self._entered:
            self._chunks = chunks  # the block closes it; otherwise its iteration alone holds it, and dropping that does
        return chunks

    async def _all_attempts(self) -> AsyncGenerator[ChatStreamChunk, None]:
        for number in itertools.count(1):
            exchange = self._exchange = _Exchange(self._wire, self._params, self._to, self._limits, self._streaming)
            identity = secrets.token_hex(16)
            attempt = Attempt(self._to.provider, self._to.model, number, self._streaming, identity)
            told: list[AttemptWatcher] = []
            try:
                client = await self._client()
                for watcher in self._watchers:
                    told.append(watcher)
                    await watcher.begins(attempt)
                await exchange.open(client, attempt)
                parse, decode = exchange.parser.parse, self._wire.decode
                while (events := await exchange.events()) is not None:
                    for event in events:
                        made = parse(decode(event))
                        if made is None:
                            continue
                        for chunk in made if isinstance(made, tuple) else (made,):
                            exchange.first_chunk_at = exchange.first_chunk_at or monotonic()
                            yield chunk
                        if type(chunk) is ResponseChunk:
                            break
                for chunk in exchange.last_chunks():
                    exchange.first_chunk_at = exchange.first_chunk_at or monotonic()
                    yield chunk
                return
            except LLMError as error:
                failure = exchange.failed(error)
            except (GeneratorExit, asyncio.CancelledError, KeyboardInterrupt):
                exchange.stopped = True
                raise
            finally:
                await finished(partial(_close, exchange, tuple(told), attempt))
            delay = None if exchange.first_chunk_at else self._retry.delay(failure, number)
            if delay is None:
                raise failure
            for on_wait in self._on_wait:
                on_wait(delay, failure)
            await asyncio.sleep(delay)


async def _close(exchange: _Exchange, watchers: tuple[AttemptWatcher, ...], attempt: Attempt) -> None:
    """Close the connection, then tell the watchers; safe to run twice."""
    try:
        await exchange.aclose()
    finally:
        end = exchange.end()
        for watcher in watchers:
            await watcher.ends(attempt, end)


class _Exchange:
    """One request and its answer: the open body, the decoder and the parser of one attempt."""

    def __init__(self, wire: Wire, params: dict[str, Any], to: Addressee, limits: Limits, streaming: bool) -> None:
        self._wire, self._params, self._to, self._limits, self._streaming = wire, params, to, limits, streaming
        self.parser: StreamParser = wire.stream_parser(to)
        self.first_chunk_at: float | None = None
        self.stopped = False
        self.request_id: str | None = None
        self._decoder = SSEDecoder()
        self._plain: list[bytes] = []
        self._response: ChatResponse | None = None
        self._client: Client | None = None
        self._body: Body | None = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._watchdog: Watchdog | None = None
        self._first_byte_at: float | None = None
        self._understood = False
        self._error: LLMError | None = None
        self._sent_at: float | None = None
        self._ended_at: float | None = None

    # --------------------------------------------------------------------------------------------------- reading

    async def open(self, client: Client, attempt: Attempt) -> None:
        """Send the request and wait for the headers."""
        self._client = client
        self._sent_at = monotonic()
        limits = self._limits
        until = None if limits.total is None else asyncio.get_running_loop().time() + limits.total
        self._watchdog = Watchdog(limits.first_byte, until)
        sending = _sending.set(attempt)
        try:
            with self._watchdog:
                self._body = await (client.stream if self._streaming else client.send)(self._params)
        except Exception as error:
            raise self._fault(error) from error
        finally:
            _sending.reset(sending)
        self.request_id = self._body.request_id
        self._pieces = self._body.pieces()

    async def events(self) -> list[ServerSentEvent] | None:
        """The events that the next piece of the body completes; None when the body, or what matters of it, is over."""
        assert self._watchdog is not None and self._pieces is not None
        if self.parser.ended:
            await self._drain()
            return None
        try:
            with self._watchdog:
                piece = await anext(self._pieces, None)
        except Exception as error:
            raise self._fault(error) from error
        if piece is None:
            return None
        if self._first_byte_at is None:
            self._first_byte_at = monotonic()
            self._watchdog.rest()
            self._watchdog.limit = self._limits.idle
        if not self._streaming:
            self._plain.append(piece)
            return []
        events = self._decoder.feed(piece)
        self._understood = self._understood or bool(events)
        return events

    def last_chunks(self) -> Iterator[ChatStreamChunk]:
        """What the end of the body still gives. Raises when the answer did not come to its end."""
        if not self._streaming:
            self._response = self._wire.response_of(b"".join(self._plain), self._to)
            yield ResponseChunk(self._response)
            return
        leftover = None if self.parser.ended else self._decoder.flush()
        made: ChatStreamChunk | tuple[ChatStreamChunk, ...] | None = None
        if leftover is not None:
            with contextlib.suppress(MalformedStream):  # an event that was cut off is no event
                made = self.parser.parse(self._wire.decode(leftover))
        if made is not None:
            yield from made if isinstance(made, tuple) else (made,)
        if not self.parser.ended and (last := self.parser.finish()) is not None:
            yield last
        if not self.parser.ended:
            raise self._cut(foreign=self._first_byte_at is not None and not self._understood)

    async def _drain(self) -> None:
        """Read what follows a complete answer, so that the connection can be used again."""
        assert self._watchdog is not None and self._pieces is not None
        self._watchdog.rest()
        self._watchdog.limit = _DRAIN
        try:
            with self._watchdog:
                async for _ in self._pieces:
                    pass
        except Exception as error:
            if self._client is None or (
                not isinstance(error, TimeoutError) and not self._client.fault(error, self._to)
            ):
                raise

    # ------------------------------------------------------------------------------------------------------- ending

    def failed(self, error: LLMError) -> LLMError:
        """`error`, with all that is known of this attempt."""
        error.provider, error.model = self._to.provider, self._to.model
        error.request_id = self.request_id = error.request_id or self.request_id
        error.partial = self.response()
        error.usage = error.partial.usage if error.partial else None
        self._error = error
        return error

    def response(self) -> ChatResponse | None:
        return self._response or self.parser.partial()

    async def aclose(self) -> None:
        """Close the connection, or give it back when the body was read to its end."""
        self._ended_at = self._ended_at or monotonic()
        if self._watchdog is not None:
            self._watchdog.rest()
        body, self._body = self._body, None
        if body is not None:
            await body.aclose()

    def end(self) -> AttemptEnd:
        ended = self._ended_at or monotonic()
        sent = self._sent_at or ended
        return AttemptEnd(
            outcome=self._outcome(),
            response=self.response(),
            error=self._error,
            request_id=self.request_id,
            seconds=ended - sent,
            seconds_to_first_chunk=None if self.first_chunk_at is None else self.first_chunk_at - sent,
            seconds_to_first_byte=None if self._first_byte_at is None else self._first_byte_at - sent,
        )

    def _outcome(self) -> Outcome:
        if self._response is not None or self.parser.ended:
            return "completed"
        if self.stopped:
            return "stopped"
        return "interrupted" if self.parser.begun else "failed"

    # ------------------------------------------------------------------------------------------------------- faults

    def _fault(self, error: Exception) -> Exception:
        """The member of our tree for what went wrong on the way; `error` itself when it is a mistake of ours."""
        if isinstance(error, TimeoutError):
            return self._stalled()
        if (withheld := withheld_by(error)) is not None:
            return withheld
        fault = self._client.fault(error, self._to) if self._client is not None else None
        if fault is None:
            return error
        return fault_of_cut(self._to) if self.parser.begun and isinstance(fault, Unavailable) else fault

    def _stalled(self) -> LLMError:
        assert self._watchdog is not None
        total = self._limits.total if self._watchdog.expired else None
        if not self.parser.begun:
            return fault_of_connection(self._to, within=self._watchdog.limit if total is None else total)
        if total is not None:
            return StreamInterrupted(
                f"{self._to.title} did not finish within {total:g} seconds. Ask again for the rest."
            )
        return Stalled(
            f"{self._to.title} stopped sending for {self._limits.idle:g} seconds in the middle of the answer. "
            "Ask again to get the rest."
        )

    def _cut(self, *, foreign: bool) -> LLMError:
        if foreign:
            return MalformedStream(
                f"{self._to.host} answered with something that is not a model's stream. Check the provider's address."
            )
        return fault_of_cut(self._to) if self.parser.begun else fault_of_connection(self._to)

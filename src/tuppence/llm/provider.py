"""A provider: one wire, one address, its quirks. The only class that speaks to models."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from tuppence.llm.concept import ChatRequest, ChatResponse, ChatStreamChunk, ResponseChunk
from tuppence.llm.faults import Addressee, fault_of_connection
from tuppence.llm.retry import Retry
from tuppence.llm.stream import ChatStream
from tuppence.llm.wire import Client, Limits, OnRequest, Wire, withheld_by

Streamer: TypeAlias = Callable[[ChatStreamChunk], Awaitable[None] | None]
"""Takes each chunk as it comes; may be a coroutine function."""


class Preset(msgspec.Struct, frozen=True):
    """What is known of a provider before anybody configures it. A provider that speaks a known wire is one value."""

    name: str
    """The registered name: what people type and what blocks carry as their origin."""
    title: str
    """The name people know."""
    wire: Wire
    base_url: str
    """As the official SDK of the wire takes it."""
    key_variable: str
    """The environment variable that holds the key."""
    default_model: str | None = None
    """What is asked when nobody chose a model; None where the models depend on the server."""
    models: str = ""
    """A regular expression of the models it serves, matched from the start; empty: whatever it is asked for."""
    priced_as: str | None = None
    """The name under which genai-prices lists its prices; None: its own name."""
    needs_key: bool = True
    """Whether it answers nobody without a key; False for servers on one's own machine."""
    limits: Limits = Limits()

    @property
    def address_variable(self) -> str:
        """The environment variable that holds an address to use instead of `base_url`."""
        return self.key_variable.removesuffix("_API_KEY") + "_BASE_URL"

    def supports_model(self, model: str) -> bool:
        """Whether `model` may be one of this provider's, as far as its name tells."""
        return re.match(self.models, model, re.IGNORECASE) is not None


class Provider:
    """Speaks to one provider. Cheap to make: the SDK is imported and connections are opened at the first request.

    Use it as `async with provider`, or call `aclose` at the end.
    """

    def __init__(
        self,
        preset: Preset,
        *,
        api_key: str,
        base_url: str | None = None,
        limits: Limits | None = None,
        retry: Retry | None = None,
        on_request: OnRequest | None = None,
    ) -> None:
        self._preset = preset
        self._api_key = api_key
        self._base_url = base_url or preset.base_url
        self._limits = limits or preset.limits
        self._retry = retry or Retry()
        self._on_request = on_request
        self._client: asyncio.Task[Client] | None = None

    @property
    def name(self) -> str:
        """The registered name."""
        return self._preset.name

    @property
    def title(self) -> str:
        """The name people know."""
        return self._preset.title

    @property
    def host(self) -> str:
        """Where requests go, without scheme, path and whatever secret the address may hold."""
        return urlsplit(self._base_url).netloc.rpartition("@")[2]

    def stream_chat_response(self, request: ChatRequest) -> ChatStream:
        """The answer to `request`, piece by piece. Nothing is sent before it is iterated."""
        return self._stream(request, streaming=True)

    def plain_chat_response(self, request: ChatRequest) -> ChatStream:
        """The same by one plain request: its only chunk is the `response`. For answers that nobody reads live."""
        return self._stream(request, streaming=False)

    async def chat_response(self, request: ChatRequest, streamer: Streamer | None = None) -> ChatResponse:
        """The whole answer. With a streamer it streams and the streamer gets each chunk; without, one plain request.

        Raises LLMError.
        """
        response: ChatResponse | None = None
        async with self._stream(request, streaming=streamer is not None) as stream:
            async for chunk in stream:
                if streamer is not None:
                    told = streamer(chunk)
                    if inspect.isawaitable(told):
                        await told
                if isinstance(chunk, ResponseChunk):
                    response = chunk.data
        assert response is not None, "a stream ends with its response or raises"
        return response

    async def models(self) -> list[str]:
        """The models that the provider lists, for this key. Raises LLMError."""
        client, to = await self._opened_client(), self._addressee("")
        within = self._limits.first_byte
        try:
            async with asyncio.timeout(within):
                return await client.models()
        except TimeoutError as error:
            raise fault_of_connection(to, within) from error
        except Exception as error:
            fault = withheld_by(error) or client.fault(error, to)
            if fault is None:
                raise
            raise fault from error

    async def prepare(self) -> None:
        """Import the SDK and make its client now, in a thread, so that the first request need not wait for it."""
        await self._opened_client()

    async def aclose(self) -> None:
        """Close every connection."""
        task, self._client = self._client, None
        if task is not None:
            await (await task).aclose()

    async def __aenter__(self) -> Provider:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    def _stream(self, request: ChatRequest, *, streaming: bool) -> ChatStream:
        preset, to = self._preset, self._addressee(request.model)
        return ChatStream(
            wire=preset.wire,
            client=self._opened_client,
            params=preset.wire.request_params(request, to),
            to=to,
            limits=self._limits,
            retry=self._retry,
            streaming=streaming,
        )

    def _addressee(self, model: str) -> Addressee:
        preset = self._preset
        return Addressee(preset.name, preset.title, model, self.host, preset.key_variable)

    async def _opened_client(self) -> Client:
        if self._client is None:
            opening = asyncio.to_thread(
                self._preset.wire.open_client,
                api_key=self._api_key,
                base_url=self._base_url,
                limits=self._limits,
                on_request=self._on_request,
            )
            self._client = asyncio.ensure_future(opening)
        return await asyncio.shield(self._client)  # one caller that gives up must not take the others' client away

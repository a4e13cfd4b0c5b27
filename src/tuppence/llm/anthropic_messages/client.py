"""The official Anthropic SDK, as far as we use it: it opens requests (keys, headers, addresses), we read the bytes.

Imported only when a request is made: the SDK takes seconds to import.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import anthropic
import httpx2
import msgspec

from tuppence.llm.errors import LLMError, MalformedStream
from tuppence.llm.faults import Addressee, fault_of_connection, fault_of_status
from tuppence.llm.sdk_hooks import event_hooks
from tuppence.llm.wire import Limits, OnRequest

_MOST_MODELS = 1000  # of one page; the API takes no more


class _Model(msgspec.Struct):
    id: str


class _ModelPage(msgspec.Struct):
    data: list[_Model]


class AnthropicClient:
    """An SDK client whose own repeating, time limits and spans are off."""

    def __init__(self, *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> None:
        timeout = httpx2.Timeout(None, connect=limits.connect)
        self._sdk = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=timeout,
            open_telemetry=False,
            http_client=anthropic.DefaultAioHttpClient(
                base_url=base_url,
                timeout=timeout,
                # 0 is aiohttp's word for unlimited; from None it would make its own limit of 100
                limits=httpx2.Limits(max_connections=0, max_keepalive_connections=None),
                event_hooks=event_hooks(on_request),
                follow_redirects=False,  # to an address that nobody chose, perhaps inside this network
            ),
        )

    async def stream(self, params: dict[str, Any]) -> AnthropicBody:
        manager = self._sdk.messages.stream(**params)
        stream = await manager.__aenter__()
        return AnthropicBody(stream.response, manager)

    async def send(self, params: dict[str, Any]) -> AnthropicBody:
        manager = self._sdk.messages.with_streaming_response.create(**params)
        response = await manager.__aenter__()
        return AnthropicBody(response.http_response, manager)

    async def models(self) -> list[str]:
        """The names of the models that the provider lists. Raises MalformedStream when it gives no list."""
        response = await self._sdk.models.with_raw_response.list(limit=_MOST_MODELS)
        try:
            page = msgspec.json.decode(response.http_response.content, type=_ModelPage)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedStream("The server gave no list of its models. Check the provider's address.") from error
        return [model.id for model in page.data]

    def fault(self, error: Exception, to: Addressee) -> LLMError | None:
        if isinstance(error, anthropic.APIStatusError):
            fault = fault_of_status(
                error.status_code, to, kind=error.type, words=error.api_message or "", headers=error.response.headers
            )
            fault.request_id = error.request_id
            return fault
        if isinstance(error, anthropic.APIConnectionError | httpx2.TransportError | httpx2.StreamError):
            return fault_of_connection(to)
        return None

    async def aclose(self) -> None:
        await self._sdk.close()


class AnthropicBody:
    """An open response of the SDK."""

    def __init__(self, response: httpx2.Response, manager: AbstractAsyncContextManager[Any]) -> None:
        self._response = response
        self._manager = manager
        self.request_id: str | None = response.headers.get("request-id")

    def pieces(self) -> AsyncIterator[bytes]:
        compressed = self._response.headers.get("content-encoding", "identity") != "identity"
        return self._response.aiter_bytes() if compressed else self._response.aiter_raw()

    async def aclose(self) -> None:
        await self._manager.__aexit__(None, None, None)

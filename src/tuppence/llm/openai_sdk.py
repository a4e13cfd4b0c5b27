"""The official OpenAI SDK, as far as we use it: it opens requests (keys, headers, addresses), we read the bytes.

Shared by both of its protocols and by every server that speaks one of them. Imported only when a request is made: the
SDK takes more than a second to import.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx2
import msgspec
import openai

from tuppence.llm.errors import LLMError, MalformedStream
from tuppence.llm.faults import Addressee, fault_of_connection
from tuppence.llm.fields import NOT_JSON
from tuppence.llm.openai_faults import fault_of_answer
from tuppence.llm.sdk_hooks import event_hooks
from tuppence.llm.wire import Limits, OnRequest

_NO_KEY = "none"  # servers on one's own machine want no key; the SDK insists on one
_REQUEST_IDS = ("x-request-id", "apim-request-id", "x-ms-request-id", "mistral-correlation-id", "request-id")
_NOT_REACHED = (openai.APIConnectionError, httpx2.RequestError, httpx2.StreamError, aiohttp.ClientError)


class OpenAIClient:
    """An SDK client whose own repeating and time limits are off. (It makes no spans of its own.)"""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        limits: Limits,
        on_request: OnRequest | None,
        endpoint: Callable[[openai.AsyncOpenAI], Any],
        when_streaming: Mapping[str, Any] | None = None,
    ) -> None:
        """endpoint: picks the resource whose `create` is called: `sdk.chat.completions` or `sdk.responses`.

        when_streaming: what a request whose answer streams says besides `stream: true`. A parameter of the request
        that is None takes it out.
        """
        timeout = httpx2.Timeout(None, connect=limits.connect)
        self._sdk = openai.AsyncOpenAI(
            api_key=api_key.strip() or _NO_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAioHttpClient(
                base_url=base_url,
                timeout=timeout,
                # 0 is aiohttp's word for unlimited; from None it would make its own limit of 100
                limits=httpx2.Limits(max_connections=0, max_keepalive_connections=None),
                event_hooks=event_hooks(on_request),
                follow_redirects=False,  # to an address that nobody chose, perhaps inside this network
            ),
        )
        if not _is_openai(base_url):
            _forget_account(self._sdk)
        self._endpoint = endpoint(self._sdk)
        self._when_streaming = dict(when_streaming or {})

    async def stream(self, params: dict[str, Any]) -> OpenAIBody:
        stream = await self._endpoint.create(**_said({**self._when_streaming, **params}), stream=True)
        return OpenAIBody(stream.response, stream.close)

    async def send(self, params: dict[str, Any]) -> OpenAIBody:
        manager = self._endpoint.with_streaming_response.create(**_said(params))
        response = await manager.__aenter__()
        return OpenAIBody(response.http_response, response.close)

    async def models(self) -> list[str]:
        """The names of the models that the server lists. Raises MalformedStream when it gives no list."""
        response = await self._sdk.models.with_raw_response.list()
        return model_names(response.content)

    def fault(self, error: Exception, to: Addressee) -> LLMError | None:
        if isinstance(error, openai.APIStatusError):
            headers = error.response.headers
            fault = fault_of_answer(error.status_code, error.body, to, headers)
            fault.request_id = request_id_of(error.response)
            return fault
        if isinstance(error, _NOT_REACHED):
            return fault_of_connection(to)
        return None

    async def aclose(self) -> None:
        await self._sdk.close()


class OpenAIBody:
    """An open response of the SDK."""

    def __init__(self, response: httpx2.Response, close: Callable[[], Awaitable[None]]) -> None:
        self._response = response
        self._close = close
        self.request_id = request_id_of(response)

    def pieces(self) -> AsyncIterator[bytes]:
        compressed = self._response.headers.get("content-encoding", "identity") != "identity"
        return self._response.aiter_bytes() if compressed else self._response.aiter_raw()

    async def aclose(self) -> None:
        await self._close()


def model_names(body: bytes) -> list[str]:
    """The names in a list of models: under `data`, or where servers put it instead. Raises MalformedStream."""
    try:
        answer = msgspec.json.decode(body)
    except NOT_JSON:
        answer = None
    found = (answer.get("data") or answer.get("models") or []) if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise MalformedStream("The server gave no list of its models. Check the provider's address.")
    names = (model.get("id") or model.get("name") for model in found if isinstance(model, dict))
    return [name for name in names if isinstance(name, str) and name]


def request_id_of(response: httpx2.Response) -> str | None:
    """The id under which the provider's support finds the request; None when it sent none."""
    found = (response.headers.get(name) for name in _REQUEST_IDS)
    return next((value for value in found if value), None)


def _said(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _is_openai(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == "openai.com" or host.endswith(".openai.com")


def _forget_account(sdk: openai.AsyncOpenAI) -> None:
    """The SDK reads OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS: no business of another server's."""
    sdk.organization = sdk.project = None
    sdk._custom_headers = {}

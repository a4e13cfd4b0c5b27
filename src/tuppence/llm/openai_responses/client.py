"""The SDK's client, pointed at the Responses API."""

from __future__ import annotations

from tuppence.llm.openai_sdk import OpenAIClient
from tuppence.llm.wire import Limits, OnRequest


def open_client(*, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> OpenAIClient:
    """A client whose requests go to `/responses`."""
    return OpenAIClient(
        api_key=api_key, base_url=base_url, limits=limits, on_request=on_request, endpoint=lambda sdk: sdk.responses
    )

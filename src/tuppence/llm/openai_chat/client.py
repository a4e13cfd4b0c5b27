"""The Chat Completions endpoint of the official OpenAI SDK. Imported only when a request is made."""

from __future__ import annotations

from tuppence.llm.openai_chat.quirks import Quirks
from tuppence.llm.openai_sdk import OpenAIClient
from tuppence.llm.wire import Limits, OnRequest


def chat_client(
    *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None, quirks: Quirks
) -> OpenAIClient:
    """An SDK client that posts to `{base_url}/chat/completions`."""
    return OpenAIClient(
        api_key=api_key,
        base_url=base_url,
        limits=limits,
        on_request=on_request,
        endpoint=lambda sdk: sdk.chat.completions,
        when_streaming={"stream_options": {"include_usage": True}} if quirks.usage_on_request else None,
    )

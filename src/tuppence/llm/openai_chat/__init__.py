"""OpenAI's Chat Completions API and the servers that speak it, each with its dialect.

Sources of its facts: OpenAI API reference, "Chat Completions"; recorded answers of the servers.
"""

from __future__ import annotations

from typing import Any

from tuppence.llm.concept import ChatRequest, ChatResponse
from tuppence.llm.faults import Addressee
from tuppence.llm.openai_chat.chat_config import ChatConfig
from tuppence.llm.openai_chat.chat_parser import ChatParser
from tuppence.llm.openai_chat.chat_stream_parser import ChatStreamParser, StreamEvent, decode_event
from tuppence.llm.openai_chat.quirks import Quirks
from tuppence.llm.sse import ServerSentEvent
from tuppence.llm.wire import Client, Limits, OnRequest

__all__ = ["ChatConfig", "ChatParser", "ChatStreamParser", "OpenAIChat", "Quirks"]


class OpenAIChat:
    """The wire, as one server speaks it."""

    name = "openai-chat"

    def __init__(self, quirks: Quirks | None = None) -> None:
        self._quirks = quirks or Quirks()

    def request_params(self, request: ChatRequest, to: Addressee) -> dict[str, Any]:
        return ChatConfig(request, to.origin, self._quirks).params()

    def decode(self, event: ServerSentEvent) -> StreamEvent:
        return decode_event(event.data, event.event)

    def stream_parser(self, to: Addressee) -> ChatStreamParser:
        return ChatStreamParser(to)

    def response_of(self, body: bytes, to: Addressee) -> ChatResponse:
        return ChatParser(to).parse_bytes(body)

    def open_client(self, *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> Client:
        from tuppence.llm.openai_chat.client import chat_client

        return chat_client(
            api_key=api_key, base_url=base_url, limits=limits, on_request=on_request, quirks=self._quirks
        )

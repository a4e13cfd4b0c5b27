"""The Anthropic Messages API. Source of its facts: Anthropic API reference, "Messages" and "Streaming Messages"."""

from __future__ import annotations

from typing import Any

from tuppence.llm.anthropic_messages.chat_config import ChatConfig
from tuppence.llm.anthropic_messages.chat_parser import ChatParser
from tuppence.llm.anthropic_messages.chat_stream_parser import ChatStreamParser, StreamEvent, decode_event
from tuppence.llm.concept import ChatRequest, ChatResponse
from tuppence.llm.faults import Addressee
from tuppence.llm.sse import ServerSentEvent
from tuppence.llm.wire import Client, Limits, OnRequest

__all__ = ["AnthropicMessages", "ChatConfig", "ChatParser", "ChatStreamParser"]


class AnthropicMessages:
    """The wire."""

    name = "anthropic-messages"

    def request_params(self, request: ChatRequest, to: Addressee) -> dict[str, Any]:
        return ChatConfig(request, to.origin).params()

    def decode(self, event: ServerSentEvent) -> StreamEvent:
        return decode_event(event.data)

    def stream_parser(self, to: Addressee) -> ChatStreamParser:
        return ChatStreamParser(to)

    def response_of(self, body: bytes, to: Addressee) -> ChatResponse:
        return ChatParser(to.origin).parse_bytes(body)

    def open_client(self, *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> Client:
        from tuppence.llm.anthropic_messages.client import AnthropicClient

        return AnthropicClient(api_key=api_key, base_url=base_url, limits=limits, on_request=on_request)

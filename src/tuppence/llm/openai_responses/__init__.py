"""The OpenAI Responses API. Source of its facts: OpenAI API reference, "Responses" and "Streaming events"."""

from __future__ import annotations

from typing import Any

from tuppence.llm.concept import ChatRequest, ChatResponse
from tuppence.llm.faults import Addressee
from tuppence.llm.openai_responses.chat_config import ChatConfig
from tuppence.llm.openai_responses.chat_parser import ChatParser
from tuppence.llm.openai_responses.chat_stream_parser import ChatStreamParser, StreamEvent, decode_event
from tuppence.llm.sse import ServerSentEvent
from tuppence.llm.wire import Client, Limits, OnRequest

__all__ = ["ChatConfig", "ChatParser", "ChatStreamParser", "OpenAIResponses"]


class OpenAIResponses:
    """The wire."""

    name = "openai-responses"

    def request_params(self, request: ChatRequest, to: Addressee) -> dict[str, Any]:
        return ChatConfig(request, to.origin).params()

    def decode(self, event: ServerSentEvent) -> StreamEvent:
        return decode_event(event.data)

    def stream_parser(self, to: Addressee) -> ChatStreamParser:
        return ChatStreamParser(to)

    def response_of(self, body: bytes, to: Addressee) -> ChatResponse:
        parser = ChatParser(to.origin)
        return parser.parse(parser.parse_bytes(body))

    def open_client(self, *, api_key: str, base_url: str, limits: Limits, on_request: OnRequest | None) -> Client:
        from tuppence.llm.openai_responses.client import open_client

        return open_client(api_key=api_key, base_url=base_url, limits=limits, on_request=on_request)

"""A finished message to a response, and that a plain answer and a streamed one give the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import ChatFunctionRequest, MalformedStream, Origin, ProviderBlock, TextBlock, TokenUsage
from tuppence.llm.anthropic_messages.chat_parser import ChatParser

from ..asking import TO
from .streams import Json, block_start, block_stop, delta, end, response_of, start

MESSAGE: Json = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-of-may",
    "content": [
        {"type": "thinking", "thinking": "Let me see.", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "Ev0B"},
        {"type": "text", "text": "It was 12.30 🦔.", "citations": [{"type": "page_location", "cited_text": "12.30"}]},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rates"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "tool_use", "id": "toolu_1", "name": "get_accounts", "input": {"limit": 3, "kinds": ["savings"]}},
        {"type": "tool_use", "id": "toolu_2", "name": "get_merchants", "input": {}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 60},
}


def parsed(**changes: Any) -> Any:
    return ChatParser(TO.origin).parse_bytes(msgspec.json.encode({**MESSAGE, **changes}))


def streamed(message: Json) -> list[Json]:
    """The events in which the API would stream `message`."""
    events: list[Json] = [start(**{**message["usage"], "output_tokens": 1})]
    for index, block in enumerate(message["content"]):
        pieces: list[tuple[str, str, str]] = []
        first = dict(block)
        match block["type"]:
            case "text":
                first["text"], first["citations"] = "", []
                events_of_citations = [
                    delta(index, "citations_delta", citation=one) for one in block.get("citations", ())
                ]
                pieces = [("text_delta", "text", piece) for piece in block["text"]]
            case "thinking":
                first["thinking"] = first["signature"] = ""
                pieces = [("thinking_delta", "thinking", piece) for piece in block["thinking"]]
                pieces.append(("signature_delta", "signature", block["signature"]))
            case "tool_use" | "server_tool_use":
                first["input"] = {}
                pieces = [
                    ("input_json_delta", "partial_json", one) for one in msgspec.json.encode(block["input"]).decode()
                ]
        events.append(block_start(index, **first))
        if block["type"] == "text":
            events += events_of_citations
        events += [delta(index, kind, **{name: piece}) for kind, name, piece in pieces]
        events.append(block_stop(index))
    return [*events, *end(message["stop_reason"], output_tokens=message["usage"]["output_tokens"])]


def test_a_plain_answer_and_a_streamed_one_give_equal_responses() -> None:
    assert parsed() == response_of(streamed(MESSAGE))


_texts = st.sampled_from(["", "a", "\n\n", "né 🦔", '"\\']) | st.text("ab 🦔", max_size=5)
_values = st.none() | st.booleans() | st.integers() | _texts | st.lists(_texts, max_size=2)
_blocks = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, _texts),
    st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "EqQB"}, _texts),
    st.builds(
        lambda kind, given: {"type": kind, "id": "toolu_1", "name": "f", "input": given},
        st.sampled_from(["tool_use", "server_tool_use"]),
        st.dictionaries(_texts, _values, max_size=3),
    ),
    st.just({"type": "redacted_thinking", "data": "Ev0B"}),
)


@given(st.lists(_blocks, max_size=4))
def test_any_message_is_the_same_plain_and_streamed(content: list[Json]) -> None:
    message = {**MESSAGE, "content": content}
    assert parsed(content=content) == response_of(streamed(message))


def test_everything_of_a_message_is_in_the_response() -> None:
    response = parsed()
    assert (response.id, response.model, response.provider_stop_reason) == ("msg_1", "claude-of-may", "tool_use")
    assert response.stop_reason == "function_request"
    assert response.output_text == "It was 12.30 🦔."
    assert response.reasoning_text == "Let me see."
    assert [block.raw for block in response.content[:5]] == MESSAGE["content"][:5]
    assert [type(block) for block in response.content[3:5]] == [ProviderBlock, ProviderBlock]
    assert response.function_requests == (
        ChatFunctionRequest("toolu_1", "toolu_1", "get_accounts", {"limit": 3, "kinds": ["savings"]}, origin=TO.origin),
        ChatFunctionRequest("toolu_2", "toolu_2", "get_merchants", {}, origin=TO.origin),
    )
    assert response.usage == TokenUsage(15, 60, 5)  # 10 + 5


def test_every_block_names_its_maker() -> None:
    assert {block.origin for block in parsed().content} == {Origin(TO.provider, TO.model)}


def test_an_empty_content_is_a_response() -> None:
    assert parsed(content=[]).content == ()


def test_a_text_block_without_citations_needs_nothing_of_the_providers_own() -> None:
    assert parsed(content=[{"type": "text", "text": "a", "citations": None}]).content == (TextBlock("a", TO.origin),)


@pytest.mark.parametrize("given", [[1], "text", 3, True])
def test_input_that_is_no_object_is_malformed(given: Any) -> None:
    content = [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": given}]
    (request,) = parsed(content=content).function_requests
    assert (request.function_args, request.malformed) == ({}, True)
    assert request.raw_arguments == msgspec.json.encode(given).decode()


def test_input_that_is_left_out_is_an_empty_object() -> None:
    (request,) = parsed(content=[{"type": "tool_use", "id": "toolu_1", "name": "f"}]).function_requests
    assert (request.function_args, request.malformed) == ({}, False)


def test_the_iterations_of_one_request_are_added_up_because_each_is_billed() -> None:
    iterations = [
        {"type": "compaction", "input_tokens": 100, "output_tokens": 20},
        {"type": "message", "input_tokens": 7, "output_tokens": 30, "cache_read_input_tokens": 2},
    ]
    usage = {"input_tokens": 7, "output_tokens": 30, "cache_read_input_tokens": 2, "iterations": iterations}
    assert parsed(usage=usage).usage == TokenUsage(109, 50, 2)  # 100 + 7 + 2, 20 + 30


@pytest.mark.parametrize("usage", [None, {}, [], "many", {"input_tokens": "ten", "iterations": 3}])
def test_usage_that_says_nothing_is_unknown(usage: Any) -> None:
    assert parsed(usage=usage).usage == TokenUsage()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[]",
        b"{}",
        b'{"content": "text"}',
        b'{"content": ["text"]}',
        b'{"content": [], "id": "\xff"}',
        b'{"content": [{"type": "text", "te',
        b"[" * 20_000,
    ],
)
def test_what_is_no_message_is_malformed_and_its_words_are_not_passed_on(body: bytes) -> None:
    with pytest.raises(MalformedStream, match="Check the provider's address") as raised:
        ChatParser(TO.origin).parse_bytes(body)
    assert "Sign in" not in str(raised.value)

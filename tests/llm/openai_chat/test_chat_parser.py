"""Plain chat completions, one case each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuppence.llm import (
    ChatFunctionRequest,
    ChatResponse,
    LLMError,
    MalformedStream,
    RateLimited,
    ReasoningBlock,
    TextBlock,
    TokenUsage,
    Unavailable,
)
from tuppence.llm.openai_chat.chat_parser import ChatParser, usage_of

from .streams import TO, Json


def response(message: Json, finish_reason: str | None = "stop", **fields: Any) -> ChatResponse:
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "cc-7", "model": "thrifty-1-0324", "choices": [choice], **fields}
    return ChatParser(TO).parse_bytes(msgspec.json.encode(body))


def test_the_blocks_of_an_answer_in_their_order() -> None:
    tool_call = {"id": "c1", "type": "function", "function": {"name": "spend", "arguments": '{"month": 3}'}}
    message = {"content": "Let me see.", "reasoning_content": "Look it up.", "tool_calls": [tool_call]}
    request = ChatFunctionRequest("c1", "c1", "spend", {"month": 3}, origin=TO.origin)
    answer = response(message, "tool_calls")
    assert answer.content == (ReasoningBlock("Look it up.", TO.origin), TextBlock("Let me see.", TO.origin), request)
    assert (answer.id, answer.model, answer.stop_reason) == ("cc-7", "thrifty-1-0324", "function_request")


@pytest.mark.parametrize("message", [{}, {"content": None}, {"content": ""}, {"content": [], "tool_calls": None}])
def test_an_answer_may_be_empty(message: Json) -> None:
    assert response(message).content == ()


def test_a_refusal_is_output_text() -> None:
    answer = response({"content": None, "refusal": "I will not."})
    assert (answer.output_text, answer.stop_reason) == ("I will not.", "refusal")


def test_a_refusal_may_be_a_part_of_the_content() -> None:
    answer = response({"content": [{"type": "refusal", "refusal": "I will not."}]})
    assert (answer.output_text, answer.stop_reason) == ("I will not.", "refusal")


def test_thinking_may_be_a_part_of_the_content_as_text_or_as_parts() -> None:
    parts = [
        {"type": "thinking", "thinking": "Add "},
        {"type": "thinking", "thinking": [{"type": "text", "text": "up."}]},
        {"type": "text", "text": "12"},
    ]
    answer = response({"content": parts})
    assert (answer.reasoning_text, answer.output_text) == ("Add up.", "12")


def test_of_several_choices_the_first_is_read_wherever_it_stands() -> None:
    choices = [{"index": index, "message": {"content": words}} for index, words in ((1, "B"), (0, "A"))]
    body = msgspec.json.encode({"choices": choices})
    assert ChatParser(TO).parse_bytes(body).output_text == "A"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [3]}', b'"\xff"'])
def test_what_is_no_completion_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedStream):
        ChatParser(TO).parse_bytes(body)


@pytest.mark.parametrize(
    ("error", "kind"), [({"message": "slow down", "code": 429}, RateLimited), ("out of memory", Unavailable)]
)
def test_an_error_in_the_place_of_an_answer_is_that_error(error: object, kind: type[LLMError]) -> None:
    with pytest.raises(LLMError) as caught:
        ChatParser(TO).parse_bytes(msgspec.json.encode({"error": error}))
    assert type(caught.value) is kind


# --------------------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("report", "usage"),
    [
        ({}, TokenUsage()),
        ({"prompt_tokens": 0, "completion_tokens": 0}, TokenUsage(0, 0)),
        ({"prompt_tokens": 5, "completion_tokens": None, "total_tokens": None}, TokenUsage(5)),
        ({"prompt_tokens": "5", "completion_tokens": True}, TokenUsage()),
        ({"prompt_tokens_details": None, "completion_tokens_details": 3}, TokenUsage()),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0}}, TokenUsage(5, cache_read_tokens=0)),
        ({"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}, TokenUsage(5, cache_read_tokens=3)),
        ({"prompt_tokens": 5, "cached_tokens": 3}, TokenUsage(5, cache_read_tokens=3)),
        (
            {"prompt_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 1},
            TokenUsage(5, cache_read_tokens=3, cache_write_tokens=1),
        ),
        ({"completion_tokens": 9, "reasoning_tokens": 4}, TokenUsage(None, 9, reasoning_tokens=4)),
    ],
)
def test_counts_wherever_a_server_puts_them(report: Json, usage: TokenUsage) -> None:
    assert usage_of(report) == usage


@pytest.mark.parametrize(("total", "output"), [(29, 9), (35, 15)])
def test_output_includes_reasoning_also_where_it_is_counted_beside(total: int, output: int) -> None:
    report = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": total}  # 20 + 9, 20 + 9 + 6
    usage = usage_of({**report, "completion_tokens_details": {"reasoning_tokens": 6}})
    assert usage == TokenUsage(20, output, reasoning_tokens=6)

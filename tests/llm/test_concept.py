"""The values: what follows from them, and that they can be written and read back."""

from __future__ import annotations

import msgspec
import pytest

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatMessage,
    ChatResponse,
    FunctionResult,
    Message,
    Origin,
    OutputTextChunk,
    ProviderBlock,
    ReasoningBlock,
    ReasoningChunk,
    ResponseChunk,
    TextBlock,
    TokenUsage,
    UserMessage,
)

ORIGIN = Origin("anthropic", "a-model")
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
CALL = ChatFunctionRequest("id-1", "call-1", "get_accounts", {"type": "checking", "limit": 3}, origin=ORIGIN)
BROKEN = ChatFunctionRequest("id-2", "call-2", "get_accounts", {}, malformed=True, raw_arguments='{"type": "chec')
RESPONSE = ChatResponse(
    id="msg-1",
    model="a-model-of-may",
    content=(
        ReasoningBlock("Hm.", ORIGIN, raw=THINKING),
        TextBlock("Let me ", ORIGIN, raw={"type": "text", "text": "Let me ", "citations": [{"type": "page"}]}),
        ProviderBlock("server_tool_use", {"type": "server_tool_use", "id": "s", "input": {}}, ORIGIN),
        TextBlock("look. 🦔", ORIGIN),
        CALL,
        BROKEN,
    ),
    stop_reason="function_request",
    provider_stop_reason="tool_use",
    usage=TokenUsage(100, 20, 60, None, 5),
)


def test_a_response_joins_its_words_and_its_reasoning() -> None:
    assert RESPONSE.output_text == "Let me look. 🦔"
    assert RESPONSE.reasoning_text == "Hm."
    assert RESPONSE.function_requests == (CALL, BROKEN)


def test_a_response_of_one_message_has_one_message_under_its_own_id() -> None:
    assert RESPONSE.messages == (ChatMessage("msg-1", "Let me look. 🦔"),)


def test_texts_belong_to_the_message_that_they_name() -> None:
    content = (TextBlock("a", message_id="one"), TextBlock("b", message_id="two"), TextBlock("c", message_id="one"))
    response = msgspec.structs.replace(RESPONSE, content=content)
    assert response.messages == (ChatMessage("one", "ac"), ChatMessage("two", "b"))


def test_a_response_without_words_has_no_message() -> None:
    assert msgspec.structs.replace(RESPONSE, content=(CALL,)).messages == ()


def test_a_transcript_is_the_same_after_it_was_written_and_read() -> None:
    transcript: list[Message] = [
        UserMessage("How much?"),
        AssistantMessage.of(RESPONSE),
        FunctionResult("call-1", '{"total": "12.30"}'),
        FunctionResult("call-2", '{"error": "no"}', is_error=True),
    ]
    written = msgspec.json.encode(transcript)
    assert msgspec.json.decode(written, type=list[Message]) == transcript
    assert msgspec.json.encode(msgspec.json.decode(written, type=list[Message])) == written


def test_a_response_is_the_same_after_it_was_written_and_read() -> None:
    assert msgspec.json.decode(msgspec.json.encode(RESPONSE), type=ChatResponse) == RESPONSE


def test_an_answer_goes_back_with_all_its_blocks() -> None:
    assert AssistantMessage.of(RESPONSE).content == RESPONSE.content


@pytest.mark.parametrize(("reason", "paused"), [("pause", True), ("end_turn", False), (None, False)])
def test_an_answer_knows_whether_the_model_only_paused(reason: str | None, paused: bool) -> None:
    assert AssistantMessage.of(msgspec.structs.replace(RESPONSE, stop_reason=reason)).paused is paused


def test_chunks_say_what_they_are_and_only_the_response_has_usage() -> None:
    text, reasoning, response = OutputTextChunk("a"), ReasoningChunk("b"), ResponseChunk(RESPONSE)
    assert [chunk.type for chunk in (text, reasoning, response)] == ["output_text", "reasoning", "response"]
    assert (text.usage, reasoning.usage, response.usage) == (None, None, RESPONSE.usage)


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        RESPONSE.model = "another"  # type: ignore[misc]


def test_unknown_token_counts_are_none() -> None:
    assert set(msgspec.structs.astuple(TokenUsage())) == {None}

"""Responses API events to chunks, event by event, from literals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tuppence.llm import (
    ChatResponse,
    ChatStreamChunk,
    LLMError,
    MalformedStream,
    Origin,
    OutputTextChunk,
    ProviderBlock,
    RateLimited,
    ReasoningBlock,
    ReasoningChunk,
    RequestRejected,
    ResponseChunk,
    StreamInterrupted,
    TextBlock,
    TokenUsage,
)
from tuppence.llm.faults import Addressee
from tuppence.llm.openai_responses import ChatParser, ChatStreamParser
from tuppence.llm.openai_responses.chat_stream_parser import decode_event

TO = Addressee("openai", "OpenAI", "gpt-6-luna", "api.openai.com", "OPENAI_API_KEY")
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant"}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look"}
USAGE = {
    "input_tokens": 90,
    "output_tokens": 20,
    "input_tokens_details": {"cached_tokens": 64},
    "output_tokens_details": {"reasoning_tokens": 8},
}


def event(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()


def created() -> bytes:
    return event(
        "response.created", response={"id": "resp_1", "model": "gpt-6-luna", "status": "in_progress", "output": []}
    )


def added(item: dict[str, Any], at: int = 0) -> bytes:
    return event("response.output_item.added", item=item, output_index=at)


def done(item: dict[str, Any], at: int = 0) -> bytes:
    return event("response.output_item.done", item=item, output_index=at)


def text(delta: str, at: int = 0) -> bytes:
    return event("response.output_text.delta", delta=delta, output_index=at, content_index=0)


def message(*texts: str, kind: str = "output_text") -> dict[str, Any]:
    key = "refusal" if kind == "refusal" else "text"
    return {**MESSAGE, "status": "completed", "content": [{"type": kind, key: one} for one in texts]}


def completed(*output: dict[str, Any], status: str = "completed", **fields: Any) -> bytes:
    response = {
        "id": "resp_1",
        "model": "gpt-6-luna",
        "status": status,
        "output": list(output),
        "usage": USAGE,
        **fields,
    }
    return event(f"response.{status}", response=response)


def chunks_of(*events: bytes, to: Addressee | None = TO) -> list[ChatStreamChunk]:
    parser = ChatStreamParser(to)
    made = [parser.parse(decode_event(one)) for one in events]
    return [chunk for one in made if one is not None for chunk in (one if isinstance(one, tuple) else (one,))]


def response_of(*events: bytes) -> ChatResponse:
    last = chunks_of(*events)[-1]
    assert isinstance(last, ResponseChunk)
    return last.data


def error_of(*events: bytes) -> LLMError:
    with pytest.raises(LLMError) as raised:
        chunks_of(*events)
    return raised.value


def test_a_text_delta_is_a_piece_of_the_answer() -> None:
    found = chunks_of(
        created(), added(MESSAGE), text("Sev"), text("en."), done(message("Seven.")), completed(message("Seven."))
    )
    assert found[:2] == [OutputTextChunk("Sev"), OutputTextChunk("en.")]
    assert isinstance(found[2], ResponseChunk)
    assert len(found) == 3


def test_the_response_holds_everything() -> None:
    response = response_of(
        created(), added(MESSAGE), text("Seven."), done(message("Seven.")), completed(message("Seven."))
    )
    assert (response.id, response.model, response.output_text) == ("resp_1", "gpt-6-luna", "Seven.")
    assert (response.stop_reason, response.provider_stop_reason) == ("end_turn", "completed")
    assert response.usage == TokenUsage(90, 20, 64, None, 8)
    assert response.messages[0].id == "msg_1"


def test_an_empty_delta_makes_no_chunk() -> None:
    assert chunks_of(created(), added(MESSAGE), text("")) == []


def test_a_refusals_words_are_output_text() -> None:
    refusal = event("response.refusal.delta", delta="I cannot.", output_index=0)
    response = response_of(created(), added(MESSAGE), refusal, done(message("I cannot.", kind="refusal")), completed())
    assert (response.output_text, response.stop_reason) == ("I cannot.", "refusal")


def test_text_that_never_streamed_is_shown_when_its_item_is_done() -> None:
    found = chunks_of(created(), added(MESSAGE), text("Sev"), done(message("Seven.")), completed(message("Seven.")))
    assert found[:2] == [OutputTextChunk("Sev"), OutputTextChunk("en.")]


def test_text_that_only_the_terminal_event_holds_is_shown_before_the_response() -> None:
    found = chunks_of(created(), completed(message("Seven.")))
    assert found[0] == OutputTextChunk("Seven.")
    assert isinstance(found[1], ResponseChunk)
    assert found[1].data.output_text == "Seven."


def test_what_streamed_counts_when_the_final_text_is_another() -> None:
    response = response_of(
        created(), added(MESSAGE), text("Eight."), done(message("Seven.")), completed(message("Seven."))
    )
    assert response.output_text == "Eight."


def test_a_terminal_event_with_an_empty_output_leaves_the_done_items() -> None:
    response = response_of(created(), added(CALL), done({**CALL, "arguments": "{}"}), completed())
    assert [request.call_id for request in response.function_requests] == ["call_1"]
    assert response.stop_reason == "function_request"


def test_function_calls_come_by_item() -> None:
    arguments = event("response.function_call_arguments.delta", delta='{"a"', output_index=0)
    response = response_of(created(), added(CALL), arguments, done({**CALL, "arguments": '{"a": 1}'}), completed())
    (request,) = response.function_requests
    assert (request.function_name, request.function_args, request.malformed) == ("look", {"a": 1}, False)
    assert (request.id, request.call_id) == ("fc_1", "call_1")


def test_function_calls_come_by_their_arguments_alone() -> None:
    finished = event("response.function_call_arguments.done", arguments='{"a": 1}', output_index=0)
    response = response_of(created(), added(CALL), finished, completed())
    assert response.function_requests[0].function_args == {"a": 1}


def test_several_calls_keep_their_order() -> None:
    second = {**CALL, "id": "fc_2", "call_id": "call_2"}
    events = [
        added(CALL, 0),
        added(second, 1),
        done({**second, "arguments": ""}, 1),
        done({**CALL, "arguments": "{}"}, 0),
    ]
    response = response_of(created(), *events, completed())
    assert [request.call_id for request in response.function_requests] == ["call_1", "call_2"]


@pytest.mark.parametrize("arguments", ["", "  ", "{}"])
def test_no_arguments_are_an_empty_object(arguments: str) -> None:
    response = response_of(created(), added(CALL), done({**CALL, "arguments": arguments}), completed())
    assert (response.function_requests[0].function_args, response.function_requests[0].malformed) == ({}, False)


@pytest.mark.parametrize("arguments", ["[1]", '{"a": ', "null", "seven"])
def test_arguments_that_are_no_object_are_kept_raw(arguments: str) -> None:
    (request,) = response_of(
        created(), added(CALL), done({**CALL, "arguments": arguments}), completed()
    ).function_requests
    assert (request.function_args, request.malformed, request.raw_arguments) == ({}, True, arguments)


def test_reasoning_summaries_are_shown_part_by_part() -> None:
    parts = [
        event("response.reasoning_summary_text.delta", delta=words, output_index=0, summary_index=index)
        for index, words in ((0, "First"), (0, " this."), (1, "Then that."))
    ]
    whole = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "secret"}
    found = chunks_of(created(), added({"type": "reasoning"}), *parts, done(whole), completed())
    assert found[:3] == [ReasoningChunk("First"), ReasoningChunk(" this."), ReasoningChunk("\n\nThen that.")]
    last = found[-1]
    assert isinstance(last, ResponseChunk)
    assert last.data.reasoning_text == "First this.\n\nThen that."
    (block,) = last.data.content
    assert isinstance(block, ReasoningBlock)
    assert (block.raw, block.origin) == (whole, Origin("openai", "gpt-6-luna"))


def test_reasoning_text_is_shown_and_one_that_never_streamed_when_it_is_done() -> None:
    delta = event("response.reasoning_text.delta", delta="Hm.", output_index=0, content_index=0)
    assert chunks_of(created(), added({"type": "reasoning"}), delta)[0] == ReasoningChunk("Hm.")
    whole = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    assert chunks_of(created(), added({"type": "reasoning"}), done(whole))[0] == ReasoningChunk("Hm.")


def test_items_of_built_in_tools_are_carried_through() -> None:
    item = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"query": "jars"}}
    searching = event("response.web_search_call.searching", item_id="ws_1", output_index=0)
    response = response_of(created(), added(item), searching, done(item), completed())
    assert response.content == (ProviderBlock("web_search_call", item, Origin("openai", "gpt-6-luna")),)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("max_output_tokens", "max_tokens"), ("content_filter", "content_filter"), ("else", "other")],
)
def test_an_incomplete_response_says_why(reason: str, expected: str) -> None:
    end = completed(status="incomplete", incomplete_details={"reason": reason})
    response = response_of(created(), added(MESSAGE), text("Sev"), end)
    assert (response.stop_reason, response.provider_stop_reason, response.output_text) == (expected, reason, "Sev")


def test_a_failed_response_before_the_answer_is_what_its_error_says() -> None:
    failed = event(
        "response.failed", response={"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "x"}}
    )
    assert isinstance(error_of(created(), failed), RateLimited)


def test_an_error_event_before_the_answer_is_what_it_says() -> None:
    flat = event("error", code="insufficient_quota", message="You exceeded your current quota")
    nested = event("error", error={"type": "insufficient_quota", "message": "You exceeded your current quota"})
    for one in (flat, nested):
        error = error_of(created(), one)
        assert isinstance(error, RequestRejected)
        assert "quota" not in str(error), "the provider's own words stay out of the message"


def test_an_error_in_the_middle_is_an_interruption() -> None:
    assert isinstance(
        error_of(created(), added(MESSAGE), text("Sev"), event("error", code="server_error")), StreamInterrupted
    )


def test_without_a_terminal_event_the_answer_has_not_ended() -> None:
    parser = ChatStreamParser(TO)
    for one in (created(), added(MESSAGE), text("Sev"), added(CALL, 1)):
        parser.parse(decode_event(one))
    assert not parser.ended
    partial = parser.partial()
    assert partial is not None
    assert (partial.output_text, partial.function_requests, partial.stop_reason) == ("Sev", (), None)


@pytest.mark.parametrize("kind", ["response.queued", "keepalive", "response.something_new"])
def test_other_and_unknown_events_pass(kind: str) -> None:
    assert chunks_of(created(), event(kind, sequence_number=1)) == []


def test_a_stream_resumed_in_the_middle_is_read() -> None:
    found = chunks_of(text("even."), completed(message("Seven.")))
    assert found[0] == OutputTextChunk("even.")
    assert isinstance(found[-1], ResponseChunk)
    assert found[-1].data.id == "resp_1"


def test_a_done_marker_after_the_end_passes() -> None:
    assert decode_event(b"[DONE]") == decode_event(event("keepalive"))


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"type": "response.output_text.delta"}', b"\xff", b"7"])
def test_what_is_not_the_protocol_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedStream):
        decode_event(data)


def test_a_plain_answer_and_a_streamed_one_are_equal() -> None:
    output = [message("Seven."), {**CALL, "arguments": '{"a": 1}'}]
    body = json.dumps(
        {"id": "resp_1", "model": "gpt-6-luna", "status": "completed", "output": output, "usage": USAGE}
    ).encode()
    parser = ChatParser(TO.origin)
    streamed = response_of(
        created(),
        added(MESSAGE),
        text("Seven."),
        done(output[0]),
        added(CALL, 1),
        done(output[1], 1),
        completed(*output),
    )
    assert parser.parse(parser.parse_bytes(body)) == streamed
    assert isinstance(streamed.content[0], TextBlock)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"output": 7}'])
def test_a_plain_answer_that_is_no_response_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedStream):
        ChatParser().parse_bytes(body)


def test_words_of_an_item_that_is_no_message_are_no_answer() -> None:
    item = {"id": "ci_1", "type": "code_interpreter_call"}
    assert chunks_of(created(), added(item), text("print(7)")) == []


def test_a_piece_at_a_place_where_nothing_began_belongs_to_the_open_item() -> None:
    found = response_of(created(), added(MESSAGE), text("Sev"), text("en.", at=7), done(message("Seven.")), completed())
    assert found.output_text == "Seven."


def test_an_item_that_ends_as_another_kind_keeps_what_was_shown() -> None:
    response = response_of(created(), added(MESSAGE), text("Seven."), done({"type": "other"}), completed())
    assert response.output_text == "Seven."

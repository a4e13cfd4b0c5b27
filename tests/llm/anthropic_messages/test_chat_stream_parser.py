"""Messages API events to chunks, one case each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    ChatFunctionRequest,
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
    Unavailable,
)
from tuppence.llm.anthropic_messages.chat_stream_parser import (
    ChatStreamParser,
    OtherBlockDelta,
    UnknownEvent,
    decode_event,
)

from ..asking import MODEL, TO
from .streams import Json, block_start, block_stop, call, delta, end, fed, response_of, start, stream, text

ORIGIN = Origin("anthropic", MODEL)


def calls_in(events: list[Json]) -> list[tuple[str, dict[str, Any], bool]]:
    requests = response_of(events).function_requests
    return [(request.function_name, request.function_args, request.malformed) for request in requests]


# --------------------------------------------------------------------------------------------------------- words


def test_a_text_delta_is_output_text() -> None:
    chunks = fed(stream(text(0, "Twelve", " euros")))
    assert chunks[:-1] == [OutputTextChunk("Twelve"), OutputTextChunk(" euros")]


def test_a_chunk_comes_with_its_event_and_not_later() -> None:
    parser = ChatStreamParser(TO)
    events = [start(), block_start(0, type="text", text=""), delta(0, "text_delta", text="Hi")]
    assert [parser.parse(decode_event(msgspec.json.encode(event))) for event in events][-1] == OutputTextChunk("Hi")


def test_an_empty_text_delta_makes_no_chunk() -> None:
    assert fed([start(), *text(0, "", "")]) == []


def test_text_in_the_start_of_a_block_is_output_text_too() -> None:
    events = [
        start(),
        block_start(0, type="text", text="Hel"),
        delta(0, "text_delta", text="lo"),
        block_stop(0),
        *end(),
    ]
    assert fed(events)[:2] == [OutputTextChunk("Hel"), OutputTextChunk("lo")]
    assert response_of(events).output_text == "Hello"


def test_several_text_blocks_are_one_text_and_several_blocks() -> None:
    response = response_of(stream(text(0, "a", "b"), text(1, "c")))
    assert response.output_text == "abc"
    assert response.content == (TextBlock("ab", ORIGIN), TextBlock("c", ORIGIN))


def test_blocks_may_grow_side_by_side() -> None:
    begin = [start(), block_start(0, type="text", text=""), block_start(1, type="text", text="")]
    deltas = [delta(1, "text_delta", text="c"), delta(0, "text_delta", text="a"), delta(1, "text_delta", text="d")]
    response = response_of([*begin, *deltas, block_stop(0), block_stop(1), *end()])
    assert [block.text for block in response.content if isinstance(block, TextBlock)] == ["a", "cd"]


def test_an_index_that_is_used_twice_is_two_blocks() -> None:
    assert response_of(stream(text(0, "a"), text(0, "b"))).output_text == "ab"


def test_citations_are_kept_with_the_words_they_belong_to() -> None:
    citation = {"type": "char_location", "cited_text": "12.30", "document_index": 0}
    events = [
        block_start(0, type="text", text="", citations=[]),
        delta(0, "citations_delta", citation=citation),
        delta(0, "text_delta", text="It was 12.30."),
        block_stop(0),
    ]
    assert fed(stream(events))[:-1] == [OutputTextChunk("It was 12.30.")]
    raw = {"type": "text", "text": "It was 12.30.", "citations": [citation]}
    assert response_of(stream(events)).content == (TextBlock("It was 12.30.", ORIGIN, raw=raw),)


# --------------------------------------------------------------------------------------------------- the envelope


def test_message_delta_makes_no_chunk_and_its_usage_is_kept() -> None:
    parser = ChatStreamParser(TO)
    before_the_stop = stream(text(0, "a"))[:-1]
    assert before_the_stop[-1]["type"] == "message_delta"
    assert fed(before_the_stop, parser) == [OutputTextChunk("a")]
    partial = parser.partial()
    assert partial is not None
    assert partial.usage == TokenUsage(10, 7)
    assert (partial.stop_reason, parser.ended) == ("end_turn", False)


def test_message_stop_is_the_response_with_everything_and_the_usage() -> None:
    parser = ChatStreamParser(TO)
    chunks = fed(stream(text(0, "Twelve"), call(1, "toolu_1", "get_accounts", '{"n":1}'), reason="tool_use"), parser)
    assert [chunk.type for chunk in chunks] == ["output_text", "response"]
    last = chunks[-1]
    assert isinstance(last, ResponseChunk)
    assert (last.data.id, last.data.model, last.data.stop_reason) == ("msg_1", "claude-of-may", "function_request")
    assert last.data.provider_stop_reason == "tool_use"
    assert last.usage == last.data.usage == TokenUsage(10, 7)
    request = ChatFunctionRequest("toolu_1", "toolu_1", "get_accounts", {"n": 1}, origin=ORIGIN)
    assert last.data.content == (TextBlock("Twelve", ORIGIN), request)
    assert parser.ended
    assert parser.partial() is last.data


def test_a_ping_makes_nothing_wherever_it_comes() -> None:
    events = stream(text(0, "a", "b"))
    for at in range(len(events)):
        pinged = [*events[:at], {"type": "ping"}, *events[at:]]
        assert fed(pinged) == fed(events)


def test_unknown_events_and_unknown_fields_pass() -> None:
    events = stream(text(0, "a"))
    unknown = {"type": "weather_report", "delta": {"type": "text_delta", "text": "no"}, "index": "none"}
    for at in range(len(events)):
        assert fed([*events[:at], unknown, *events[at:]]) == fed(events)
    assert fed([{**event, "novelty": [1]} for event in events]) == fed(events)
    assert isinstance(decode_event(b'{"type": "weather_report"}'), UnknownEvent)


def test_a_message_without_content_is_a_response_without_content() -> None:
    assert response_of(stream()).content == ()


# --------------------------------------------------------------------------------------------- function requests


def test_the_start_of_a_tool_use_is_tracked_and_makes_no_chunk() -> None:
    begin = [start(), block_start(0, type="tool_use", id="toolu_1", name="get_accounts", input={})]
    assert fed(begin) == []
    assert response_of([*begin, block_stop(0), *end("tool_use")]).function_requests[0].call_id == "toolu_1"


def test_pieces_of_arguments_are_accumulated_and_make_no_chunk() -> None:
    events = call(0, "toolu_1", "get_accounts", "", '{"name": "sav', 'ings 🦔", "li', 'mit": 3}')
    assert [chunk.type for chunk in fed(stream(events))] == ["response"]
    assert calls_in(stream(events)) == [("get_accounts", {"name": "savings 🦔", "limit": 3}, False)]


def test_several_tool_uses_keep_their_order() -> None:
    events = stream(text(0, "Let me look."), call(1, "a", "one", '{"n":1}'), call(2, "b", "two", '{"n":2}'))
    assert calls_in(events) == [("one", {"n": 1}, False), ("two", {"n": 2}, False)]


def test_the_pieces_of_parallel_tool_uses_are_told_apart() -> None:
    begin = [block_start(at, type="tool_use", id=f"t{at}", name=f"f{at}", input={}) for at in (0, 1)]
    pieces = [
        delta(0, "input_json_delta", partial_json='{"n"'),
        delta(1, "input_json_delta", partial_json='{"n":'),
        delta(0, "input_json_delta", partial_json=":1}"),
        delta(1, "input_json_delta", partial_json="2}"),
    ]
    events = stream(begin, pieces, [block_stop(1), block_stop(0)])
    assert calls_in(events) == [("f0", {"n": 1}, False), ("f1", {"n": 2}, False)]


@pytest.mark.parametrize("pieces", [(), ("",), ("", ""), ("{}",), ("  ",)])
def test_no_arguments_are_an_empty_object(pieces: tuple[str, ...]) -> None:
    assert calls_in(stream(call(0, "a", "get_accounts", *pieces))) == [("get_accounts", {}, False)]


def test_arguments_may_arrive_in_the_start_of_the_block() -> None:
    assert calls_in(stream(call(0, "a", "f", input={"n": 1}))) == [("f", {"n": 1}, False)]
    assert calls_in(stream(call(0, "a", "f", "", input={"n": 1}))) == [("f", {"n": 1}, False)]


@pytest.mark.parametrize("arguments", ['{"n": ', "[1]", '"text"', "1", "null", "{'n': 1}", '{"n": 1} {', "[" * 20_000])
def test_arguments_that_are_no_object_are_kept_raw_and_marked(arguments: str) -> None:
    (request,) = response_of(stream(call(0, "a", "f", arguments))).function_requests
    assert (request.function_args, request.malformed, request.raw_arguments) == ({}, True, arguments)


def test_sound_arguments_are_not_kept_twice() -> None:
    (request,) = response_of(stream(call(0, "a", "f", '{"n": 1}'))).function_requests
    assert request.raw_arguments is None


# ------------------------------------------------------------------------------------------------------ reasoning


def test_thinking_is_reasoning_and_its_signature_is_kept_with_it() -> None:
    thinking = [
        block_start(0, type="thinking", thinking="", signature=""),
        delta(0, "thinking_delta", thinking="Let "),
        delta(0, "thinking_delta", thinking="me see."),
        delta(0, "signature_delta", signature="EqQB"),
        delta(0, "signature_delta", signature="CkY="),
        block_stop(0),
    ]
    chunks = fed(stream(thinking, text(1, "Yes.")))
    assert chunks[:-1] == [ReasoningChunk("Let "), ReasoningChunk("me see."), OutputTextChunk("Yes.")]
    response = response_of(stream(thinking, text(1, "Yes.")))
    raw = {"type": "thinking", "thinking": "Let me see.", "signature": "EqQBCkY="}
    assert response.content == (ReasoningBlock("Let me see.", ORIGIN, raw=raw), TextBlock("Yes.", ORIGIN))
    assert (response.reasoning_text, response.output_text) == ("Let me see.", "Yes.")


def test_thinking_that_is_not_shown_still_has_its_signature() -> None:
    thinking = [
        block_start(0, type="thinking", thinking="", signature=""),
        delta(0, "signature_delta", signature="EqQB"),
        block_stop(0),
    ]
    assert [chunk.type for chunk in fed(stream(thinking))] == ["response"]
    raw = {"type": "thinking", "thinking": "", "signature": "EqQB"}
    assert response_of(stream(thinking)).content == (ReasoningBlock("", ORIGIN, raw=raw),)


def test_thinking_without_a_signature_cannot_go_back() -> None:
    events = [block_start(0, type="thinking", thinking="Hm"), delta(0, "thinking_delta", thinking="."), block_stop(0)]
    assert fed(stream(events))[:2] == [ReasoningChunk("Hm"), ReasoningChunk(".")]
    assert response_of(stream(events)).content == (ReasoningBlock("Hm.", ORIGIN, raw=None),)


def test_redacted_thinking_is_carried_and_not_shown() -> None:
    block = {"type": "redacted_thinking", "data": "Ev0B"}
    events = stream([block_start(0, **block), block_stop(0)], text(1, "Yes."))
    assert [chunk.type for chunk in fed(events)] == ["output_text", "response"]
    assert response_of(events).content[0] == ReasoningBlock("", ORIGIN, raw=block)


# -------------------------------------------------------------------------------------------- the provider's own


def test_server_tools_and_their_results_are_carried_through() -> None:
    use = block_start(0, type="server_tool_use", id="srvtoolu_1", name="web_search", input={})
    query = [delta(0, "input_json_delta", partial_json=piece) for piece in ('{"query": ', '"rates"}')]
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "https://e.example"}]}
    events = stream([use, *query, block_stop(0), block_start(1, **result), block_stop(1)], text(2, "Here."))
    response = response_of(events)
    assert [chunk.type for chunk in fed(events)] == ["output_text", "response"]
    assert response.content == (
        ProviderBlock(
            "server_tool_use",
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rates"}},
            ORIGIN,
        ),
        ProviderBlock("web_search_tool_result", result, ORIGIN),
        TextBlock("Here.", ORIGIN),
    )
    assert response.function_requests == ()


def test_blocks_and_deltas_of_unknown_kinds_are_carried_through() -> None:
    unknown = [
        block_start(0, type="drawing", strokes="a", colour="red"),
        delta(0, "drawing_delta", strokes="b", colour=None, width=2),
        block_stop(0),
    ]
    raw = {"type": "drawing", "strokes": "ab", "colour": None, "width": 2}
    assert response_of(stream(unknown)).content == (ProviderBlock("drawing", raw, ORIGIN),)


def test_words_in_a_block_of_another_kind_are_no_output_text() -> None:
    unknown = [block_start(0, type="summary", text="a"), delta(0, "text_delta", text="b"), block_stop(0)]
    assert [chunk.type for chunk in fed(stream(unknown))] == ["response"]
    response = response_of(stream(unknown))
    assert response.output_text == ""
    assert response.content == (ProviderBlock("summary", {"type": "summary", "text": "ab"}, ORIGIN),)


# ---------------------------------------------------------------------------------------------------------- usage


def test_running_totals_overwrite_and_are_never_added_up() -> None:
    events = [start(input_tokens=10, output_tokens=1)]
    events += [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": count}} for count in (20, 45)]
    assert response_of([*events, *end(output_tokens=50)]).usage == TokenUsage(input_tokens=10, output_tokens=50)


def test_what_a_later_event_leaves_out_keeps_its_earlier_value() -> None:
    first = start(input_tokens=10, cache_read_input_tokens=5, cache_creation_input_tokens=2, output_tokens=1)
    later = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 9, "cache_read_input_tokens": None}}
    assert response_of([first, later, *end(output_tokens=12)]).usage == TokenUsage(17, 12, 5, 2)
    nothing: list[Json] = [
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": None},
        {"type": "message_stop"},
    ]
    assert response_of([first, later, *nothing]).usage == TokenUsage(17, 9, 5, 2)


def test_a_later_total_of_zero_overwrites() -> None:
    assert response_of([start(input_tokens=10, output_tokens=1), *end(output_tokens=0)]).usage.output_tokens == 0


def test_input_tokens_count_cached_ones_too() -> None:
    usage = {"input_tokens": 3, "cache_creation_input_tokens": 40, "cache_read_input_tokens": 500, "output_tokens": 1}
    assert response_of([start(**usage), *end()]).usage == TokenUsage(543, 7, 500, 40)  # 3 + 40 + 500


def test_cache_tokens_are_unknown_when_they_were_not_reported() -> None:
    assert response_of([start(input_tokens=3, output_tokens=1), *end()]).usage == TokenUsage(3, 7, None, None, None)


def test_usage_that_was_never_reported_is_unknown() -> None:
    message = {"type": "message_start", "message": {"id": "m", "model": "x"}}
    stop: list[Json] = [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
    assert response_of([message, *stop]).usage == TokenUsage()


def test_reasoning_tokens_are_the_part_of_the_output_that_was_thought() -> None:
    usage: Json = {"output_tokens": 90, "output_tokens_details": {"thinking_tokens": 60}}
    assert response_of([start(), *end(**usage)]).usage == TokenUsage(10, 90, reasoning_tokens=60)


# -------------------------------------------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("end_turn", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("tool_use", "function_request"),
        ("refusal", "refusal"),
        ("pause_turn", "pause"),
        ("model_context_window_exceeded", "context_window"),
        ("of_a_kind_to_come", "other"),
        (None, None),
    ],
)
def test_every_stop_reason_is_one_of_ours_and_the_providers_word_is_kept(reason: str | None, ours: str | None) -> None:
    response = response_of(stream(text(0, "a"), reason=reason))
    assert (response.stop_reason, response.provider_stop_reason) == (ours, reason)


def test_a_refusals_words_are_output_text() -> None:
    events = stream(text(0, "I cannot ", "help with that."), reason="refusal")
    assert response_of(events).output_text == "I cannot help with that."
    assert response_of(events).stop_reason == "refusal"


def test_a_request_cut_off_by_max_tokens_is_malformed() -> None:
    events = stream(call(0, "a", "f", '{"name": "sav'), reason="max_tokens")
    assert calls_in(events) == [("f", {}, True)]


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("overloaded_error", Unavailable),
        ("api_error", Unavailable),
        ("rate_limit_error", RateLimited),
        ("invalid_request_error", RequestRejected),
    ],
)
def test_an_error_event_first_is_what_it_says_and_may_be_repeated(kind: str, fault: type[Exception]) -> None:
    parser = ChatStreamParser(TO)
    with pytest.raises(fault) as raised:
        fed([{"type": "ping"}, {"type": "error", "error": {"type": kind, "message": "secret"}}], parser)
    assert type(raised.value) is fault
    assert "secret" not in str(raised.value)
    assert parser.partial() is None


@pytest.mark.parametrize("events", range(1, 6))
def test_an_error_event_in_the_middle_is_an_interruption_and_may_not(events: int) -> None:
    parser = ChatStreamParser(TO)
    begun = stream(text(0, "a", "b"))[:events]
    with pytest.raises(StreamInterrupted, match="overloaded") as raised:
        fed([*begun, {"type": "error", "error": {"type": "overloaded_error", "message": "secret"}}], parser)
    assert type(raised.value) is StreamInterrupted
    assert "secret" not in str(raised.value)
    partial = parser.partial()
    assert partial is not None
    assert partial.output_text == "ab"[: max(0, events - 2)]
    assert partial.stop_reason is None


@pytest.mark.parametrize("error", [None, {}, {"type": None}, {"type": 3, "message": 4}])
def test_an_error_event_without_words_is_an_error_all_the_same(error: Any) -> None:
    with pytest.raises(StreamInterrupted):
        fed([start(), {"type": "error", "error": error}])


# -------------------------------------------------------------------------------------------------------- partial


def test_partial_is_what_there_is_at_any_moment() -> None:
    parser = ChatStreamParser(TO)
    assert parser.partial() is None
    shown = []
    for event in stream(text(0, "a", "b"), text(1, "c"))[:-1]:
        fed([event], parser)
        partial = parser.partial()
        assert partial is not None
        shown.append(partial.output_text)
    assert shown == ["", "", "a", "ab", "ab", "ab", "abc", "abc", "abc"]


def test_partial_never_holds_a_request_that_was_cut_off() -> None:
    parser = ChatStreamParser(TO)
    whole, cut = call(1, "a", "one", '{"n":1}'), call(2, "b", "two", '{"n":2}')
    for event in [start(), *text(0, "Hm."), *whole, *cut[:-1]]:
        fed([event], parser)
        partial = parser.partial()
        assert partial is not None
        assert [request.call_id for request in partial.function_requests] in ([], ["a"])
    fed(cut[-1:], parser)
    partial = parser.partial()
    assert partial is not None
    assert [request.call_id for request in partial.function_requests] == ["a", "b"]


def test_partial_keeps_thinking_that_was_not_signed_yet_but_not_for_going_back() -> None:
    parser = ChatStreamParser(TO)
    fed([start(), block_start(0, type="thinking", thinking="", signature="")], parser)
    fed([delta(0, "thinking_delta", thinking="Hm")], parser)
    partial = parser.partial()
    assert partial is not None
    assert partial.content == (ReasoningBlock("Hm", ORIGIN, raw=None),)


# -------------------------------------------------------------------------------------------- what is not the protocol


def test_an_answer_without_its_start_is_an_answer_all_the_same() -> None:
    parser = ChatStreamParser(TO)
    assert fed(text(0, "a"), parser) == [OutputTextChunk("a")]
    assert parser.begun
    partial = parser.partial()
    assert partial is not None
    assert (partial.id, partial.model, partial.output_text) == ("", "", "a")
    with pytest.raises(StreamInterrupted):
        fed([{"type": "error", "error": {"type": "overloaded_error"}}], parser)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no",
        b"[1]",
        b"{}",
        b'"message_stop"',
        b'{"type": 3}',
        b'{"type": "ping"',
        b'{"type": "content_block_delta"}',
        b'{"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta", "text": "a"}}',
        b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 5}}',
        b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}}',
        b'{"type": "content_block_start", "index": 0, "content_block": "text"}',
        b'{"type": "message_start"}',
        b'{"type": "weather", "sky": "\xff"}',
        b'{"type": "weather", "sky": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"\xff",
    ],
)
def test_what_is_no_event_is_a_malformed_stream(data: bytes) -> None:
    with pytest.raises(MalformedStream) as raised:
        decode_event(data)
    assert "sky" not in str(raised.value)


@pytest.mark.parametrize(
    "event",
    [delta(3, "text_delta", text="a"), delta(3, "drawing_delta", strokes="a"), block_stop(3)],
)
def test_a_piece_of_a_block_that_never_began_is_a_malformed_stream(event: Json) -> None:
    with pytest.raises(MalformedStream, match="never began"):
        fed([start(), *text(0, "a"), event])


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "text", "tool_use", "thinking", "max_tokens"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "thinking", "signature", "citations", "input", "id", "name", "usage"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
_counts = st.dictionaries(
    st.sampled_from(
        ["input_tokens", "output_tokens", "cache_read_input_tokens", "output_tokens_details", "iterations"]
    ),
    _json,
)
_kinds = st.sampled_from(
    ["text_delta", "thinking_delta", "signature_delta", "input_json_delta", "citations_delta", "drawing_delta"]
)
_events = st.one_of(
    st.builds(
        lambda more, usage: {"type": "message_start", "message": {**more, "usage": usage}}, _counts, _counts | _json
    ),
    st.builds(
        lambda index, kind, more: block_start(index, **{**more, "type": kind}),
        st.integers(0, 2),
        st.sampled_from(["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "drawing"]) | _json,
        st.dictionaries(st.sampled_from(["text", "thinking", "signature", "citations", "input", "id", "name"]), _json),
    ),
    st.builds(
        lambda index, kind, piece: delta(
            index, kind, text=piece, thinking=piece, signature=piece, partial_json=piece, citation={"a": piece}
        ),
        st.integers(0, 2),
        _kinds,
        st.sampled_from(["", "a", "{", '{"a": 1}', "é"]),
    ),
    st.builds(block_stop, st.integers(0, 2)),
    st.builds(lambda change, usage: {"type": "message_delta", "delta": change, "usage": usage}, _json, _counts | _json),
    st.builds(
        lambda change: {"type": "message_delta", "delta": change},
        st.dictionaries(st.sampled_from(["stop_reason", "id"]), _json),
    ),
    st.builds(lambda error: {"type": "error", "error": error}, _json),
    st.just({"type": "message_stop"}),
    st.dictionaries(st.sampled_from(["type", "index", "delta"]), _json),
)


@given(st.lists(_events, max_size=12))
def test_whatever_comes_ends_in_our_error_tree_and_the_words_are_those_that_were_shown(events: list[Json]) -> None:
    parser = ChatStreamParser(TO)
    words, thoughts = "", ""
    for event in [start(), *events]:
        try:
            chunks = fed([event], parser)
        except (MalformedStream, StreamInterrupted):
            chunks = []
        words += "".join(chunk.data for chunk in chunks if isinstance(chunk, OutputTextChunk))
        thoughts += "".join(chunk.data for chunk in chunks if isinstance(chunk, ReasoningChunk))
        partial = parser.partial()
        assert partial is not None
        assert msgspec.json.decode(msgspec.json.encode(partial), type=type(partial)) == partial
        assert sorted(words) == sorted(partial.output_text)  # blocks that grow side by side are joined one by one
        assert sorted(thoughts) == sorted(partial.reasoning_text)
        if parser.ended:
            break


def test_a_delta_whose_kind_is_no_word_is_of_an_unknown_kind() -> None:
    event = decode_event(b'{"type": "content_block_delta", "index": 0, "delta": {"type": {}}}')
    assert isinstance(event, OtherBlockDelta)

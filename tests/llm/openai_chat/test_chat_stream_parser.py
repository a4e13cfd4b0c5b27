"""Chat Completions chunks in their dialects, one case each."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    ChatStreamChunk,
    LLMError,
    MalformedStream,
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
from tuppence.llm.openai_chat.chat_parser import ChatParser
from tuppence.llm.openai_chat.chat_stream_parser import ChatStreamParser, decode_event

from .streams import (
    DONE,
    TO,
    Json,
    body,
    calling,
    chunk,
    chunks_of,
    delta,
    fed,
    parsed,
    response_of,
    text,
    usage,
)
from .streams import call as piece

STOP = delta("stop")
CALLED = delta("tool_calls")


# --------------------------------------------------------------------------------------------------------- words


def test_a_content_delta_is_output_text() -> None:
    assert fed(*text("Twelve", " euros"), STOP)[:-1] == [OutputTextChunk("Twelve"), OutputTextChunk(" euros")]


def test_a_chunk_comes_with_its_event_and_not_later() -> None:
    assert parsed(ChatStreamParser(TO), delta(content="Hi"), delta(content="!")) == [
        OutputTextChunk("Hi"),
        OutputTextChunk("!"),
    ]


@pytest.mark.parametrize("empty", [{}, {"content": None}, {"content": ""}, {"role": "assistant", "refusal": None}])
def test_a_delta_without_words_makes_no_chunk(empty: Json) -> None:
    assert parsed(ChatStreamParser(TO), delta(**empty)) == [None]


def test_a_choice_may_have_no_delta_at_all() -> None:
    assert response_of(*text("Hi"), chunk({"index": 0, "delta": None, "finish_reason": "stop"})).output_text == "Hi"


def test_words_beside_the_finish_reason_count() -> None:
    response = response_of(delta(content="Twel"), delta("stop", content="ve"))
    assert (response.output_text, response.stop_reason) == ("Twelve", "end_turn")


def test_content_may_be_a_list_of_parts() -> None:
    parts = [
        {"type": "text", "text": "Twel"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "ve"},
    ]
    assert fed(delta(content=parts), STOP)[0] == OutputTextChunk("Twelve")


def test_a_refusals_words_are_output_text() -> None:
    response = response_of(delta(refusal="I will"), delta(refusal=" not."), STOP)
    assert (response.output_text, response.stop_reason, response.provider_stop_reason) == (
        "I will not.",
        "refusal",
        "stop",
    )


def test_words_before_a_refusal_stay_before_it() -> None:
    assert response_of(delta(content="Well, "), delta(refusal="no."), STOP).output_text == "Well, no."


def test_only_the_first_of_several_choices_counts() -> None:
    both = chunk({"index": 1, "delta": {"content": "B"}}, {"index": 0, "delta": {"content": "A"}})
    other = delta("length", index=1, content="B")
    response = response_of(both, other, delta(content="a"), STOP)
    assert (response.output_text, response.stop_reason) == ("Aa", "end_turn")


def test_a_choice_without_an_index_is_the_first() -> None:
    assert response_of(chunk({"delta": {"content": "Hi"}, "finish_reason": "stop"})).output_text == "Hi"


def test_a_message_stands_in_for_a_missing_delta_and_is_ignored_beside_one() -> None:
    alone = chunk({"index": 0, "message": {"content": "Twelve"}, "finish_reason": "stop"})
    beside = chunk({"index": 0, "delta": {"content": "lve"}, "message": {"content": "Twelve"}})
    assert response_of(alone).output_text == "Twelve"
    assert response_of(delta(content="Twe"), beside, STOP).output_text == "Twelve"


def test_citations_are_carried_with_the_text() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://bank.example/fees"}}
    pages = ["https://bank.example"]
    response = response_of(
        chunk({"index": 0, "delta": {"content": "Two"}}, citations=pages),
        delta(content=" euros", annotations=[note]),
        STOP,
    )
    raw = {"annotations": [note], "citations": pages}
    assert response.content == (TextBlock("Two euros", TO.origin, raw=raw),)


def test_the_servers_own_tools_are_carried() -> None:
    ran = {"index": 0, "type": "search", "arguments": "{}"}
    response = response_of(delta(executed_tools=[ran]), delta(content="Found."), STOP)
    assert response.content[0] == ProviderBlock("executed_tools", {"executed_tools": [ran]}, TO.origin)


# ----------------------------------------------------------------------------------------------------- reasoning


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text", "thinking"])
def test_reasoning_under_its_names(field: str) -> None:
    deltas: list[Json] = [{"role": "assistant", "content": None, field: "Add "}, {"content": "", field: "up."}]
    response = response_of(*(delta(**one) for one in deltas), *text("12"), STOP)
    assert response.content == (ReasoningBlock("Add up.", TO.origin), TextBlock("12", TO.origin))


def test_reasoning_sent_twice_counts_once() -> None:
    twice = [delta(reasoning="Add ", reasoning_content="Add "), delta(reasoning_content="up.", reasoning="up.")]
    assert response_of(*twice, STOP).reasoning_text == "Add up."


def test_reasoning_sent_twice_in_separate_chunks_counts_once() -> None:
    apart = [delta(reasoning="Add."), delta(reasoning_content="Add.")]
    assert response_of(*apart, STOP).reasoning_text == "Add."


def test_reasoning_and_words_in_one_delta_are_two_chunks() -> None:
    chunks = fed(delta(content="12", reasoning_content="Add."), STOP)
    assert chunks[:-1] == [ReasoningChunk("Add."), OutputTextChunk("12")]


def test_thinking_parts_of_the_content_are_reasoning() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Add "}, {"type": "text", "text": "up."}]}
    response = response_of(delta(content=[thinking, {"type": "text", "text": "1"}]), delta(content="2"), STOP)
    assert (response.reasoning_text, response.output_text) == ("Add up.", "12")


def test_reasoning_details_are_carried_and_not_read_twice() -> None:
    pieces = [{"type": "reasoning.text", "text": words, "index": 0, "format": None} for words in ("Add ", "up.")]
    signature = {"type": "reasoning.text", "signature": "c2lnbmVk", "index": 0, "format": "shop-v1"}
    response = response_of(
        delta(reasoning="Add ", reasoning_details=pieces[:1]),
        delta(reasoning="up.", reasoning_details=pieces[1:]),
        delta(reasoning=None, reasoning_details=[signature]),
        *text("12"),
        STOP,
    )
    whole = {"type": "reasoning.text", "text": "Add up.", "index": 0, "format": "shop-v1", "signature": "c2lnbmVk"}
    assert response.content[0] == ReasoningBlock("Add up.", TO.origin, raw={"reasoning_details": [whole]})


def test_encrypted_reasoning_stays_in_pieces_of_its_own() -> None:
    sealed = [{"type": "reasoning.encrypted", "data": data, "index": 0} for data in ("AAAA", "BBBB")]
    response = response_of(*(delta(reasoning_details=[one]) for one in sealed), *text("12"), STOP)
    assert response.content[0] == ReasoningBlock("", TO.origin, raw={"reasoning_details": sealed})


def test_reasoning_that_is_only_in_the_details_is_read_from_them() -> None:
    details = [{"type": "reasoning.summary", "summary": "Adding up.", "index": 0}]
    assert fed(delta(reasoning_details=details), STOP)[0] == ReasoningChunk("Adding up.")


# ------------------------------------------------------------------------------------------------ ids, stops, usage


def test_the_first_id_and_model_that_are_not_empty_count() -> None:
    empty = {**delta(content="Hi"), "id": "", "model": ""}
    response = response_of({**chunk(), "id": None, "model": None}, empty, delta(content="!"), STOP)
    assert (response.id, response.model) == ("cc-7", "thrifty-1-0324")


def test_without_an_id_the_answer_has_none() -> None:
    bare: Json = {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    response = response_of(bare)
    assert (response.id, response.model, response.output_text) == ("", "", "Hi")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "end_turn"),
        ("STOP", "end_turn"),
        ("eos", "end_turn"),
        ("length", "max_tokens"),
        ("model_length", "context_window"),
        ("tool_calls", "function_request"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("insufficient_system_resource", "other"),
    ],
)
def test_the_words_for_the_end(word: str, reason: str) -> None:
    response = response_of(*text("Hi"), delta(word))
    assert (response.stop_reason, response.provider_stop_reason) == (reason, word)


def test_stop_beside_calls_means_that_they_are_to_be_run() -> None:
    response = response_of(*calling(piece("{}", "spend", index=0, id="c1")), STOP)
    assert (response.stop_reason, response.provider_stop_reason) == ("function_request", "stop")


def test_a_finish_reason_may_come_twice_and_an_empty_one_is_none() -> None:
    response = response_of(*text("Hi"), delta(""), delta("length"), delta("length", content=""), delta(None))
    assert (response.stop_reason, response.provider_stop_reason) == ("max_tokens", "length")


def test_done_without_a_finish_reason_is_an_end() -> None:
    response = response_of(*text("Hi"))
    assert (response.output_text, response.stop_reason, response.provider_stop_reason) == ("Hi", "end_turn", None)


def test_the_end_of_the_bytes_after_a_finish_reason_is_an_end_too() -> None:
    chunks = chunks_of(body(*text("Hi"), STOP, usage(prompt_tokens=3, completion_tokens=1)))
    assert isinstance(chunks[-1], ResponseChunk)
    assert chunks[-1].usage.input_tokens == 3


def test_the_end_of_the_bytes_without_a_finish_reason_is_none() -> None:
    parser = ChatStreamParser(TO)
    parsed(parser, *text("Hi"), usage(prompt_tokens=3))
    assert (parser.finish(), parser.ended, parser.begun) == (None, False, True)


FULL = TokenUsage(20, 9, cache_read_tokens=5, cache_write_tokens=4, reasoning_tokens=6)
FULL_REPORT: Json = {
    "prompt_tokens": 20,
    "completion_tokens": 9,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 6},
}


@pytest.mark.parametrize(
    "events",
    [
        [*text("Hi"), STOP, usage(**FULL_REPORT)],
        [*text("Hi"), {**STOP, "usage": FULL_REPORT}],
        [
            {**delta(content="Hi"), "usage": {"prompt_tokens": 20, "completion_tokens": 1}},
            {**STOP, "usage": FULL_REPORT},
        ],
        [{**delta(content="Hi"), "usage": FULL_REPORT}, {**STOP, "usage": {"completion_tokens": None}}, usage()],
        [{**delta(content="Hi"), "usage": None}, {**STOP, "x_groq": {"id": "r", "usage": FULL_REPORT}}],
    ],
    ids=["last chunk without choices", "with the finish", "on every chunk", "left out later", "inside x_groq"],
)
def test_usage_wherever_it_is(events: list[Json]) -> None:
    assert response_of(*events).usage == FULL


def test_usage_that_is_not_reported_is_unknown() -> None:
    assert response_of(*text("Hi"), {**STOP, "usage": None}).usage == TokenUsage()


# -------------------------------------------------------------------------------------------------------- errors


def failure(*events: Json | str, name: bytes = b"") -> tuple[LLMError, ChatStreamParser]:
    parser = ChatStreamParser(TO)
    parsed(parser, *events[:-1])
    last = events[-1]
    with pytest.raises(LLMError) as caught:
        parser.parse(decode_event(last.encode() if isinstance(last, str) else msgspec.json.encode(last), name))
    return caught.value, parser


def test_an_error_before_the_answer_may_be_repeated() -> None:
    error, _ = failure(delta(role="assistant", content=""), {"error": {"message": "busy", "code": 503}})
    assert type(error) is Unavailable


def test_an_error_in_the_middle_interrupts_and_keeps_what_came() -> None:
    error, parser = failure(*text("Hi"), {"error": {"message": "sk-secret broke", "type": "server_error"}})
    partial = parser.partial()
    assert type(error) is StreamInterrupted
    assert "sk-secret" not in str(error)
    assert partial is not None
    assert (partial.output_text, partial.stop_reason) == ("Hi", None)


def test_an_error_beside_choices_and_usage_is_an_error_and_keeps_the_usage() -> None:
    event = {**delta(content="", finish_reason="error"), "error": {"code": 502, "message": "upstream"}}
    error, parser = failure(*text("Hi"), {**event, "usage": {"prompt_tokens": 4, "completion_tokens": 1}})
    partial = parser.partial()
    assert type(error) is StreamInterrupted
    assert partial is not None
    assert partial.usage == TokenUsage(4, 1)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"message": "slow down", "code": "429"}}, RateLimited),
        ({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, RateLimited),
        ({"error": "the runner has stopped"}, Unavailable),
        ({"error": {"message": "no such field", "type": "invalid_request_error", "code": None}}, RequestRejected),
        ({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, RequestRejected),
        (chunk(x_groq={"id": "r", "error": "over capacity"}), Unavailable),
        ('[{"error": {"code": 503, "message": "try later", "status": "UNAVAILABLE"}}]', Unavailable),
    ],
)
def test_the_forms_of_errors(event: Json | str, kind: type[LLMError]) -> None:
    assert type(failure(event)[0]) is kind


@pytest.mark.parametrize("event", [{"error": {"message": "no", "code": 400}}, {"message": "no", "code": 400}])
def test_an_event_that_is_named_error_is_one(event: Json) -> None:
    assert type(failure(event, name=b"error")[0]) is RequestRejected


def test_events_may_have_another_name() -> None:
    data = msgspec.json.encode(delta(content="Hi"))
    assert ChatStreamParser(TO).parse(decode_event(data, b"message")) == OutputTextChunk("Hi")


@pytest.mark.parametrize("data", ["{", "ping", "[]", "null", "3", '{"choices": 3}', '{"choices": [{"delta": "Hi"}]}'])
def test_what_is_no_chunk_is_malformed(data: str) -> None:
    with pytest.raises(MalformedStream):
        decode_event(data.encode())


def test_bytes_that_are_no_text_are_malformed() -> None:
    with pytest.raises(MalformedStream):
        decode_event(b'{"choices": [{"delta": {"content": "\xff"}}]}')


def test_a_chunk_without_choices_passes() -> None:
    bare: list[Json] = [
        {"id": "cc-7"},
        {"choices": None},
        {"object": "ping"},
        {"choices": [], "prompt_filter_results": []},
    ]
    assert parsed(ChatStreamParser(TO), *bare) == [None] * 4


def test_numbers_that_are_not_json_and_halves_of_a_pair_are_survived() -> None:
    odd = '{"choices": [{"delta": {"content": "1\\ud83d"}, "logprobs": {"content": [{"logprob": -Infinity}, NaN]}}]}'
    assert ChatStreamParser(TO).parse(decode_event(odd.encode())) == OutputTextChunk("1?")


def test_a_call_is_not_in_what_there_is_before_its_end() -> None:
    parser = ChatStreamParser(TO)
    assert parser.partial() is None
    parsed(parser, *text("Hi"), *calling(piece('{"a": 1}', "spend", index=0, id="c1")))
    before = parser.partial()
    parsed(parser, CALLED)
    after = parser.partial()
    assert before is not None and after is not None
    assert (before.function_requests, len(after.function_requests)) == ((), 1)


# -------------------------------------------------------------------------------------- framing, and plain answers

STREAM: list[Json | str] = [
    delta(role="assistant", content="", reasoning="Añadir – "),
    delta(reasoning="zwölf €."),
    *text("Zwölf ", "€ 🍎"),
    *calling(piece("", "spend", index=0, id="c1"), piece('{"q": "🍎"}', index=0)),
    CALLED,
    usage(prompt_tokens=3, completion_tokens=2),
    DONE,
]


def bytes_of(line_end: str) -> bytes:
    comment = f": keep-alive{line_end}{line_end}"
    return comment.encode() + body(*STREAM, line_end=line_end) + comment.encode()


@given(line_end=st.sampled_from(["\n", "\r\n", "\r"]), cuts=st.sets(st.integers(0, 3000)))
def test_it_does_not_matter_where_the_network_cuts(line_end: str, cuts: set[int]) -> None:
    whole = bytes_of(line_end)
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    pieces = [whole[left:right] for left, right in itertools.pairwise(edges)]
    assert chunks_of(*pieces) == chunks_of(bytes_of("\n"))


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
)
PIECES = st.fixed_dictionaries({}, optional=dict.fromkeys(("index", "id", "type", "function", "extra_content"), JSON))
FIELDS = ("content", "refusal", "reasoning", "reasoning_content", "reasoning_details", "annotations")
DELTAS = st.fixed_dictionaries({}, optional={**dict.fromkeys(FIELDS, JSON), "tool_calls": st.lists(PIECES, max_size=2)})
ODD = st.fixed_dictionaries(
    {"choices": st.lists(st.fixed_dictionaries({"delta": DELTAS, "finish_reason": JSON, "index": JSON}), max_size=2)},
    optional=dict.fromkeys(("id", "model", "usage", "x_groq", "citations", "error"), JSON),
)


@given(st.lists(ODD, max_size=4))
def test_whatever_the_fields_hold_it_is_an_answer_or_an_error_of_ours(events: list[Json]) -> None:
    parser = ChatStreamParser(TO)
    made: list[ChatStreamChunk] = []
    try:
        events_and_done: list[Json | str] = [*events, DONE]
        for event in events_and_done:
            for one in parsed(parser, event):
                made += one if isinstance(one, tuple) else [one] if one else []
    except LLMError:
        return
    last = made[-1]
    assert isinstance(last, ResponseChunk)
    assert "".join(one.data for one in made if isinstance(one, OutputTextChunk)) == last.data.output_text
    assert "".join(one.data for one in made if isinstance(one, ReasoningChunk)) == last.data.reasoning_text


def test_a_plain_answer_gives_the_same_as_its_stream() -> None:
    plain: Json = {
        "id": "cc-7",
        "object": "chat.completion",
        "model": "thrifty-1-0324",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Zwölf € 🍎",
                    "reasoning": "Añadir – zwölf €.",
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "spend", "arguments": '{"q": "🍎"}'}}
                    ],
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    assert ChatParser(TO).parse_bytes(msgspec.json.encode(plain)) == response_of(*STREAM[:-1])


def test_a_chunk_without_choices_that_is_no_text_is_malformed() -> None:
    with pytest.raises(MalformedStream):
        decode_event(b'{"id": "1", "note": "\xff"}')

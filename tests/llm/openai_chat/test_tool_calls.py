"""Tool calls in the pieces of a stream, one case each."""

from __future__ import annotations

import pytest

from tuppence.llm import ResponseChunk
from tuppence.llm.openai_chat.chat_stream_parser import ChatStreamParser

from .streams import DONE, TO, Json, calling, calls_in, delta, fed, parsed, response_of, text
from .streams import call as piece

CALLED = delta("tool_calls")
STOP = delta("stop")


def test_a_call_is_put_together_and_makes_no_chunk() -> None:
    pieces = [piece("", "spend", index=0, id="c1", type="function"), piece('{"mo', index=0), piece('nth": 3}', index=0)]
    chunks = fed(*calling(*pieces), CALLED)
    assert [type(one) for one in chunks] == [ResponseChunk]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"month": 3})]


def test_parallel_calls_may_interleave() -> None:
    pieces = [
        piece("", "spend", index=0, id="c1"),
        piece("", "earn", index=1, id="c2"),
        piece('{"a"', index=0),
        piece('{"b"', index=1),
        piece(": 1}", index=0),
        piece(": 2}", index=1),
    ]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1}), ("c2", "earn", {"b": 2})]


@pytest.mark.parametrize("arguments", ["", None, "{}", " ", "null"])
def test_no_arguments_are_an_empty_object(arguments: str | None) -> None:
    assert calls_in(*calling(piece(arguments, "spend", index=0, id="c1")), CALLED) == [("c1", "spend", {})]


def test_several_calls_in_one_delta_without_an_index() -> None:
    whole = delta(tool_calls=[piece('{"a": 1}', "spend", id="c1"), piece('{"a": 2}', "spend", id="c2")])
    assert calls_in(whole, CALLED) == [("c1", "spend", {"a": 1}), ("c2", "spend", {"a": 2})]


def test_without_an_index_a_piece_belongs_to_the_call_of_its_id_or_to_the_last() -> None:
    pieces = [piece('{"a"', "spend", id="c1"), piece(":", id="c1"), piece(" 1}"), piece('{"a": 2}', "spend", id="c2")]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1}), ("c2", "spend", {"a": 2})]


def test_without_index_and_ids_a_name_begins_a_call_where_the_last_is_whole() -> None:
    pieces = [piece('{"a": 1}', "spend"), piece('{"a": 2}', "spend"), piece("{}", "earn")]
    requests = response_of(*calling(*pieces), CALLED).function_requests
    assert [(one.function_name, one.function_args) for one in requests] == [
        ("spend", {"a": 1}),
        ("spend", {"a": 2}),
        ("earn", {}),
    ]


def test_id_and_name_may_be_repeated_with_every_piece() -> None:
    pieces = [piece(words, "spend", index=0, id="c1") for words in ("", '{"a"', ": 1}", "")]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1})]


def test_an_id_that_changes_with_every_piece_is_one_call() -> None:
    pieces = [piece("", "spend", index=0, id="c1"), piece('{"a"', index=0, id="c2"), piece(": 1}", index=0, id="c3")]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1})]


def test_parallel_calls_that_all_have_the_index_zero_are_told_apart_by_their_ids() -> None:
    pieces = [piece('{"a": 1}', "spend", index=0, id="c1"), piece('{"a": 2}', "spend", index=0, id="c2")]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1}), ("c2", "spend", {"a": 2})]


@pytest.mark.parametrize("empty", [{}, {"id": None}, {"id": ""}])
def test_missing_ids_are_invented_and_stable(empty: Json) -> None:
    events = [*calling(piece("{}", "spend", index=0, **empty), piece("{}", "earn", index=1, **empty)), CALLED]
    first, second = (call_id for call_id, _, _ in calls_in(*events))
    assert first and second and first != second
    assert [call_id for call_id, _, _ in calls_in(*events)] == [first, second]


def test_two_calls_with_one_id_get_two() -> None:
    pieces = [piece("{}", "spend", index=0, id="c1"), piece("{}", "earn", index=1, id="c1")]
    assert len({call_id for call_id, _, _ in calls_in(*calling(*pieces), CALLED)}) == 2


def test_null_and_empty_in_later_pieces_take_nothing_back() -> None:
    later: Json = {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": '{"a": 1}'}}
    pieces = [
        piece("", "spend", index=0, id="c1"),
        later,
        {"index": 0, "function": None},
        piece(index=0, id="", name=""),
    ]
    assert calls_in(*calling(*pieces), CALLED) == [("c1", "spend", {"a": 1})]


def test_arguments_may_be_an_object() -> None:
    whole: Json = {"index": 0, "id": "c1", "function": {"name": "spend", "arguments": {"month": 3}}}
    assert calls_in(*calling(whole), CALLED) == [("c1", "spend", {"month": 3})]


@pytest.mark.parametrize("arguments", ['{"a": ', "[1]", '"March"', "{}{}"])
def test_arguments_that_are_no_object_are_malformed(arguments: str) -> None:
    (request,) = response_of(*calling(piece(arguments, "spend", index=0, id="c1")), CALLED).function_requests
    assert (request.malformed, request.function_args, request.raw_arguments) == (True, {}, arguments)


def test_a_call_that_the_token_limit_left_without_arguments_is_not_whole() -> None:
    pieces = [piece("", "earn", index=0, id="c1"), piece("", "spend", index=1, id="c2")]
    first, last = response_of(*calling(*pieces), delta("length")).function_requests
    assert (first.malformed, last.malformed) == (False, True)


def test_an_empty_piece_is_no_call() -> None:
    assert calls_in(*calling({"index": 0, "function": {"arguments": ""}}), *text("Hi"), STOP) == []


def test_the_older_single_function_call() -> None:
    pieces = [delta(function_call={"name": "spend", "arguments": ""}), delta(function_call={"arguments": '{"a": 1}'})]
    response = response_of(*pieces, delta("function_call"))
    (request,) = response.function_requests
    assert (request.function_name, request.function_args) == ("spend", {"a": 1})
    assert response.stop_reason == "function_request"


def test_a_custom_tools_text_is_a_malformed_request() -> None:
    custom: Json = {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "note", "input": "Dear bank"}}
    (request,) = response_of(*calling(custom), CALLED).function_requests
    assert (request.function_name, request.malformed, request.raw_arguments) == ("note", True, "Dear bank")


def test_a_thoughts_signature_on_a_call_is_carried() -> None:
    signed = {"google": {"thought_signature": "c2ln"}}
    pieces = [piece("{}", "spend", index=0, id="c1", extra_content=signed)]
    assert response_of(*calling(*pieces), CALLED).function_requests[0].raw == {"extra_content": signed}


def test_arguments_may_come_in_any_number_of_pieces() -> None:
    parser = ChatStreamParser(TO)
    pieces = ["x"] * 50_000
    parsed(parser, *calling(piece('{"a": "', "spend", index=0, id="c1")))
    parsed(parser, *(calling(piece("x", index=0))[0] for _ in pieces))
    *_, last = parsed(parser, *calling(piece('"}', index=0)), CALLED, DONE)
    assert last.data.function_requests[0].function_args == {"a": "x" * 50_000}

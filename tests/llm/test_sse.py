"""Bytes to events, by the standard and however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm.sse import ServerSentEvent, SSEDecoder

STREAM = "event: greeting\ndata: né 🦔\n\n: alive\n\ndata: one\ndata: two\n\nid: 7\nretry: 10\ndata:x\n\n".encode()
EVENTS = [("greeting", "né 🦔"), ("", "one\ntwo"), ("", "x")]


def events_in(*pieces: bytes) -> list[tuple[str, str]]:
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    last = decoder.flush()
    return [(event.event.decode(), event.data.decode()) for event in [*events, *([last] if last else [])]]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_events_have_their_name_and_their_data_lines_joined() -> None:
    assert events_in(STREAM) == EVENTS


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b"\n"])
def test_the_three_line_ends_mean_the_same(line_end: bytes) -> None:
    assert events_in(STREAM.replace(b"\n", line_end)) == EVENTS


def test_one_stream_may_mix_its_line_ends() -> None:
    assert events_in(b"data: a\r\n\ndata: b\r\r\ndata: c\n\r") == [("", "a"), ("", "b"), ("", "c")]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b"\n"])
def test_cutting_anywhere_changes_nothing(line_end: bytes) -> None:
    stream = b"\xef\xbb\xbf" + STREAM.replace(b"\n", line_end)
    for place in range(len(stream) + 1):
        assert events_in(stream[:place], stream[place:]) == EVENTS
    assert events_in(*(bytes([byte]) for byte in stream)) == EVENTS


def test_a_byte_order_mark_is_no_part_of_the_first_field_and_is_one_only_at_the_start() -> None:
    assert events_in(b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [("", "a")]


def test_only_one_space_after_the_colon_is_dropped() -> None:
    assert events_in(b"data:a\n\ndata: b\n\ndata:  c\n\n") == [("", "a"), ("", "b"), ("", " c")]


def test_comments_unknown_fields_and_events_without_data_make_nothing() -> None:
    assert events_in(b": hello\n\nevent: lonely\n\nweather: clear\n\ndata\n\ndata:\n\n\n\n\n") == []


def test_the_last_event_field_counts_and_an_event_keeps_no_name_of_the_one_before() -> None:
    assert events_in(b"event: a\nevent: b\ndata: 1\n\ndata: 2\n\n") == [("b", "1"), ("", "2")]


def test_a_field_without_a_colon_has_an_empty_value() -> None:
    assert events_in(b"data\ndata\n\n") == [("", "\n")]


def test_an_event_without_its_blank_line_is_kept_for_the_end() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\n\nevent: last\ndata: b\n") == [ServerSentEvent(b"a")]
    assert decoder.flush() == ServerSentEvent(b"b", b"last")
    assert decoder.flush() is None


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: a\r\n\r") == [ServerSentEvent(b"a")]
    assert decoder.feed(b"\ndata: b\r\n\r\n") == [ServerSentEvent(b"b")]


def test_bytes_that_are_no_text_pass_through_for_the_protocol_to_judge() -> None:
    assert SSEDecoder().feed(b"data: \xff\xfe\n\n") == [ServerSentEvent(b"\xff\xfe")]


_LIKELY = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b"\n\n", b"data:", b"data: ", b"event: ", b":", b" ", b"\xef\xbb\xbf"]
)
_BODIES = st.lists(_LIKELY | st.binary(max_size=3) | st.sampled_from(["é".encode(), "🦔".encode()])).map(b"".join)


@given(_BODIES, st.lists(st.integers(min_value=0, max_value=10_000)))
def test_any_bytes_cut_anywhere_are_the_same_events(body: bytes, places: list[int]) -> None:
    def decoded(pieces: list[bytes]) -> list[ServerSentEvent | None]:
        decoder = SSEDecoder()
        return [*(event for piece in pieces for event in decoder.feed(piece)), decoder.flush()]

    assert decoded(cut(body, places)) == decoded([body])


@given(_BODIES)
def test_any_bytes_give_the_events_of_the_standard(body: bytes) -> None:
    assert events_by_the_standard(body) == SSEDecoder().feed(body)


def events_by_the_standard(body: bytes) -> list[ServerSentEvent]:
    """The standard's interpretation, line by line, in its own words; slow and plain."""
    lines = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    events, name, data = [], b"", b""
    for line in lines[:-1]:  # the last has no end
        if not line:
            if data[:-1]:  # ours leaves out those whose data is empty
                events.append(ServerSentEvent(data[:-1], name))
            name = data = b""
            continue
        field, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"event":
            name = value
        elif field == b"data":
            data += value + b"\n"
    return events

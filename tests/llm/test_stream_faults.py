"""The fault table: every fault at every event ends in the right member of the error tree, within its limit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from tuppence.llm import (
    AuthenticationFailed,
    ChatResponse,
    ChatStreamChunk,
    ContextTooLong,
    Limits,
    LLMError,
    MalformedStream,
    Provider,
    RateLimited,
    RequestRejected,
    ResponseChunk,
    Stalled,
    StreamInterrupted,
    Unavailable,
)
from tuppence.understudy import Call, Event, Fault, Reply, Text, Understudy, anthropic

from .asking import Watcher, asked, provider_at, read, text_of, watched

pytestmark = pytest.mark.anyio

SHORT = Limits(first_byte=0.3, idle=0.3)
EVENTS = anthropic.message_events(
    [Text("one two 🦔"), Call("get_accounts", {"n": 1}, id="toolu_1"), Call("get_accounts", {"n": 2}, id="toolu_2")],
    message_id="msg_1",
)
PLACES = range(len(EVENTS) + 1)


def shown_after(events: int) -> tuple[str, list[str]]:
    """The words and the whole function requests that a caller has after so many events."""
    words, calls = "", []
    started: dict[int, str] = {}
    for event in EVENTS[:events]:
        data = event.data
        assert not isinstance(data, str)
        match data["type"]:
            case "content_block_start" if data["content_block"]["type"] == "tool_use":
                started[data["index"]] = data["content_block"]["id"]
            case "content_block_delta":
                words += data["delta"].get("text", "")
            case "content_block_stop" if data["index"] in started:
                calls.append(started[data["index"]])
    return words, calls


def holds(response: ChatResponse | None, events: int) -> bool:
    """Whether `response` is exactly what so many events delivered."""
    if response is None or events == 0:
        return response is None and events == 0
    words, calls = shown_after(events)
    return (response.output_text, [request.call_id for request in response.function_requests]) == (words, calls)


async def ends_rightly(
    provider: Provider, server: Understudy, reply: Reply, events: int, expected: type[LLMError] | None
) -> None:
    """Ask once; after `events` whole events the answer must end as `expected` (None: completed)."""
    server.add(reply)
    watcher = Watcher()
    stream = provider.stream_chat_response(asked()).watched_by(watcher)
    chunks, error = await read(stream)
    exchange = next(one for one in server.account if one.request_id == stream.request_id)
    case = f"after {events} events: {error!r}"
    assert type(error) is (expected or type(None)), case
    assert text_of(chunks) == shown_after(events)[0], case
    assert holds(stream.partial, events), case
    assert watcher.end.response == stream.partial, case
    assert watcher.end.error is error, case
    assert watcher.end.request_id == stream.request_id == exchange.request_id, case
    if error is None:
        assert watcher.end.outcome == "completed", case
        assert isinstance(chunks[-1], ResponseChunk), case
        return
    assert watcher.end.outcome == ("interrupted" if events else "failed"), case
    assert holds(error.partial, events), case
    assert error.usage == (error.partial.usage if error.partial else None), case
    assert (error.provider, error.model, error.request_id) == ("anthropic", asked().model, exchange.request_id), case
    assert not any(isinstance(chunk, ResponseChunk) for chunk in chunks), case


def interruption(kind: type[LLMError], events: int) -> type[LLMError] | None:
    """What must come of a fault after so many events: repeatable before the first, nothing after the last."""
    return Unavailable if events == 0 else None if events == len(EVENTS) else kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lambda at: Reply(events=EVENTS, cut_after_event=at, cut="close"), StreamInterrupted),
        (lambda at: Reply(events=EVENTS, cut_after_event=at, cut="terminate"), StreamInterrupted),
        (lambda at: Reply(events=EVENTS, cut_after_event=at, cut="reset"), StreamInterrupted),
        (lambda at: Reply(events=EVENTS, error_event_after=at), StreamInterrupted),
        (lambda at: Reply(events=EVENTS, error_event_after=at, error_event=Fault(500)), StreamInterrupted),
    ],
    ids=["close", "terminate", "reset", "overloaded event", "error event"],
)
async def test_a_fault_at_every_event(fault: Callable[[int], Reply], kind: type[LLMError]) -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        for at in PLACES:
            await ends_rightly(provider, server, fault(at), at, interruption(kind, at))
    await server.account.all_closed()


@pytest.mark.parametrize("at", PLACES)
async def test_a_silence_at_every_event(at: int) -> None:
    limits = SHORT if at == 0 else Limits(idle=0.2)
    async with Understudy([]) as server, provider_at(server.base_url, limits=limits) as provider:
        await ends_rightly(provider, server, Reply(events=EVENTS, stall_after=at), at, interruption(Stalled, at))
        await server.account.all_closed()  # although the provider is still open


async def test_broken_json_at_every_event() -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        for at in PLACES[:-1]:
            await ends_rightly(provider, server, Reply(events=EVENTS, wrong_json_after=at), at, MalformedStream)


@pytest.mark.parametrize(
    "strange", [b"data: nothing\n\n", b"data: [1]\n\n", b'data: {"type": 5}\n\n', b"data: \xff\n\n"]
)
async def test_what_is_no_event_at_every_event(strange: bytes) -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        for at in PLACES[:-1]:
            events: list[Event | bytes] = [*EVENTS[:at], strange, *EVENTS[at:]]
            await ends_rightly(provider, server, Reply(events=events), at, MalformedStream)


@pytest.mark.parametrize("life", [Reply(events=EVENTS, pings=1), Reply(events=EVENTS, split_utf8=True)])
async def test_pings_and_split_characters_are_no_faults(life: Reply) -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        await ends_rightly(provider, server, life, len(EVENTS), None)


async def test_unknown_events_are_no_faults_anywhere() -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        for at in PLACES:
            await ends_rightly(provider, server, Reply(events=EVENTS, unknown_event_after=at), len(EVENTS), None)


@pytest.mark.parametrize("cut", ["close", "terminate"])
async def test_a_cut_within_an_event(cut: str) -> None:
    events = 0
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        for event in EVENTS:
            frame = event.frame()
            before = sum(len(earlier.frame()) for earlier in EVENTS[:events])
            for within in (1, len(frame) // 2, len(frame) - 4):  # the last: just before the end of its JSON
                reply = Reply(events=EVENTS, cut_after_bytes=before + within, cut=cut, chunking=9)  # type: ignore[arg-type]
                await ends_rightly(provider, server, reply, events, StreamInterrupted if events else cut_off(cut))
            events += 1


def cut_off(cut: str) -> type[LLMError]:
    """What a first event that was cut off is: nothing was delivered; bytes without an event are not the protocol."""
    return Unavailable if cut == "close" else MalformedStream


# --------------------------------------------------------------------------------------------- faults before a stream


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, RequestRejected),
        (413, ContextTooLong),
        (422, RequestRejected),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
        (529, Unavailable),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
async def test_every_status(status: int, kind: type[LLMError], streaming: bool) -> None:
    words = "sk-secret said: my account is DE02"
    watcher = Watcher()
    async with (
        Understudy([Reply(error=Fault(status, words), retry_after=3)]) as server,
        provider_at(server.base_url) as provider,
    ):
        ask = provider.stream_chat_response if streaming else provider.plain_chat_response
        chunks, error = await read(ask(asked()).watched_by(watcher))
    assert chunks == []
    assert type(error) is kind
    assert (error.status, error.request_id) == (status, server.account[0].request_id)
    assert words not in str(error)
    assert getattr(error, "retry_after", 3) == 3
    assert (watcher.end.outcome, watcher.end.error) == ("failed", error)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(cut_in_head=0), Unavailable),
        (Reply(cut_in_head=20), Unavailable),
        (Reply("never", stall_after=-1), Unavailable),
        (Reply("never", stall_after=0), Unavailable),
        (Reply(raw=b"<html>Sign in</html>", content_type="text/html"), MalformedStream),
        (Reply(raw=b"", content_type="text/event-stream"), Unavailable),
        (Reply(raw=b"{}"), MalformedStream),
        (Reply(raw=b"<html>Bad gateway</html>", content_type="text/html", status=502), Unavailable),
    ],
    ids=[
        "no answer",
        "half a head",
        "silence",
        "silence after the head",
        "a page",
        "nothing",
        "an object",
        "a 502 page",
    ],
)
async def test_answers_that_never_begin(reply: Reply, kind: type[LLMError], streaming: bool) -> None:
    watcher = Watcher()
    async with Understudy([reply]) as server, provider_at(server.base_url, limits=SHORT) as provider:
        ask = provider.stream_chat_response if streaming else provider.plain_chat_response
        chunks, error = await read(ask(asked()).watched_by(watcher))
    await server.account.all_closed()
    assert chunks == []
    if not streaming and reply.raw == b"":
        kind = MalformedStream  # an empty body has come to its end
    assert type(error) is kind
    assert error.partial is None
    assert watcher.end.outcome == "failed"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply("one two", cut_after_bytes=30), Unavailable),
        (Reply("one two", cut_after_bytes=30, cut="reset"), Unavailable),
        (Reply("one two", cut_after_bytes=30, cut="terminate"), MalformedStream),
        (Reply(raw=b'{"type": "error"'), MalformedStream),
    ],
)
async def test_a_plain_answer_that_breaks_off(reply: Reply, kind: type[LLMError]) -> None:
    async with Understudy([reply]) as server, provider_at(server.base_url, limits=SHORT) as provider:
        with pytest.raises(kind) as raised:
            await provider.chat_response(asked())
    assert type(raised.value) is kind


async def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # taken, and nobody listens
        async with provider_at(f"http://127.0.0.1:{free.getsockname()[1]}") as provider:
            with pytest.raises(Unavailable, match="cannot be reached"):
                await provider.chat_response(asked())


async def test_a_name_that_does_not_exist() -> None:
    async with provider_at("http://nowhere.invalid") as provider:
        with pytest.raises(Unavailable, match=r"cannot be reached \(nowhere\.invalid\)"):
            await provider.chat_response(asked())


# ------------------------------------------------------------------------------------------------------------ limits


async def test_the_limit_of_connecting() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # they fill the queue, so that nobody else gets in
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            limits = Limits(connect=0.05)
            async with provider_at(f"http://127.0.0.1:{address[1]}", limits=limits) as provider:
                with pytest.raises(Unavailable, match="cannot be reached"):
                    await provider.chat_response(asked())
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize("place", [-1, 0])
async def test_the_limit_of_the_first_byte(place: int) -> None:
    async with (
        Understudy([Reply("never", stall_after=place)]) as server,
        watched(server, limits=Limits(first_byte=0.3)) as (stream, watcher),
    ):
        _, error = await read(stream)
        assert type(error) is Unavailable
        assert "did not answer within 0.3 seconds" in str(error)
        assert watcher.end.outcome == "failed"
        await server.account[0].socket_closed()


async def test_the_limit_of_silence() -> None:
    async with (
        Understudy([Reply("one two", stall_after=4)]) as server,
        watched(server, limits=Limits(idle=0.05)) as (stream, _),
    ):
        _, error = await read(stream)
        assert type(error) is Stalled
        assert "stopped sending for 0.05 seconds" in str(error)
        await server.account[0].socket_closed()
        assert server.account[0].client_left


async def test_silence_before_the_answer_may_be_repeated_also_after_a_ping() -> None:
    events = [anthropic.ping_event(), *EVENTS]
    async with (
        Understudy([Reply(events=events, stall_after=1)]) as server,
        watched(server, limits=Limits(idle=0.05)) as (stream, _),
    ):
        _, error = await read(stream)
        assert type(error) is Unavailable
        assert "did not answer within 0.05 seconds" in str(error)


async def test_pings_are_life() -> None:
    events = [EVENTS[0], *[anthropic.ping_event()] * 40, *EVENTS[1:]]
    async with (
        Understudy([Reply(events=events, pace=0.025)]) as server,  # 40 pings of 0.025 are longer than the limit
        watched(server, limits=Limits(idle=0.8)) as (stream, _),
    ):
        _, error = await read(stream)
        assert error is None


async def test_the_total_limit_ends_what_is_alive() -> None:
    async with (
        Understudy([Reply("one " * 500, pace=0.01)]) as server,
        watched(server, limits=Limits(total=0.6)) as (stream, watcher),
    ):
        chunks, error = await read(stream)
        assert type(error) is StreamInterrupted
        assert "did not finish within 0.6 seconds" in str(error)
        assert watcher.end.outcome == "interrupted"
        assert error.partial is not None
        assert error.partial.output_text == text_of(chunks) != ""
        await server.account[0].socket_closed()


async def test_the_total_limit_counts_from_the_request() -> None:
    async with (
        Understudy([Reply("never", stall_after=-1)]) as server,
        watched(server, limits=Limits(total=0.3)) as (stream, _),
    ):
        _, error = await read(stream)
        assert type(error) is Unavailable
        assert "within 0.3 seconds" in str(error)


async def test_a_limit_holds_when_every_piece_is_read_by_another_task() -> None:
    async with (
        Understudy([Reply("one two", pace=0.001, stall_after=5)]) as server,
        watched(server, limits=Limits(idle=0.3)) as (stream, _),
        stream,
    ):
        pieces = aiter(stream)
        assert [(await asyncio.create_task(following(pieces))).data for _ in range(2)] == ["one", " two"]
        waiting = asyncio.create_task(following(pieces))
        done, _ = await asyncio.wait({waiting}, timeout=5)
        assert done
        assert isinstance(waiting.exception(), Stalled)


async def following(pieces: AsyncIterator[ChatStreamChunk]) -> ChatStreamChunk:
    return await anext(pieces)


async def test_a_slow_reader_is_no_silence_of_the_provider() -> None:
    async with (
        Understudy([Reply("one two three")]) as server,
        watched(server, limits=Limits(idle=0.2)) as (stream, watcher),
        stream,
    ):
        async for _ in stream:
            await asyncio.sleep(0.25)  # longer than the limit
        assert watcher.end.outcome == "completed"


async def test_a_server_that_keeps_the_body_open_after_the_answer_does_not_keep_the_caller() -> None:
    async with (
        Understudy([Reply(events=EVENTS, stall_after=len(EVENTS))]) as server,
        watched(server) as (stream, watcher),
    ):
        chunks, error = await read(stream)
        assert error is None
        assert isinstance(chunks[-1], ResponseChunk)
        assert watcher.end.outcome == "completed"
        await server.account[0].socket_closed()


def test_the_table_has_a_row_for_every_event_and_more() -> None:
    assert {shown_after(at)[0] for at in PLACES} == {"", "one", "one two", "one two 🦔"}
    assert [shown_after(at)[1] for at in PLACES][-1] == ["toolu_1", "toolu_2"]

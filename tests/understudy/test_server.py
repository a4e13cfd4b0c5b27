"""The server over real HTTP: answers, scripts, the account, gates, and every way to end badly."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from tuppence.understudy import (
    Block,
    Call,
    Exchange,
    Fault,
    Opaque,
    RandomSizes,
    RedactedThinking,
    Reply,
    Text,
    Thinking,
    Understudy,
    Usage,
    anthropic,
)
from tuppence.understudy.reply import Chunking, Cut

from .asking import ask, client_of, events_in, question, text_in

pytestmark = pytest.mark.anyio

WORDS = "Three words 🦔 and a naïve façade."


async def test_a_stream_has_the_events_of_the_api_in_their_order() -> None:
    async with Understudy([Reply("Two words")]) as server:
        response = await ask(server.base_url, question(stream=True))
    events = events_in(response.content)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["request-id"] == server.account[0].request_id
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert events[0]["message"]["usage"]["output_tokens"] == 1
    assert events[-2]["delta"]["stop_reason"] == "end_turn"
    assert events[-2]["usage"]["output_tokens"] == 2
    assert text_in(events) == "Two words"


async def test_the_same_reply_comes_plain_when_no_stream_is_asked_for() -> None:
    async with Understudy([Reply([Text("Look."), Call("get_accounts", {"a": [1]}, id="toolu_1")])]) as server:
        message = (await ask(server.base_url, question())).json()
    assert message["content"] == [
        {"type": "text", "text": "Look."},
        {"type": "tool_use", "id": "toolu_1", "name": "get_accounts", "input": {"a": [1]}},
    ]
    assert message["stop_reason"] == "tool_use"
    assert server.account[0].usage is not None
    assert server.account[0].usage.output_tokens == message["usage"]["output_tokens"]


async def test_blocks_of_every_kind_are_streamed() -> None:
    blocks: list[Block] = [
        Thinking("Let us see."),
        RedactedThinking("xyz"),
        Opaque({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}),
        Call("one", {"day": "2026-03-01"}),
        Call("two"),
        Call("three", '{"cut": "of'),
        Call("four", {"whole": True}, at_once=True),
    ]
    async with Understudy([Reply(blocks)]) as server:
        events = events_in((await ask(server.base_url, question(stream=True))).content)
    starts = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    deltas: list[list[Any]] = [[] for _ in starts]
    for event in events:
        if event["type"] == "content_block_delta":
            deltas[event["index"]].append(event["delta"])
    arguments = ["".join(delta.get("partial_json", "") for delta in some) for some in deltas]
    assert [start["type"] for start in starts] == ["thinking", "redacted_thinking", "server_tool_use"] + [
        "tool_use"
    ] * 4
    assert deltas[0][-1] == {"type": "signature_delta", "signature": anthropic.signature_of("Let us see.")}
    assert deltas[1] == deltas[2] == deltas[6] == []
    assert arguments[3:] == ['{"day":"2026-03-01"}', "", '{"cut": "of', ""]
    assert starts[6]["input"] == {"whole": True}
    assert len({start["id"] for start in starts if "id" in start}) == 5


async def test_huge_arguments_arrive_whole() -> None:
    value = "é" * 80_000
    async with Understudy([Reply([Call("big", {"v": value})])]) as server:
        events = events_in((await ask(server.base_url, question(max_tokens=100_000, stream=True))).content)
    pieces = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]
    assert json.loads("".join(pieces)) == {"v": value}
    assert len(pieces) > 1000


@pytest.mark.parametrize("reason", ["refusal", "pause_turn", "max_tokens", "model_context_window_exceeded"])
async def test_stop_reasons_are_said(reason: str) -> None:
    async with Understudy([Reply("No.", stop_reason=reason)]) as server:
        events = events_in((await ask(server.base_url, question(stream=True))).content)
    assert events[-2]["delta"]["stop_reason"] == reason


async def test_max_tokens_and_stop_sequences_end_the_answer() -> None:
    async with Understudy([Reply("one two three four"), Reply("one two STOP three")]) as server:
        short = (await ask(server.base_url, question(max_tokens=2))).json()
        stopped = (await ask(server.base_url, question(stop_sequences=["STOP"]))).json()
    assert (short["content"][0]["text"], short["stop_reason"]) == ("one two", "max_tokens")
    assert short["usage"]["output_tokens"] == 2
    assert stopped["content"][0]["text"] == "one two "
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "STOP")


@pytest.mark.parametrize("chunking", ["event", "whole", 1, 7, RandomSizes(seed=3), RandomSizes(seed=4, largest=2)])
@pytest.mark.parametrize("split_utf8", [False, True])
async def test_the_body_does_not_depend_on_the_chunking(chunking: Chunking, split_utf8: bool) -> None:
    events = anthropic.text_events(WORDS, message_id="msg_1")
    async with Understudy([Reply(events=events, chunking=chunking, split_utf8=split_utf8)]) as server:
        response = await ask(server.base_url, question(stream=True))
    assert response.content == b"".join(event.frame() for event in events)
    assert server.account[0].events_sent == len(events)
    assert server.account[0].bytes_sent == len(response.content)


async def test_split_utf8_never_lets_a_character_arrive_whole() -> None:
    async with (
        Understudy([Reply("🦔é", split_utf8=True)]) as server,
        client_of(server.base_url) as client,
        client.stream("POST", "/v1/messages", json=question(stream=True)) as response,
    ):
        chunks = [chunk async for chunk in response.aiter_raw()]
    assert len(chunks) >= 11  # 7 events, 3 cuts in the hedgehog and 1 in the letter
    assert not [chunk for chunk in chunks if "🦔".encode() in chunk or "é".encode() in chunk]
    assert text_in(events_in(b"".join(chunks))) == "🦔é"


async def read_until_it_breaks(base_url: str) -> tuple[bytes, Exception | None]:
    received = b""
    try:
        async with (
            client_of(base_url) as client,
            client.stream("POST", "/v1/messages", json=question(stream=True)) as response,
        ):
            async for chunk in response.aiter_raw():
                received += chunk
    except httpx.TransportError as error:
        return received, error
    return received, None


@pytest.mark.parametrize(
    ("cut", "error"), [("close", httpx.RemoteProtocolError), ("reset", httpx.ReadError), ("terminate", None)]
)
@pytest.mark.parametrize("after", [0, 1, 4, 8])
async def test_a_stream_can_be_cut_after_any_event(cut: Cut, error: type[Exception] | None, after: int) -> None:
    events = anthropic.text_events("Two words", message_id="msg_1")
    async with Understudy([Reply(events=events, cut_after_event=after, cut=cut)]) as server:
        received, raised = await read_until_it_breaks(server.base_url)
        await server.account.all_closed()
    assert received == b"".join(event.frame() for event in events[:after])
    assert isinstance(raised, error) if error else raised is None
    assert server.account[0].events_sent == after
    assert not server.account[0].client_left


async def test_a_stream_can_be_cut_at_any_byte() -> None:
    events = anthropic.text_events("é", message_id="msg_1")
    whole = b"".join(event.frame() for event in events)
    replies = [Reply(events=events, cut_after_bytes=at, chunking=5) for at in range(0, len(whole), 37)]
    async with Understudy(replies) as server:
        for at in range(0, len(whole), 37):
            received, raised = await read_until_it_breaks(server.base_url)
            assert received == whole[:at]
            assert isinstance(raised, httpx.RemoteProtocolError)


@pytest.mark.parametrize("after", [0, 9, 40])
async def test_the_connection_can_close_within_the_head(after: int) -> None:
    async with Understudy([Reply("never", cut_in_head=after)]) as server:
        received, raised = await read_until_it_breaks(server.base_url)
    assert received == b""
    assert isinstance(raised, httpx.TransportError)
    assert server.account[0].status is None


async def test_a_plain_answer_can_be_cut_and_broken() -> None:
    async with Understudy(
        [Reply("Hello", cut_after_bytes=20), Reply("Hello", cut_after_bytes=20, cut="terminate")]
    ) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(server.base_url, question())
        broken = await ask(server.base_url, question())
    assert broken.status_code == 200
    assert len(broken.content) == 20
    assert server.account[0].usage is None


async def test_an_error_event_replaces_the_rest_of_the_stream() -> None:
    reply = Reply("Two words", error_event_after=4, error_event=Fault(500, "broken"))
    async with Understudy([reply]) as server:
        events = events_in((await ask(server.base_url, question(stream=True))).content)
    assert len(events) == 5
    assert events[-1] == {"type": "error", "error": {"details": None, "type": "api_error", "message": "broken"}}
    usage = server.account[0].usage
    assert usage is not None
    assert usage.output_tokens == 1  # of message_start; message_delta never came


async def test_wrong_json_unknown_events_and_pings_come_where_they_are_wanted() -> None:
    replies = [
        Reply("Two words", wrong_json_after=3),
        Reply("Two words", unknown_event_after=2),
        Reply("a b c d", pings=2),
    ]
    async with Understudy(replies) as server:
        broken = (await ask(server.base_url, question(stream=True))).text.split("\n\n")
        unknown = events_in((await ask(server.base_url, question(stream=True))).content)
        pinged = events_in((await ask(server.base_url, question(stream=True))).content)
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[3].split("data: ")[1])
    assert len(broken) == 9  # 8 events, and nothing after the last blank line
    assert unknown[2]["type"] == "weather_report"
    assert len(unknown) == 9
    assert [at for at, event in enumerate(pinged) if event["type"] == "ping"] == [2, 3, 5, 8, 11]
    assert text_in(pinged) == "a b c d"


async def test_raw_bodies_and_foreign_content_types_go_out_as_they_are() -> None:
    crlf = b"".join(event.frame().replace(b"\n", b"\r\n") for event in anthropic.text_events("Hi"))
    replies = [
        Reply(raw=crlf),
        Reply(raw=b"<html>Sign in</html>", content_type="text/html"),
        Reply(raw=crlf, cut_after_event=2),
    ]
    async with Understudy(replies) as server:
        first = await ask(server.base_url, question(stream=True))
        second = await ask(server.base_url, question(stream=True))
        third, _ = await read_until_it_breaks(server.base_url)
    assert first.content == crlf
    assert server.account[0].usage is not None
    assert server.account[0].usage.output_tokens == 1
    assert (second.status_code, second.headers["content-type"]) == (200, "text/html")
    assert second.content == b"<html>Sign in</html>"
    assert third == b"\r\n\r\n".join(crlf.split(b"\r\n\r\n")[:2]) + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (429, "rate_limit_error"),
        (529, "overloaded_error"),
    ],
)
async def test_error_answers_have_the_api_envelope(status: int, kind: str) -> None:
    async with Understudy([Reply(error=Fault(status), retry_after=7)]) as server:
        response = await ask(server.base_url, question(stream=True))
    assert response.status_code == status
    assert response.headers["retry-after"] == "7"
    assert response.json()["error"]["type"] == kind
    assert response.json()["request_id"] == response.headers["request-id"]


async def test_gates_hold_the_stream_without_a_clock() -> None:
    gate = asyncio.Event()
    async with (
        Understudy([Reply("one two three", gates={4: gate})]) as server,
        client_of(server.base_url) as client,
        client.stream("POST", "/v1/messages", json=question(stream=True)) as response,
    ):
        exchange = server.account[0]
        await exchange.sent(4)
        arrived = b""
        chunks = response.aiter_raw()
        while arrived.count(b"\n\n") < 4:
            arrived += await anext(chunks)
        assert text_in(events_in(arrived)) == "one"
        assert exchange.finished_at is None
        gate.set()
        arrived += b"".join([chunk async for chunk in chunks])
        await exchange.finished()
    assert text_in(events_in(arrived)) == "one two three"


async def test_waiting_for_more_events_than_there_are_fails_instead_of_hanging() -> None:
    async with Understudy([Reply("one")]) as server:
        await ask(server.base_url, question(stream=True))
        with pytest.raises(RuntimeError, match="ended after 7 events, 8 were awaited"):
            await server.account[0].sent(8)


@pytest.mark.parametrize("after", [-1, 0, 3, 99])
async def test_a_stall_lasts_until_the_client_leaves_and_the_account_says_so(after: int) -> None:
    async with Understudy([Reply("one two", stall_after=after)]) as server:
        async with client_of(server.base_url) as client:
            client.timeout = httpx.Timeout(5, read=0.05)
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/v1/messages", json=question(stream=True))
        exchange = server.account[0]
        await exchange.socket_closed()
    assert exchange.client_left
    assert exchange.events_sent == max(0, min(after, exchange.events_total))
    assert server.account.open_sockets == 0


async def test_a_client_that_stops_early_is_seen_at_once() -> None:
    gate = asyncio.Event()
    async with Understudy([Reply("one two three", gates={5: gate})]) as server:
        async with (
            client_of(server.base_url) as client,
            client.stream("POST", "/v1/messages", json=question(stream=True)),
        ):
            await server.account[0].sent(5)
        exchange = server.account[0]
        await exchange.socket_closed()
        assert exchange.client_left
        assert exchange.events_sent == 5
        assert exchange.usage is not None
        assert exchange.usage.output_tokens == 1


async def test_a_connection_carries_several_requests_and_none_is_lost_when_they_come_at_once() -> None:
    async with Understudy(lambda exchange: Reply(f"answer {exchange.number}")) as server:
        async with client_of(server.base_url) as client:
            for number in (1, 2, 3):
                message = (await client.post("/v1/messages", json=question())).json()
                assert message["content"][0]["text"] == f"answer {number}"
            assert len(server.account.sockets) == 1
            await asyncio.gather(*(client.post("/v1/messages", json=question()) for _ in range(5)))
        await server.account.all_closed()
    assert len(server.account.asked) == 8


async def test_the_account_keeps_exact_bytes_and_masks_keys() -> None:
    async with Understudy([Reply("one")], api_key="sk-secret") as server:
        body = b'{"model": "claude-sonnet-5",  "max_tokens":5, "messages":[{"role":"user","content":"h\xc3\xa9"}]}'
        async with client_of(server.base_url) as client:
            await client.post("/v1/messages", content=body, headers={"x-api-key": "sk-secret"})
    exchange = server.account[0]
    assert exchange.body == body
    assert (exchange.model, exchange.streamed, exchange.path, exchange.status) == (
        "claude-sonnet-5",
        False,
        "/v1/messages",
        200,
    )
    assert exchange.headers["x-api-key"] == "***"
    assert "sk-secret" not in repr(exchange)


async def test_a_chunked_request_body_is_read() -> None:
    async def pieces() -> Any:
        body = json.dumps(question()).encode()
        for at in range(0, len(body), 10):
            yield body[at : at + 10]

    async with Understudy([Reply("one")]) as server, client_of(server.base_url) as client:
        response = await client.post("/v1/messages", content=pieces())
    assert response.status_code == 200


async def test_a_script_that_is_over_and_a_script_that_fails_say_so(caplog: pytest.LogCaptureFixture) -> None:
    def failing(exchange: Exchange) -> Reply:
        raise LookupError("no such thing")

    async with Understudy([Reply("one")]) as server:
        await ask(server.base_url, question())
        over = await ask(server.base_url, question())
        server.add(Reply("two"), failing)
        added = await ask(server.base_url, question())
        failed = await ask(server.base_url, question())
    assert over.status_code == 400
    assert "one request more" in over.json()["error"]["message"]
    assert added.json()["content"][0]["text"] == "two"
    assert "LookupError" in failed.json()["error"]["message"]
    assert "the understudy failed at request 4" in caplog.text


async def test_a_script_can_look_at_the_request_wait_and_leave_it_to_the_repertoire() -> None:
    async def play(exchange: Exchange) -> Reply | None:
        return None if exchange.number == 1 else Reply(f"model {exchange.model}")

    async with Understudy(play) as server:
        first = (await ask(server.base_url, question())).json()
        second = (await ask(server.base_url, question())).json()
    assert "I am the understudy" in first["content"][0]["text"]
    assert second["content"][0]["text"] == "model claude-sonnet-5"


async def test_the_accounts_usage_is_the_sum_of_what_was_reported() -> None:
    replies = [
        Reply("a", usage=Usage(10, 3, 0, 0)),
        Reply("b", usage=Usage(20, 4, 5, 6)),
        Reply(error=Fault(529)),
        Reply("c", usage=Usage(1, 9, 0, 0), cut_after_event=1),
    ]
    async with Understudy(replies) as server:
        for _ in range(3):
            await ask(server.base_url, question())
        await read_until_it_breaks(server.base_url)
        await server.account.all_closed()
    assert server.account.usage == Usage(31, 8, 5, 6, None)  # 10 + 20 + 1, and 3 + 4 + 1 of the cut one's start
    assert server.account.usage.input_tokens == 42


async def test_no_usage_is_reported_when_the_script_knows_none() -> None:
    async with Understudy([Reply("a", usage=Usage())]) as server:
        message = (await ask(server.base_url, question())).json()
    assert message["usage"] == {"service_tier": "standard"}
    assert server.account[0].usage == Usage()


async def test_closing_ends_answers_that_still_run() -> None:
    server = Understudy([Reply("one", stall_after=0)])
    async with server, asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read_until_it_breaks(server.base_url))
        await (await server.account.request(1)).sent(0)
        await server.close()
    _, raised = await reading
    assert isinstance(raised, httpx.TransportError)
    assert server.account.open_sockets == 0


@pytest.mark.parametrize(
    "bytes_sent", [b"NONSENSE\r\n\r\n", b"POST /v1/messages HTTP/1.1\r\ncontent-length: x\r\n\r\n"]
)
async def test_what_is_not_http_gets_a_400_and_a_closed_socket(bytes_sent: bytes) -> None:
    async with Understudy() as server:
        host, port = server.base_url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(bytes_sent)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 400 ")

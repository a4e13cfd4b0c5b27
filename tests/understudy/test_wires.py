"""One script, every wire: the same replies, faults and questions give the same on each of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tuppence.understudy import Call, Event, Fault, RandomSizes, Reply, Text, Understudy, Usage
from tuppence.understudy.reply import Chunking, Cut

from .asking import (
    HEADERS,
    OPENAI_HEADERS,
    chat_question,
    chat_tools,
    question,
    responses_question,
    responses_tools,
)

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Way:
    """How one wire is asked, and where its answers have their words and calls."""

    name: str
    path: str

    def body(self, text: str = "Who are you?", tools: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
        match self.name:
            case "anthropic":
                schemas = [one["function"] for one in chat_tools(*tools)]
                offered = [{"name": one["name"], "input_schema": one["parameters"]} for one in schemas]
                return question(text, **({"tools": offered} if tools else {}), **fields)
            case "responses":
                return responses_question(text, **({"tools": responses_tools(*tools)} if tools else {}), **fields)
            case _:
                return chat_question(text, **({"tools": chat_tools(*tools)} if tools else {}), **fields)

    def words(self, body: dict[str, Any]) -> str:
        match self.name:
            case "anthropic":
                return "".join(block.get("text", "") for block in body["content"])
            case "responses":
                items = [item for item in body["output"] if item["type"] == "message"]
                return "".join(item["content"][0]["text"] for item in items)
            case _:
                return body["choices"][0]["message"]["content"] or ""

    def calls(self, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        match self.name:
            case "anthropic":
                return [(block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use"]
            case "responses":
                calls = [item for item in body["output"] if item["type"] == "function_call"]
                return [(call["name"], json.loads(call["arguments"])) for call in calls]
            case _:
                functions = [one["function"] for one in body["choices"][0]["message"].get("tool_calls") or ()]
                return [(function["name"], json.loads(function["arguments"])) for function in functions]

    @property
    def headers(self) -> dict[str, str]:
        return HEADERS if self.name == "anthropic" else OPENAI_HEADERS

    async def ask(self, server: Understudy, *texts: str, **fields: Any) -> httpx.Response:
        async with httpx.AsyncClient(
            base_url=server.base_url, headers=self.headers, timeout=10, trust_env=False
        ) as client:
            return await client.post(self.path, json=self.body(*texts, **fields))

    async def read(self, server: Understudy, **fields: Any) -> tuple[bytes, Exception | None]:
        """What came of a stream until it ended or broke."""
        received = b""
        try:
            async with (
                httpx.AsyncClient(
                    base_url=server.base_url, headers=self.headers, timeout=10, trust_env=False
                ) as client,
                client.stream("POST", self.path, json=self.body(stream=True, **fields)) as response,
            ):
                async for chunk in response.aiter_raw():
                    received += chunk
        except httpx.TransportError as error:
            return received, error
        return received, None


WAYS = (Way("anthropic", "/v1/messages"), Way("responses", "/v1/responses"), Way("chat", "/v1/chat/completions"))
every_wire = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@every_wire
async def test_the_repertoire_answers_on_every_wire(way: Way) -> None:
    async with Understudy() as server:
        myself = (await way.ask(server)).json()
        called = (await way.ask(server, "Call get_weather with city Rome.", tools=["get_weather"])).json()
    assert "I am the understudy" in way.words(myself)
    assert way.calls(called) == [("get_weather", {"city": "Rome"})]
    assert [exchange.asks for exchange in server.account] == [True, True]


@every_wire
async def test_choices_of_tools_are_obeyed(way: Way) -> None:
    forbid, require = ("none", "required") if way.name != "anthropic" else ({"type": "none"}, {"type": "any"})
    text = "Call both functions."
    async with Understudy() as server:
        forbidden = (await way.ask(server, text, tools=["get_time"], tool_choice=forbid)).json()
        required = (await way.ask(server, "Who are you?", tools=["get_time"], tool_choice=require)).json()
    assert way.calls(forbidden) == []
    assert "cannot call `get_time`" in way.words(forbidden)
    assert way.calls(required) == [("get_time", {})]


@every_wire
@pytest.mark.parametrize(
    ("cut", "error"), [("close", httpx.RemoteProtocolError), ("reset", httpx.ReadError), ("terminate", None)]
)
async def test_streams_can_be_cut(way: Way, cut: Cut, error: type[Exception] | None) -> None:
    async with Understudy([Reply("Two words", cut_after_event=3, cut=cut)]) as server:
        received, raised = await way.read(server)
        await server.account.all_closed()
    assert received.count(b"\n\n") == 3
    assert isinstance(raised, error) if error else raised is None
    assert server.account[0].events_sent == 3


@every_wire
async def test_streams_can_be_cut_at_any_byte(way: Way) -> None:
    async with Understudy(lambda _: Reply("é", cut_after_bytes=700)) as server:
        received, raised = await way.read(server)
    assert len(received) == 700
    assert isinstance(raised, httpx.RemoteProtocolError)


@every_wire
async def test_wrong_json_unknown_events_and_error_events(way: Way) -> None:
    replies = [
        Reply("Two words", wrong_json_after=2),
        Reply("Two words", unknown_event_after=2),
        Reply("Two words", error_event_after=2, error_event=Fault(500, "broken")),
    ]
    async with Understudy(replies) as server:
        broken, unknown, failed = [(await way.read(server))[0].split(b"\n\n") for _ in replies]
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[2].partition(b"data: ")[2])
    json.loads(broken[3].partition(b"data: ")[2])
    assert b"weather_report" in unknown[2]
    assert len(unknown) == len(broken) + 1
    assert (len(failed), b"broken" in failed[2]) == (4, True)


@every_wire
@pytest.mark.parametrize("chunking", ["whole", 1, RandomSizes(seed=3)])
async def test_the_body_does_not_depend_on_the_chunking(way: Way, chunking: Chunking) -> None:
    events = [Event("x", {"type": "x", "n": n, "word": "🦔"}) for n in range(5)]
    async with Understudy([Reply(events=events, chunking=chunking, split_utf8=True)]) as server:
        received, raised = await way.read(server)
    assert raised is None
    assert received == b"".join(event.frame() for event in events)


@every_wire
async def test_gates_stalls_and_clients_that_leave(way: Way) -> None:
    gate = asyncio.Event()
    async with Understudy([Reply("a b c", gates={2: gate}), Reply("a b", stall_after=2)]) as server:
        reading = asyncio.create_task(way.read(server))
        await (await server.account.request(1)).sent(2)
        assert not reading.done()
        gate.set()
        assert (await reading)[1] is None
        stalled = asyncio.create_task(way.read(server))
        exchange = await server.account.request(2)
        await exchange.sent(2)
        stalled.cancel()
        await exchange.socket_closed()
    assert exchange.client_left


@every_wire
async def test_errors_before_the_stream_have_the_wire_s_envelope(way: Way) -> None:
    async with Understudy([Reply(error=Fault(529), retry_after=2), Reply(error=Fault(400, "No."))]) as server:
        busy = await way.ask(server, stream=True)
        wrong = await way.ask(server)
    assert (busy.status_code, busy.headers["retry-after"]) == (529, "2")
    assert "overloaded" in busy.json()["error"]["type" if way.name == "anthropic" else "code"]
    assert (wrong.json()["error"]["message"], wrong.json()["error"]["type"]) == ("No.", "invalid_request_error")


@every_wire
async def test_an_anthropic_stop_reason_is_understood_by_every_wire(way: Way) -> None:
    async with Understudy([Reply("So", stop_reason="max_tokens")]) as server:
        body = json.dumps((await way.ask(server)).json())
    assert any(word in body for word in ('"max_tokens"', '"max_output_tokens"', '"finish_reason": "length"'))


@every_wire
async def test_whole_answers_held_back_ones_and_endless_ones(way: Way) -> None:
    replies = [
        Reply([Text("Two words"), Call("a", {"day": "2026-03-01 to 2026-03-31"})], in_one_piece=True),
        Reply("Two words", held_back=True, pace=0.001),
        Reply("Two words", without_end=True),
    ]
    async with Understudy(replies) as server:
        whole, held, endless = [(await way.read(server))[0] for _ in replies]
    assert b'"Two words"' in whole
    assert b"2026-03-01 to 2026-03-31" in whole
    assert b'" words"' in held
    assert b'" words"' in endless
    assert not [word for word in (b"message_stop", b"response.completed", b"[DONE]", b'"stop"') if word in endless]


@every_wire
async def test_usage_that_nobody_knows_is_not_reported(way: Way) -> None:
    async with Understudy([Reply("a", usage=Usage())]) as server:
        body = (await way.ask(server)).json()
    assert "input_tokens" not in json.dumps(body)
    assert "prompt_tokens" not in json.dumps(body)
    assert server.account.usage == Usage()


async def test_lists_of_models_are_told_apart_by_who_asks() -> None:
    async with Understudy() as server, httpx.AsyncClient(base_url=server.base_url, trust_env=False) as client:
        anthropic = (await client.get("/v1/models", headers=HEADERS)).json()
        openai = (await client.get("/v1/models", headers=OPENAI_HEADERS)).json()
    assert "claude-sonnet-5" in [model["id"] for model in anthropic["data"]]
    assert "gpt-4.1" in [model["id"] for model in openai["data"]]
    assert server.openai_base_url == server.base_url + "/v1"

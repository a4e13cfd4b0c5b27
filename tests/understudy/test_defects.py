"""Every defect, as it is seen by a client: the same probe of a sound server turns out otherwise."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_args

import httpx
import pytest

from tuppence.understudy import DEFECTS, Call, Defect, Reply, Understudy

from .asking import (
    chat_question,
    chat_tools,
    chunks_in,
    complete,
    deltas_in,
    openai_client,
    respond,
    responses_question,
    responses_tools,
    words_in,
)

pytestmark = pytest.mark.anyio

USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}
BOTH = "Call both functions with city Paris."


async def stream(server: Understudy, text: str = "Count from 1 to 40.", **fields: Any) -> httpx.Response:
    return await complete(server, chat_question(text, stream=True, **fields))


async def message(server: Understudy, text: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await complete(server, chat_question(text, **fields))).json()["choices"][0]["message"]
    return found


async def calls(server: Understudy, text: str = BOTH, **fields: Any) -> list[dict[str, Any]]:
    tools = chat_tools("get_weather", "get_time")
    return (await message(server, text, tools=tools, **fields)).get("tool_calls") or []


def broken(*names: Defect, **options: Any) -> Understudy:
    return Understudy(defects=names, **options)


def test_every_defect_is_described_and_unknown_ones_are_refused() -> None:
    assert set(DEFECTS) == set(get_args(Defect))
    with pytest.raises(ValueError, match="there is no defect 'bad mood'"):
        Understudy(defects=["bad mood"])  # type: ignore[list-item]


async def test_a_sound_server_has_none_of_them() -> None:
    async with Understudy() as server:
        counted = await stream(server, **USAGE)
        both = await calls(server)
        forbidden = await calls(server, tool_choice="none")
    chunks = chunks_in(counted.text)
    assert len([delta for delta in deltas_in(chunks) if delta.get("content")]) == 40
    assert words_in(chunks).split() == [str(number) for number in range(1, 41)]
    assert chunks[-1]["usage"]["completion_tokens"] == 40
    assert counted.text.endswith("[DONE]\n\n")
    assert [json.loads(call["function"]["arguments"]) for call in both] == [{"city": "Paris"}, {}]
    assert len({call["id"] for call in both}) == 2
    assert forbidden == []


async def test_the_whole_answer_comes_in_one_piece() -> None:
    async with broken("whole_answer") as server:
        deltas = [
            delta["content"] for delta in deltas_in(chunks_in((await stream(server)).text)) if delta.get("content")
        ]
    assert [len(delta.split()) for delta in deltas] == [40]


async def test_a_proxy_holds_the_stream_back() -> None:
    gate = asyncio.Event()
    async with Understudy([Reply("a b", gates={3: gate})], defects={"held_back"}) as server:
        reading = asyncio.create_task(stream(server))
        exchange = await server.account.request(1)
        await server.account.milestones.until(lambda: exchange.status is not None)
        assert exchange.bytes_sent == 0
        gate.set()
        assert words_in(chunks_in((await reading).text)) == "a b"
    assert exchange.events_sent == exchange.events_total


async def test_what_a_proxy_held_back_arrives_at_once() -> None:
    async def pieces(server: Understudy) -> list[bytes]:
        async with (
            openai_client(server) as client,
            client.stream("POST", "/chat/completions", json=chat_question("Count to 9", stream=True)) as response,
        ):
            return [chunk async for chunk in response.aiter_raw()]

    async with broken("held_back") as server, Understudy() as sound:
        held, passed = await pieces(server), await pieces(sound)
    assert len(held) == 1
    assert words_in(chunks_in(held[0].decode())) == words_in(chunks_in(b"".join(passed).decode()))


async def test_plain_json_instead_of_a_stream_and_no_stream_at_all() -> None:
    async with broken("plain_json") as server:
        plain = await stream(server)
        responses = await respond(server, responses_question(stream=True))
    async with broken("refuses_stream") as server:
        refused, taken = await stream(server), await complete(server, chat_question())
    assert plain.headers["content-type"] == responses.headers["content-type"] == "application/json"
    assert plain.json()["choices"][0]["finish_reason"] == "stop"
    assert (refused.status_code, taken.status_code) == (400, 200)


async def test_stream_options_are_refused() -> None:
    async with broken("refuses_stream_options") as server:
        with_them, without = await stream(server, **USAGE), await stream(server)
    assert (with_them.status_code, without.status_code) == (400, 200)
    assert "stream_options" in with_them.json()["error"]["message"]


async def test_usage_is_never_reported() -> None:
    async with broken("no_usage") as server:
        streamed = await stream(server, **USAGE)
        plain = await complete(server, chat_question())
        responses = (await respond(server, responses_question())).json()
    assert not [chunk for chunk in chunks_in(streamed.text) if chunk.get("usage")]
    assert "usage" not in plain.json()
    assert responses["usage"] is None
    assert server.account.usage.output_tokens is None


async def test_streams_end_without_an_end() -> None:
    async with broken("no_end") as server:
        body = (await stream(server)).text
        responses = (await respond(server, responses_question(stream=True))).text
    assert "[DONE]" not in body
    assert not [chunk for chunk in chunks_in(body) if chunk["choices"] and chunk["choices"][0]["finish_reason"]]
    assert words_in(chunks_in(body)).endswith(" 40")
    assert "response.completed" not in responses


async def test_the_connection_is_dropped_in_the_middle_of_every_answer() -> None:
    async with broken("drops_connection") as server:
        for ask in (stream(server), complete(server, chat_question())):
            with pytest.raises(httpx.RemoteProtocolError):
                await ask
    assert 10 < server.account[0].events_sent < 35
    assert server.account[1].bytes_sent > 100


async def test_the_server_falls_silent() -> None:
    async with broken("stalls") as server:
        reading = asyncio.create_task(stream(server))
        exchange = await server.account.request(1)
        await exchange.sent(10)
        reading.cancel()
        await exchange.finished()
    assert exchange.client_left
    assert exchange.events_sent < exchange.events_total


async def test_slow_servers_take_the_time_they_are_told() -> None:
    async with broken("slow_first_byte", slowness=3600) as server:
        reading = asyncio.create_task(stream(server))
        exchange = await server.account.request(1)
        reading.cancel()
        await exchange.finished()
    async with broken("slow_tokens", slowness=3600) as server:
        reading = asyncio.create_task(stream(server))
        paced = await server.account.request(1)
        await paced.sent(1)
        reading.cancel()
        await paced.finished()
    assert exchange.status is None
    assert (paced.status, paced.events_sent) == (200, 1)


async def test_reasoning_is_mixed_into_the_words() -> None:
    async with broken("think_tags") as server:
        content = (await message(server, "Reply with the word ready."))["content"]
    assert content.startswith("<think>\n")
    assert content.endswith("\n</think>\n\nready")


async def test_the_answer_is_empty() -> None:
    async with broken("empty_answer") as server:
        chunks = chunks_in((await stream(server)).text)
    assert words_in(chunks) == ""
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_functions_are_called_although_it_is_forbidden_or_never() -> None:
    async with broken("ignores_tool_choice") as server:
        forbidden = await calls(server, tool_choice="none")
    async with broken("never_calls") as server:
        asked = await calls(server)
        required = await calls(server, tool_choice="required")
    assert len(forbidden) == 2
    assert asked == required == []


async def test_functions_are_refused() -> None:
    async with broken("refuses_tools") as server:
        refused = await complete(server, chat_question(tools=chat_tools("get_time")))
        responses = await respond(server, responses_question(tools=responses_tools("get_time")))
        taken = await complete(server, chat_question())
    assert (refused.status_code, responses.status_code, taken.status_code) == (400, 400, 200)
    assert "does not support tools" in refused.json()["error"]["message"]


async def test_parallel_calls_are_ignored_or_refused() -> None:
    async with broken("one_call_at_a_time") as server:
        one = await calls(server)
    async with broken("refuses_parallel_calls") as server:
        both = await calls(server)
        results = [{"role": "tool", "tool_call_id": call["id"], "content": "1"} for call in both]
        history = [*chat_question(BOTH)["messages"], {"role": "assistant", "tool_calls": both}, *results]
        body = chat_question(tools=chat_tools("get_weather", "get_time"), messages=history)
        returned = await complete(server, body)
        asked = await complete(server, chat_question(tools=chat_tools("get_time"), parallel_tool_calls=True))
    assert [call["function"]["name"] for call in one] == ["get_weather"]
    assert len(both) == 2
    assert (returned.status_code, asked.status_code) == (400, 400)
    assert "single tool-calls" in returned.json()["error"]["message"]


async def test_functions_without_parameters_break_it() -> None:
    async with broken("breaks_on_no_parameters") as server:
        without = await complete(server, chat_question(tools=chat_tools("get_time")))
        with_some = await complete(server, chat_question(tools=chat_tools("get_weather")))
    assert (without.status_code, with_some.status_code) == (400, 200)


async def test_arguments_are_no_json_and_ids_repeat() -> None:
    async with broken("broken_arguments") as server:
        for call in await calls(server):
            with pytest.raises(json.JSONDecodeError):
                json.loads(call["function"]["arguments"])
    async with broken("repeated_ids") as server:
        assert [call["id"] for call in await calls(server)] == ["call_1", "call_1"]


@pytest.mark.parametrize("wire", ["anthropic", "responses", "chat"])
async def test_what_does_not_fit_loses_its_beginning_or_is_refused(wire: str) -> None:
    text = f"The word is apple. {'filler ' * 600} What was the word at the beginning?"

    async def answer(server: Understudy) -> str:
        async with openai_client(server) as client:
            match wire:
                case "anthropic":
                    body = {"model": "understudy", "max_tokens": 99, "messages": chat_question(text)["messages"]}
                    headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
                    response = await client.post("/messages", json=body, headers=headers)
                case "responses":
                    response = await client.post("/responses", json=responses_question(text))
                case _:
                    response = await client.post("/chat/completions", json=chat_question(text))
            return response.text if response.status_code == 200 else str(response.status_code)

    async with broken("drops_beginning", context_window=500) as server:
        dropped = await answer(server)
    async with Understudy(context_window=500) as server:
        refused = await answer(server)
    async with Understudy() as server:
        whole = await answer(server)
    assert "apple" in whole
    assert "apple" not in dropped
    assert "do not find such a word" in dropped
    assert refused == "400"


async def test_messages_that_do_not_fit_are_dropped_one_after_the_other() -> None:
    talk = [
        {"role": "user", "content": "The word is apple." + " filler" * 100},
        {"role": "assistant", "content": "Fine." + " filler" * 100},
        {"role": "user", "content": "Not so fast. The word is pear." + " filler" * 100},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "What was the word at the beginning?"},
    ]
    async with broken("drops_beginning", context_window=300) as server:
        answered = await complete(server, chat_question(messages=talk))
    assert answered.json()["choices"][0]["message"]["content"] == "pear"


async def test_lists_models_and_keys() -> None:
    async with broken("no_model_list") as server, openai_client(server) as client:
        assert (await client.get("/models")).status_code == 404
        assert (await complete(server, chat_question())).status_code == 200
    async with broken("unknown_model") as server, openai_client(server) as client:
        assert (await client.get("/models")).status_code == 200
        unknown = await complete(server, chat_question())
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    async with broken("refuses_key") as server, openai_client(server) as client:
        assert (await client.get("/models")).status_code == 401
        assert (await complete(server, chat_question())).status_code == 401


async def test_a_web_page_is_sent() -> None:
    async with broken("sign_in_page") as server:
        response = await stream(server)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html")


async def test_defects_spoil_a_script_as_well_and_can_be_combined() -> None:
    async with Understudy([Reply([Call("a", {"n": 1})])], defects={"broken_arguments", "whole_answer"}) as server:
        chunks = chunks_in((await stream(server)).text)
    pieces = [delta["tool_calls"][0]["function"]["arguments"] for delta in deltas_in(chunks) if "tool_calls" in delta]
    assert pieces == ["", '{"n":1']

"""The Chat wire as OpenAI speaks it, and what it and the other servers refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tuppence.understudy import Block, Call, Fault, Reply, Text, Thinking, Understudy, Usage

from .asking import chat_question, chat_tools, chunks_in, complete, deltas_in, openai_client, words_in

pytestmark = pytest.mark.anyio

USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}


async def test_a_stream_has_the_chunks_of_the_api_in_their_order() -> None:
    async with Understudy([Reply("Two words")]) as server:
        response = await complete(server, chat_question(stream=True, **USAGE))
    chunks = chunks_in(response.text)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-request-id"] == server.account[0].request_id
    assert response.text.endswith("data: [DONE]\n\n")
    assert deltas_in(chunks) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Two"},
        {"content": " words"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:4]] == [None, None, None, "stop"]
    assert [chunk["usage"] for chunk in chunks[:4]] == [None] * 4
    assert chunks[4]["choices"] == []
    assert chunks[4]["usage"]["completion_tokens"] == 2
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert all(chunk["obfuscation"] for chunk in chunks)


async def test_usage_is_streamed_only_when_asked_for_and_padding_unless_declined() -> None:
    async with Understudy([Reply("Two words")] * 2) as server:
        unasked = chunks_in((await complete(server, chat_question(stream=True))).text)
        options: dict[str, Any] = {"stream_options": {"include_obfuscation": False}}
        unpadded = chunks_in((await complete(server, chat_question(stream=True, **options))).text)
    assert not [chunk for chunk in unasked if "usage" in chunk or not chunk["choices"]]
    assert not [chunk for chunk in unpadded if "obfuscation" in chunk]
    assert server.account[0].usage is None


async def test_the_same_reply_comes_plain_when_no_stream_is_asked_for() -> None:
    calls: list[Block] = [Text("Look."), Call("get_time", {"a": [1]}, id="call_1")]
    async with Understudy([Reply(calls), Reply("No.", stop_reason="refusal")]) as server:
        body = (await complete(server, chat_question())).json()
        refused = (await complete(server, chat_question())).json()["choices"][0]
    choice = body["choices"][0]
    assert choice["message"]["content"] == "Look."
    assert choice["message"]["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": '{"a":[1]}'}}
    ]
    assert choice["finish_reason"] == "tool_calls"
    assert server.account[0].usage is not None
    assert server.account[0].usage.output_tokens == body["usage"]["completion_tokens"]
    assert (refused["message"]["refusal"], refused["message"]["content"]) == ("No.", None)
    assert refused["finish_reason"] == "stop"


async def test_calls_come_in_pieces_by_index() -> None:
    async with Understudy([Reply([Call("a", {"day": "2026-03-01", "n": 12345}), Call("b")])]) as server:
        chunks = chunks_in((await complete(server, chat_question(stream=True))).text)
    pieces = [delta["tool_calls"][0] for delta in deltas_in(chunks) if "tool_calls" in delta]
    assert [piece["index"] for piece in pieces] == sorted(piece["index"] for piece in pieces)
    first = [piece for piece in pieces if piece["index"] == 0]
    assert (first[0]["function"]["name"], first[0]["type"]) == ("a", "function")
    assert len([piece for piece in pieces if "id" in piece]) == 2
    assert "".join(piece["function"]["arguments"] for piece in first) == '{"day":"2026-03-01","n":12345}'
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_limits_filters_and_stop_sequences() -> None:
    replies = [Reply("one two three"), Reply("x", stop_reason="content_filter"), Reply("one STOP two")]
    async with Understudy(replies) as server:
        limited = (await complete(server, chat_question(max_tokens=2))).json()["choices"][0]
        filtered = (await complete(server, chat_question())).json()["choices"][0]
        stopped = (await complete(server, chat_question(stop="STOP"))).json()["choices"][0]
    assert (limited["message"]["content"], limited["finish_reason"]) == ("one two", "length")
    assert filtered["finish_reason"] == "content_filter"
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one ", "stop")


async def test_reasoning_is_counted_and_never_shown_by_openai_itself() -> None:
    async with Understudy([Reply([Thinking("One two three"), Text("Four")])]) as server:
        chunks = chunks_in((await complete(server, chat_question(model="gpt-5.4", stream=True, **USAGE))).text)
    assert words_in(chunks) == "Four"
    assert chunks[-1]["usage"]["completion_tokens_details"] == {"reasoning_tokens": 3}
    usage = server.account[0].usage
    assert usage is not None
    assert (usage.output_tokens, usage.reasoning_tokens, usage.cache_read_tokens) == (4, 3, 0)


async def test_usage_has_one_meaning_over_the_wires() -> None:
    told = [{"role": "system", "content": "Answer questions about money. " * 300}, *chat_question()["messages"]]
    async with Understudy([Reply("a")] * 3) as server:
        for _ in range(2):
            body = (await complete(server, chat_question(messages=told))).json()["usage"]
        await complete(server, chat_question(stream=True))
    cached = body["prompt_tokens_details"]["cached_tokens"]
    assert cached >= 1024
    first, second = server.account[0].usage, server.account[1].usage
    assert first is not None
    assert second is not None
    assert first.input_tokens == second.input_tokens == body["prompt_tokens"]
    assert (second.fresh_input_tokens, second.cache_read_tokens) == (body["prompt_tokens"] - cached, cached)
    assert server.account.usage == Usage(2 * body["prompt_tokens"] - cached, 2, cached, None, 0)


def with_calls(*messages: dict[str, Any]) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
    return {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [call]}, *messages]}


RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "noon"}
BAD_REQUESTS: list[tuple[dict[str, Any], str, str | None]] = [
    ({"nonsense": 1}, "Unknown parameter: 'nonsense'.", "unknown_parameter"),
    ({"messages": []}, "empty array", "empty_array"),
    ({"messages": [RESULT]}, "must be a response to a preceding message with 'tool_calls'", None),
    (with_calls(), "did not have response messages: call_1", None),
    (with_calls({"role": "user", "content": "So?"}), "did not have response messages: call_1", None),
    (with_calls(RESULT, RESULT), "must be a response to a preceding message", None),
    (with_calls({**RESULT, "tool_call_id": "call_2"}), "must be a response to a preceding message", None),
    ({"messages": [{"role": "user", "content": None}]}, "expected a string, got null", None),
    ({"messages": [{"role": "robot", "content": "x"}]}, "Supported values are", "invalid_value"),
    (
        {"messages": [{"role": "assistant", "content": "x", "reasoning_content": "y"}]},
        "Unknown parameter: 'messages[0].reasoning_content'.",
        "unknown_parameter",
    ),
    ({"model": "gpt-5.4", "max_tokens": 9}, "Use 'max_completion_tokens' instead.", "unsupported_parameter"),
    ({"model": "gpt-5.4", "temperature": 0.5}, "does not support 0.5", "unsupported_value"),
    (USAGE, "only allowed when 'stream' is enabled", None),
    ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter"),
    ({"tools": []}, "empty array", "empty_array"),
    ({"tool_choice": "none"}, "only allowed when 'tools' are specified", None),
    ({"parallel_tool_calls": False}, "only allowed when 'tools' are specified", None),
    ({"tools": chat_tools("get_weather"), "tool_choice": "any"}, "Invalid value: 'any'", "invalid_value"),
    ({"tools": chat_tools("get_weather", strict=True)}, "additionalProperties", "invalid_function_parameters"),
    (
        {"tools": chat_tools("get_weather", parameters={"type": "array"})},
        "schema must be a JSON Schema",
        "invalid_function_parameters",
    ),
]


@pytest.mark.parametrize(("fields", "words", "code"), BAD_REQUESTS, ids=[str(case[0])[:50] for case in BAD_REQUESTS])
async def test_wrong_requests_are_refused(fields: dict[str, Any], words: str, code: str | None) -> None:
    async with Understudy() as server:
        response = await complete(server, chat_question() | fields)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert words in error["message"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)


async def test_sound_histories_are_taken() -> None:
    async with Understudy() as server:
        response = await complete(server, chat_question(**with_calls(RESULT, {"role": "user", "content": "So?"})))
    assert response.status_code == 200


async def test_call_ids_have_a_longest_length() -> None:
    body = with_calls(RESULT)
    body["messages"][1]["tool_calls"][0]["id"] = body["messages"][2]["tool_call_id"] = "x" * 41
    body["messages"] = [*body["messages"][:2], {**RESULT, "tool_call_id": "x" * 41}]
    async with Understudy() as server:
        response = await complete(server, chat_question(**body))
    assert response.json()["error"]["code"] == "string_above_max_length"


async def test_keys_models_paths_and_sizes() -> None:
    async with Understudy(api_key="right", context_window=50) as server, openai_client(server) as client:
        wrong = await client.post("/chat/completions", json=chat_question())
        client.headers["authorization"] = "Bearer right"
        model = await client.post("/chat/completions", json=chat_question(model="none"))
        path = await client.get("/nothing")
        method = await client.get("/chat/completions")
        long = await client.post("/chat/completions", json=chat_question("word " * 100))
        deployed = await client.post(
            server.base_url + "/openai/deployments/understudy/chat/completions?api-version=1",
            json=chat_question(),
            headers={"api-key": "right", "authorization": ""},
        )
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert (model.status_code, model.json()["error"]["code"]) == (404, "model_not_found")
    assert (path.status_code, method.status_code, deployed.status_code) == (404, 405, 200)
    assert (long.status_code, long.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert server.account[-1].headers["api-key"] == "***"


async def test_errors_within_a_stream_and_before_it() -> None:
    replies = [Reply("a b", error_event_after=2, error_event=Fault(500)), Reply(error=Fault(429), retry_after=5)]
    async with Understudy(replies) as server:
        chunks = chunks_in((await complete(server, chat_question(stream=True))).text)
        limited = await complete(server, chat_question(stream=True))
    assert set(chunks[-1]) == {"error"}
    assert chunks[-1]["error"]["type"] == "server_error"
    assert len(chunks) == 3
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "5")
    assert limited.json()["error"]["code"] == "rate_limit_exceeded"

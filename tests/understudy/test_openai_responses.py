"""The Responses wire: events, plain answers, reasoning, usage, what is refused, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from tuppence.understudy import Block, Call, Fault, Opaque, RedactedThinking, Reply, Text, Thinking, Understudy, Usage

from .asking import events_in, openai_client, respond, responses_question, responses_tools

pytestmark = pytest.mark.anyio

ENCRYPTED = {"include": ["reasoning.encrypted_content"]}
REASONING: dict[str, Any] = {
    "model": "gpt-5.4",
    "input": [{"role": "user", "content": "Hi"}],
    "store": False,
    **ENCRYPTED,
}


async def streamed(server: Understudy, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return events_in((await respond(server, (body or responses_question()) | {"stream": True})).content)


async def test_a_stream_has_the_events_of_the_api_in_their_order() -> None:
    async with Understudy([Reply("Two words")]) as server:
        response = await respond(server, responses_question(stream=True))
    events = events_in(response.content)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-request-id"] == server.account[0].request_id
    assert [event["type"] for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(10))
    assert events[2]["item"]["content"] == []
    assert all(event["obfuscation"] for event in events if event["type"].endswith(".delta"))
    assert events[-1]["response"]["output"] == [events[8]["item"]]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "Two words"
    assert (events[0]["response"]["status"], events[-1]["response"]["status"]) == ("in_progress", "completed")
    assert len({event["response"]["id"] for event in (events[0], events[1], events[-1])}) == 1


async def test_blocks_of_every_kind_are_streamed_as_items() -> None:
    web = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    blocks: list[Block] = [
        Thinking("Hm."),
        RedactedThinking("xyz"),
        Opaque(web),
        Call("a", {"day": 1}),
        Call("b", "{}", at_once=True),
    ]
    async with Understudy([Reply(blocks)]) as server:
        events = await streamed(server, REASONING)
    kinds = [event["type"].removeprefix("response.") for event in events]
    output = events[-1]["response"]["output"]
    assert [item["type"] for item in output] == [
        "reasoning",
        "reasoning",
        "web_search_call",
        "function_call",
        "function_call",
    ]
    assert kinds[2:8] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert output[0]["summary"] == [{"type": "summary_text", "text": "Hm."}]
    assert output[0]["encrypted_content"]
    assert output[1]["encrypted_content"] == "xyz"
    assert output[2] == web
    first, second = output[3:]
    pieces = [event["delta"] for event in events if event["type"] == "response.function_call_arguments.delta"]
    assert "".join(pieces) == first["arguments"] == '{"day":1}'
    assert {event.get("item_id") for event in events if "arguments" in event["type"]} == {first["id"]}
    assert [kind for kind in kinds if "arguments" in kind] == [
        "function_call_arguments.delta",
        "function_call_arguments.done",
    ]
    assert (second["arguments"], second["name"]) == ("{}", "b")
    assert len({item["id"] for item in output}) == 5


async def test_refusals_limits_filters_and_failures_end_as_the_api_says() -> None:
    replies = [
        Reply("No.", stop_reason="refusal"),
        Reply("word " * 30),
        Reply("So", stop_reason="content_filter"),
        Reply("So", stop_reason="failed", error_event=Fault(500, "broken")),
    ]
    async with Understudy(replies) as server:
        refused = await streamed(server)
        limited = await streamed(server, responses_question(max_output_tokens=16))
        filtered = await streamed(server)
        failed = await streamed(server)
    kinds = [event["type"] for event in refused]
    assert {"response.refusal.delta", "response.refusal.done"} <= set(kinds)
    assert refused[-1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "No."}]
    assert limited[-1]["type"] == filtered[-1]["type"] == "response.incomplete"
    assert limited[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert limited[-1]["response"]["output"][0]["status"] == "incomplete"
    assert limited[-1]["response"]["usage"]["output_tokens"] == 16
    assert filtered[-1]["response"]["incomplete_details"] == {"reason": "content_filter"}
    assert failed[-1]["type"] == "response.failed"
    assert failed[-1]["response"]["error"]["message"] == "broken"


async def test_usage_counts_all_input_and_says_what_was_cached_and_reasoned() -> None:
    long = REASONING | {"instructions": "Answer questions about money. " * 300}
    async with Understudy([Reply([Thinking("One two three"), Text("Four five")])] * 2) as server:
        first = (await respond(server, long)).json()["usage"]
        second = (await respond(server, long)).json()["usage"]
    assert first["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}
    assert second["input_tokens"] == first["input_tokens"]
    cached = second["input_tokens_details"]["cached_tokens"]
    assert cached >= 1024
    assert cached % 128 == 0
    assert first["output_tokens"] == 5  # 3 + 2
    assert first["output_tokens_details"] == {"reasoning_tokens": 3}
    assert first["total_tokens"] == first["input_tokens"] + 5
    assert server.account[1].usage == Usage(second["input_tokens"] - cached, 5, cached, 0, 3)


async def test_prefixes_are_cached_by_model_and_only_while_they_are_the_same() -> None:
    async with Understudy(cached_from=1) as server:

        async def cached(**fields: Any) -> int:
            usage = (await respond(server, responses_question(**fields))).json()["usage"]
            return int(usage["input_tokens_details"]["cached_tokens"])

        assert await cached() == 0
        assert await cached() > 5
        assert await cached(model="gpt-4o") == 0
        assert 0 < await cached(text="Who is that?") < await cached()


async def test_short_prefixes_are_not_cached() -> None:
    body = responses_question("How much is left of this month's money? " * 50)
    async with Understudy() as server:
        for _ in range(2):
            usage = (await respond(server, body)).json()["usage"]
    assert 256 < usage["input_tokens"] < 1024
    assert usage["input_tokens_details"]["cached_tokens"] == 0


async def test_reasoning_is_shown_sealed_and_counted_when_it_is_asked_for() -> None:
    async with Understudy() as server:
        plain = (await respond(server, responses_question())).json()
        hidden = (await respond(server, REASONING)).json()
        shown = (await respond(server, REASONING | {"reasoning": {"summary": "auto"}})).json()
        silent = (await respond(server, REASONING | {"reasoning": {"effort": "none"}})).json()
    assert [item["type"] for item in plain["output"]] == [item["type"] for item in silent["output"]] == ["message"]
    assert (hidden["output"][0]["type"], hidden["output"][0]["summary"]) == ("reasoning", [])
    assert hidden["output"][0]["encrypted_content"]
    assert hidden["usage"]["output_tokens_details"]["reasoning_tokens"] > 0
    assert "Scripted, not reasoned" in shown["output"][0]["summary"][0]["text"]


async def test_a_round_of_calls_goes_back_with_its_reasoning() -> None:
    body: dict[str, Any] = REASONING | {"tools": responses_tools("get_weather", "get_time")}
    body["input"] = [{"role": "user", "content": "Call both functions with city Paris."}]
    async with Understudy() as server:
        first = (await respond(server, body)).json()["output"]
        calls = [item for item in first if item["type"] == "function_call"]
        results = [{"type": "function_call_output", "call_id": call["call_id"], "output": '{"n": 1}'} for call in calls]
        second = await respond(server, body | {"input": [*body["input"], *first, *results]})
    assert [(call["name"], call["arguments"]) for call in calls] == [
        ("get_weather", '{"city":"Paris"}'),
        ("get_time", "{}"),
    ]
    assert second.status_code == 200
    assert "`get_time` answered" in second.json()["output"][-1]["content"][0]["text"]


async def made_round(server: Understudy, **fields: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A reasoning item, the call that came of it, and the call's result."""
    reasoning, call = (await respond(server, REASONING | fields)).json()["output"]
    return reasoning, call, {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}


async def test_histories_that_do_not_fit_together_are_refused_with_the_api_s_words() -> None:
    async with Understudy([Reply([Thinking("Hm."), Call("a")])]) as server:
        reasoning, call, result = await made_round(server)
        bare = {name: value for name, value in reasoning.items() if name != "encrypted_content"}
        cases = [
            ([call], "was provided without its required 'reasoning' item", 400),
            ([reasoning, call], "No tool output found for function call", 400),
            ([result], "No tool call found for function call output", 400),
            ([reasoning, call, call, result], "Duplicate item found with id", 400),
            ([reasoning, call, {**call, "id": "fc_2"}, result], "Duplicate function call", 400),
            ([reasoning, call, result, result], "Duplicate tool output", 400),
            ([reasoning], "without its required following item", 400),
            ([reasoning, {"role": "user", "content": "So?"}], "without its required following item", 400),
            ([bare, call, result], "Items are not persisted when `store` is set to false", 404),
            ([{**reasoning, "id": "rs_x"}, call, result], "could not be verified", 400),
        ]
        for history, message, status in cases:
            response = await respond(server, REASONING | {"input": history})
            assert (response.status_code, message in response.text) == (status, True), response.text
        server.add(Reply("Fine."))
        assert (await respond(server, REASONING | {"input": [reasoning, call, result]})).status_code == 200
        without_ids = [{**call, "id": None}, result]
        server.add(Reply("Fine."))
        assert (await respond(server, REASONING | {"input": without_ids})).status_code == 200


async def test_what_was_stored_can_be_referred_to() -> None:
    async with Understudy(
        [Reply([Thinking("Hm."), Call("a")]), Reply("Done."), Reply("Sure."), Reply("Yes.")]
    ) as server:
        reasoning, call, result = await made_round(server, store=True, include=[])
        by_id = await respond(server, REASONING | {"input": [reasoning, call, result]})
        reference = [{"type": "item_reference", "id": item["id"]} for item in (reasoning, call)]
        by_reference = await respond(server, REASONING | {"store": True, "input": [*reference, result]})
        after = REASONING | {"input": "So?", "previous_response_id": by_reference.json()["id"]}
        assert (await respond(server, after)).status_code == 200
        unknown = await respond(server, REASONING | {"previous_response_id": by_id.json()["id"]})
    assert [by_id.status_code, by_reference.status_code] == [200, 200]
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "previous_response_not_found")


TOOL = responses_tools("get_weather")[0]
BAD_REQUESTS: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"nonsense": 1}, "unknown_parameter", "nonsense"),
    ({"max_tokens": 100}, "unknown_parameter", "max_tokens"),
    ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
    ({"model": 7}, "invalid_type", "model"),
    ({"include": ["reasoning.encrypted_content"]}, None, "include"),
    ({"reasoning": {"effort": "low"}}, "unsupported_parameter", "reasoning.effort"),
    ({"model": "gpt-5.4", "temperature": 0.5}, None, "temperature"),
    ({"stream_options": {"include_obfuscation": False}}, None, "stream_options"),
    ({"tools": [TOOL | {"strict": True}]}, "invalid_function_parameters", "tools[0].parameters"),
    ({"tools": [TOOL | {"parameters": {"type": "object"}}]}, "invalid_function_parameters", "tools[0].parameters"),
    ({"tools": [TOOL | {"name": "no spaces"}]}, "invalid_value", "tools[0].name"),
    ({"tools": [{"type": "function", "function": TOOL}]}, "unknown_parameter", "tools[0].function"),
    ({"tool_choice": "any"}, "invalid_value", "tool_choice"),
    ({"tool_choice": "required"}, None, "tool_choice"),
    ({"input": [{"role": "tool", "content": "x"}]}, "invalid_value", "input[0].role"),
    ({"input": [{"type": "function_call", "name": "a", "arguments": "{}"}]}, "missing_required_parameter", None),
    (
        {"input": [{"type": "function_call", "call_id": "x" * 65, "name": "a", "arguments": "{}"}]},
        "string_above_max_length",
        "input[0].call_id",
    ),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        "invalid_value",
        "input[0].content[0]",
    ),
    ({"input": [{"role": "user", "content": "x", "reasoning": "y"}]}, "unknown_parameter", "input[0].reasoning"),
    ({"input": [{"role": "assistant", "id": "7", "content": "x"}]}, "invalid_value", "input[0].id"),
    ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ({"safety_identifier": "x" * 65}, "string_above_max_length", "safety_identifier"),
]


@pytest.mark.parametrize(("fields", "code", "param"), BAD_REQUESTS, ids=[str(case[0])[:50] for case in BAD_REQUESTS])
async def test_wrong_requests_are_refused(fields: dict[str, Any], code: str | None, param: str | None) -> None:
    async with Understudy() as server:
        response = await respond(server, responses_question() | fields)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert param is None or error["param"] == param


async def test_strict_functions_with_everything_required_are_taken() -> None:
    schema = {
        "type": "object",
        "properties": {"day": {"type": ["string", "null"]}},
        "required": ["day"],
        "additionalProperties": False,
    }
    async with Understudy() as server:
        response = await respond(server, responses_question(tools=[TOOL | {"parameters": schema, "strict": True}]))
    assert response.status_code == 200


async def test_keys_models_methods_and_sizes() -> None:
    async with Understudy(api_key="right", context_window=50) as server, openai_client(server) as client:
        wrong = await client.post("/responses", json=responses_question())
        client.headers["authorization"] = "Bearer right"
        model = await client.post("/responses", json=responses_question(model="gpt-none"))
        method = await client.get("/responses")
        broken = await client.post("/responses", content=b"{")
        long = await client.post("/responses", json=responses_question("word " * 100))
        listed = [one["id"] for one in (await client.get("/models")).json()["data"]]
        one = await client.get("/models/gpt-4.1")
        none = await client.get("/models/gpt-none")
        del client.headers["authorization"]
        missing = await client.post("/responses", json=responses_question())
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert missing.status_code == 401
    assert (model.status_code, model.json()["error"]["code"]) == (404, "model_not_found")
    assert (method.status_code, broken.status_code, none.status_code) == (405, 400, 404)
    assert (long.status_code, long.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert "gpt-4.1" in listed
    assert one.json()["object"] == "model"
    assert len(server.account.asked) == 5  # the GETs asked for nothing


async def test_keep_alives_and_errors_within_a_stream() -> None:
    async with Understudy(
        [Reply("a b c", pings=3), Reply("a b", error_event_after=3, error_event=Fault(429))]
    ) as server:
        pinged = await streamed(server)
        broken = await streamed(server)
    assert [event["type"] for event in pinged].count("keepalive") == 3
    assert broken[-1]["type"] == "error"
    assert broken[-1]["sequence_number"] == 3
    assert broken[-1]["error"]["code"] == "rate_limit_exceeded"

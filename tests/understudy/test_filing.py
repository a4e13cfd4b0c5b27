"""Background work: transactions are filed and merchants named, by call or as JSON in words, the same on every wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tuppence.understudy import Reply, Understudy

from .filing import (
    FILED,
    IDS,
    PURCHASES,
    Wire,
    by_call,
    by_instruction,
    calls_in,
    document,
    every_wire,
    filed,
    filing_schema,
    items_in,
    naming_schema,
    post,
    words_in,
)

pytestmark = pytest.mark.anyio


@every_wire
async def test_transactions_are_filed_by_calling_the_function(wire: Wire) -> None:
    async with Understudy() as server:
        answer = await post(server, wire, by_call(wire, filing_schema()))
    ((name, arguments),) = calls_in(wire, answer)
    filings = json.loads(arguments)["filings"]
    assert name == "file_transactions"
    assert {one["transaction_id"]: one["category"] for one in filings} == FILED
    assert [set(one) for one in filings] == [{"transaction_id", "category", "confidence"}] * 4
    assert [one["confidence"] >= 60 for one in filings] == [True, True, True, False]


@every_wire
async def test_merchants_are_named_by_calling_the_function(wire: Wire) -> None:
    async with Understudy() as server:
        answer = await post(server, wire, by_call(wire, naming_schema()))
    assert [name for name, _ in calls_in(wire, answer)] == ["name_merchants"]
    found = [(one["transaction_id"], one["name"], one["website"]) for one in items_in(wire, answer)]
    assert found == [
        (11, "EDEKA", "edeka.de"),
        (12, "Blue Cup Cafe", None),
        (13, "Netflix", "netflix.com"),
        (14, None, None),
    ]


@every_wire
async def test_without_functions_the_answer_is_json_in_words(wire: Wire) -> None:
    async with Understudy() as server:
        answer = await post(server, wire, by_instruction(wire, filing_schema()))
        named = await post(server, wire, by_instruction(wire, naming_schema()))
    assert calls_in(wire, answer) == []
    assert {one["transaction_id"]: one["category"] for one in json.loads(words_in(wire, answer))["filings"]} == FILED
    assert len(json.loads(words_in(wire, named))["findings"]) == 4
    assert [exchange.operation for exchange in server.account] == ["file_transactions", "name_merchants"]


@every_wire
async def test_only_the_ids_of_the_schema_are_answered(wire: Wire) -> None:
    async with Understudy() as server:
        some = await filed(server, wire, by_call(wire, filing_schema([13, 11])))
        untold = await filed(server, wire, by_call(wire, filing_schema([13, 99])))
    assert some == {13: FILED[13], 11: FILED[11]}
    assert untold == {13: FILED[13], 99: None}
    assert [exchange.ids for exchange in server.account] == [(13, 11), (13, 99)]


@every_wire
async def test_a_second_question_in_the_same_talk_is_answered_from_what_was_told_first(wire: Wire) -> None:
    again = "Two were missing. Please answer for these."
    async with Understudy() as server:
        body = by_call(wire, filing_schema([12]))
        messages = body["input" if wire == "responses" else "messages"]
        messages += [{"role": "assistant", "content": "Done."}, {"role": "user", "content": again}]
        assert await filed(server, wire, body) == {12: FILED[12]}


@every_wire
async def test_answers_are_the_same_every_time_and_streamed_ones_too(wire: Wire) -> None:
    async with Understudy() as server:
        first, second = [(await filed(server, wire, by_call(wire, filing_schema()))) for _ in range(2)]
        streamed = await post(server, wire, by_call(wire, filing_schema(), stream=True))
    assert first == second == FILED
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert "file_transactions" in streamed.text


@every_wire
async def test_what_does_not_fit_into_the_output_is_cut_off(wire: Wire) -> None:
    limit = {"anthropic": "max_tokens", "responses": "max_output_tokens", "chat": "max_tokens"}[wire]
    async with Understudy() as server:
        many = [{"id": one, "description": "LIDL"} for one in range(40)]
        body = by_call(wire, filing_schema([one["id"] for one in many]), document(many)) | {limit: 16}
        answer = await post(server, wire, body)
    ((_, arguments),) = calls_in(wire, answer)
    if wire == "anthropic":  # its plain answers hold whole objects only
        assert arguments == "{}"
    else:
        assert arguments.startswith('{"filings":[')
        with pytest.raises(json.JSONDecodeError):
            json.loads(arguments)


async def test_a_function_that_may_not_be_called_is_not() -> None:
    async with Understudy() as server, Understudy(defects={"never_calls"}) as unable:
        forbidden = await post(server, "chat", by_call("chat", filing_schema(), tool_choice="none"))
        never = await post(unable, "chat", by_call("chat", filing_schema()))
    assert calls_in("chat", forbidden) == calls_in("chat", never) == []
    assert "cannot call `file_transactions`" in words_in("chat", forbidden)


async def test_schemas_are_read_however_they_are_written() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "$defs": {
            "Category": {"enum": ["Gifts", "Groceries", None]},
            "Filing": {
                "type": "object",
                "properties": {
                    "transaction_id": {"oneOf": [{"const": "a"}, {"const": "b"}]},
                    "category": {"$ref": "#/$defs/Category"},
                },
            },
        },
        "properties": {"filings": {"type": "array", "items": {"$ref": "#/$defs/Filing"}}},
    }
    told = [{"id": "a", "description": "LIDL 12"}, {"id": "b", "description": "XQ 3"}]
    said = f"Here they are:\n```json\n{json.dumps(told)}\n```\nThank you [for this]."
    async with Understudy() as server:
        assert await filed(server, "chat", by_call("chat", schema, said)) == {"a": "Groceries", "b": None}
        assert await filed(server, "chat", by_instruction("chat", schema, said)) == {"a": "Groceries", "b": None}


async def test_other_talk_is_none_of_the_clerks_business() -> None:
    tool = {"type": "function", "function": {"name": "file_transactions", "parameters": filing_schema()}}
    other = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
    body = by_call("chat", filing_schema(), "Who are you?", tool_choice="auto") | {"tools": [tool, other]}
    async with Understudy() as server:
        answer = await post(server, "chat", body)
    assert "I am the understudy" in words_in("chat", answer)
    assert (server.account[0].operation, server.account[0].ids) == (None, ())


async def test_a_script_comes_first_and_may_leave_it_to_the_clerk() -> None:
    async with Understudy([Reply("No."), None]) as server:
        refused = await post(server, "chat", by_call("chat", filing_schema()))
        assert await filed(server, "chat", by_call("chat", filing_schema())) == FILED
    assert words_in("chat", refused) == "No."


async def test_ids_are_the_same_as_text_and_as_numbers() -> None:
    async with Understudy() as server:
        assert await filed(server, "chat", by_call("chat", filing_schema(["11", "13"]))) == {
            "11": FILED[11],
            "13": FILED[13],
        }


async def test_an_empty_document_is_answered_with_nothing() -> None:
    async with Understudy() as server:
        answer = await post(server, "chat", by_call("chat", filing_schema([]), document([])))
    assert items_in("chat", answer) == []


async def test_reasoning_models_think_in_front_of_the_call() -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    body = by_call("anthropic", filing_schema(), tool_choice={"type": "auto"}, thinking=thinking)
    body["model"] = "claude-sonnet-4-5"
    async with Understudy() as server:
        answer = (await post(server, "anthropic", body)).json()
    assert [block["type"] for block in answer["content"]] == ["thinking", "tool_use"]


async def test_the_account_says_what_was_asked_about_and_what_it_took() -> None:
    async with Understudy() as server:
        for wire in ("anthropic", "responses", "chat"):
            await post(server, wire, by_call(wire, filing_schema()))
    assert [exchange.operation for exchange in server.account] == ["file_transactions"] * 3
    assert [exchange.ids for exchange in server.account] == [IDS] * 3
    for exchange in server.account:
        assert exchange.usage is not None
        assert (exchange.usage.input_tokens or 0) > len(document(PURCHASES)) // 4
        assert (exchange.usage.output_tokens or 0) > 4

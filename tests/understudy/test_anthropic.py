"""The Messages wire as a whole: keys, models, counts, prompt caching, reasoning, and the builders for scripts."""

from __future__ import annotations

from typing import Any

import pytest

from tuppence.understudy import Call, Reply, Text, Thinking, Understudy, Usage, anthropic

from .asking import ask, client_of, events_in, question

pytestmark = pytest.mark.anyio

CACHED = {"cache_control": {"type": "ephemeral"}}


async def test_keys_are_checked_as_the_api_does() -> None:
    async with Understudy(api_key="right") as server, client_of(server.base_url) as client:
        wrong = await client.post("/v1/messages", json=question(), headers={"x-api-key": "wrong"})
        bearer = await client.post("/v1/messages", json=question(), headers={"authorization": "Bearer right"})
        del client.headers["x-api-key"]
        missing = await client.post("/v1/messages", json=question())
    assert (wrong.status_code, wrong.json()["error"]["message"]) == (401, "invalid x-api-key")
    assert bearer.status_code == 200
    assert (missing.status_code, missing.json()["error"]["type"]) == (401, "authentication_error")
    assert "wrong" not in wrong.text.replace("wrong_", "")


async def test_what_does_not_exist_is_a_404() -> None:
    async with Understudy(models=["only-this"]) as server, client_of(server.base_url) as client:
        model = await client.post("/v1/messages", json=question())
        path = await client.get("/v1/elsewhere")
        method = await client.get("/v1/messages")
        known = await client.get("/v1/models/only-this")
        listed = (await client.get("/v1/models")).json()
    assert (model.status_code, model.json()["error"]["message"]) == (404, "model: claude-sonnet-5")
    assert model.json()["error"]["type"] == "not_found_error"
    assert (path.status_code, method.status_code, known.json()["id"]) == (404, 405, "only-this")
    assert ([model["id"] for model in listed["data"]], listed["has_more"]) == (["only-this"], False)


async def test_bodies_that_are_not_requests_are_refused() -> None:
    async with Understudy() as server, client_of(server.base_url) as client:
        broken = await client.post("/v1/messages", content=b"{")
        a_list = await client.post("/v1/messages", content=b"[]")
        del client.headers["anthropic-version"]
        unversioned = await client.post("/v1/messages", json=question())
    assert [response.status_code for response in (broken, a_list, unversioned)] == [400, 400, 400]
    assert "not valid JSON" in broken.json()["error"]["message"]


async def test_a_refused_request_uses_up_no_entry_of_the_script() -> None:
    async with Understudy([Reply("first")]) as server:
        refused = await ask(server.base_url, question(max_tokens=None))
        answered = await ask(server.base_url, question())
    assert refused.status_code == 400
    assert answered.json()["content"][0]["text"] == "first"


async def test_counted_tokens_are_those_of_the_answers_usage() -> None:
    async with Understudy([Reply("one")]) as server, client_of(server.base_url) as client:
        body = question("How much is left of this month's money?", system="Be brief.")
        counted = await client.post(
            "/v1/messages/count_tokens", json={k: v for k, v in body.items() if k != "max_tokens"}
        )
        message = (await client.post("/v1/messages", json=body)).json()
    assert counted.json() == {"input_tokens": message["usage"]["input_tokens"]}
    assert len(server.account.asked) == 1


async def test_a_prompt_that_does_not_fit_is_refused() -> None:
    async with Understudy(context_window=50) as server:
        response = await ask(server.base_url, question("word " * 100))
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("prompt is too long: ")


def cached_question(text: str, **fields: Any) -> dict[str, Any]:
    system = [{"type": "text", "text": "Answer questions about money. " * 20, **CACHED}]
    tools = [{"name": "get_accounts", "description": "Accounts.", "input_schema": {"type": "object"}, **CACHED}]
    return question(text, system=system, tools=tools, **fields)


async def usage_of(server: Understudy, body: dict[str, Any]) -> tuple[int, int, int]:
    usage = (await ask(server.base_url, body)).json()["usage"]
    return usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"], usage["input_tokens"]


async def test_a_prefix_is_written_once_and_read_afterwards() -> None:
    async with Understudy(cached_from=10) as server:
        first = await usage_of(server, cached_question("Who are you?"))
        second = await usage_of(server, cached_question("What are you?"))
        other_model = await usage_of(server, cached_question("Who are you?", model="claude-haiku-5-5"))
        changed = cached_question("Who are you?")
        changed["system"][0]["text"] += " Today is 2026-04-20."
        partly = await usage_of(server, changed)
    assert first[0] > 0
    assert first[1] == 0
    assert second[:2] == (0, first[0])
    assert other_model[:2] == first[:2]
    assert partly[0] > 0  # the system prompt is written anew
    assert 0 < partly[1] < first[0]  # the tools before it are read


async def test_growing_conversations_read_what_earlier_rounds_wrote() -> None:
    def conversation(*texts: str) -> dict[str, Any]:
        messages: list[dict[str, Any]] = [
            {"role": "user" if at % 2 == 0 else "assistant", "content": [{"type": "text", "text": text}]}
            for at, text in enumerate(texts)
        ]
        messages[-1]["content"][-1] |= CACHED
        return question(messages=messages)

    async with Understudy(cached_from=1) as server:
        first = await usage_of(server, conversation("Who are you?"))
        second = await usage_of(server, conversation("Who are you?", "The understudy.", "Really?"))
    assert first[2] == second[2] == 0
    assert second[1] == first[0]
    assert second[0] > 0


async def test_short_prefixes_are_not_cached_as_with_the_api() -> None:
    async with Understudy() as server:
        first = await usage_of(server, cached_question("Who are you?"))
        second = await usage_of(server, cached_question("Who are you?"))
    assert first == second
    assert first[:2] == (0, 0)


async def test_reasoning_comes_signed_when_it_is_asked_for_and_is_counted() -> None:
    body = question(max_tokens=4000, thinking={"type": "enabled", "budget_tokens": 2000})
    async with Understudy() as server:
        shown = (await ask(server.base_url, body)).json()
        omitted = (await ask(server.base_url, body | {"thinking": {"type": "adaptive", "display": "omitted"}})).json()
    thought, answer = shown["content"]
    assert thought["signature"] == anthropic.signature_of(thought["thinking"])
    assert answer["type"] == "text"
    assert 0 < shown["usage"]["output_tokens_details"]["thinking_tokens"] < shown["usage"]["output_tokens"]
    assert omitted["content"][0] == {"type": "thinking", "thinking": "", "signature": thought["signature"]}


async def test_reasoning_that_comes_back_changed_is_refused() -> None:
    async with Understudy([Reply([Thinking("Hm."), Text("Yes.")]), Reply("Sure.")]) as server:
        content = (await ask(server.base_url, question())).json()["content"]
        history = [
            *question()["messages"],
            {"role": "assistant", "content": content},
            {"role": "user", "content": "Sure?"},
        ]
        unchanged = await ask(server.base_url, question(messages=history))
        content[0]["thinking"] = "Hmm."
        changed = await ask(server.base_url, question(messages=history))
    assert unchanged.status_code == 200
    assert changed.status_code == 400
    assert "Invalid `signature`" in changed.json()["error"]["message"]


async def test_scripts_can_be_built_from_events() -> None:
    calls = (Call("a", {"x": 1}), Call("b"))
    replies = [
        Reply(events=anthropic.text_events("Hi", model="m", message_id="msg_1", usage=Usage(5, 2, 1, 0))),
        Reply(events=anthropic.tool_use_events(*calls, text="Look")),
    ]
    async with Understudy(replies) as server:
        first = events_in((await ask(server.base_url, question(stream=True))).content)
        second = events_in((await ask(server.base_url, question(stream=True))).content)
    assert (first[0]["message"]["id"], first[0]["message"]["model"]) == ("msg_1", "m")
    assert server.account[0].usage == Usage(5, 2, 1, 0)
    assert [event["content_block"]["type"] for event in second if event["type"] == "content_block_start"] == [
        "text",
        "tool_use",
        "tool_use",
    ]
    assert second[-2]["delta"]["stop_reason"] == "tool_use"

"""What goes over the wire in each dialect of Chat Completions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tuppence.understudy import DIALECTS, OPENAI, Call, Dialect, Fault, Reply, Text, Thinking, Understudy

from .asking import chat_question, chat_tools, chunks_in, complete, deltas_in, openai_client, words_in

pytestmark = pytest.mark.anyio

BLOCKS = (Thinking("Let us see."), Text("Four. 🦔"), Call("a", {"day": "2026-03-01 to 2026-03-31"}), Call("b"))
USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}


async def body_of(dialect: Dialect | str, *blocks: Any, **fields: Any) -> str:
    """The stream of an answer of these blocks."""
    async with Understudy([Reply(blocks or BLOCKS)], dialect=dialect) as server:
        response = await complete(server, chat_question(stream=True, **fields))
        assert response.status_code == 200, response.text
        return response.text


async def chunks_of(dialect: Dialect | str, *blocks: Any, **fields: Any) -> list[dict[str, Any]]:
    return chunks_in(await body_of(dialect, *blocks, **fields))


def calls_in(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [call for delta in deltas_in(chunks) for call in delta.get("tool_calls") or ()]


def reasons_in(chunks: list[dict[str, Any]]) -> list[str]:
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]]
    return [reason for reason in reasons if reason is not None]


@pytest.mark.parametrize("name", DIALECTS)
async def test_every_preset_says_the_same_words_and_calls(name: str) -> None:
    chunks = await chunks_of(name)
    arguments = ["", ""]
    at = -1
    for call in calls_in(chunks):
        at = call.get("index", at + 1)
        arguments[at] += call["function"]["arguments"]
    assert words_in(chunks) == "Four. 🦔"
    assert [json.loads(one) for one in arguments] == [{"day": "2026-03-01 to 2026-03-31"}, {}]
    assert set(reasons_in(chunks)) == {DIALECTS[name].calls_finish}


@pytest.mark.parametrize("name", DIALECTS)
async def test_every_preset_answers_from_the_repertoire_with_each_of_its_models(name: str) -> None:
    async with Understudy(dialect=name) as server, openai_client(server) as client:
        models = [model["id"] for model in (await client.get("/models")).json()["data"]]
        for model in models:
            body = chat_question("Call both functions.", model=model, tools=chat_tools("get_weather", "get_time"))
            choice = (await client.post("/chat/completions", json=body)).json()["choices"][0]
            assert [call["function"]["name"] for call in choice["message"]["tool_calls"]] == ["get_weather", "get_time"]
    assert "understudy" in models


@pytest.mark.parametrize("name", ["ollama", "groq", "openrouter"])
async def test_reasoning_under_reasoning(name: str) -> None:
    assert "".join(delta.get("reasoning") or "" for delta in deltas_in(await chunks_of(name))) == "Let us see."


@pytest.mark.parametrize("name", ["llama.cpp", "lm-studio", "vllm", "deepseek"])
async def test_reasoning_under_reasoning_content(name: str) -> None:
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas_in(await chunks_of(name))) == "Let us see."


async def test_reasoning_in_a_list_of_parts() -> None:
    contents = [delta.get("content") for delta in deltas_in(await chunks_of("mistral"))]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    thought = "".join(part["thinking"][0]["text"] for part in parts if part["type"] == "thinking")
    assert thought == "Let us see."
    assert "".join(part["text"] for part in parts if part["type"] == "text") == "Four. 🦔"
    plainly = await chunks_of("mistral", Text("Four."))
    assert [delta.get("content") for delta in deltas_in(plainly)] == ["", "Four."]


@pytest.mark.parametrize("name", ["openai", "azure", "gemini"])
async def test_reasoning_that_is_not_shown(name: str) -> None:
    assert "Let us see" not in await body_of(name)


async def test_reasoning_and_text_in_one_delta() -> None:
    dialect = replace(OPENAI, reasoning="reasoning_content", joins_reasoning=True)
    deltas = deltas_in(await chunks_of(dialect, Thinking("Hm."), Text("Four words")))
    assert {"reasoning_content": "Hm.", "content": "Four"} in deltas
    assert {"content": " words"} in deltas


async def test_calls_without_index_and_with_empty_ids_in_one_delta() -> None:
    calls = calls_in(await chunks_of("gemini"))
    assert [set(call) for call in calls] == [{"id", "type", "function"}] * 2
    assert [call["id"] for call in calls] == ["", ""]


async def test_calls_with_repeated_ids_and_names() -> None:
    calls = calls_in(await chunks_of("vllm"))
    first = [call for call in calls if call["index"] == 0]
    assert len(first) > 2
    assert len({call["id"] for call in first}) == 1
    assert {call["function"]["name"] for call in first} == {"a"}


async def test_calls_without_ids() -> None:
    calls = calls_in(await chunks_of(replace(OPENAI, call_ids="missing")))
    assert not [call for call in calls if "id" in call]


async def test_all_calls_in_one_delta_with_ids_of_nine_characters() -> None:
    chunks = await chunks_of("mistral")
    (together,) = [delta["tool_calls"] for delta in deltas_in(chunks) if "tool_calls" in delta]
    assert [len(call["id"]) for call in together] == [9, 9]
    assert chunks[-1]["choices"][0]["delta"]["tool_calls"] == together
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_finish_reasons_apart_next_to_content_and_twice() -> None:
    apart = await chunks_of("openai", Text("Hi"))
    beside = await chunks_of("gemini", Text("Hi"))
    twice = await chunks_of(replace(OPENAI, finish="twice"), Text("Hi"))
    assert apart[-1]["choices"][0]["delta"] == {}
    assert beside[-1]["choices"][0]["delta"]["content"] == "Hi"
    assert [len(reasons_in(chunks)) for chunks in (apart, beside, twice)] == [1, 1, 2]
    assert reasons_in(await chunks_of("gemini")) == ["stop"]


async def test_usage_in_all_its_places() -> None:
    def with_usage(chunks: list[dict[str, Any]]) -> list[int]:
        return [at for at, chunk in enumerate(chunks) if chunk.get("usage")]

    apart = await chunks_of("ollama", Text("a b"), **USAGE)
    finish = await chunks_of("deepseek", Text("a b"))
    trailing = await chunks_of("openrouter", Text("a b"))
    every = await chunks_of("gemini", Text("a b"))
    groq = await chunks_of("groq", Text("a b"))
    never = await chunks_of(replace(OPENAI, usage="never"), Text("a b"), **USAGE)
    assert (with_usage(apart), apart[-1]["choices"]) == ([len(apart) - 1], [])
    assert (with_usage(finish), finish[-1]["choices"][0]["finish_reason"]) == ([len(finish) - 1], "stop")
    assert (with_usage(trailing), trailing[-1]["choices"][0]["finish_reason"]) == ([len(trailing) - 1], None)
    assert with_usage(every) == list(range(len(every)))
    assert [chunk["usage"]["completion_tokens"] for chunk in every] == [1, 2]
    assert with_usage(groq) == []
    assert groq[-1]["x_groq"]["usage"]["completion_tokens"] == 2
    assert with_usage(never) == []


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_account_reads_the_usage_of_every_dialect(name: str) -> None:
    fields = {} if name == "mistral" else USAGE
    async with Understudy([Reply("a b"), Reply("a b")], dialect=name) as server:
        await complete(server, chat_question(stream=True, **fields))
        await complete(server, chat_question())
    assert server.account.usage.output_tokens == 4
    assert server.account[0].usage == server.account[1].usage or name in ("openai", "azure", "deepseek", "groq")


async def test_nulls_roles_and_empty_ids() -> None:
    nulls = deltas_in(await chunks_of("deepseek", Text("a b")))
    roles = deltas_in(await chunks_of("ollama", Text("a b")))
    empty = await chunks_of(replace(OPENAI, ids=False), Text("a b"))
    assert nulls[1] == {"content": "a", "tool_calls": None, "reasoning_content": None}
    assert [delta["role"] for delta in roles] == ["assistant"] * 3
    assert {chunk["id"] for chunk in empty} == {""}


async def test_comments_line_ends_and_a_missing_end() -> None:
    commented = await body_of("openrouter", Text("Hi"))
    crlf = await body_of(replace(OPENAI, line_end="\r\n", comment="hello"), Text("Hi"))
    endless = await body_of(replace(OPENAI, done=False), Text("Hi"))
    assert commented.startswith(": OPENROUTER PROCESSING\n\ndata: ")
    assert crlf.startswith(": hello\r\n\r\ndata: ")
    assert crlf.endswith("data: [DONE]\r\n\r\n")
    assert crlf.count("\n") == crlf.count("\r\n")
    assert "[DONE]" not in endless
    assert reasons_in(chunks_in(endless)) == ["stop"]


async def test_pings_are_comment_lines() -> None:
    async with Understudy([Reply("a b c", pings=2)]) as server:
        body = (await complete(server, chat_question(stream=True))).text
    assert body.count(": ping\n\n") == 2  # among 6 events
    assert words_in(chunks_in(body)) == "a b c"


async def test_azure_s_filter_comes_first_without_choices() -> None:
    first, second, *_ = await chunks_of("azure", Text("Hi"))
    assert (first["choices"], first["id"], first["model"]) == ([], "", "")
    assert first["prompt_filter_results"][0]["content_filter_results"]["hate"] == {
        "filtered": False,
        "severity": "safe",
    }
    assert second["choices"][0]["content_filter_results"] == {}


async def test_errors_in_a_stream_take_three_forms() -> None:
    async def broken(name: str) -> str:
        async with Understudy([Reply("a b", error_event_after=0, error_event=Fault(503))], dialect=name) as server:
            response = await complete(server, chat_question(stream=True))
            assert response.status_code == 200
            return response.text

    bare, event, chunk = await broken("openai"), await broken("groq"), await broken("openrouter")
    assert set(chunks_in(bare)[0]) == {"error"}
    assert event.startswith('event: error\ndata: {"error":')
    assert chunks_in(chunk)[0]["error"]["code"] == 503
    assert chunks_in(chunk)[0]["choices"][0]["finish_reason"] == "error"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("openai", lambda body: body["error"]["type"]),
        ("llama.cpp", lambda body: body["error"]["code"] == 400 and body["error"]["type"]),
        ("mistral", lambda body: body["object"] == "error" and body["type"]),
        ("gemini", lambda body: body[0]["error"]["status"] == "INVALID_ARGUMENT" and "invalid_request_error"),
    ],
)
async def test_errors_have_the_dialect_s_envelope(name: str, read: Any) -> None:
    async with Understudy([Reply(error=Fault(400))], dialect=name) as server:
        body = (await complete(server, chat_question())).json()
    assert read(body) == "invalid_request_error"


async def test_what_a_dialect_refuses_ignores_and_wants() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
    history: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "noon"},
    ]

    async def status(name: str, **fields: Any) -> int:
        async with Understudy(dialect=name) as server:
            return (await complete(server, chat_question(**fields))).status_code

    assert await status("ollama", nonsense=1) == 200
    assert await status("groq", nonsense=1) == 400
    assert await status("mistral", stream=True, **USAGE) == 400
    assert await status("mistral", max_completion_tokens=5) == 400
    assert await status("mistral", messages=history) == 400  # its ids have nine characters
    assert await status("groq", messages=history) == 200
    assert await status("deepseek", messages=history) == 200
    assert await status("deepseek", messages=history, model="deepseek-reasoner") == 400
    history[1]["reasoning_content"] = "Hm."
    assert await status("deepseek", messages=history, model="deepseek-reasoner") == 200
    assert await status("groq", messages=history) == 400
    call["id"] = history[2]["tool_call_id"] = "abcdefgh1"
    assert await status("mistral", messages=history) == 200
    assert await status("mistral", messages=[*history, {"role": "user", "content": "So?"}]) == 400


async def test_servers_of_one_s_own_want_no_key_unless_they_have_one() -> None:
    async with Understudy(dialect="ollama") as server, openai_client(server) as client:
        del client.headers["authorization"]
        open_to_all = await client.get("/models")
    async with Understudy(dialect="ollama", api_key="right") as server, openai_client(server) as client:
        locked = await client.get("/models")
    assert (open_to_all.status_code, locked.status_code) == (200, 401)


async def test_ollama_drops_the_beginning_and_says_how_much_fits() -> None:
    text = f"The word is apple. {'filler ' * 400} What was the word at the beginning?"
    async with Understudy(dialect="ollama", context_window=300) as server, openai_client(server) as client:
        tags = (await client.get(server.base_url + "/api/tags")).json()
        shown = (await client.post(server.base_url + "/api/show", json={"model": "qwen3:8b"})).json()
        none = await client.post(server.base_url + "/api/show", json={"model": "none"})
        body = (await complete(server, chat_question(text))).json()
    assert "qwen3:8b" in [model["name"] for model in tags["models"]]
    assert shown["model_info"]["understudy.context_length"] == 300
    assert shown["capabilities"] == ["completion", "tools", "thinking"]
    assert none.status_code == 404
    assert "apple" not in body["choices"][0]["message"]["content"]
    assert body["usage"]["prompt_tokens"] == 300


async def test_lists_of_models_say_how_much_fits_where_the_server_does() -> None:
    async with Understudy(dialect="vllm", context_window=4096) as server, openai_client(server) as client:
        models = (await client.get("/models")).json()["data"]
    assert {model["max_model_len"] for model in models} == {4096}


def test_a_dialect_that_does_not_exist_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="there is no dialect 'klingon'; there are openai, azure"):
        Understudy(dialect="klingon")

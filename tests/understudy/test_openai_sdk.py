"""The official OpenAI SDK takes our streams and answers for real ones, on both of its APIs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai as sdk
import pytest

from tuppence.understudy import DIALECTS, Block, Call, Fault, Reply, Text, Thinking, Understudy

from .asking import chat_tools, responses_tools

pytestmark = pytest.mark.anyio

BLOCKS: list[Block] = [Text("Let me look. 🦔"), Call("get_weather", {"city": "Paris"}), Call("get_time")]
TOOLS: Any = chat_tools("get_weather", "get_time")
RESPONSES_TOOLS: Any = responses_tools("get_weather", "get_time")


@asynccontextmanager
async def sdk_client(server: Understudy) -> AsyncIterator[sdk.AsyncOpenAI]:
    async with sdk.AsyncOpenAI(base_url=server.openai_base_url, api_key="any", max_retries=0) as client:
        yield client


async def test_the_sdk_accumulates_a_stream_of_responses() -> None:
    async with (
        Understudy([Reply([Thinking("Hm."), *BLOCKS], pings=4)]) as server,
        sdk_client(server) as client,
        client.responses.stream(
            model="gpt-5.4", input="Hi", tools=RESPONSES_TOOLS, include=["reasoning.encrypted_content"]
        ) as stream,
    ):
        kinds = [event.type async for event in stream]
        response = await stream.get_final_response()
    assert kinds[-1] == "response.completed"
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "function_call"]
    assert response.output_text == "Let me look. 🦔"
    usage = server.account[0].usage
    assert usage is not None
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (usage.input_tokens, usage.output_tokens)


async def test_the_sdk_takes_plain_responses_and_sends_them_back() -> None:
    async with (
        Understudy([Reply([Thinking("Hm."), Call("get_time")]), Reply("Noon.")]) as server,
        sdk_client(server) as client,
    ):
        first = await client.responses.create(
            model="gpt-5.4", input="Hi", tools=RESPONSES_TOOLS, store=False, include=["reasoning.encrypted_content"]
        )
        call = first.output[1]
        assert call.type == "function_call"
        back: Any = [
            {"role": "user", "content": "Hi"},
            *(item.model_dump(exclude_none=True) for item in first.output),
            {"type": "function_call_output", "call_id": call.call_id, "output": "noon"},
        ]
        second = await client.responses.create(model="gpt-5.4", input=back, tools=RESPONSES_TOOLS, store=False)
    assert second.output_text == "Noon."
    assert second._request_id == server.account[1].request_id


@pytest.mark.parametrize("name", [name for name in DIALECTS if name not in ("gemini", "mistral")])
async def test_the_sdk_accumulates_a_stream_of_completions_in_each_dialect(name: str) -> None:
    async with (
        Understudy([Reply(BLOCKS)], dialect=name) as server,
        sdk_client(server) as client,
        client.chat.completions.stream(
            model="understudy",
            messages=[{"role": "user", "content": "Hi"}],
            tools=TOOLS,
            stream_options={"include_usage": True},
        ) as stream,
    ):
        completion = await stream.get_final_completion()
    choice = completion.choices[0]
    assert choice.message.content == "Let me look. 🦔"
    names = [call.function.name for call in choice.message.tool_calls or ()]
    assert names[0].startswith("get_weather")  # the SDK's helper joins a name that is repeated
    assert choice.finish_reason == "tool_calls"


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_sdk_takes_plain_completions_and_models_in_each_dialect(name: str) -> None:
    async with Understudy([Reply(BLOCKS)], dialect=name) as server, sdk_client(server) as client:
        models = [model.id async for model in client.models.list()]
        completion = await client.chat.completions.create(
            model="understudy", messages=[{"role": "user", "content": "Hi"}], tools=TOOLS
        )
    calls = completion.choices[0].message.tool_calls or []
    functions = [call.function for call in calls if call.type == "function"]
    assert "understudy" in models
    assert completion.choices[0].message.content == "Let me look. 🦔"
    assert [(one.name, one.arguments) for one in functions] == [
        ("get_weather", '{"city":"Paris"}'),
        ("get_time", "{}"),
    ]
    assert completion.usage is not None or name == "groq"


async def test_the_sdk_raises_its_own_errors_for_ours() -> None:
    script = [Reply(error=Fault(429), retry_after=3)] + [Reply("x", error_event_after=2, error_event=Fault(500))] * 2
    messages: Any = [{"role": "user", "content": "Hi"}]
    async with Understudy(script) as server, sdk_client(server) as client:
        with pytest.raises(sdk.RateLimitError) as limited:
            await client.responses.create(model="gpt-4.1", input="Hi")
        with pytest.raises(sdk.APIError, match="had an error"):
            async for _ in await client.chat.completions.create(model="gpt-4.1", messages=messages, stream=True):
                pass
        with pytest.raises(sdk.APIError, match="had an error"):
            async for _ in await client.responses.create(model="gpt-4.1", input="Hi", stream=True):
                pass
        with pytest.raises(sdk.NotFoundError):
            await client.responses.create(model="none", input="Hi")
        with pytest.raises(sdk.BadRequestError) as unknown:
            await client.chat.completions.create(model="gpt-4.1", messages=messages, extra_body={"nonsense": 1})
    assert limited.value.response.headers["retry-after"] == "3"
    assert unknown.value.param == "nonsense"

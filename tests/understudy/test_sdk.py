"""The official SDK takes our streams and answers for real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic as sdk
import pytest
from anthropic.types import MessageParam, ToolParam

from tuppence.understudy import Block, Call, Fault, Reply, Text, Thinking, Understudy

pytestmark = pytest.mark.anyio

TOOL: ToolParam = {"name": "get_accounts", "description": "Accounts.", "input_schema": {"type": "object"}}


@asynccontextmanager
async def sdk_client(server: Understudy) -> AsyncIterator[sdk.AsyncAnthropic]:
    async with sdk.AsyncAnthropic(base_url=server.base_url, api_key="any", max_retries=0) as client:
        yield client


async def test_the_sdk_accumulates_a_stream() -> None:
    blocks: list[Block] = [
        Thinking("Hm."),
        Text("Let me look. 🦔"),
        Call("get_accounts", {"n": [1, 2]}),
        Call("get_accounts"),
    ]
    async with (
        Understudy([Reply(blocks, pings=2)]) as server,
        sdk_client(server) as client,
        client.messages.stream(
            model="claude-sonnet-5", max_tokens=100, tools=[TOOL], messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        text = "".join([piece async for piece in stream.text_stream])
        message = await stream.get_final_message()
        request_id = stream.response.headers["request-id"]
    assert text == "Let me look. 🦔"
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block.input for block in message.content if block.type == "tool_use"] == [{"n": [1, 2]}, {}]
    usage = server.account[0].usage
    assert usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (usage.fresh_input_tokens, usage.output_tokens)
    assert request_id == server.account[0].request_id


async def test_the_sdk_takes_plain_answers_and_sends_them_back() -> None:
    async with (
        Understudy([Reply([Thinking("Hm."), Call("get_accounts")]), Reply("Two.")]) as server,
        sdk_client(server) as client,
    ):
        first = await client.messages.create(
            model="claude-sonnet-5", max_tokens=100, tools=[TOOL], messages=[{"role": "user", "content": "Hi"}]
        )
        call = first.content[1]
        assert call.type == "tool_use"
        second = await client.messages.create(
            model="claude-sonnet-5",
            max_tokens=100,
            tools=[TOOL],
            messages=[
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": first.content},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "[]"}]},
            ],
        )
    assert first.stop_reason == "tool_use"
    assert second.content[0].type == "text"
    assert second._request_id == server.account[1].request_id


async def test_the_sdk_raises_its_own_errors_for_ours() -> None:
    script = [Reply(error=Fault(429), retry_after=3), Reply("x", error_event_after=3)]
    messages: list[MessageParam] = [{"role": "user", "content": "Hi"}]
    async with Understudy(script) as server, sdk_client(server) as client:
        with pytest.raises(sdk.RateLimitError) as limited:
            await client.messages.create(model="claude-sonnet-5", max_tokens=9, messages=messages)
        async with client.messages.stream(model="claude-sonnet-5", max_tokens=9, messages=messages) as stream:
            with pytest.raises(sdk.APIStatusError) as overloaded:
                await stream.until_done()
        with pytest.raises(sdk.NotFoundError):
            await client.messages.create(model="gpt", max_tokens=9, messages=messages)
    assert limited.value.response.headers["retry-after"] == "3"
    assert "overloaded_error" in str(overloaded.value)


async def test_the_sdk_lists_models_and_counts_tokens() -> None:
    async with Understudy() as server, sdk_client(server) as client:
        models = [model.id async for model in client.models.list()]
        counted = await client.messages.count_tokens(
            model="claude-sonnet-5", messages=[{"role": "user", "content": "Hi there"}]
        )
    assert "claude-sonnet-5" in models
    assert counted.input_tokens > 0

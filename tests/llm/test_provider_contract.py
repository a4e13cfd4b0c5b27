"""What holds for every registered provider, whatever its wire.

A preset whose wire is new needs one line in `PATHS`, and an understudy that speaks the wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tuppence.llm import (
    PRESETS,
    AssistantMessage,
    AuthenticationFailed,
    ChatFunctionRequest,
    ChatRequest,
    ChatStreamChunk,
    ContextTooLong,
    FunctionDefinition,
    FunctionResult,
    Limits,
    LLMError,
    Message,
    Origin,
    Preset,
    Provider,
    RateLimited,
    ReasoningBlock,
    RequestRejected,
    ResponseChunk,
    Retry,
    Stalled,
    StreamInterrupted,
    TextBlock,
    TokenUsage,
    Unavailable,
    UserMessage,
    open_provider,
)
from tuppence.understudy import Call, Fault, Reply, Text, Thinking, Understudy, Usage
from tuppence.understudy.openai_chat.dialects import DIALECTS
from tuppence.understudy.reply import Cut

from .asking import Watcher, read, text_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)]

PATHS = {"anthropic-messages": "", "openai-responses": "/v1", "openai-chat": "/v1"}
"""What follows the understudy's address in the `base_url` of a wire's official SDK."""

FUNCTIONS = (
    FunctionDefinition("get_accounts", "The accounts.", {"type": "object", "properties": {"n": {"type": "integer"}}}),
)
WORDS = "It was 12.30 € — naïve 🦔."


@asynccontextmanager
async def opened(
    preset: Preset,
    *script: Reply,
    limits: Limits | None = None,
    retry: Retry | None = None,
    sent: list[bytes] | None = None,
) -> AsyncIterator[tuple[Provider, Understudy]]:
    """The provider and the server that it speaks to; at the end no socket is open."""
    dialect = preset.name if preset.name in DIALECTS else "openai"
    async with Understudy(script, models=(model_of(preset),), dialect=dialect) as server:
        async with open_provider(
            preset.name,
            api_key="any",
            base_url=server.base_url + PATHS[preset.wire.name],
            limits=limits,
            retry=retry or Retry(attempts=1),
            on_request=None if sent is None else lambda host, body: sent.append(body),
        ) as provider:
            yield provider, server
        await server.account.all_closed()


def asked(preset: Preset, *transcript: Message, functions: Sequence[FunctionDefinition] = FUNCTIONS) -> ChatRequest:
    return ChatRequest(
        model_of(preset),
        transcript or [UserMessage("How much?")],
        "Be brief.",
        functions,
        session_id="s",
        user_identifier="u",
    )


def model_of(preset: Preset) -> str:
    """A model that the understudy has."""
    return preset.default_model or "understudy"


def shape(chunks: list[ChatStreamChunk]) -> list[str]:
    """The kinds of chunks, neighbours of one kind once."""
    kinds = [chunk.type for chunk in chunks]
    return [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]


async def test_words_stream_and_the_response_is_once_and_last(preset: Preset) -> None:
    async with opened(preset, Reply(WORDS, usage=Usage(10, 5, 3, None))) as (provider, _):
        chunks, error = await read(provider.stream_chat_response(asked(preset)))
    assert error is None
    assert shape(chunks) == ["output_text", "response"]
    assert len(chunks) > 3
    assert all(chunk.data for chunk in chunks)
    last = chunks[-1]
    assert isinstance(last, ResponseChunk)
    assert text_of(chunks) == last.data.output_text == WORDS
    assert last.data.stop_reason == "end_turn"
    assert (last.usage.input_tokens, last.usage.output_tokens) == (13, 5)  # 10 + 3
    assert last.usage.cache_read_tokens in (3, None), "None: this server does not tell"
    assert [message.output_text for message in last.data.messages] == [WORDS]


async def test_plain_and_streamed_answers_mean_the_same(preset: Preset) -> None:
    reply = Reply([Text(WORDS), Call("get_accounts", {"n": 1}, id="call_1"), Call("get_accounts", id="call_2")])
    async with opened(preset, reply, reply) as (provider, _):
        plain = await provider.chat_response(asked(preset))
        streamed = await provider.chat_response(asked(preset), streamer=lambda chunk: None)
    assert plain.output_text == streamed.output_text == WORDS
    assert plain.stop_reason == streamed.stop_reason == "function_request"
    for response in (plain, streamed):
        assert [one.function_args for one in response.function_requests] == [{"n": 1}, {}]
        first, second = (
            one.call_id for one in response.function_requests
        )  # some servers send none: then they are ours
        assert first and second and first != second
    assert plain.usage == streamed.usage != TokenUsage()


async def test_function_requests_make_no_chunks(preset: Preset) -> None:
    async with opened(preset, Reply([Call("get_accounts", {"n": 1})])) as (provider, _):
        chunks, _ = await read(provider.stream_chat_response(asked(preset)))
    assert shape(chunks) == ["response"]


@pytest.mark.parametrize("arguments", ['{"n": ', "[1]", '"n"'])
async def test_arguments_that_are_no_object_are_marked_and_go_back_as_one(preset: Preset, arguments: str) -> None:
    async with opened(preset, Reply([Call("get_accounts", arguments)]), Reply("Again.")) as (provider, _):
        response = await provider.chat_response(asked(preset), streamer=lambda chunk: None)
        (request,) = response.function_requests
        assert (request.function_args, request.malformed, request.raw_arguments) == ({}, True, arguments)
        result = FunctionResult(request.call_id, '{"error": "no object"}', is_error=True)
        transcript = (UserMessage("How much?"), AssistantMessage.of(response), result)
        assert (await provider.chat_response(asked(preset, *transcript))).output_text == "Again."


async def test_rounds_of_calls_go_back_and_forth_in_one_transcript(preset: Preset) -> None:
    calls = Reply([Thinking("Let me see."), Text("Let me look."), Call("get_accounts", {"n": 1}), Call("get_accounts")])
    transcript: list[Message] = [UserMessage("How much?")]
    async with opened(preset, calls, calls, Reply(WORDS)) as (provider, server):
        for _ in range(2):
            response = await provider.chat_response(asked(preset, *transcript), streamer=lambda chunk: None)
            assert {block.origin for block in response.content} == {Origin(preset.name, model_of(preset))}
            transcript.append(AssistantMessage.of(response))
            transcript += [FunctionResult(request.call_id, '{"total": 12}') for request in response.function_requests]
        assert (await provider.chat_response(asked(preset, *transcript))).output_text == WORDS
        assert [exchange.status for exchange in server.account] == [200, 200, 200]


async def test_what_was_sent_stays_the_same_bytes_from_round_to_round(preset: Preset) -> None:
    sent: list[bytes] = []
    transcript: list[Message] = [UserMessage("How much?")]
    async with opened(preset, Reply([Call("get_accounts")]), Reply([Call("get_accounts")]), Reply("a"), sent=sent) as (
        provider,
        server,
    ):
        for _ in range(3):
            response = await provider.chat_response(asked(preset, *transcript), streamer=lambda chunk: None)
            transcript.append(AssistantMessage.of(response))
            transcript += [FunctionResult(request.call_id, "12") for request in response.function_requests]
        assert sent == [exchange.body for exchange in server.account]


async def test_a_transcript_of_another_provider_is_understood(preset: Preset) -> None:
    other = Origin("another", "a-model")
    call_id = "fc|ü 1/" + "x" * 90
    content = (
        ReasoningBlock("Hm.", other, {"type": "opaque", "secret": "x"}),
        TextBlock("Let me look.", other, "m", {"type": "opaque"}),
        ChatFunctionRequest(call_id, call_id, "get_accounts", {"n": 1}, origin=other, raw={"type": "opaque"}),
    )
    transcript = (UserMessage("How much?"), AssistantMessage(content), FunctionResult(call_id, "12"))
    async with opened(preset, Reply(WORDS)) as (provider, server):
        assert (await provider.chat_response(asked(preset, *transcript))).output_text == WORDS
        assert b"opaque" not in server.account[0].body


async def test_a_transcript_that_was_cut_short_is_understood(preset: Preset) -> None:
    cut = ChatFunctionRequest("a", "a", "get_accounts", {}, malformed=True, raw_arguments='{"n')
    whole = ChatFunctionRequest("b", "b", "get_accounts", {"n": 1})
    transcript = (
        UserMessage("How much?"),
        AssistantMessage((ReasoningBlock("Hm"), TextBlock(""), whole, cut)),
        UserMessage("Well?"),
    )
    async with opened(preset, Reply(WORDS)) as (provider, _):
        assert (await provider.chat_response(asked(preset, *transcript))).output_text == WORDS


async def test_functions_can_be_gone_from_a_later_request(preset: Preset) -> None:
    whole = ChatFunctionRequest("b", "b", "get_accounts", {"n": 1})
    transcript = (UserMessage("How much?"), AssistantMessage((whole,)), FunctionResult("b", "12"))
    async with opened(preset, Reply(WORDS)) as (provider, _):
        assert (await provider.chat_response(asked(preset, *transcript, functions=()))).output_text == WORDS


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, RequestRejected),
        (413, ContextTooLong),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_a_status_is_the_same_error_everywhere(preset: Preset, status: int, kind: type[LLMError]) -> None:
    async with opened(preset, Reply(error=Fault(status, "sk-secret"), retry_after=2)) as (provider, _):
        _, error = await read(provider.stream_chat_response(asked(preset)))
    assert type(error) is kind
    assert (error.provider, error.model, error.status) == (preset.name, model_of(preset), status)
    assert "sk-secret" not in str(error)


async def test_what_is_unavailable_is_repeated_as_another_attempt(preset: Preset) -> None:
    watcher = Watcher()
    async with opened(preset, Reply(error=Fault(503)), Reply(WORDS), retry=Retry(first=0.001)) as (provider, _):
        chunks, _ = await read(provider.stream_chat_response(asked(preset)).watched_by(watcher))
    assert text_of(chunks) == WORDS
    assert [end.outcome for end in watcher.ended] == ["failed", "completed"]


@pytest.mark.parametrize("cut", ["close", "terminate", "reset"])
async def test_an_answer_that_breaks_off_keeps_what_was_shown(preset: Preset, cut: Cut) -> None:
    watcher = Watcher()
    async with opened(preset, Reply("one two three four five six", cut_after_event=5, cut=cut)) as (provider, _):
        chunks, error = await read(provider.stream_chat_response(asked(preset)).watched_by(watcher))
    assert type(error) is StreamInterrupted
    assert error.partial is not None
    assert "" != text_of(chunks) == error.partial.output_text
    assert watcher.end.outcome == "interrupted"


async def test_an_answer_that_falls_silent_stalls(preset: Preset) -> None:
    async with opened(preset, Reply("one two three four five six", stall_after=5), limits=Limits(idle=0.3)) as (
        provider,
        server,
    ):
        chunks, error = await read(provider.stream_chat_response(asked(preset)))
        assert type(error) is Stalled
        assert error.partial is not None
        assert error.partial.output_text == text_of(chunks)
        await server.account[0].socket_closed()


async def test_a_stop_closes_the_connection_and_keeps_what_was_seen(preset: Preset) -> None:
    watcher = Watcher()
    async with opened(preset, Reply("one two three", stall_after=5)) as (provider, server):
        async with provider.stream_chat_response(asked(preset)).watched_by(watcher) as stream:
            first = await anext(aiter(stream))
        assert stream.partial is not None
        assert stream.partial.output_text.startswith(str(first.data))
        assert watcher.end.outcome == "stopped"
        await server.account[0].socket_closed()


async def test_a_connection_carries_one_answer_after_the_other(preset: Preset) -> None:
    async with opened(preset, Reply("a"), Reply("b")) as (provider, server):
        for _ in range(2):
            await read(provider.stream_chat_response(asked(preset)))
        assert len(server.account.sockets) == 1

"""A provider over real HTTP: streamed, plain, repeated, several at once."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tuppence.llm import (
    AssistantMessage,
    Attempt,
    AuthenticationFailed,
    ChatFunctionRequest,
    ChatStreamChunk,
    FunctionDefinition,
    FunctionResult,
    LLMError,
    Origin,
    OutputTextChunk,
    ReasoningBlock,
    RequestRejected,
    ResponseChunk,
    TokenUsage,
    Unavailable,
    UserMessage,
    open_provider,
)
from tuppence.understudy import (
    Block,
    Call,
    Exchange,
    Fault,
    RandomSizes,
    Reply,
    Text,
    Thinking,
    Understudy,
    Usage,
    anthropic,
)

from .asking import IMPATIENT, KEY, MODEL, ONCE, Watcher, asked, provider_at, read, text_of

pytestmark = pytest.mark.anyio

ACCOUNTS = FunctionDefinition("get_accounts", "The accounts.", {"type": "object"})
WORDS = "It was twelve euros and a naïve 🦔."


async def test_an_answer_streams_and_ends_with_its_response() -> None:
    async with Understudy([Reply(WORDS, usage=Usage(10, 9, 4, 2))]) as server, provider_at(server.base_url) as provider:
        stream = provider.stream_chat_response(asked())
        chunks, error = await read(stream)
        assert error is None
        *words, last = chunks
        assert all(isinstance(chunk, OutputTextChunk) for chunk in words)
        assert isinstance(last, ResponseChunk)
        assert text_of(chunks) == last.data.output_text == WORDS
        assert last.usage == stream.usage == TokenUsage(16, 9, 4, 2)  # 10 + 4 + 2
        assert stream.partial is last.data
        assert stream.request_id == server.account[0].request_id
        assert (server.account[0].model, server.account[0].streamed) == (MODEL, True)


async def test_nothing_is_sent_before_a_stream_is_iterated() -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        await provider.prepare()
        async with provider.stream_chat_response(asked()) as stream:
            assert (stream.partial, stream.usage, stream.request_id) == (None, TokenUsage(), None)
    assert len(server.account.sockets) == 0


async def test_a_stream_is_iterated_once() -> None:
    async with Understudy([Reply("a")]) as server, provider_at(server.base_url) as provider:
        stream = provider.stream_chat_response(asked())
        await read(stream)
        with pytest.raises(RuntimeError, match="iterated once"):
            aiter(stream)


async def test_a_plain_answer_is_the_same_response_by_one_plain_request() -> None:
    blocks: list[Block] = [Thinking("Let me see."), Text(WORDS), Call("get_accounts", {"limit": 3}, id="toolu_1")]
    usage = Usage(10, 9, 4, 2)
    async with Understudy([Reply(blocks, usage=usage)] * 2) as server, provider_at(server.base_url) as provider:
        plain = await provider.chat_response(asked(functions=[ACCOUNTS]))
        chunks, _ = await read(provider.stream_chat_response(asked(functions=[ACCOUNTS])))
    assert [exchange.streamed for exchange in server.account] == [False, True]
    last = chunks[-1]
    assert isinstance(last, ResponseChunk)
    assert (plain.content, plain.usage, plain.stop_reason) == (last.data.content, last.usage, last.data.stop_reason)


async def test_a_streamer_gets_every_chunk_whether_it_is_a_coroutine_function_or_not() -> None:
    seen: list[list[ChatStreamChunk]] = [[], []]

    async def asynchronous(chunk: ChatStreamChunk) -> None:
        seen[1].append(chunk)

    async with Understudy([Reply(WORDS)] * 2) as server, provider_at(server.base_url) as provider:
        first = await provider.chat_response(asked(), streamer=seen[0].append)
        second = await provider.chat_response(asked(), streamer=asynchronous)
    assert [exchange.streamed for exchange in server.account] == [True, True]
    for response, chunks in zip((first, second), seen, strict=True):
        assert text_of(chunks) == response.output_text == WORDS
        assert chunks[-1] == ResponseChunk(response)


async def test_a_streamer_that_fails_ends_the_request() -> None:
    def fail(chunk: ChatStreamChunk) -> None:
        raise LookupError(chunk.data)

    async with Understudy([Reply("one two", stall_after=5)]) as server, provider_at(server.base_url) as provider:
        with pytest.raises(LookupError, match="one"):
            await provider.chat_response(asked(), streamer=fail)
        await server.account[0].socket_closed()
        assert server.account[0].client_left


async def test_a_long_plain_answer_may_be_asked_for() -> None:
    async with Understudy([Reply("a")]) as server, provider_at(server.base_url) as provider:
        assert (await provider.chat_response(asked(max_output_tokens=64_000))).output_text == "a"


@pytest.mark.parametrize("chunking", ["whole", 1, 7, RandomSizes(seed=5)])
async def test_an_answer_does_not_depend_on_how_it_is_cut(chunking: object) -> None:
    reply = Reply([Text(WORDS), Call("get_accounts", {"name": "é🦔"})], chunking=chunking, split_utf8=True)  # type: ignore[arg-type]
    async with Understudy([reply]) as server, provider_at(server.base_url) as provider:
        response = await provider.chat_response(asked(functions=[ACCOUNTS]), streamer=lambda chunk: None)
    assert response.output_text == WORDS
    assert response.function_requests[0].function_args == {"name": "é🦔"}


async def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b"".join(event.frame() for event in anthropic.text_events(WORDS)))
    reply = Reply(raw=body, headers={"content-encoding": "gzip"}, chunking=7)
    async with Understudy([reply]) as server, provider_at(server.base_url) as provider:
        chunks, error = await read(provider.stream_chat_response(asked()))
    assert error is None
    assert text_of(chunks) == WORDS


async def test_a_last_event_without_its_blank_line_ends_the_answer() -> None:
    body = b"".join(event.frame() for event in anthropic.text_events(WORDS)).rstrip(b"\n")
    async with Understudy([Reply(raw=body)]) as server, provider_at(server.base_url) as provider:
        chunks, error = await read(provider.stream_chat_response(asked()))
    assert error is None
    assert isinstance(chunks[-1], ResponseChunk)


# ------------------------------------------------------------------------------------------------------ connections


async def test_a_connection_is_used_again_after_a_complete_answer() -> None:
    async with Understudy([Reply("a")] * 4) as server, provider_at(server.base_url) as provider:
        for _ in range(2):
            await provider.chat_response(asked())
            await provider.chat_response(asked(), streamer=lambda chunk: None)
        assert len(server.account.sockets) == 1
    await server.account.all_closed()


async def test_a_connection_is_used_again_after_a_refusal() -> None:
    async with (
        Understudy([Reply(error=Fault(529)), Reply("a")]) as server,
        provider_at(server.base_url, retry=IMPATIENT) as provider,
    ):
        await provider.chat_response(asked(), streamer=lambda chunk: None)
        assert len(server.account.sockets) == 1


async def test_several_streams_run_side_by_side_over_one_provider() -> None:
    gate = asyncio.Event()

    def play(exchange: Exchange) -> Reply:
        return Reply(f"answer {exchange.number}", gates={4: gate})

    async with Understudy(play) as server, provider_at(server.base_url) as provider:
        reading = [asyncio.create_task(read(provider.stream_chat_response(asked(str(n))))) for n in range(20)]
        for number in range(1, 21):
            await (await server.account.request(number)).sent(4)
        gate.set()
        answers = [text_of(chunks) for chunks, _ in await asyncio.gather(*reading)]
    assert sorted(answers) == sorted(f"answer {number}" for number in range(1, 21))


async def test_closing_twice_or_without_a_request_is_fine() -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        await provider.aclose()
        await provider.aclose()


# ------------------------------------------------------------------------------------------------------- what is sent


async def test_on_request_gets_the_host_and_the_exact_bytes_of_every_attempt_before_it_is_sent() -> None:
    sent: list[tuple[str, bytes, int]] = []

    def on_request(host: str, body: bytes) -> None:
        sent.append((host, body, len(server.account)))

    replies = [Reply(error=Fault(529)), Reply("a"), Reply("b")]
    async with (
        Understudy(replies) as server,
        provider_at(server.base_url, retry=IMPATIENT, on_request=on_request) as provider,
    ):
        await provider.chat_response(asked("né 🦔"), streamer=lambda chunk: None)
        await provider.chat_response(asked("plain"))
        host = provider.host
    assert sent == [(host, exchange.body, number) for number, exchange in enumerate(server.account)]
    assert server.base_url == f"http://{host}"
    assert "né 🦔" in sent[0][1].decode()


@pytest.mark.parametrize("wire", ["anthropic", "openai", "openai-compatible"])
async def test_what_on_request_raises_is_raised_and_nothing_is_sent(wire: str) -> None:
    class Full(Exception):
        """There is no room for a record of it."""

    async def on_request(host: str, body: bytes) -> None:
        raise Full

    async with Understudy() as server:
        address = server.base_url if wire == "anthropic" else server.openai_base_url
        async with open_provider(
            wire, api_key=KEY, base_url=address, retry=IMPATIENT, on_request=on_request
        ) as provider:
            for asking in (provider.chat_response(asked()), provider.chat_response(asked(), streamer=print)):
                with pytest.raises(Full):
                    await asking
            with pytest.raises(Full):
                await provider.models()
        assert len(server.account) == 0


async def test_the_key_goes_to_the_server_and_nowhere_else() -> None:
    bodies: list[bytes] = []
    async with (
        Understudy([Reply("a")], api_key=KEY) as server,
        provider_at(server.base_url, on_request=lambda host, body: bodies.append(body)) as provider,
    ):
        await provider.chat_response(asked())
        assert KEY not in repr(provider)
    assert KEY.encode() not in bodies[0]


@pytest.mark.parametrize("name", ["anthropic", "openai", "openai-compatible"])
async def test_a_redirect_is_not_followed(name: str) -> None:
    """It would lead to an address that nobody chose or looked at."""
    async with (
        Understudy([Reply(WORDS)]) as elsewhere,
        redirecting(elsewhere.base_url) as address,
        open_provider(name, api_key=KEY, base_url=address, retry=ONCE) as provider,
    ):
        _, error = await read(provider.stream_chat_response(asked()))
        with pytest.raises(LLMError):
            await provider.models()
    assert isinstance(error, RequestRejected)
    assert not elsewhere.account.exchanges


@asynccontextmanager
async def redirecting(target: str) -> AsyncIterator[str]:
    """A server that sends every request on to `target`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        location = f"{target}/v1/messages".encode()
        writer.write(b"HTTP/1.1 307 See there\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_wrong_key_is_told_without_being_shown() -> None:
    async with Understudy([], api_key="another") as server, provider_at(server.base_url) as provider:
        with pytest.raises(AuthenticationFailed) as raised:
            await provider.chat_response(asked())
    assert KEY not in str(raised.value) + repr(raised.value) + str(vars(raised.value))
    assert raised.value.request_id == server.account[0].request_id


async def test_an_unknown_model_is_told() -> None:
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        with pytest.raises(RequestRejected, match="does not know the model 'claude-of-never'"):
            await provider.chat_response(asked(model="claude-of-never"))


async def test_the_models_of_a_provider_are_listed() -> None:
    async with Understudy([], models=("one", "two")) as server, provider_at(server.base_url) as provider:
        assert await provider.models() == ["one", "two"]


async def test_models_that_cannot_be_listed_end_in_the_same_errors() -> None:
    async with Understudy([], api_key="another") as server, provider_at(server.base_url) as provider:
        with pytest.raises(AuthenticationFailed):
            await provider.models()
    async with provider_at("http://nowhere.invalid") as provider:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await provider.models()


async def test_a_transcript_goes_out_as_it_came_in() -> None:
    first: list[Block] = [
        Thinking("Let me see."),
        Text("Let me look."),
        Call("get_accounts"),
        Call("get_accounts", {"n": 1}),
    ]
    async with Understudy([Reply(first), Reply("Twelve.")]) as server, provider_at(server.base_url) as provider:
        question = UserMessage("How much?")
        response = await provider.chat_response(asked(functions=[ACCOUNTS]), streamer=lambda chunk: None)
        results = [FunctionResult(request.call_id, "12") for request in response.function_requests]
        transcript = [question, AssistantMessage.of(response), *results]
        second = await provider.chat_response(asked(transcript=transcript, functions=[ACCOUNTS]))
    assert second.output_text == "Twelve."
    assert isinstance(response.content[0], ReasoningBlock)
    sent = server.account[1].json
    assert sent is not None
    assert sent["messages"][1]["content"][0] == response.content[0].raw
    assert isinstance(response.content[2], ChatFunctionRequest)
    assert {block.origin for block in response.content} == {Origin("anthropic", MODEL)}


# ------------------------------------------------------------------------------------------------------- repeating


async def test_what_is_unavailable_is_repeated_and_every_attempt_is_told() -> None:
    watcher = Watcher()
    waits: list[tuple[float, str]] = []
    replies = [Reply(error=Fault(429), retry_after=0.02), Reply(error=Fault(503)), Reply(cut_in_head=0), Reply("Here.")]
    async with Understudy(replies) as server, provider_at(server.base_url, retry=IMPATIENT) as provider:
        stream = provider.stream_chat_response(asked()).watched_by(watcher)
        stream.waiting_told_to(lambda seconds, error: waits.append((seconds, type(error).__name__)))
        chunks, error = await read(stream)
        assert (text_of(chunks), error) == ("Here.", None)
        assert stream.request_id == server.account[3].request_id
    assert [attempt.number for attempt in watcher.attempts] == [1, 2, 3, 4]
    assert [end.outcome for end in watcher.ended] == ["failed", "failed", "failed", "completed"]
    assert [end.error and end.error.status for end in watcher.ended] == [429, 503, None, None]
    assert [end.request_id for end in watcher.ended[:2]] == [server.account[0].request_id, server.account[1].request_id]
    assert [name for _, name in waits] == ["RateLimited", "Unavailable", "Unavailable"]
    assert waits[0][0] == 0.02  # longer than the 0.001 of the formula
    assert len({exchange.body for exchange in server.account}) == 1


async def test_an_error_event_before_the_answer_is_repeated() -> None:
    replies = [Reply("never", error_event_after=0), Reply("Here.")]
    async with Understudy(replies) as server, provider_at(server.base_url, retry=IMPATIENT) as provider:
        chunks, error = await read(provider.stream_chat_response(asked()))
    assert (text_of(chunks), error) == ("Here.", None)


async def test_a_plain_answer_is_repeated_too() -> None:
    replies = [Reply(error=Fault(529)), Reply("never", cut_after_bytes=20), Reply("Here.")]
    async with Understudy(replies) as server, provider_at(server.base_url, retry=IMPATIENT) as provider:
        assert (await provider.chat_response(asked())).output_text == "Here."


@pytest.mark.parametrize("after", [1, 3, 4, 6])
async def test_an_answer_that_has_begun_is_never_repeated(after: int) -> None:
    replies = [Reply("one two", cut_after_event=after), Reply("Here.")]
    async with Understudy(replies) as server, provider_at(server.base_url, retry=IMPATIENT) as provider:
        await read(provider.stream_chat_response(asked()))
    assert len(server.account) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_what_was_rejected_is_never_repeated(status: int) -> None:
    async with (
        Understudy([Reply(error=Fault(status))] * 2) as server,
        provider_at(server.base_url, retry=IMPATIENT) as provider,
    ):
        with pytest.raises(RequestRejected):
            await provider.chat_response(asked())
    assert len(server.account) == 1


async def test_repeating_ends_with_the_last_error() -> None:
    async with (
        Understudy([Reply(error=Fault(529))] * 4) as server,
        provider_at(server.base_url, retry=IMPATIENT) as provider,
    ):
        with pytest.raises(Unavailable) as raised:
            await provider.chat_response(asked())
    assert len(server.account) == 4
    assert raised.value.request_id == server.account[3].request_id
    assert raised.value.__cause__ is not None


async def test_a_watcher_that_cannot_begin_keeps_the_request_from_being_sent() -> None:
    class Full(Watcher):
        async def begins(self, attempt: Attempt) -> None:
            await super().begins(attempt)
            raise OSError("the disk is full")

    watcher = Full()
    async with Understudy([]) as server, provider_at(server.base_url) as provider:
        with pytest.raises(OSError, match="full"):
            await read(provider.stream_chat_response(asked()).watched_by(watcher))
    assert len(server.account) == 0
    assert (watcher.end.outcome, watcher.end.seconds) == ("failed", 0)

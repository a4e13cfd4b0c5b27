"""The Chat Completions wire over real HTTP, with the official SDK."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuppence.llm import (
    AuthenticationFailed,
    ChatRequest,
    ContextTooLong,
    LLMError,
    MalformedStream,
    OutputTextChunk,
    RateLimited,
    RequestRejected,
    ResponseChunk,
    StreamInterrupted,
    Unavailable,
    UserMessage,
)
from tuppence.llm.openai_chat import Quirks

from .server import KEY, answer, provider_at, read, serving
from .streams import DONE, MODEL, Json, body, delta, text, usage

pytestmark = pytest.mark.anyio

REQUEST = ChatRequest(model=MODEL, transcript=[UserMessage("How much?")], max_output_tokens=50)
MESSAGES = [{"role": "user", "content": "How much?"}]
STREAM = answer(body(*text("Twelve", " euros"), delta("stop"), usage(prompt_tokens=3, completion_tokens=2), DONE))
PLAIN = answer(
    msgspec.json.encode(
        {"id": "cc-7", "choices": [{"index": 0, "message": {"content": "Twelve euros"}, "finish_reason": "stop"}]}
    ),
    content_type="application/json",
)


async def failure(reply: bytes) -> LLMError:
    async with serving(reply) as server, provider_at(server.base_url) as provider:
        _, error = await read(provider.stream_chat_response(REQUEST))
    assert error is not None
    return error


async def test_a_stream_from_end_to_end() -> None:
    async with serving(STREAM) as server, provider_at(server.base_url) as provider:
        stream = provider.stream_chat_response(REQUEST)
        chunks, error = await read(stream)
    assert error is None
    assert chunks[:2] == [OutputTextChunk("Twelve"), OutputTextChunk(" euros")]
    assert isinstance(chunks[2], ResponseChunk)
    assert (chunks[2].data.output_text, chunks[2].usage.input_tokens, stream.request_id) == ("Twelve euros", 3, "req-5")
    (sent,) = server.sent
    assert (sent.path, sent.headers["authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert sent.json == {
        "model": MODEL,
        "messages": MESSAGES,
        "max_tokens": 50,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_the_usage_is_not_asked_for_where_that_is_refused() -> None:
    quirks = Quirks(usage_on_request=False)
    async with serving(STREAM) as server, provider_at(server.base_url, quirks) as provider:
        await read(provider.stream_chat_response(REQUEST))
    assert server.sent[0].json == {"model": MODEL, "messages": MESSAGES, "max_tokens": 50, "stream": True}


async def test_a_plain_request() -> None:
    async with serving(PLAIN) as server, provider_at(server.base_url) as provider:
        response = await provider.chat_response(REQUEST)
    assert response.output_text == "Twelve euros"
    assert server.sent[0].json == {"model": MODEL, "messages": MESSAGES, "max_tokens": 50}


async def test_the_exact_bytes_are_told_before_they_are_sent() -> None:
    told: list[tuple[str, bytes]] = []
    tell: dict[str, Any] = {"on_request": lambda *request: told.append(request)}
    async with serving(STREAM) as server, provider_at(server.base_url, **tell) as provider:
        await read(provider.stream_chat_response(REQUEST))
    assert told == [(server.sent[0].headers["host"], server.sent[0].body)]


async def test_a_complete_answer_gives_the_connection_back() -> None:
    async with serving(STREAM) as server, provider_at(server.base_url) as provider:
        for _ in range(3):
            await read(provider.stream_chat_response(REQUEST))
    assert [sent.connection for sent in server.sent] == [1, 1, 1]


async def test_what_follows_done_is_not_read() -> None:
    reply = answer(body(*text("Hi"), delta("stop"), DONE, delta(content="More"), DONE, "{"))
    async with serving(reply) as server, provider_at(server.base_url) as provider:
        chunks, error = await read(provider.stream_chat_response(REQUEST))
    assert error is None
    assert [type(chunk) for chunk in chunks] == [OutputTextChunk, ResponseChunk]


async def test_a_server_without_a_key_gets_none_of_ours() -> None:
    async with serving(STREAM) as server, provider_at(server.base_url, api_key="") as provider:
        _, error = await read(provider.stream_chat_response(REQUEST))
    assert error is None
    assert server.sent[0].headers["authorization"] == "Bearer none"


async def test_an_openai_account_is_no_business_of_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "ours-alone")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-team: ours-alone\nauthorization: Bearer ours-alone")
    async with serving(STREAM) as server, provider_at(server.base_url, api_key="") as provider:
        await read(provider.stream_chat_response(REQUEST))
    assert "ours-alone" not in str(server.sent[0].headers)


@pytest.mark.parametrize(
    "told",
    [
        {"object": "list", "data": [{"id": "thrifty-1", "object": "model"}, {"id": "thrifty-2"}]},
        {"data": None, "models": [{"name": "thrifty-1"}, {"name": "thrifty-2"}]},
        [{"id": "thrifty-1"}, {"id": "thrifty-2"}, {"id": None}],
    ],
)
async def test_the_list_of_models(told: object) -> None:
    listed = answer(msgspec.json.encode(told), content_type="application/json")
    async with serving(listed) as server, provider_at(server.base_url) as provider:
        assert await provider.models() == ["thrifty-1", "thrifty-2"]
    assert server.sent[0].path == "/v1/models"


@pytest.mark.parametrize("page", [b"<html>", b"3"])
async def test_a_page_that_is_no_list_of_models(page: bytes) -> None:
    async with serving(answer(page, content_type="text/html")) as server, provider_at(server.base_url) as provider:
        with pytest.raises(MalformedStream):
            await provider.models()


# ------------------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (
            401,
            {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}},
            AuthenticationFailed,
        ),
        (
            400,
            [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
            AuthenticationFailed,
        ),
        (404, {"error": {"message": "model 'x' not found", "type": "not_found_error"}}, RequestRejected),
        (400, {"error": {"message": "too big", "code": "context_length_exceeded"}}, ContextTooLong),
        (400, {"error": {"code": 400, "message": "n", "type": "exceed_context_size_error"}}, ContextTooLong),
        (400, {"object": "error", "message": "maximum context length is 10 tokens", "code": 400}, ContextTooLong),
        (413, {"error": {"message": "Request too large", "code": "rate_limit_exceeded"}}, ContextTooLong),
        (422, {"detail": [{"loc": ["body", "user"], "msg": "Extra inputs are not permitted"}]}, RequestRejected),
        (429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, RateLimited),
        (429, {"error": {"message": "no credit", "code": "insufficient_quota"}}, RequestRejected),
        (500, {"error": {"message": "oops", "type": "server_error"}}, Unavailable),
        (503, {"error": "model is loading"}, Unavailable),
    ],
)
async def test_the_errors_of_servers(status: int, told: Json, kind: type[LLMError]) -> None:
    error = await failure(answer(msgspec.json.encode(told), status, content_type="application/json"))
    assert type(error) is kind
    assert (error.status, error.request_id, error.partial) == (status, "req-5", None)
    assert KEY not in str(error)


async def test_an_error_page_is_no_riddle() -> None:
    assert type(await failure(answer(b"<html>Bad gateway</html>", 502, content_type="text/html"))) is Unavailable


async def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    error = await failure(answer(b"{}", 429, retry_after="7"))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7.0


async def test_nobody_there() -> None:
    async with serving(STREAM) as server:
        address = server.base_url
    async with provider_at(address) as provider:
        _, error = await read(provider.stream_chat_response(REQUEST))
    assert type(error) is Unavailable


async def test_something_that_is_not_http() -> None:
    assert isinstance(await failure(b"SSH-2.0-OpenSSH_9.6\r\n\r\nconnection: close"), Unavailable)


@pytest.mark.parametrize("missing", [0, 9], ids=["clean end", "cut"])
async def test_a_stream_that_ends_before_the_answer_does(missing: int) -> None:
    begun = delta(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "spend", "arguments": "{}"}}])
    reply = answer(body(*text("Twelve"), begun), missing=missing)
    error = await failure(reply)
    assert type(error) is StreamInterrupted
    assert error.partial is not None
    assert (error.partial.output_text, error.partial.function_requests) == ("Twelve", ())


async def test_an_error_inside_the_stream() -> None:
    error = await failure(answer(b'event: error\ndata: {"error": {"message": "no", "status_code": 400}}\n\n'))
    assert type(error) is RequestRejected
    assert error.status is None

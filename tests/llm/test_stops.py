"""Every way to stop leaves exactly one ended attempt and no open socket, and `partial` is what was seen."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from tuppence.llm import Attempt, AttemptEnd, ChatStream, ChatStreamChunk, OutputTextChunk, ResponseChunk, Retry
from tuppence.understudy import Fault, Reply, Understudy

from .asking import IMPATIENT, Watcher, asked, provider_at

pytestmark = pytest.mark.anyio

BEFORE_THE_HEAD = -1
ONE_WORD, TWO_WORDS, THREE_WORDS = 4, 5, 6  # events: message_start, content_block_start, ping, and a delta each


class Reading:
    """A caller that reads a stream and remembers what it saw."""

    def __init__(self, stream: ChatStream) -> None:
        self.stream = stream
        self.seen = ""
        self.moved = asyncio.Event()

    async def inside_a_block(self) -> None:
        async with self.stream:
            await self.without_a_block()

    async def without_a_block(self) -> None:
        async for chunk in self.stream:
            self.see(chunk)

    def see(self, chunk: ChatStreamChunk) -> None:
        if isinstance(chunk, OutputTextChunk):
            self.seen += chunk.data
        self.moved.set()

    async def saw(self, words: str) -> None:
        """Return when so much was seen."""
        while self.seen != words:
            await self.moved.wait()
            self.moved.clear()


@asynccontextmanager
async def stalled(place: int) -> AsyncIterator[tuple[Reading, Callable[[], Awaitable[None]]]]:
    """A reading of an answer that stands still after so many events, and a wait until it does.

    At the end: what a stop must have left, although the provider is still open.
    """
    words = {ONE_WORD: "one", TWO_WORDS: "one two", THREE_WORDS: "one two three"}.get(min(place, THREE_WORDS), "")
    async with (
        Understudy([Reply("one two three", stall_after=place)]) as server,
        provider_at(server.base_url, retry=IMPATIENT) as provider,
    ):
        watcher = Watcher()
        reading = Reading(provider.stream_chat_response(asked()).watched_by(watcher))

        async def standstill() -> None:
            await (await server.account.request(1)).sent(max(place, 0))
            await reading.saw(words)

        with anyio.fail_after(10):
            yield reading, standstill
            await server.account.all_closed()
        assert len(server.account) == 1
        assert server.account[0].client_left
        assert (watcher.end.outcome, watcher.end.error) == ("stopped", None)
        partial = reading.stream.partial
        assert watcher.end.response == partial
        assert (partial.output_text if partial else "") == reading.seen == words
        assert partial is None or reading.stream.usage == partial.usage


places = pytest.mark.parametrize("place", [BEFORE_THE_HEAD, 0, 1, 2, 3, ONE_WORD, TWO_WORDS, THREE_WORDS, 7, 8])
places_with_words = pytest.mark.parametrize("place", [ONE_WORD, TWO_WORDS, THREE_WORDS])
forms = pytest.mark.parametrize("form", [Reading.inside_a_block, Reading.without_a_block], ids=["with", "without"])
Form = Callable[[Reading], Coroutine[None, None, None]]


@forms
@places
async def test_cancelling_the_task(form: Form, place: int) -> None:
    async with stalled(place) as (reading, standstill):
        task = asyncio.create_task(form(reading))
        await standstill()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@forms
@places
async def test_cancelling_the_task_again_while_it_cleans_up(form: Form, place: int) -> None:
    async with stalled(place) as (reading, standstill):
        task = asyncio.create_task(form(reading))
        await standstill()
        task.cancel()
        while not task.done():
            await asyncio.sleep(0)
            task.cancel()
        assert task.cancelled()


@forms
@places
async def test_a_cancel_scope(form: Form, place: int) -> None:
    async with stalled(place) as (reading, standstill), anyio.create_task_group() as tasks:
        tasks.start_soon(form, reading)
        await standstill()
        tasks.cancel_scope.cancel()


@forms
@places
async def test_a_cancel_scope_around_the_reader_alone(form: Form, place: int) -> None:
    async with stalled(place) as (reading, standstill):
        scope = anyio.CancelScope()

        async def read() -> None:
            with scope:
                await form(reading)

        task = asyncio.create_task(read())
        await standstill()
        scope.cancel()
        await task
        assert scope.cancelled_caught


@forms
@places
async def test_a_time_limit(form: Form, place: int) -> None:
    async with stalled(place) as (reading, standstill):
        task = asyncio.create_task(asyncio.wait_for(form(reading), 3600))
        await standstill()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@places_with_words
async def test_breaking_off_inside_a_block(place: int) -> None:
    async with stalled(place) as (reading, standstill):
        async with reading.stream as stream:
            async for chunk in stream:
                reading.see(chunk)
                if len(reading.seen.split()) == place - ONE_WORD + 1:
                    break
        await standstill()


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@places_with_words
@pytest.mark.usefixtures("no_garbage_collection")
async def test_breaking_off_without_a_block(place: int) -> None:
    async with stalled(place) as (reading, standstill):
        async for chunk in reading.stream:
            reading.see(chunk)
            if len(reading.seen.split()) == place - ONE_WORD + 1:
                break
        await standstill()


@places_with_words
async def test_an_error_of_the_caller(place: int) -> None:
    async with stalled(place) as (reading, standstill):

        async def fail() -> None:
            async with reading.stream as stream:
                async for chunk in stream:
                    reading.see(chunk)
                    if len(reading.seen.split()) == place - ONE_WORD + 1:
                        raise LookupError

        with pytest.raises(LookupError):
            await fail()
        await standstill()


async def test_leaving_the_block_closes_the_connection_before_anything_else_happens() -> None:
    async with stalled(ONE_WORD) as (reading, standstill):
        ended: list[str] = []

        class Late(Watcher):
            async def ends(self, attempt: Attempt, end: AttemptEnd) -> None:
                ended.append(end.outcome)

        async with reading.stream.watched_by(Late()) as stream:
            reading.see(await anext(aiter(stream)))
            assert ended == []
        assert ended == ["stopped"]
        await standstill()


async def test_cancelling_while_a_repetition_is_waited_for_leaves_the_ended_attempt() -> None:
    watcher = Watcher()
    waiting = asyncio.Event()
    async with (
        Understudy([Reply(error=Fault(529))]) as server,
        provider_at(server.base_url, retry=Retry(first=30)) as provider,
    ):
        stream = provider.stream_chat_response(asked()).watched_by(watcher)
        stream.waiting_told_to(lambda seconds, error: waiting.set())
        task = asyncio.create_task(Reading(stream).inside_a_block())
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert watcher.end.outcome == "failed"


async def test_one_that_is_cancelled_while_the_client_is_made_does_not_harm_the_others() -> None:
    async with Understudy([Reply("one")]) as server, provider_at(server.base_url) as provider:
        first = asyncio.create_task(Reading(provider.stream_chat_response(asked())).inside_a_block())
        other = Reading(provider.stream_chat_response(asked()))
        second = asyncio.create_task(other.inside_a_block())
        await asyncio.sleep(0)
        first.cancel()
        await second
        assert other.seen == "one"
        assert first.cancelled()


async def test_stopping_after_the_answer_was_complete_changes_nothing() -> None:
    watcher = Watcher()
    async with Understudy([Reply("one two")]) as server, provider_at(server.base_url) as provider:
        async with provider.stream_chat_response(asked()).watched_by(watcher) as stream:
            async for chunk in stream:
                if isinstance(chunk, ResponseChunk):
                    break
        assert watcher.end.outcome == "completed"
        assert watcher.end.response == stream.partial


# ------------------------------------------------------------------------------------------------------------ Ctrl-C


@pytest.mark.parametrize(("times", "form"), [("once", "with"), ("twice", "with"), ("twice", "without")])
async def test_ctrl_c(times: str, form: str) -> None:
    program = [sys.executable, "-W", "error", str(Path(__file__).with_name("interrupted.py"))]
    async with Understudy([Reply("one two three", stall_after=ONE_WORD)]) as server:
        process = await asyncio.create_subprocess_exec(*program, server.base_url, form, times, stdout=PIPE, stderr=PIPE)
        assert process.stdout is not None
        said = [await process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        said.append(await process.stdout.readline())
        if times == "twice":
            process.send_signal(signal.SIGINT)
        rest, errors = await process.communicate()
        await server.account.all_closed()
    said += rest.splitlines(keepends=True)
    again = [b"closing\n"] if times == "twice" else []
    assert said == [b"begun one\n", b"closing\n", *again, b"ended 1 stopped one\n"]
    assert errors.rstrip().endswith(b"KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT

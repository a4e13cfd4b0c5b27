"""However a request ends, it leaves one closed usage row, equal to what the understudy saw, and no open socket."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tuppence.llm import (
    AuthenticationFailed,
    ChatRequest,
    ChatStream,
    Provider,
    RateLimited,
    RequestRejected,
    StreamInterrupted,
    TokenUsage,
    UserMessage,
    open_provider,
)
from tuppence.store import Presence, Store
from tuppence.store.tables import households
from tuppence.understudy import Exchange, Fault, Reply, Understudy, Usage
from tuppence.usage import Gate, Purpose, UsageLog, UsageRow, metered, total_cost

from .rows import household

pytestmark = pytest.mark.anyio

PURPOSE = Purpose("chat", 1, chat_id="chat", message_id="message", turn_id="turn", round=2)
WORDS = "You spent 412.80 dollars on groceries in March, in nineteen purchases."
USAGE = Usage(fresh_input_tokens=900, output_tokens=40, cache_read_tokens=80, cache_write_tokens=20)
COST = Decimal("0.002266")  # claude-sonnet-5: (900 * 2 + 80 * 0.2 + 20 * 2.5 + 40 * 10) / 10**6
SHOWN = 5
"""Events of a stream after which some words are there: message_start, content_block_start, a ping and two deltas."""


def asked(model: str = "claude-sonnet-5") -> ChatRequest:
    return ChatRequest(model, [UserMessage("What did we spend on groceries in March?")])


def stalled() -> Reply:
    return Reply(WORDS, usage=USAGE, stall_after=SHOWN)


async def read(stream: ChatStream) -> None:
    async with stream:
        async for _ in stream:
            pass


async def closed_rows(server: Understudy, log: UsageLog) -> list[UsageRow]:
    """The rows, oldest first, once they were found to be closed and to equal the understudy's account."""
    async with asyncio.timeout(5):
        for exchange in server.account.asked:
            await exchange.finished()
            if exchange.client_left or exchange.status is None:
                await exchange.socket_closed()
    rows = (await log.rows(1))[::-1]
    assert len(rows) == len(server.account.asked)
    for row, exchange in zip(rows, server.account.asked, strict=True):
        assert row.outcome != "open"
        assert row.ended_at is not None
        assert row.purpose == PURPOSE
        assert row.model == exchange.model
        assert row.streaming is exchange.streamed
        assert row.request_id in (exchange.request_id, None)
        assert row.usage == reported(exchange)
    return rows


def reported(exchange: Exchange) -> TokenUsage:
    seen = exchange.usage or Usage()
    return TokenUsage(
        seen.input_tokens,
        seen.output_tokens,
        seen.cache_read_tokens,
        seen.cache_write_tokens,
        seen.reasoning_tokens,
    )


# ------------------------------------------------------------------------------------------------------ whole answers


async def test_a_streamed_answer(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(Reply(WORDS, usage=USAGE))
    told: list[UsageRow] = []
    await read(metered(provider.stream_chat_response(asked()), log, PURPOSE, told.append))
    rows = await closed_rows(server, log)
    assert rows == told
    (row,) = rows
    assert (row.outcome, row.attempt, row.provider, row.answered_model) == ("completed", 1, "anthropic", row.model)
    assert (row.tokens_estimated, row.cost_estimated, row.error, row.status) == (False, False, None, None)
    assert row.cost is not None
    assert row.cost.amount == total_cost(rows) == COST
    assert row.microseconds is not None
    assert row.first_chunk_microseconds is not None
    assert 0 < row.first_chunk_microseconds <= row.microseconds


async def test_a_plain_answer(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(Reply(WORDS, usage=USAGE))
    await read(metered(provider.plain_chat_response(asked()), log, PURPOSE))
    (row,) = await closed_rows(server, log)
    assert (row.outcome, row.streaming, row.tokens_estimated) == ("completed", False, False)
    assert row.cost is not None
    assert row.cost.amount == COST


async def test_a_model_without_a_price_costs_something_unknown(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    server.add(Reply(WORDS, usage=USAGE))
    await read(metered(provider.stream_chat_response(asked("understudy")), log, PURPOSE))
    rows = await closed_rows(server, log)
    assert rows[0].cost is None
    assert total_cost(rows) is None


async def test_the_open_row_is_committed_before_the_request_is_sent(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    seen: list[str] = []

    async def look(_: Exchange) -> Reply:
        seen.extend(row.outcome for row in await log.rows(1))
        return Reply(WORDS)

    server.add(look)
    await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    assert seen == ["open"]


async def test_streams_side_by_side(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(*(Reply(WORDS, usage=USAGE) for _ in range(20)))
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(read(metered(provider.stream_chat_response(asked()), log, PURPOSE)))
    rows = await log.rows(1)
    assert [row.outcome for row in rows] == ["completed"] * 20
    assert {row.request_id for row in rows} == {exchange.request_id for exchange in server.account.asked}
    assert total_cost(rows) == 20 * COST


# ----------------------------------------------------------------------------------------------------------- failures


async def test_a_refused_request_has_a_status_and_neither_tokens_nor_cost(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    server.add(Reply(error=Fault(401)))
    with pytest.raises(AuthenticationFailed):
        await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    (row,) = await closed_rows(server, log)
    assert (row.outcome, row.status, row.error) == ("failed", 401, "AuthenticationFailed")
    assert (row.cost, row.usage, row.tokens_estimated, row.cost_unknown) == (None, TokenUsage(), False, False)


@pytest.mark.parametrize(
    ("refusal", "streaming"),
    [
        (Reply(error=Fault(429)), True),
        (Reply(error=Fault(429)), False),
        (Reply(cut_in_head=0), True),
        (Reply(cut_in_head=0), False),
        (Reply(error_event_after=0), True),
    ],
)
async def test_a_repeated_request_is_a_row_of_its_own(
    server: Understudy, provider: Provider, log: UsageLog, refusal: Reply, streaming: bool
) -> None:
    server.add(refusal, Reply(WORDS, usage=USAGE))
    told: list[UsageRow] = []
    ask = provider.stream_chat_response if streaming else provider.plain_chat_response
    await read(metered(ask(asked()), log, PURPOSE, told.append))
    rows = await closed_rows(server, log)
    assert [(row.outcome, row.attempt) for row in rows] == [("failed", 1), ("completed", 2)]
    assert rows == told
    assert total_cost(rows) == COST


async def test_every_failed_attempt_is_a_row(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(*(Reply(error=Fault(429)) for _ in range(4)))
    with pytest.raises(RateLimited):
        await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    rows = await closed_rows(server, log)
    assert [(row.attempt, row.status, row.error) for row in rows] == [(n, 429, "RateLimited") for n in (1, 2, 3, 4)]
    assert total_cost(rows) is None


@pytest.mark.parametrize("how", ["close", "terminate", "reset"])
async def test_a_stream_cut_after_any_of_its_events(
    server: Understudy, provider: Provider, log: UsageLog, how: Any
) -> None:
    server.add(Reply(WORDS, usage=USAGE))
    await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    events = server.account[0].events_total
    assert events > SHOWN
    for after in range(1, events):
        server.add(Reply(WORDS, usage=USAGE, cut_after_event=after, cut=how))
        with pytest.raises(StreamInterrupted):
            await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
        row = (await closed_rows(server, log))[-1]
        final = after == events - 1  # all but message_stop came
        assert (row.outcome, row.error, row.usage.input_tokens) == ("interrupted", "StreamInterrupted", 1000)
        assert row.cost is not None
        assert row.cost_estimated is row.tokens_estimated is not final


async def test_a_stream_cut_before_its_first_event(server: Understudy, provider: Provider, log: UsageLog) -> None:
    server.add(Reply(WORDS, usage=USAGE, cut_after_event=0), Reply(error=Fault(400)))
    with pytest.raises(RequestRejected):
        await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    rows = await closed_rows(server, log)
    assert [(row.outcome, row.usage, row.cost) for row in rows] == [("failed", TokenUsage(), None)] * 2


async def test_an_error_in_the_middle_keeps_what_was_reported(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    server.add(Reply(WORDS, usage=USAGE, error_event_after=SHOWN))
    with pytest.raises(StreamInterrupted):
        await read(metered(provider.stream_chat_response(asked()), log, PURPOSE))
    (row,) = await closed_rows(server, log)
    assert (row.outcome, row.tokens_estimated, row.cost_estimated) == ("interrupted", True, True)
    assert row.usage.input_tokens == 1000


# -------------------------------------------------------------------------------------------------------------- stops


@asynccontextmanager
async def reading(stream: ChatStream) -> AsyncIterator[asyncio.Task[None]]:
    """A task that reads `stream` and has shown its first words."""
    shown = asyncio.Event()

    async def consume() -> None:
        async with stream:
            async for _ in stream:
                shown.set()

    task = asyncio.create_task(consume())
    await asyncio.wait_for(shown.wait(), 5)
    yield task
    with pytest.raises(asyncio.CancelledError):
        await task


async def stopped_by_break(stream: ChatStream) -> None:
    async with stream:
        async for _ in stream:
            break


async def stopped_by_cancel(stream: ChatStream) -> None:
    async with reading(stream) as task:
        task.cancel()


async def stopped_by_double_cancel(stream: ChatStream) -> None:
    async with reading(stream) as task:
        task.cancel()
        await asyncio.sleep(0)  # the first one has arrived and cleaning up has begun
        task.cancel()


async def stopped_by_many_cancels(stream: ChatStream) -> None:
    async with reading(stream) as task:
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)


async def stopped_by_scope(stream: ChatStream) -> None:
    with anyio.CancelScope() as scope:
        async with stream:
            async for _ in stream:
                scope.cancel()
    assert scope.cancelled_caught


async def stopped_by_deadline(stream: ChatStream) -> None:
    with anyio.move_on_after(0.2):
        await read(stream)


async def stopped_by_an_error_of_the_reader(stream: ChatStream) -> None:
    async def read_badly() -> None:
        async with stream:
            async for _ in stream:
                raise LookupError

    with pytest.raises(LookupError):
        await read_badly()


STOPS: list[Callable[[ChatStream], Any]] = [
    stopped_by_break,
    stopped_by_cancel,
    stopped_by_double_cancel,
    stopped_by_many_cancels,
    stopped_by_scope,
    stopped_by_deadline,
    stopped_by_an_error_of_the_reader,
]


@pytest.mark.parametrize("stop", STOPS)
async def test_a_stopped_stream(
    server: Understudy, provider: Provider, log: UsageLog, stop: Callable[[ChatStream], Any]
) -> None:
    server.add(stalled())
    told: list[UsageRow] = []
    await stop(metered(provider.stream_chat_response(asked()), log, PURPOSE, told.append))
    rows = await closed_rows(server, log)
    assert rows == told
    (row,) = rows
    assert (row.outcome, row.error, row.status) == ("stopped", None, None)
    assert (row.tokens_estimated, row.cost_estimated) == (True, True)
    assert row.usage.input_tokens == 1000
    assert row.cost is not None
    assert server.account.open_sockets == 0


@pytest.mark.parametrize("streaming", [True, False])
async def test_stopped_before_the_answer_began_is_unknown_and_not_zero(
    server: Understudy, provider: Provider, log: UsageLog, streaming: bool
) -> None:
    server.add(Reply(WORDS, stall_after=-1))
    ask = provider.stream_chat_response if streaming else provider.plain_chat_response
    task = asyncio.create_task(read(metered(ask(asked()), log, PURPOSE)))
    await asyncio.wait_for(server.account.request(1), 5)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    (row,) = await closed_rows(server, log)
    assert (row.outcome, row.usage, row.cost, row.cost_unknown) == ("stopped", TokenUsage(), None, True)
    assert row.first_chunk_microseconds is None


async def test_a_stop_after_the_final_totals_leaves_nothing_to_estimate(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    all_but_message_stop = 6
    server.add(Reply("One", usage=USAGE, stall_after=all_but_message_stop))
    stream = metered(provider.stream_chat_response(asked()), log, PURPOSE)
    task = asyncio.create_task(read(stream))
    async with asyncio.timeout(5):
        while stream.usage.output_tokens != USAGE.output_tokens:  # noqa: ASYNC110 - no chunk tells of it
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    (row,) = await closed_rows(server, log)
    assert (row.outcome, row.tokens_estimated, row.cost_estimated) == ("stopped", False, False)
    assert row.cost is not None
    assert row.cost.amount == COST


async def test_stopped_at_any_moment(server: Understudy, provider: Provider, log: UsageLog) -> None:
    await provider.prepare()
    for moments in range(0, 300, 4):
        server.add(Reply(WORDS, usage=USAGE))
        task = asyncio.create_task(read(metered(provider.stream_chat_response(asked()), log, PURPOSE)))
        for _ in range(moments):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
    rows = await log.rows(1)
    assert {row.outcome for row in rows} <= {"stopped", "completed"}
    assert all(row.ended_at for row in rows)
    assert len(rows) >= len(server.account.asked) > 0  # a stop may come when the request is about to leave


async def test_stopped_when_its_row_was_committed_and_nothing_sent(
    server: Understudy, provider: Provider, store: Store, presence: Presence
) -> None:
    class StoppedInTheMiddle(UsageLog):
        async def open(self, row: UsageRow, gate: Gate | None = None) -> float | None:
            wait = await super().open(row, gate)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
            return wait

    async with StoppedInTheMiddle(store, presence.id) as log:
        task = asyncio.create_task(read(metered(provider.stream_chat_response(asked()), log, PURPOSE)))
        await asyncio.wait({task})
        assert task.cancelled()
        assert await log.rows(1) == []
    assert len(server.account) == 0


def test_an_event_loop_that_is_closed_cancels_everything_at_once(tmp_path: Path) -> None:
    """As a second Ctrl-C does: nobody awaits the reading task, and the loop's end cancels all tasks there are."""

    async def ask_and_leave(server: Understudy, opened: list[Any]) -> None:
        store = await Store.open(tmp_path)
        async with store.writing() as connection:
            await connection.execute(insert(households), [household(1)])
        log = UsageLog(store, "process")
        provider = open_provider("anthropic", api_key="any", base_url=server.base_url)
        stream = metered(provider.stream_chat_response(asked()), log, PURPOSE)
        shown = asyncio.Event()

        async def consume() -> None:
            async with stream:
                async for _ in stream:
                    shown.set()

        opened.extend((store, provider, asyncio.create_task(consume())))
        await shown.wait()

    async def close(opened: list[Any]) -> None:
        await opened[1].aclose()
        await opened[0].aclose()

    opened: list[Any] = []
    with asyncio.Runner() as runner:
        server = Understudy([stalled()])
        runner.run(server.__aenter__())
        runner.run(ask_and_leave(server, opened))
        cancel_all_tasks(runner.get_loop())
        runner.run(close(opened))
        runner.run(server.close())
    with closing(sqlite3.connect(tmp_path / "tuppence.db")) as database:
        found = database.execute("SELECT outcome, input_tokens, ended_at IS NOT NULL FROM llm_usage").fetchall()
    assert found == [("stopped", 1000, 1)]


def cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """What asyncio.run does in the end; but for the server's tasks, which are not the client's."""
    tasks = [task for task in asyncio.all_tasks(loop) if "Understudy" not in repr(task.get_coro())]
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


# ------------------------------------------------------------------------------------------------------ busy database


@contextmanager
def lock(store: Store) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """What takes the write lock, as another program would, and what gives it back."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:

        def take() -> None:
            if not other.in_transaction:
                other.execute("BEGIN IMMEDIATE")

        yield take, other.rollback


async def test_a_busy_database_delays_the_row_but_not_the_answer(
    server: Understudy, provider: Provider, log: UsageLog, store: Store
) -> None:
    server.add(Reply(WORDS, usage=USAGE))
    told: list[UsageRow] = []
    with lock(store) as (take, give_back):
        async with metered(provider.stream_chat_response(asked()), log, PURPOSE, told.append) as stream:
            async for _ in stream:
                take()
        assert [row.outcome for row in await log.rows(1)] == ["open"]
        assert told == []
        give_back()
        await log.aclose()
    rows = await closed_rows(server, log)
    assert rows == told
    assert total_cost(rows) == COST


async def test_a_request_whose_row_cannot_be_written_is_not_sent(
    server: Understudy, provider: Provider, log: UsageLog
) -> None:
    with pytest.raises(IntegrityError):
        await read(metered(provider.stream_chat_response(asked()), log, Purpose("chat", household_id=404)))
    assert len(server.account) == 0


async def test_stopped_while_its_row_is_opened(
    server: Understudy, provider: Provider, log: UsageLog, store: Store
) -> None:
    await provider.prepare()
    async with store.writing():
        task = asyncio.create_task(read(metered(provider.stream_chat_response(asked()), log, PURPOSE)))
        done, _ = await asyncio.wait({task}, timeout=0.05)
        assert not done
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
    await log.aclose()
    assert await log.rows(1) == []
    assert len(server.account) == 0

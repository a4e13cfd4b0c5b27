"""Every request is on record before it leaves, with the very bytes that arrive."""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from tuppence.egress import EgressLog, asking_for, sent_body, sent_requests, set_kept_days
from tuppence.ledger.household import Ledger
from tuppence.llm import ChatStream, Unavailable
from tuppence.llm.doctor import Doctor
from tuppence.store import Store
from tuppence.store.tables import egress
from tuppence.understudy import Exchange, Fault, Reply, Understudy
from tuppence.usage import Purpose, UsageLog, metered

from .requests import COMMAND_LINE, OWNER, WIRES, asked, chats_of, opened, read

pytestmark = pytest.mark.anyio

PURPOSE = Purpose("chat", 1, chat_id="chat", turn_id="turn", round=2)


async def bodies(store: Store) -> list[bytes]:
    """All bodies on record, in the order in which they were sent."""
    async with store.reading() as connection:
        found = await connection.scalars(select(egress.c.body).order_by(egress.c.sent_at, egress.c.id))
        return [zlib.decompress(body) for body in found]


def arrived(server: Understudy) -> list[bytes]:
    return [exchange.body for exchange in server.account]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("wire", WIRES)
async def test_the_body_on_record_is_what_arrives(
    store: Store, ledger: Ledger, log: EgressLog, usage: UsageLog, server: Understudy, wire: str, streaming: bool
) -> None:
    await chats_of(store, [("chat", 1)])
    server.add(Reply("412.80 dollars."))
    async with opened(wire, server, log) as provider:
        ask = provider.stream_chat_response if streaming else provider.plain_chat_response
        await read(metered(ask(asked(wire)), usage, PURPOSE))
    await log.aclose()
    (sent,) = await sent_requests(ledger, OWNER)
    assert [await sent_body(ledger, OWNER, sent.id)] == arrived(server) == await bodies(store)
    assert (sent.size, sent.host) == (len(server.account[0].body), server.base_url.removeprefix("http://"))
    assert (sent.chat_id, sent.turn_id, sent.round, sent.attempt) == ("chat", "turn", 2, 1)
    assert (sent.operation, sent.provider, sent.model, sent.outcome) == ("chat", wire, WIRES[wire], "completed")
    assert sent.kinds == ("questions",)


async def test_the_row_is_committed_before_the_request_is_sent(
    store: Store, log: EgressLog, usage: UsageLog, server: Understudy
) -> None:
    seen: list[bytes] = []

    async def look(_: Exchange) -> Reply:
        with closing(sqlite3.connect(store.path)) as connection:
            seen.extend(zlib.decompress(body) for (body,) in connection.execute("SELECT body FROM egress"))
        return Reply("412.80 dollars.")

    server.add(look)
    async with opened("anthropic", server, log) as provider:
        await read(metered(provider.stream_chat_response(asked("anthropic")), usage, PURPOSE))
    assert seen == arrived(server)


@pytest.mark.parametrize("wire", WIRES)
async def test_what_cannot_be_put_on_record_is_not_sent(
    store: Store, usage: UsageLog, server: Understudy, wire: str
) -> None:
    log = EgressLog(store)
    async with store.writing() as connection:
        await connection.execute(text("DROP TABLE egress"))
    async with opened(wire, server, log) as provider:
        with pytest.raises((OperationalError, Unavailable)):  # one of the SDKs takes it for a lost connection
            await read(metered(provider.stream_chat_response(asked(wire)), usage, PURPOSE))
    assert len(server.account) == 0
    assert {row.outcome for row in await usage.rows(1)} == {"failed"}


async def test_every_repetition_is_on_record(
    store: Store, ledger: Ledger, log: EgressLog, usage: UsageLog, server: Understudy
) -> None:
    server.add(Reply(error=Fault(529)), Reply(cut_in_head=0), Reply("412.80 dollars."))
    async with opened("anthropic", server, log) as provider:
        await read(metered(provider.stream_chat_response(asked("anthropic")), usage, PURPOSE))
    assert await bodies(store) == arrived(server)
    found = await sent_requests(ledger, OWNER)
    assert [(one.attempt, one.outcome, one.status) for one in found] == [
        (3, "completed", None),
        (2, "failed", None),
        (1, "failed", 529),
    ]


async def test_lists_of_models_are_whose_block_they_are_asked_in(
    store: Store, ledger: Ledger, log: EgressLog, server: Understudy
) -> None:
    async with opened("openai", server, log) as provider:
        with asking_for(1):
            await provider.models()
        with asking_for(2):
            await provider.models()
        await provider.models()
    async with store.reading() as connection:
        rows = (await connection.execute(select(egress.c.household_id, egress.c.usage_id, egress.c.size))).all()
    assert sorted(rows, key=str) == [(1, None, 0), (2, None, 0), (None, None, 0)]
    assert len(await sent_requests(ledger, OWNER)) == 1
    assert len(await sent_requests(ledger, COMMAND_LINE)) == 2, "at the command line also those of nobody"


async def test_the_doctor_asks_nothing_of_the_household(
    store: Store, ledger: Ledger, log: EgressLog, usage: UsageLog
) -> None:
    purpose = Purpose("doctor", 1)

    def watch(stream: ChatStream, *_: object) -> ChatStream:
        return metered(stream, usage, purpose)

    async with Understudy() as server, opened("openai", server, log) as provider:
        with asking_for(1):
            await Doctor(provider, WIRES["openai"], largest_window=0, watch=watch).diagnosis()
        assert await bodies(store) == arrived(server)
        assert len(server.account) > 5
    await log.aclose()
    found = await sent_requests(ledger, OWNER)
    assert {one.operation for one in found} == {"doctor", None}
    assert {one.kinds for one in found} == {()}


async def test_streams_side_by_side(
    store: Store, ledger: Ledger, log: EgressLog, usage: UsageLog, server: Understudy
) -> None:
    server.add(*(Reply("412.80 dollars.") for _ in range(20)))
    async with opened("anthropic", server, log) as provider, asyncio.TaskGroup() as group:
        for number in range(20):
            request = asked("anthropic", f"Question {number}?")
            group.create_task(read(metered(provider.stream_chat_response(request), usage, PURPOSE)))
    assert sorted(await bodies(store)) == sorted(arrived(server))
    await log.aclose()
    assert {one.kinds for one in await sent_requests(ledger, OWNER)} == {("questions",)}


async def test_what_is_not_kept_is_on_record_without_its_body(
    store: Store, ledger: Ledger, log: EgressLog, usage: UsageLog, server: Understudy
) -> None:
    await set_kept_days(ledger, 0)
    server.add(Reply("412.80 dollars."))
    async with opened("anthropic", server, log) as provider:
        await read(metered(provider.stream_chat_response(asked("anthropic")), usage, PURPOSE))
    await log.aclose()
    (sent,) = await sent_requests(ledger, OWNER)
    assert (sent.body_kept, sent.kinds, sent.size) == (False, ("questions",), len(server.account[0].body))


async def test_what_a_dead_process_left_is_looked_into_when_somebody_looks(ledger: Ledger, store: Store) -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "What is left of 12.50?"}]}'
    values = {"id": "0" * 32, "household_id": 1, "host": "models.example", "size": len(body)}
    async with EgressLog(store) as log:
        with asking_for(1):
            await log.on_request("models.example", body)
        await log.aclose()
        (before,) = await sent_requests(ledger, OWNER)
        async with store.writing() as connection:
            row = insert(egress).values(**values, sent_at=before.sent_at, body=zlib.compress(body))
            await connection.execute(row)
        assert {one.kinds for one in await sent_requests(ledger, OWNER)} == {("questions", "amounts")}


@given(body=st.binary(max_size=20_000))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_break_the_recording(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    async def recorded() -> bytes:
        folder = tmp_path_factory.getbasetemp() / "any-bytes"
        async with await Store.open(folder) as store, EgressLog(store) as log:
            await log.on_request("models.example", body)
            await log.aclose()
            (latest,) = await sent_requests(Ledger(store, 1), COMMAND_LINE, limit=1)
            assert latest.kinds is not None
            return await sent_body(Ledger(store, 1), COMMAND_LINE, latest.id)

    assert asyncio.run(recorded()) == body

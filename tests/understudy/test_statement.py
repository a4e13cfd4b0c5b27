"""The account, read over HTTP while requests are under way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tuppence.understudy import Reply, Understudy

from .asking import chat_question, client_of
from .filing import IDS, Wire, by_call, every_wire, filing_schema, post

pytestmark = pytest.mark.anyio


async def statement(server: Understudy, **options: int) -> dict[str, Any]:
    async with client_of(server.base_url) as client:
        found: dict[str, Any] = (await client.get("/understudy/account", params=options)).json()
        return found


async def test_nothing_was_asked_yet_and_reading_it_is_no_request() -> None:
    async with Understudy(api_key="secret", defects={"refuses_key"}) as server:
        first, second = await statement(server), await statement(server)
    assert first == second
    assert (first["asked"], first["most_at_once"], first["requests"]) == (0, 0, [])
    assert len(server.account) == 0


@every_wire
async def test_requests_under_way_are_counted(wire: Wire) -> None:
    gate = asyncio.Event()
    async with Understudy(lambda _: Reply("So", gates={-1: gate})) as server:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(5):
                tasks.create_task(post(server, wire, by_call(wire, filing_schema())))
            await server.account.request(5)
            during = await statement(server)
            gate.set()
        after = await statement(server, after=3)
    assert (during["asked"], during["open"], during["most_at_once"]) == (5, 5, 5)
    assert {one["status"] for one in during["requests"]} == {None}
    assert (after["asked"], after["open"], after["most_at_once"]) == (5, 0, 5)
    assert [(one["number"], one["ids"], one["status"]) for one in after["requests"]] == [
        (4, list(IDS), 200),
        (5, list(IDS), 200),
    ]


async def test_who_left_before_the_answer_is_said() -> None:
    async with Understudy(lambda _: Reply("So", stall_after=-1)) as server:
        asking = asyncio.create_task(post(server, "chat", chat_question()))
        exchange = await server.account.request(1)
        asking.cancel()
        await exchange.finished()
        (line,) = (await statement(server))["requests"]
    assert (line["client_left"], line["status"], line["usage"], line["operation"]) == (True, None, None, None)
    assert line["finished_at"] >= line["arrived_at"]


async def test_lists_of_models_are_in_it_but_not_asked() -> None:
    async with Understudy() as server, client_of(server.base_url) as client:
        await client.get("/v1/models")
        found = await statement(server, after=0)
    assert (found["asked"], [one["asks"] for one in found["requests"]]) == (0, [False])


async def test_only_reading_is_possible() -> None:
    async with Understudy() as server, client_of(server.base_url) as client:
        assert (await client.delete("/understudy/account")).status_code == 404

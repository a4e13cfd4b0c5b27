"""Reading a turn's events over HTTP: from any point, each once, and what leaving does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tuppence.assistant.events import OutputText
from tuppence.assistant.logged_event import LoggedEvent, logged
from tuppence.understudy import Block, Call, Reply, Text, Thinking
from tuppence.web.event_stream import ALIVE, EventStream, written

from .answering import Model, model
from .served import Served, served
from .test_chats import asked, begun, ended

ANSWER: list[Block] = [Thinking("Hm."), Text("Ünïcödé 👩‍👩‍👧, "), Call("get_accounts", {})]


@pytest.fixture
def answering() -> Iterator[Model]:
    with model() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, answering: Model) -> Iterator[Served]:
    addresses = {"ANTHROPIC_BASE_URL": answering.understudy.base_url}
    keys = {"ANTHROPIC_API_KEY": "a key"}
    with served(tmp_path, keys=keys, addresses=addresses, provider="anthropic", model="understudy") as one:
        yield one


@pytest.fixture
def client(house: Served) -> Iterator[httpx.Client]:
    with house.client(house.user()) as one:
        yield one


def frames(stream: str) -> list[str]:
    """The events of a stream, comments left out."""
    return [frame for frame in stream.split("\n\n") if frame.startswith("id:")]


def test_a_reader_may_begin_anywhere(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply(ANSWER), Reply("Done.", chunking=1))
    turn = asked(client, begun(client), "What?").json()["turn"]
    whole = frames(ended(client, turn))
    assert [int(re.findall(r"^id: (\d+)", one)[0]) for one in whole] == list(range(1, len(whole) + 1))
    assert whole[-1].endswith("event: turn_completed\ndata: {}")
    for seen in range(len(whole)):
        assert frames(client.get(f"/api/turns/{turn}/events", params={"after": seen}).text) == whole[seen:]
        again = client.get(f"/api/turns/{turn}/events", headers={"Last-Event-ID": str(seen)})
        assert frames(again.text) == whole[seen:]
    over = client.get(f"/api/turns/{turn}/events", params={"after": len(whole)})
    assert (over.status_code, over.content) == (204, b"")


def test_the_stream_is_not_kept_by_anybody_on_the_way(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply("Yes."))
    turn = asked(client, begun(client), "What?").json()["turn"]
    response = client.get(f"/api/turns/{turn}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"


def test_leaving_stops_only_the_reading(client: httpx.Client, answering: Model) -> None:
    gate = asyncio.Event()
    answering.add(Reply("One two three.", gates={4: gate}))
    turn = asked(client, begun(client), "What?").json()["turn"]
    with client.stream("GET", f"/api/turns/{turn}/events") as response:
        for line in response.iter_lines():
            if line.startswith("event: output_text"):
                break
    assert client.get(f"/api/turns/{turn}").json()["state"] == "running"
    answering.let(gate)
    assert "event: turn_completed" in ended(client, turn)
    assert not answering.understudy.account.asked[0].client_left


def test_a_result_can_be_read_whole(client: httpx.Client, answering: Model) -> None:
    answering.add(Reply([Call("get_accounts", {}, id="call_1")]), Reply("Done."))
    turn = asked(client, begun(client), "What?").json()["turn"]
    ended(client, turn)
    assert "accounts" in client.get(f"/api/turns/{turn}/results/call_1").json()["result"]
    assert client.get(f"/api/turns/{turn}/results/call_2").status_code == 404
    assert client.get(f"/api/turns/{turn}/results/call_1", params={"nth": 2}).status_code == 404


@pytest.mark.parametrize("after", ["-1", "x", ""])
def test_a_place_in_the_log_is_a_number(client: httpx.Client, answering: Model, after: str) -> None:
    answering.add(Reply("Yes."))
    turn = asked(client, begun(client), "What?").json()["turn"]
    assert client.get(f"/api/turns/{turn}/events", params={"after": after}).status_code == 422
    ended(client, turn)


@pytest.mark.anyio
async def test_silence_is_filled_until_the_reader_leaves() -> None:
    sent: list[bytes] = []
    alive = asyncio.Event()

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sent.append(body)
        if sent.count(ALIVE) >= 3:
            alive.set()

    async def receive() -> dict[str, object]:
        await alive.wait()
        return {"type": "http.disconnect"}

    async def one_event_and_no_more() -> AsyncIterator[list[LoggedEvent]]:
        yield [logged(1, OutputText("a\nb"))]
        await asyncio.Event().wait()

    stream = EventStream(one_event_and_no_more(), asyncio.Event(), silence=0.01)
    await stream({"type": "http"}, receive, send)  # type: ignore[arg-type]
    assert b'id: 1\nevent: output_text\ndata: {"text":"a\\nb"}\n\n' in sent
    assert sent[-1] != b""


def test_events_are_written_one_after_the_other() -> None:
    batch = [LoggedEvent(1, "output_text", b"{}"), LoggedEvent(2, "turn_completed", b"{}")]
    assert written(batch) == b"id: 1\nevent: output_text\ndata: {}\n\nid: 2\nevent: turn_completed\ndata: {}\n\n"

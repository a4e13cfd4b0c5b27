"""Whoever is present is among the living; whoever left, died or fell silent is not."""

import sys
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from sqlalchemy import insert, select

from tuppence.store import Presence, Store, living_processes
from tuppence.store.processes import FORGOTTEN, SILENCE, machine
from tuppence.store.tables import now, processes

pytestmark = pytest.mark.anyio


async def living(store: Store) -> frozenset[str]:
    async with store.reading() as connection:
        return await living_processes(connection)


async def test_present_from_entering_to_leaving(store: Store) -> None:
    async with Presence(store) as first, Presence(store) as second:
        assert await living(store) == {first.id, second.id}
    assert await living(store) == frozenset()


async def test_leaving_by_an_exception_or_a_cancellation_is_leaving(store: Store) -> None:
    with pytest.raises(RuntimeError, match="failed"):
        async with Presence(store):
            raise RuntimeError("failed")
    with anyio.move_on_after(0):
        async with Presence(store):
            await anyio.sleep_forever()
    assert await living(store) == frozenset()


async def test_the_heart_beats(store: Store) -> None:
    async with Presence(store, beat=timedelta(milliseconds=1)) as presence:
        query = select(processes.c.heartbeat).where(processes.c.id == presence.id)
        async with store.reading() as connection:
            first = await connection.scalar(query)
        later = first
        while later == first:
            async with store.reading() as connection:
                later = await connection.scalar(query)
        assert later is not None
        assert first is not None
        assert later > first


@pytest.mark.parametrize("silent_for", [SILENCE / 2, SILENCE * 2])
async def test_the_silent_count_as_dead(store: Store, silent_for: timedelta) -> None:
    async with store.writing() as connection:
        row = {"id": "x", "started_at": now(), "heartbeat": now() - silent_for, "machine": "elsewhere", "pid": 1}
        await connection.execute(insert(processes), row)
    assert await living(store) == ({"x"} if silent_for < SILENCE else set())


async def test_the_long_dead_are_forgotten(store: Store) -> None:
    async with store.writing() as connection:
        row = {"started_at": now(), "machine": "elsewhere", "pid": 1}
        for name, silent_for in (("old", FORGOTTEN * 2), ("recent", FORGOTTEN / 2)):
            await connection.execute(insert(processes), {**row, "id": name, "heartbeat": now() - silent_for})
    async with Presence(store) as presence, store.reading() as connection:
        known = set((await connection.scalars(select(processes.c.id))).all())
    assert known == {"recent", presence.id}


async def test_a_killed_process_of_this_machine_is_dead_at_once(store: Store, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from tuppence.store import Presence, Store\n"
        "async def main():\n"
        "    async with await Store.open(Path(sys.argv[1])) as store, Presence(store) as presence:\n"
        "        print(presence.id, flush=True); sys.stdin.read()\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    async with await anyio.open_process(command) as process:
        assert process.stdout is not None
        name = await process.stdout.receive()
        assert await living(store) == {name.decode().strip()}
        process.kill()
    assert await living(store) == frozenset()


def test_a_machine_keeps_its_name() -> None:
    assert machine() == machine() != ""

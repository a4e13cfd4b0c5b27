"""Who is alive: the one detector of death, for whatever a process may leave behind half done."""

import asyncio
import os
import platform
import secrets
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType

import anyio
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.store.engine import Store
from tuppence.store.schema import StoreBusy
from tuppence.store.tables import now, processes

BEAT = timedelta(seconds=5)
SILENCE = timedelta(seconds=20)
"""A process that has not been heard of for so long counts as dead."""

FORGOTTEN = timedelta(days=1)
"""After so long a silence nobody needs to know any more that there was such a process."""


class Presence:
    """`async with Presence(store) as presence` says that its owner is alive, under `presence.id`, until the block ends.

    Work names the id of the presence that does it. Work whose presence is not among the living was left behind.
    """

    def __init__(self, store: Store, beat: timedelta = BEAT) -> None:
        self.id = secrets.token_hex(16)
        self._store = store
        self._beat = beat
        self._heart: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Presence":
        async with self._store.writing() as connection:
            moment = now()
            await connection.execute(delete(processes).where(processes.c.heartbeat < moment - FORGOTTEN))
            await connection.execute(
                insert(processes).values(
                    id=self.id, started_at=moment, heartbeat=moment, machine=machine(), pid=os.getpid()
                )
            )
        self._heart = asyncio.create_task(self._beating())
        return self

    async def _beating(self) -> None:
        while True:
            await asyncio.sleep(self._beat.total_seconds())
            with suppress(StoreBusy):  # the next beat is soon enough
                async with self._store.writing() as connection:
                    await connection.execute(update(processes).where(processes.c.id == self.id).values(heartbeat=now()))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._heart is not None
        with anyio.CancelScope(shield=True):
            self._heart.cancel()
            await asyncio.wait([self._heart])
            async with self._store.writing() as connection:
                await connection.execute(delete(processes).where(processes.c.id == self.id))
        failure = None if self._heart.cancelled() else self._heart.exception()
        if failure is not None and error is None:
            raise failure


async def living_processes(connection: AsyncConnection, silence: timedelta = SILENCE) -> frozenset[str]:
    """The ids of all presences that were heard of within `silence` and whose process, if on this machine, runs.

    Anything that names another id was left behind, and whoever finds it may take it over or end it.
    """
    recent = select(processes).where(processes.c.heartbeat > now() - silence)
    return frozenset(row.id for row in await connection.execute(recent) if _may_run(row.machine, row.pid))


def _may_run(where: str, pid: int) -> bool:
    if os.name != "posix" or where != machine():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def machine() -> str:
    """Names the space within which a process number means one process: this boot of this machine, and its container."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()

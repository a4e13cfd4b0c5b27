"""The least that a server of paced answers does, in a process pinned to one core: what bench/serving.py compares with.

    python bench/serving_floors.py read ADDRESS STREAMS SECONDS     read paced events through raw sockets
    python bench/serving_floors.py write STREAMS PERIOD_MS          write paced server-sent events through uvicorn

`read` prints one line of JSON, {"cpu": seconds, "events": number}. `write` prints its port, serves until its input is
closed, and prints the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from typing import Any

import uvloop
from floors import MessagesFloor, socket_floor

from tuppence.web.server import Server

CORE = int(os.environ.get("BENCH_CORE", "-1"))


async def read(address: str, streams: int, seconds: float) -> dict[str, float]:
    """CPU seconds and events of the middle of a run."""
    events = 0

    def count(_: str) -> None:
        nonlocal events
        events += 1

    reader = socket_floor(MessagesFloor, f"{address}/v1/messages", {"messages": []})
    running = [asyncio.ensure_future(reader(count)) for _ in range(streams)]
    await asyncio.sleep(2)
    before, cpu = events, time.process_time()
    await asyncio.sleep(seconds)
    found = {"cpu": time.process_time() - cpu, "events": events - before}
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return found


class Writer:
    """An application that writes one event each period to each of its readers: one tick for all of a phase."""

    def __init__(self, milliseconds: int) -> None:
        self._phases: list[set[asyncio.Queue[bytes]]] = [set() for _ in range(milliseconds)]
        self.events = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        phase = min(self._phases, key=len)
        phase.add(queue)
        while True:
            await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
            self.events += 1

    async def tick(self) -> None:
        """Drive all readers."""
        loop = asyncio.get_running_loop()
        due, number = loop.time(), 0
        while True:
            due += 0.001
            await asyncio.sleep(due - loop.time())
            number += 1
            for queue in self._phases[number % len(self._phases)]:
                text = f"@{time.monotonic_ns():019d}"
                queue.put_nowait(b'id: %d\nevent: output_text\ndata: {"text":"%s"}\n\n' % (number, text.encode()))


async def write(milliseconds: int) -> dict[str, float]:
    """Serve until the input is closed; the CPU and events between its two lines `start` and `end`."""
    app = Writer(milliseconds)
    marks: list[tuple[float, int]] = []
    loop = asyncio.get_running_loop()

    def listen() -> None:
        marks.extend((time.process_time(), app.events) for _ in sys.stdin)
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)

    def on_ready(port: int) -> None:
        print(port, flush=True)
        threading.Thread(target=listen, daemon=True).start()

    server = Server(app, "127.0.0.1", 0, on_ready)
    ticking = asyncio.create_task(app.tick())
    await server.serve()
    ticking.cancel()
    (cpu, events), (cpu_after, events_after) = marks
    return {"cpu": cpu_after - cpu, "events": events_after - events}


if __name__ == "__main__":
    if CORE >= 0:
        os.sched_setaffinity(0, {CORE})
    work = read(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])) if sys.argv[1] == "read" else write(int(sys.argv[3]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(work)), flush=True)

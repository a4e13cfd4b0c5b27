"""How many answers one serving process carries: `python bench/serving.py [--streams 400] [--seconds 10]`.

The server (`tuppence serve`) runs alone on one core; the model it asks, which is a replay server, and everybody who
reads answers share the other. Each word of the model says when it was written to the wire, and each reader notes when
it arrived through server-sent events: the delay between the two is ours, commit to the turn log included. Prints the
figures, the two floors measured in the same run, and the bounds; exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import uvloop
from stream import CORES, HERE, Bound, replay_server

PERIOD_MS = 50
"""Between two words of one answer: 20 a second."""
STAMP = re.compile(rb"@(\d{19})")
SERVER_CORE, OTHER_CORE = CORES[-1], CORES[0]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Server:
    """`tuppence serve`, and how to speak to it."""

    process: subprocess.Popen[str]
    address: str
    cookie: str = ""
    token: str = ""

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Megabytes that are its own now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024  # type: ignore[union-attr]

    def client(self) -> httpx.AsyncClient:
        headers = {"Cookie": self.cookie, "X-CSRF-Token": self.token}
        limits = httpx.Limits(max_connections=50)
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=60, limits=limits)


@contextmanager
def tuppence_server(model_address: str) -> Iterator[Server]:
    """A server over an empty household that asks the model at `model_address`, with its owner signed in."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "TUPPENCE_HOME": home,
            "ANTHROPIC_API_KEY": "none is needed",
            "ANTHROPIC_BASE_URL": model_address,
        }
        command = [str(Path(sys.executable).with_name("tuppence")), "serve", "--port", "0"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin(SERVER_CORE)
        ) as process:
            assert process.stdout is not None
            try:
                first, second = process.stdout.readline(), process.stdout.readline()
                yield signed_in(Server(process, first.split()[3]), second.split()[-1])
            finally:
                process.terminate()


def pin(core: int) -> None:
    if len(CORES) > 1:
        os.sched_setaffinity(0, {core})


def signed_in(server: Server, invitation: str) -> Server:
    with httpx.Client(timeout=30) as client:
        password = "four words in a row"
        joined = client.post(invitation, data={"name": "Bench", "password": password, "again": password})
        assert joined.status_code == 303, joined.text
        server.cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        page = client.get(f"{server.address}/settings/you").text
        server.token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    return server


# ------------------------------------------------------------------------------------------------------------ readers


@dataclass(slots=True)
class Tally:
    """What all readers saw since `begin`."""

    delays: list[int] = field(default_factory=list)
    """Nanoseconds."""
    counting: bool = False


class Reader(asyncio.Protocol):
    """Reads one answer's events from a socket, and notes the delay of each word."""

    def __init__(self, request: bytes, tally: Tally, first: asyncio.Future[int] | None = None) -> None:
        self._request, self._tally, self._first = request, tally, first
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if self._first is not None and b"event: output_text" in data and not self._first.done():
            self._first.set_result(now)
        data = self._rest + data
        end = 0
        for match in STAMP.finditer(data):
            end = match.end()
            if self._tally.counting:
                self._tally.delays.append(now - int(match[1]))
        self._rest = data[max(end, len(data) - 19) :]


async def question(client: httpx.AsyncClient, text: str) -> str:
    """The turn of a question in a new chat."""
    chat = (await client.post("/api/chats", json={})).raise_for_status().json()["id"]
    message = {"text": text, "client_id": secrets.token_hex(8)}
    asked = (await client.post(f"/api/chats/{chat}/messages", json=message)).raise_for_status().json()
    turn = asked["turn"]
    return str(turn["id"] if isinstance(turn, dict) else turn)


async def read(server: Server, turn: str, tally: Tally, first: asyncio.Future[int] | None = None) -> asyncio.Transport:
    host, port = server.address.removeprefix("http://").split(":")
    request = f"GET /api/turns/{turn}/events?after=0 HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {server.cookie}\r\n\r\n"
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: Reader(request.encode(), tally, first), host, int(port))
    return transport


async def load(server: Server, streams: int, seconds: float) -> dict[str, float]:
    """Everything about `streams` answers at once, measured for `seconds` when all of them run."""
    tally = Tally()
    slots = asyncio.Semaphore(16)
    async with server.client() as client:

        async def begun(number: int) -> asyncio.Transport:
            async with slots:
                return await read(server, await question(client, f"Question {number}"), tally)

        readers = await asyncio.gather(*(begun(number) for number in range(streams)))
        await asyncio.sleep(1)
        memory, cpu, start = [server.memory()], server.cpu(), time.monotonic()
        tally.counting = True
        for _ in range(4):
            await asyncio.sleep(seconds / 4)
            memory.append(server.memory())
        tally.counting = False
        elapsed, used = time.monotonic() - start, server.cpu() - cpu
        for reader in readers:
            reader.close()
    delays = sorted(tally.delays)
    assert delays, "no word arrived"
    return {
        "p50": delays[len(delays) // 2] / 1e6,
        "p99": delays[int(len(delays) * 0.99)] / 1e6,
        "carried": len(delays) / (streams * elapsed * 1000 / PERIOD_MS),
        "cpu": used / len(delays) * 1e6,
        "busy": used / elapsed,
        "memory": memory[-1],
        "growth": memory[-1] - memory[0],
    }


async def first_word(server: Server, times: int) -> list[float]:
    """Milliseconds from sending a question to the first word at the reader; the model answers at once."""
    found = []
    async with server.client() as client:
        for number in range(times):
            chat = (await client.post("/api/chats", json={})).raise_for_status().json()["id"]
            first: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            begin = time.monotonic_ns()
            message = {"text": f"Question {number}", "client_id": secrets.token_hex(8)}
            asked = (await client.post(f"/api/chats/{chat}/messages", json=message)).raise_for_status().json()
            turn = asked["turn"]["id"] if isinstance(asked["turn"], dict) else asked["turn"]
            reader = await read(server, turn, Tally(), first)
            found.append((await asyncio.wait_for(first, 10) - begin) / 1e6)
            reader.close()
    return found


# ------------------------------------------------------------------------------------------------------------- floors


def reading_floor(address: str, streams: int, seconds: float) -> float:
    """Microseconds of CPU for reading one paced event through a raw socket."""
    command = [sys.executable, str(HERE / "serving_floors.py"), "read", address, str(streams), str(seconds)]
    out = subprocess.run(command, env=on_core(SERVER_CORE), capture_output=True, text=True, check=True)
    return per_event(out.stdout)


async def writing_floor(streams: int, seconds: float) -> float:
    """Microseconds of CPU for writing one paced event through uvicorn."""
    command = [sys.executable, str(HERE / "serving_floors.py"), "write", str(streams), str(PERIOD_MS)]
    process = await asyncio.create_subprocess_exec(
        *command, env=on_core(SERVER_CORE), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    port = (await process.stdout.readline()).decode().strip()
    server = Server(None, f"http://127.0.0.1:{port}")  # type: ignore[arg-type]
    readers = [await read(server, "any", Tally()) for _ in range(streams)]
    await asyncio.sleep(2)
    process.stdin.write(b"start\n")
    await asyncio.sleep(seconds)
    process.stdin.write(b"end\n")
    await process.stdin.drain()
    await asyncio.sleep(0.2)
    process.stdin.close()
    for reader in readers:
        reader.close()
    return per_event((await process.stdout.read()).decode())


def on_core(core: int) -> dict[str, str]:
    return {**os.environ, **({"BENCH_CORE": str(core)} if len(CORES) > 1 else {})}


def per_event(line: str) -> float:
    found: dict[str, Any] = json.loads(line.splitlines()[-1])
    return float(found["cpu"] / found["events"] * 1e6)


# --------------------------------------------------------------------------------------------------------------- main


async def measured(streams: int, seconds: float) -> list[Bound]:
    words = int((seconds + 60) * 1000 / PERIOD_MS)
    with replay_server() as model:
        reading = await asyncio.to_thread(reading_floor, f"{model}/paced/{words}/{PERIOD_MS}", streams, seconds)
        with tuppence_server(f"{model}/burst/1/event") as server:
            await first_word(server, 5)
            firsts = await first_word(server, 40)
        with tuppence_server(f"{model}/paced/{words}/{PERIOD_MS}") as server:
            found = await load(server, streams, seconds)
    writing = await writing_floor(streams, seconds)
    print(f"{streams} answers of {1000 / PERIOD_MS:.0f} words/s in one process, for {seconds:.0f} s")
    print(f"  delay from the model's wire to the reader: p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms")
    print(f"  words carried {found['carried']:.1%}, {found['busy']:.0%} of a core")
    print(f"  memory {found['memory']:.0f} MB, {found['growth']:+.1f} MB while it was measured")
    print(f"  CPU per word {found['cpu']:.1f} µs; floors: reading {reading:.1f} µs, writing {writing:.1f} µs")
    quartiles = statistics.quantiles(firsts, n=4)
    print(f"First word on an idle server, the question included: {' / '.join(f'{one:.1f}' for one in quartiles)} ms")
    return [
        Bound(f"{streams} answers: milliseconds of delay at the 99th percentile", found["p99"], 150.0),
        Bound(f"{streams} answers: part of the words carried", found["carried"], 0.97, at_least=True),
        Bound(f"{streams} answers: megabytes of growth while measured", found["growth"], 20.0),
        Bound("CPU per word: times the two floors together", found["cpu"] / (reading + writing), 4.0),
        Bound("first word on an idle server: milliseconds, median", statistics.median(firsts), 15.0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    pin(OTHER_CORE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        bounds = runner.run(measured(options.streams, options.seconds))
    print("\nBounds")
    for bound in bounds:
        print(bound)
    return 0 if all(bound.kept for bound in bounds) else 1


if __name__ == "__main__":
    raise SystemExit(main())

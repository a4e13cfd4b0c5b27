"""What a streamed answer costs, beside the official SDKs and the floors: `python bench/stream.py [--quick]`.

Every client reads the same answers in a fresh process that is pinned to one core, from a replay server on another.
Clients take turns within a round; ratios are taken within a round and then their median over the rounds, since a
machine drifts. Prints the figures and the bounds that they have to keep, and exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
OURS, HTTPX, SOCKET, RAW, HELPER = "ours", "httpx floor", "socket floor", "SDK raw events", "SDK messages.stream()"
TEXT_CLIENTS = (OURS, HTTPX, SOCKET, RAW)
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int
    repeats: int
    events: int
    window: float


FULL, QUICK = Effort(5, 5, 10_000, 6.0), Effort(3, 3, 4_000, 2.0)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure may be."""

    what: str
    value: float | None
    limit: float
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether it is; a figure that could not be measured keeps nothing to itself."""
        return self.value is None or (self.value >= self.limit if self.at_least else self.value <= self.limit)

    def __str__(self) -> str:
        verdict = "not measured" if self.value is None else "kept" if self.kept else "MISSED"
        value = "-" if self.value is None else f"{self.value:.2f}"
        return f"{self.what:66}{value:>8}  {'>=' if self.at_least else '<='} {self.limit:<6g} {verdict}"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What the text of one wire may cost: times the floors, and how many times less than the SDK's raw events."""

    httpx: float
    raw: float
    socket: float | None = None
    """None: no bound, the figure is shown alone."""


TEXT_LIMITS = {
    "anthropic": TextLimits(httpx=2.0, raw=8.0, socket=3.0),
    "responses": TextLimits(httpx=2.0, raw=20.0),
    "chat": TextLimits(httpx=2.0, raw=20.0),
}


@contextmanager
def replay_server() -> Iterator[str]:
    """The address of a server on the first core."""
    core = ["--core", str(CORES[0])] if len(CORES) > 1 else []
    command = [sys.executable, str(HERE / "replay_server.py"), *core]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stdin is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def measured(measurement: str, wire: str, client: str, address: str, *rest: object) -> dict[str, float]:
    """What a client's process found, on the last core."""
    command = [sys.executable, str(HERE / "stream_clients.py"), measurement, wire, client, address, *map(str, rest)]
    out = subprocess.run(command, capture_output=True, text=True, preexec_fn=_pin, check=False)
    if out.returncode:
        raise SystemExit(f"{wire}: {client} failed at {measurement} {rest}:\n{out.stderr}")
    found: dict[str, float] = json.loads(out.stdout.splitlines()[-1])
    return found


def _pin() -> None:
    if len(CORES) > 1:
        os.sched_setaffinity(0, {CORES[-1]})


Costs = dict[str, list[float]]
"""A figure per round, by client."""


def costs_per_event(address: str, wire: str, chunk: str, clients: tuple[str, ...], effort: Effort) -> Costs:
    """Microseconds of CPU that one event more costs."""
    small = 100
    paths = f"burst/{effort.events}/{chunk}", f"burst/{small}/{chunk}"
    costs: Costs = {client: [] for client in clients}
    for _ in range(effort.rounds):
        for client in clients:
            found = measured("burst", wire, client, address, *paths, effort.repeats)
            costs[client].append((found["cpu"] - found["small_cpu"]) / (effort.events - small) * 1e6)
    return costs


def costs_of_arguments(address: str, kilobytes: int, clients: tuple[str, ...], effort: Effort) -> Costs:
    """Milliseconds of CPU for a whole answer that is one function request."""
    costs: Costs = {client: [] for client in clients}
    for _ in range(effort.rounds):
        for client in clients:
            found = measured(
                "burst", "anthropic", client, address, f"arguments/{kilobytes}", "arguments/1", effort.repeats
            )
            costs[client].append(found["cpu"] * 1e3)
    return costs


def ratio(costs: list[float], to: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(costs, to, strict=True))


def show(title: str, costs: Costs, unit: str) -> None:
    print(f"\n{title}\n{'':26}{unit:>10}{'x ours':>8}")
    for client, figures in costs.items():
        print(f"{client:26}{statistics.median(figures):10.2f}{ratio(figures, costs[OURS]):8.2f}", flush=True)


def help_seconds() -> float | None:
    """Wall seconds of `tuppence --help`; None when there is no such command yet."""
    command = Path(sys.executable).with_name("tuppence")
    times = []
    for _ in range(6):
        begin = time.perf_counter()
        try:
            out = subprocess.run([command, "--help"], capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if out.returncode:
            return None
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def text_bounds(wire: str, address: str, effort: Effort) -> list[Bound]:
    clients = (*TEXT_CLIENTS, HELPER) if wire == "anthropic" else TEXT_CLIENTS
    large = costs_per_event(address, wire, "16384", clients, effort)
    show(f"{wire}: text in HTTP chunks of 16 kB", large, "µs/event")
    single = costs_per_event(address, wire, "event", clients, effort)
    show(f"{wire}: text in one HTTP chunk per event", single, "µs/event")
    limits = TEXT_LIMITS[wire]
    less = f"{wire}, large chunks: times less CPU than the SDK's raw events"
    bounds = [
        Bound(f"{wire}, large chunks: times the httpx floor", ratio(large[OURS], large[HTTPX]), limits.httpx),
        Bound(less, ratio(large[RAW], large[OURS]), limits.raw, at_least=True),
    ]
    if limits.socket is not None:
        times = ratio(single[OURS], single[SOCKET])
        bounds.append(Bound(f"{wire}, one HTTP chunk per event: times the socket floor", times, limits.socket))
    return bounds


def argument_bounds(address: str, effort: Effort) -> list[Bound]:
    clients = (OURS, HTTPX, RAW)
    small, large = (costs_of_arguments(address, kilobytes, clients, effort) for kilobytes in (40, 160))
    show("Function arguments of 160 kB", large, "ms")
    return [Bound("arguments of 160 kB: times those of 40 kB", ratio(large[OURS], small[OURS]), 4.5)]


def delay_bounds(address: str, effort: Effort) -> list[Bound]:
    streams = 400
    print(
        f"\n{streams} streams of 50 events/s in one process\n{'':26}{'p50 ms':>10}{'p99 ms':>8}{'CPU':>7}{'carried':>9}"
    )
    figures = {}
    for client in (OURS, SOCKET):
        rounds = [
            measured("delays", "anthropic", client, address, streams, 2, effort.window)
            for _ in range(min(effort.rounds, 3))
        ]
        found = figures[client] = min(rounds, key=lambda one: one["p99"])  # what else runs can only add
        print(
            f"{client:26}{found['p50']:10.2f}{found['p99']:8.2f}{found['busy']:7.0%}{found['carried']:9.1%}", flush=True
        )
    if figures[SOCKET]["p99"] > 10:
        print("The floor itself was late: something else ran on these cores, and the delays say little.")
    return [
        Bound(f"{streams} streams: milliseconds of delay at the 99th percentile", figures[OURS]["p99"], 20.0),
        Bound(f"{streams} streams: part of the events carried", figures[OURS]["carried"], 0.97, at_least=True),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a short run, for a first look")
    parser.add_argument("--wire", choices=list(TEXT_LIMITS), help="what is measured over this protocol alone")
    parser.add_argument("--only", choices=["text", "arguments", "delays", "help"], help="one part alone")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    parts: list[tuple[str, str, Callable[[str, Effort], list[Bound]]]] = [
        *(("text", wire, partial(text_bounds, wire)) for wire in TEXT_LIMITS),
        ("arguments", "anthropic", argument_bounds),
        ("delays", "anthropic", delay_bounds),
    ]
    bounds: list[Bound] = []
    with replay_server() as address:
        for name, wire, part in parts:
            if options.only in (None, name) and options.wire in (None, wire):
                bounds += part(address, effort)
    if options.wire is None and options.only in (None, "help"):
        bounds.append(Bound("tuppence --help: seconds", help_seconds(), 0.25))
    if not bounds:
        parser.error(f"{options.only} is not measured over {options.wire}")
    print("\nBounds")
    for bound in bounds:
        print(bound)
    return 0 if all(bound.kept for bound in bounds) else 1


if __name__ == "__main__":
    raise SystemExit(main())

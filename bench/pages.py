"""How long the pages of a large household take: `python bench/pages.py [--keep FOLDER] [--only WORD] [--runs N]`.

Makes a household of a million transactions (bench/large_household.py), serves it (`tuppence serve`) on one core, signs
in, and asks from the other core for every list, report and fragment that the app has, with the usual filters and
periods, again and again once the file is in memory. Prints what a person waits for and, beside it, the server's CPU,
which is what is left of it on a machine that does nothing else. Exits with 1 when one takes longer than it may at the
95th percentile, answers anything but 200, or when the app has an address that nobody measures or leaves out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from large_household import write_household
from page_addresses import LEFT_OUT, Address, addresses
from starlette.routing import Match, Route

from tuppence.access.links import sign_in_link
from tuppence.access.users import add_user_on
from tuppence.ledger.household import open_ledger
from tuppence.store import Store
from tuppence.web.app import PAGES

LIMIT = 150.0  # milliseconds at the 95th percentile
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, OWN_CORE = CORES[-1], CORES[0]


@dataclass(frozen=True, slots=True)
class Server:
    """`tuppence serve`, and a browser that is signed in."""

    process: subprocess.Popen[str]
    client: httpx.Client

    def cpu(self) -> float:
        """Milliseconds of CPU that all its threads have used."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6


@dataclass(frozen=True, slots=True)
class Figure:
    """What an address took, in milliseconds, and how large its answer is."""

    address: Address
    status: int
    median: float
    p95: float
    cpu: float
    """At the median."""
    size: int
    """Bytes."""

    @property
    def kept(self) -> bool:
        return self.status == 200 and (self.address.unbounded is not None or self.p95 <= LIMIT)

    @property
    def line(self) -> str:
        fragment = "*" if self.address.is_fragment else " "
        verdict = f"HTTP {self.status}" if self.status != 200 else "kept" if self.kept else "MISSED"
        if self.kept and self.address.unbounded is not None:
            verdict = f"({self.address.unbounded})"
        figures = f"{self.median:9.1f}{self.p95:9.1f}{self.cpu:9.1f}{self.size / 1024:8.0f}"
        return f"{fragment}{self.address.path:95}{figures}  {verdict}"


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The household of `folder`, served, with somebody signed in."""
    secret = asyncio.run(way_in(folder))
    environment = {**os.environ, "TUPPENCE_HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("tuppence")), "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[3]
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.post(f"/enter/{secret}").status_code == 303
                yield Server(process, client)
        finally:
            process.terminate()


async def way_in(folder: Path) -> str:
    """The secret of a link that signs a new member in."""
    async with await Store.open(folder) as store:
        ledger = await open_ledger(store)
        async with store.writing() as connection:
            name = f"Bench {secrets.token_hex(4)}"
            user = await add_user_on(connection, ledger.household, name, "owner", None)
        return (await sign_in_link(ledger, user.id)).secret


def figure_of(server: Server, address: Address, runs: int) -> Figure:
    headers = {"HX-Request": "true"} if address.is_fragment else {}
    first = server.client.get(address.path, headers=headers)
    times, cpu = [], []
    for _ in range(runs if first.status_code == 200 else 1):
        begun = server.cpu(), time.perf_counter()
        server.client.get(address.path, headers=headers)
        times.append((time.perf_counter() - begun[1]) * 1e3)
        cpu.append(server.cpu() - begun[0])
    times.sort()
    p95 = times[max(0, -(-len(times) * 95 // 100) - 1)]
    return Figure(address, first.status_code, statistics.median(times), p95, statistics.median(cpu), len(first.content))


def unmeasured(measured: list[Address]) -> list[str]:
    """The addresses of the app that are neither measured nor left out for a reason."""
    scopes = [
        {"type": "http", "method": "GET", "path": httpx.URL(one.path).path, "root_path": "", "headers": []}
        for one in measured
    ]
    routes = [route for module in PAGES for route in module.router.routes]
    asked = {
        next((route.path for route in routes if isinstance(route, Route) and route.matches(scope)[0] == Match.FULL), "")
        for scope in scopes
    }
    known = asked | LEFT_OUT.keys()
    return [
        route.path
        for route in routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and route.path not in known
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many transactions the household has")
    parser.add_argument("--runs", type=int, default=20, help="how often each address is asked for")
    parser.add_argument("--only", default="", metavar="WORD", help="addresses with this in them")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the household stays, to be used again")
    options = parser.parse_args()
    os.sched_setaffinity(0, {OWN_CORE})
    with TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if not (folder / "tuppence.db").exists():
            folder.mkdir(parents=True, exist_ok=True)
            begun = time.perf_counter()
            write_household(folder, options.rows, date.today() - timedelta(days=1))
            print(f"{options.rows} transactions written in {time.perf_counter() - begun:.0f} s")
        asked = addresses(folder)
        print(f"Milliseconds over {options.runs} runs; * marks a fragment, which a page loads once it is shown")
        print(f" {'':95}{'median':>9}{'p95':>9}{'CPU':>9}{'kB':>8}")
        found = []
        with served(folder) as server:
            for address in asked:
                if options.only in address.path:
                    found.append(figure_of(server, address, options.runs))
                    print(found[-1].line, flush=True)
    return verdict(found, unmeasured(asked))


def verdict(found: list[Figure], forgotten: list[str]) -> int:
    missed = [one.address.path for one in found if not one.kept]
    unbounded = sum(one.address.unbounded is not None for one in found)
    print(f"\n{len(found) - unbounded - len(missed)} of {len(found) - unbounded} bounds of {LIMIT:g} ms kept")
    for path in missed:
        print(f"MISSED {path}")
    for path in forgotten:
        print(f"NOBODY MEASURES {path}")
    return 1 if missed or forgotten else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""How fast a large run goes, and what the web app feels of it: `python bench/background.py [--count 10000]`.

`tuppence serve` files payments, no two of them in the same words, by a stand-in model that takes its time. Meanwhile
somebody looks at pages. Prints the time against the one that the limit of requests at once allows, the CPU per request,
and how long the pages took with the run and without it; exits with 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import random
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from serving import Server, signed_in
from sqlalchemy import insert
from stream import Bound

from tuppence.enrichment.preferences import Pace, Preferences, set_preferences
from tuppence.enrichment.runs import Run, run_of
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store
from tuppence.store.tables import transactions
from tuppence.understudy import start_understudy

SHOPS = ("SUPERMARKT", "BAKERY", "PHARMACY", "PETROL STATION", "RESTAURANT", "BOOKSHOP", "CINEMA", "PARKING", "GYM")
PAGES = ("/", "/transactions", "/background", "/overview")
BETWEEN_LOOKS = 0.25  # seconds


async def spend(ledger: Ledger, count: int) -> None:
    """Put so many payments into the ledger, no two of them in the same words."""
    chance = random.Random(1)
    account = await create_account(ledger, NewAccount(name="Current", currency="EUR"))
    first = datetime.date(2025, 1, 1)
    days = [first + datetime.timedelta(days=number % 365) for number in range(count)]
    rows = [
        {
            "household_id": ledger.household,
            "account_id": account.id,
            "date": day,
            "month": day.year * 100 + day.month,
            "amount": -chance.randint(100, 9000),
            "currency": "EUR",
            "description": f"{SHOPS[number % len(SHOPS)]} {''.join(chance.choices(string.ascii_uppercase, k=10))}",
            "pending": False,
        }
        for number, day in enumerate(days)
    ]
    for start in range(0, count, 2000):
        async with ledger.store.writing() as connection:
            await connection.execute(insert(transactions), rows[start : start + 2000])


@contextmanager
def serving(home: Path, model: str) -> Iterator[Server]:
    environment = {**os.environ, "ANTHROPIC_API_KEY": "none is needed", "ANTHROPIC_BASE_URL": model}
    command = [str(Path(sys.executable).with_name("tuppence")), "--home", str(home), "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            first, second = process.stdout.readline(), process.stdout.readline()
            yield signed_in(Server(process, first.split()[3]), second.split()[-1])
        finally:
            process.terminate()


async def looked_at(server: Server, ended: asyncio.Event) -> list[float]:
    """Milliseconds that pages took, one after the other, until `ended`."""
    found: list[float] = []
    async with httpx.AsyncClient(base_url=server.address, headers={"Cookie": server.cookie}, timeout=30) as client:
        while not ended.is_set():
            for page in PAGES:
                begin = time.monotonic()
                (await client.get(page, follow_redirects=True)).raise_for_status()
                found.append((time.monotonic() - begin) * 1000)
            await asyncio.sleep(BETWEEN_LOOKS)
    return sorted(found)


async def idle_pages(server: Server, seconds: float) -> list[float]:
    ended = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, ended.set)
    return await looked_at(server, ended)


async def run_through(server: Server, ledger: Ledger) -> tuple[Run, float, list[float]]:
    """A run, the seconds that it took, and the milliseconds of the pages meanwhile."""
    ended = asyncio.Event()
    looking = asyncio.create_task(looked_at(server, ended))
    begin = time.monotonic()
    async with server.client() as client:
        begun = (await client.post("/api/runs", json={"kind": "categorize"})).raise_for_status().json()
    while (run := await run_of(ledger, begun["id"])).state == "running":  # noqa: ASYNC110 - another process works
        await asyncio.sleep(0.1)
    took = time.monotonic() - begin
    ended.set()
    return run, took, await looking


async def measured(count: int, latency: float, at_once: int) -> list[Bound]:
    with tempfile.TemporaryDirectory() as folder, start_understudy(options=["--latency", str(latency)]) as model:
        async with await Store.open(Path(folder)) as store:
            ledger = await open_ledger(store)
            await spend(ledger, count)
            await set_preferences(ledger, Preferences(paces={"anthropic": Pace(at_once)}))
            with serving(Path(folder), model.base_url) as server:
                await idle_pages(server, 3)
                idle, cpu = await idle_pages(server, 5), server.cpu()
                run, took, pages = await run_through(server, ledger)
                cpu = server.cpu() - cpu
    ideal = run.requests / at_once * latency
    print(
        f"{count} payments, {run.filed} filed, {run.requests} requests of {latency} s, {at_once} at once: {run.state}"
    )
    print(f"  {took:.1f} s; the limit allows {ideal:.1f} s; {cpu / took:.0%} of a core, pages included")
    print(f"  pages meanwhile: p50 {pages[len(pages) // 2]:.0f} ms, p99 {pages[int(len(pages) * 0.99)]:.0f} ms")
    print(f"  pages before: p50 {idle[len(idle) // 2]:.0f} ms, p99 {idle[int(len(idle) * 0.99)]:.0f} ms")
    return [
        Bound("time, of what the limit of requests at once allows", took / ideal, 1.1),
        Bound("payments filed, of all", run.filed / count, 0.9, at_least=True),
        Bound("pages meanwhile: milliseconds at the 99th percentile", pages[int(len(pages) * 0.99)], 300.0),
    ]


def main() -> int:
    """0 when all bounds are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=1.5)
    parser.add_argument("--at-once", type=int, default=4)
    said = parser.parse_args()
    bounds = asyncio.run(measured(said.count, said.latency, said.at_once))
    print("\nBounds")
    for bound in bounds:
        print(bound)
    return 0 if all(bound.kept for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs whose workers are killed, and what is found then. `python -m tests.enrichment.killing` does it at full size."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import random
import string
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, insert, select

from tuppence.enrichment.preferences import Pace, Preferences, set_preferences
from tuppence.enrichment.runs import Order, Run, create_run, run_of
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.store import Store
from tuppence.store.tables import edit_changes, llm_usage, run_batches, transactions
from tuppence.understudy import Understudy

MODEL = "claude-sonnet-5-5"
SHOPS = ("SUPERMARKT", "BAKERY", "PHARMACY", "PETROL STATION", "RESTAURANT", "BOOKSHOP", "CINEMA", "PARKING", "GYM")

_WORKER = """
import asyncio, sys
from pathlib import Path
from tuppence.cli.wiring import opened_background
from tuppence.settings import read_settings

async def work():
    async with opened_background(read_settings(Path(sys.argv[1]))):
        await asyncio.Event().wait()

asyncio.run(work())
"""


async def spend(ledger: Ledger, count: int, seed: int = 1) -> None:
    """Put so many payments into the ledger, no two of them in the same words."""
    chance = random.Random(seed)
    account = await create_account(ledger, NewAccount(name="Current", currency="EUR"))
    words = ["".join(chance.choices(string.ascii_uppercase, k=9)) for _ in range(count)]
    rows = [
        {
            "household_id": ledger.household,
            "account_id": account.id,
            "date": datetime.date(2026, 3, 1),
            "month": 202603,
            "amount": -chance.randint(100, 9000),
            "currency": "EUR",
            "description": f"{SHOPS[number % len(SHOPS)]} {word}",
            "pending": False,
        }
        for number, word in enumerate(words)
    ]
    async with ledger.store.writing() as connection:
        for first in range(0, count, 500):
            await connection.execute(insert(transactions), rows[first : first + 500])


@dataclass(frozen=True, slots=True)
class Found:
    """What a run came to."""

    run: Run
    batches: int
    changes: Counter[int]
    """How often each transaction was filed."""
    requests: Counter[tuple[int | str, ...]]
    """How often the understudy was asked about the same transactions."""
    usage_rows: int
    kills: int


async def killed_run(
    home: Path, *, count: int, workers: int, kills: int, latency: float, at_once: int = 4, seed: int = 1
) -> Found:
    """What comes of a run over `count` payments, one of whose workers is killed so many times at random moments."""
    chance = random.Random(seed)
    async with Understudy(latency=latency) as server, await Store.open(home) as store:
        ledger = await open_ledger(store)
        await spend(ledger, count, seed)
        await set_preferences(ledger, Preferences(paces={"anthropic": Pace(at_once)}))
        order = Order(kind="categorize")
        run_id = await create_run(ledger, order, transactions=count, asked=("anthropic", MODEL))
        environment = {**os.environ, "ANTHROPIC_API_KEY": "key", "ANTHROPIC_BASE_URL": server.base_url}

        def hired() -> subprocess.Popen[bytes]:
            return subprocess.Popen([sys.executable, "-c", _WORKER, str(home)], env=environment)

        team = [hired() for _ in range(workers)]
        try:
            batches = -(-count // 25)
            for moment in sorted(chance.sample(range(1, batches), kills)):
                await server.account.request(len(server.account.asked) + max(1, moment // kills))
                await asyncio.sleep(chance.random() * latency)  # anywhere between two requests
                one = chance.randrange(workers)
                team[one].kill()
                team[one].wait()
                team[one] = hired()
            async with asyncio.timeout(60 + count * latency):
                while (await run_of(ledger, run_id)).state == "running":  # noqa: ASYNC110 - others do the work
                    await asyncio.sleep(0.1)
        finally:
            for worker in team:
                worker.terminate()
            for worker in team:
                worker.wait()
        asked = Counter(exchange.ids for exchange in server.account.asked)
        return Found(await run_of(ledger, run_id), *await _counts(ledger), asked, await _usage(ledger), kills)


async def _counts(ledger: Ledger) -> tuple[int, Counter[int]]:
    async with ledger.store.reading() as connection:
        batches = await connection.scalar(
            select(func.count()).select_from(run_batches).where(run_batches.c.number > 0, run_batches.c.state == "done")
        )
        rows = await connection.scalars(select(edit_changes.c.rows).where(edit_changes.c.table == "transactions"))
        changes: Counter[int] = Counter()
        for keys in rows:
            changes.update(key for (key,) in json.loads(keys))
    return batches or 0, changes


async def _usage(ledger: Ledger) -> int:
    async with ledger.store.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(llm_usage)) or 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what is found at full size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.5)
    said = parser.parse_args(arguments)
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            doing = killed_run(Path(folder), count=said.count, workers=workers, kills=said.kills, latency=said.latency)
            found = asyncio.run(doing)
        run, twice = found.run, sum(times > 1 for times in found.changes.values())
        print(f"{workers} workers, {found.kills} kills: {run.state}, {found.batches} batches of {said.count} payments")
        print(f"  {run.filed} filed, {run.left} left, {run.unanswered} unanswered; filed more than once: {twice}")
        print(f"  {found.requests.total()} requests, most for one batch {max(found.requests.values())}")
        print(f"  {found.usage_rows} usage rows")


if __name__ == "__main__":
    main()

"""Filing in the background over real files, answered by the understudy: what the tests of runs share."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from tuppence.enrichment.background import Background, opened_background
from tuppence.enrichment.runs import Order, Run, run_of
from tuppence.ledger.accounts import NewAccount, create_account, list_accounts
from tuppence.ledger.household import Ledger, open_ledger
from tuppence.llm import Retry, open_provider
from tuppence.llm.answerer import Answerer
from tuppence.store import Presence, Store
from tuppence.store.tables import categories, merchants, transactions
from tuppence.tracing import SILENT, Tracing
from tuppence.understudy import Understudy
from tuppence.usage import UsageLog

MODEL = "claude-sonnet-5-5"


@dataclass
class Office:
    """Everything that can be looked at."""

    server: Understudy
    ledger: Ledger
    usage: UsageLog
    background: Background

    async def ran(self, order: Order | None = None) -> Run:
        """A run, once it is through."""
        run = await self.background.start(self.ledger, order or Order(kind="categorize"))
        return await self.through(run.id)

    async def through(self, run_id: str) -> Run:
        """The run, once it has ended and nobody is at it any more."""
        async with asyncio.timeout(30):
            while (run := await run_of(self.ledger, run_id)).state == "running":  # noqa: ASYNC110 - DBOS begins it
                await asyncio.sleep(0.02)
        return run

    async def filed(self) -> dict[str, tuple[str | None, str | None]]:
        """By description: the category, and who said it."""
        row, named = transactions.c, categories.c
        joined = transactions.outerjoin(
            categories, (named.household_id == row.household_id) & (named.id == row.category_id)
        )
        query = select(row.description, named.name, row.category_source).select_from(joined)
        async with self.ledger.store.reading() as connection:
            return {each.description: (each.name, each.category_source) for each in await connection.execute(query)}

    async def recognised(self) -> dict[str, str | None]:
        """By description: the merchant."""
        row, named = transactions.c, merchants.c
        joined = transactions.outerjoin(
            merchants, (named.household_id == row.household_id) & (named.id == row.merchant_id)
        )
        async with self.ledger.store.reading() as connection:
            found = await connection.execute(select(row.description, named.name).select_from(joined))
            return {each.description: each.name for each in found}


@asynccontextmanager
async def office(home: Path, server: Understudy | None = None, tracing: Tracing = SILENT) -> AsyncIterator[Office]:
    """A new household whose background is at work in this process."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(server or Understudy())
        store = await stack.enter_async_context(await Store.open(home))
        presence = await stack.enter_async_context(Presence(store))
        usage = await stack.enter_async_context(UsageLog(store, presence.id))
        retry = Retry(attempts=1)
        provider = open_provider("anthropic", api_key="key", base_url=server.base_url, retry=retry)
        answerer = Answerer(await stack.enter_async_context(provider), MODEL)

        async def answers(ledger: Ledger, wanted: str | None) -> Answerer:
            return answerer

        background = await stack.enter_async_context(
            opened_background(store, usage, presence.id, answers, tracing=tracing)
        )
        yield Office(server, await open_ledger(store), usage, background)


async def spend(ledger: Ledger, *descriptions: str, amount: int = -1000, payees: Sequence[str] = ()) -> list[int]:
    """Put a payment of each description into the ledger, a day apart; their ids."""
    accounts = await list_accounts(ledger)
    account = accounts[0] if accounts else await create_account(ledger, NewAccount(name="Current", currency="EUR"))
    rows = [
        {
            "household_id": ledger.household,
            "account_id": account.id,
            "date": datetime.date(2026, 3, 1) + datetime.timedelta(days=number),
            "month": 202603,
            "amount": amount,
            "currency": "EUR",
            "description": description,
            "payee": payees[number] if payees else None,
            "pending": False,
        }
        for number, description in enumerate(descriptions)
    ]
    async with ledger.store.writing() as connection:
        return list(await connection.scalars(insert(transactions).returning(transactions.c.id), rows))

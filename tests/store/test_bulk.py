"""Rows that go in many at a time come out as they went in."""

import datetime

import pytest
from sqlalchemy import bindparam, insert, select, update

from tuppence.store import Store
from tuppence.store.bulk import ROWS_PER_STATEMENT, execute_rows, insert_rows
from tuppence.store.tables import accounts, households, now, transactions

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("count", [0, 1, ROWS_PER_STATEMENT, 2 * ROWS_PER_STATEMENT + 3])
async def test_many_rows_of_every_type(store: Store, count: int) -> None:
    rows = [
        {
            "value_date": None,
            "pending": number % 2 == 0,
            "fingerprint": bytes([number % 256] * 16),
            "description": f"'Ü'? {number}",
            "amount": -number,
            "date": datetime.date(2026, 1, 1) + datetime.timedelta(number),
            "month": 202601,
            "currency": "EUR",
            "household_id": 1,
            "account_id": 1,
        }
        for number in range(count)
    ]
    async with store.writing() as connection:
        moment = now()
        await connection.execute(insert(households).values(id=1, name="h", language="en", created_at=moment))
        account = {"id": 1, "household_id": 1, "name": "a", "name_key": "a", "kind": "cash", "currency": "EUR"}
        await connection.execute(insert(accounts).values(account | {"archived": False, "created_at": moment}))
        await insert_rows(connection, transactions, rows)
    columns = [transactions.c[name] for name in rows[0]] if rows else [transactions.c.id]
    async with store.reading() as connection:
        stored = (await connection.execute(select(*columns).order_by(transactions.c.id))).all()
    assert [dict(row._mapping) for row in stored] == rows


async def test_a_statement_for_each_of_many_rows(store: Store) -> None:
    async with store.writing() as connection:
        moment = now()
        for identity in (1, 2, 3):
            await connection.execute(insert(households).values(id=identity, name="h", language="en", created_at=moment))
        rename = update(households).where(households.c.id == bindparam("row"), households.c.language == "en")
        await execute_rows(connection, rename.values(name=bindparam("to")), [{"row": 1, "to": 7}, {"to": 8, "row": 3}])
        await execute_rows(connection, rename.values(name="nobody"), [])
        names = (await connection.scalars(select(households.c.name).order_by(households.c.id))).all()
    assert names == ["7", "h", "8"]

"""What is owned and owed, and what is not known."""

from datetime import date

import pytest
from sqlalchemy import insert

from tuppence.ledger.accounts import NewAccount, create_account, list_accounts
from tuppence.ledger.balances import state_balance
from tuppence.ledger.household import Ledger
from tuppence.ledger.reports import balance_sheet, balance_sheets
from tuppence.store.tables import accounts, balances

from .small_household import TODAY, Row, add_rows

pytestmark = pytest.mark.anyio


async def amounts(ledger: Ledger, day: date) -> dict[str, int | None]:
    return {line.account.name: line.amount for line in (await balance_sheet(ledger, day)).lines}


async def test_balances_lead_from_what_was_stated(ledger: Ledger) -> None:
    assert await amounts(ledger, TODAY) == {
        "Everyday": 30000,  # 150000 stated on 31 March - 120000
        "Rainy day": 550000,  # 500000 stated on 28 February + 50000
        "Plastic": -14000,  # -12000 stated on 5 April - 2000
        "Euros": None,
        "House loan": -20000000,
    }


async def test_and_back(ledger: Ledger) -> None:
    then = await amounts(ledger, date(2026, 3, 12))

    assert then["Everyday"] == 227500  # 150000 + 25000 - 1500 + 4000 + 50000
    assert then["Plastic"] == -7500  # -12000 + 4500; the pending row is not booked
    assert then["Rainy day"] == 500000


async def test_net_worth_is_of_what_is_known(ledger: Ledger) -> None:
    sheet = await balance_sheet(ledger, TODAY)
    (dollars,) = sheet.net_worth  # no balance is known in euros

    assert dollars.assets == 580000  # 30000 + 550000
    assert dollars.liabilities == 20014000  # 14000 + 20000000
    assert dollars.net == -19434000  # 580000 - 20014000
    assert [line.account.name for line in sheet.unknown] == ["Euros"]


async def test_before_all_that_is_known_a_balance_is_unknown(ledger: Ledger) -> None:
    # Everyday's first movement is of 1 February: it leads back to the day before, and no further.
    # 150000 - (300000 - 120000 + 300000 - 120000 - 50000 - 4000 + 1500 - 25000)
    assert (await amounts(ledger, date(2026, 1, 31)))["Everyday"] == -132500
    assert (await amounts(ledger, date(2026, 1, 30)))["Everyday"] is None
    assert (await amounts(ledger, date(2025, 12, 30)))["House loan"] is None


async def test_known_days(ledger: Ledger) -> None:
    known = {line.account.name: line.known for line in (await balance_sheet(ledger, TODAY)).lines}

    assert known["Plastic"]
    assert (known["Plastic"].first, known["Plastic"].last) == (date(2026, 2, 10), date(2026, 4, 8))
    assert known["House loan"]
    assert (known["House loan"].first, known["House loan"].last) == (date(2026, 1, 1), date(2026, 1, 1))


async def test_an_account_in_two_currencies(ledger: Ledger) -> None:
    by_name = {one.name: one for one in await list_accounts(ledger)}
    await add_rows(ledger, by_name, (Row("2026-03-03", "Everyday", -700, "LISBON", currency="EUR"),))
    anchor = {"household_id": 1, "account_id": by_name["Everyday"].id, "currency": "EUR", "source": "statement"}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(balances).values(**anchor, date=date(2026, 3, 1), amount=1000))
    sheet = await balance_sheet(ledger, TODAY)

    assert [(one.currency, one.assets) for one in sheet.net_worth] == [("EUR", 300), ("USD", 580000)]  # 1000 - 700


async def test_archived_accounts_are_shown_while_they_held_something(ledger: Ledger) -> None:
    old = await create_account(ledger, NewAccount("Old bank", "USD", "savings"))
    await state_balance(ledger, old, date(2026, 2, 1), 900)
    await state_balance(ledger, old, date(2026, 3, 1), 0)
    async with ledger.store.writing() as connection:
        await connection.execute(accounts.update().where(accounts.c.id == old.id).values(archived=True))

    assert "Old bank" not in await amounts(ledger, TODAY)
    assert (await amounts(ledger, date(2026, 2, 2)))["Old bank"] == 900


async def test_several_days_at_once(ledger: Ledger) -> None:
    days = [date(2026, 2, 28), date(2026, 3, 31)]

    assert await balance_sheets(ledger, days) == [await balance_sheet(ledger, day) for day in days]

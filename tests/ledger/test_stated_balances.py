from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.ledger.accounts import Account, NewAccount, create_account, find_account
from tuppence.ledger.balances import Anchor, balance_of, remove_balance, state_balance
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import run_import
from tuppence.ledger.stated_balances import AccountHistory, account_history, disagreements, stated_balances
from tuppence.money import Money

from .reports.small_household import small_household
from .statements import day, row, statement

pytestmark = pytest.mark.anyio


@pytest.fixture
async def account(ledger: Ledger) -> Account:
    """Of 1,000.00 on 1 March, from which 30.00 went on the 10th."""
    account = await create_account(ledger, NewAccount("Giro", "EUR"))
    await state_balance(ledger, account, day("03-01"), 100000)
    await add_transaction(ledger, NewTransaction(account.id, day("03-10"), -3000, "Bakery"))
    return account


async def unexplained(ledger: Ledger, account: Account) -> list[int | None]:
    return [
        None if one.unexplained is None else one.unexplained.minor for one in await stated_balances(ledger, account)
    ]


async def test_a_balance_that_its_transactions_lead_to_agrees(ledger: Ledger, account: Account) -> None:
    await state_balance(ledger, account, day("03-31"), 97000)
    assert await unexplained(ledger, account) == [0, None]
    assert await disagreements(ledger) == []


async def test_what_is_missing_between_two_balances_is_told(ledger: Ledger, account: Account) -> None:
    await state_balance(ledger, account, day("03-31"), 96000)
    [latest, first] = await stated_balances(ledger, account)
    assert latest.unexplained == Money(-1000, "EUR")  # 960 - (1,000 - 30)
    assert (latest.gap, latest.is_more) == (Money(1000, "EUR"), False)
    assert (first.unexplained, first.gap) == (None, None)
    [found] = await disagreements(ledger)
    assert (found.account, found.stated) == (account, latest)


async def test_only_the_latest_balance_is_complained_of(ledger: Ledger, account: Account) -> None:
    await state_balance(ledger, account, day("03-31"), 96000)
    await state_balance(ledger, account, day("04-30"), 96000)
    assert await unexplained(ledger, account) == [0, -1000, None]
    assert await disagreements(ledger) == []


async def test_a_person_overrules_a_statement_of_the_same_day(ledger: Ledger, account: Account) -> None:
    bank_file = statement(row("03-20", "-10"), currency="EUR", closing_balance=Decimal("5"), closing_date=day("03-31"))
    await run_import(ledger, bank_file, [account], filename="march.csv")
    await state_balance(ledger, account, day("03-31"), 96000)
    by = {(one.anchor.source, one.anchor.date): one.unexplained for one in await stated_balances(ledger, account)}
    assert by[("person", day("03-31"))] == Money(0, "EUR")  # 960 - (1,000 - 30 - 10)
    assert by[("statement", day("03-31"))] is None


async def test_pending_rows_are_no_part_of_a_balance(ledger: Ledger, account: Account) -> None:
    bank_file = statement(row("03-20", "-10", pending=True), currency="EUR")
    await run_import(ledger, bank_file, [account], filename="march.csv")
    await state_balance(ledger, account, day("03-31"), 97000)
    assert (await unexplained(ledger, account))[0] == 0


async def test_every_day_of_a_history_is_what_the_ledger_says_of_that_day(ledger: Ledger) -> None:
    ledger = await small_household(ledger.store)
    for name in ("Everyday", "Plastic", "Rainy day", "Euros", "House loan"):
        account = await find_account(ledger, name)
        history = await account_history(ledger, account)
        for number in range(120):
            when = datetime.date(2026, 1, 15) + datetime.timedelta(days=number)
            known = await balance_of(ledger, account, on=when)
            if history.first is not None and when >= history.first - datetime.timedelta(days=1):
                assert history.on(when) == known.amount, (name, when)
            else:
                assert history.on(when) is None


async def test_days_are_those_on_which_something_was_booked(ledger: Ledger, account: Account) -> None:
    history = await account_history(ledger, account)
    found = [(one.day, one.amount) for one in history.days(day("03-05"), day("03-15"))]
    assert found == [(day("03-05"), 100000), (day("03-10"), 97000), (day("03-15"), 97000)]


async def test_without_an_anchor_nothing_is_known(ledger: Ledger, account: Account) -> None:
    [stated] = await stated_balances(ledger, account)
    await remove_balance(ledger, stated.anchor.id)
    history = await account_history(ledger, account)
    assert (history.first, history.on(day("03-31"))) == (day("03-10"), None)


async def test_others_accounts_are_none_of_ours(ledger: Ledger, account: Account) -> None:
    theirs = Ledger(ledger.store, ledger.household + 1)
    for asked in (stated_balances, account_history):
        with pytest.raises(LookupError):
            await asked(theirs, account)
    assert await disagreements(theirs) == []


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=20), st.integers(0, 19))
def test_consistent_anchors_all_lead_to_the_same_balances(amounts: list[int], at: int) -> None:
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(days=2 * number) for number in range(len(amounts))]
    totals = [sum(amounts[: number + 1]) for number in range(len(amounts))]
    anchored = min(at, len(amounts) - 1)
    anchors = [Anchor(1, days[anchored], Money(totals[anchored], "EUR"), "statement")]
    history = AccountHistory(anchors, dict(zip(days, amounts, strict=True)))
    assert [history.on(when) for when in days] == totals

"""The demo household: eighteen months and the days since, as a bank's file would tell them, moved into a ledger."""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tuppence.cli.demo_household.chance import drawn, happens
from tuppence.cli.demo_household.habits import (
    BROKERAGE,
    CARD,
    CHECKING,
    HABITS,
    MORTGAGE,
    OWN_TRANSFERS,
    SAVINGS,
    STANDING,
    TRIPS,
    AccountName,
    Habit,
    OwnTransfer,
    Standing,
)
from tuppence.ledger.accounts import AccountKind, NewAccount
from tuppence.ledger.edits import By, editing
from tuppence.ledger.filing import TransactionChange, file_in
from tuppence.ledger.household import Ledger, set_currency
from tuppence.ledger.importing import ImportResult, run_import
from tuppence.ledger.imports import BankFile, ImportedAccount, ImportedRow
from tuppence.ledger.merchants import merchant_in
from tuppence.ledger.transactions import find_transactions

CURRENCY = "USD"
MONTHS = 18
_PENDING_DAYS = 2
_CARD_PAYMENT_DAY = 22
_ACCOUNTS: tuple[tuple[AccountName, AccountKind, str, int], ...] = (
    (CHECKING, "checking", "0912", 412_755),
    (SAVINGS, "savings", "4471", 1_430_000),
    (CARD, "credit_card", "7788", -284_130),
    (BROKERAGE, "brokerage", "LF-20551", 3_865_040),
    (MORTGAGE, "mortgage", "HL-88310", -28_640_000),
)
"""Name, kind, number, and the balance in cents on the evening before the first day."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One row to be: what a bank would know of it, and who it was with."""

    account: AccountName
    date: datetime.date
    cents: int
    description: str
    payee: str | None
    category: str | None


def demo_file(today: datetime.date) -> BankFile:
    """The household's five accounts from the first day of the month 18 months ago to `today`, included.

    What happens on a day depends on that day only (the first card payment apart), so that the households of two days
    agree where they overlap.
    """
    first = _month_before(today.replace(day=1), MONTHS)
    movements = [movement for movement in _movements(first, today) if first <= movement.date <= today]
    by_account: defaultdict[AccountName, list[Movement]] = defaultdict(list)
    for movement in sorted(movements, key=lambda one: (one.date, one.description, one.cents)):
        by_account[movement.account].append(movement)
    return BankFile(
        format="demo",
        accounts=tuple(
            _account(name, number, opening, by_account[name], first, today) for name, _, number, opening in _ACCOUNTS
        ),
    )


async def move_in(ledger: Ledger, today: datetime.date) -> ImportResult:
    """Import the demo household into an empty ledger, with its merchants."""
    await set_currency(ledger, CURRENCY)
    targets = [NewAccount(name, CURRENCY, kind, number) for name, kind, number, _ in _ACCOUNTS]
    result = await run_import(ledger, demo_file(today), targets, filename="demo household")
    page = await find_transactions(ledger, limit=100_000)
    ids: defaultdict[str, list[int]] = defaultdict(list)
    for row in page.rows:
        if row.payee is not None and row.category is not None:
            ids[row.payee].append(row.id)
    async with editing(ledger, By(source="import"), "Recognised the merchants of the demo household") as edit:
        for payee, rows in ids.items():
            await file_in(edit, rows, TransactionChange(merchant=(await merchant_in(edit, payee)).id))
    return result


# ------------------------------------------------------------------------------------------------------ movements


def _movements(first: datetime.date, today: datetime.date) -> Iterator[Movement]:
    day = first
    owed = next(cents for name, _, _, cents in _ACCOUNTS if name == CARD)
    card = [Movement(CARD, first - datetime.timedelta(1), owed, "", None, None)]
    while day <= today:
        spent = [*_habits_on(day), *_standing_on(day), *_trips_on(day)]
        yield from spent
        card += [movement for movement in spent if movement.account == CARD]
        yield from _transfers_on(day)
        if day.day == _CARD_PAYMENT_DAY and (due := _due(card, day)):
            yield Movement(CHECKING, day, -due, "HORIZON CARD AUTOPAY", None, "Credit card payment")
            yield Movement(CARD, day, due, "AUTOMATIC PAYMENT - THANK YOU", None, None)
        day += datetime.timedelta(1)


def _habits_on(day: datetime.date) -> Iterator[Movement]:
    for number, habit in enumerate(HABITS):
        if habit.weekend_only and day.weekday() < 4:
            continue
        if happens(habit.permille, "habit", number, day):
            cents = drawn(habit.low, habit.high, "amount", number, day)
            yield _purchase(habit, day, cents, number)
            if cents > 6000 and happens(60, "refund", number, day) and habit.category in ("Clothing", "Electronics"):
                yield _refund(habit, day, cents, number)


def _purchase(habit: Habit, day: datetime.date, cents: int, number: int) -> Movement:
    words = habit.descriptor.format(n=drawn(1000, 9999, "number", number, day))
    payee = None if habit.payee == "Unknown" else habit.payee
    return Movement(habit.account, day, -cents, words, payee, habit.category)


def _refund(habit: Habit, day: datetime.date, cents: int, number: int) -> Movement:
    """Some days after a purchase all or half of it comes back, under the category it was bought in."""
    back = cents if happens(500, "whole", number, day) else cents // 2
    later = day + datetime.timedelta(drawn(6, 16, "later", number, day))
    words = habit.descriptor.format(n=drawn(1000, 9999, "number", number, day))
    return Movement(habit.account, later, back, f"{words} REFUND", habit.payee, habit.category)


def _standing_on(day: datetime.date) -> Iterator[Movement]:
    for standing in STANDING:
        if _is_due(standing, day):
            cents = standing.cents + drawn(-standing.varies, standing.varies, standing.descriptor, day)
            yield Movement(standing.account, day, cents, standing.descriptor, standing.payee, standing.category)


def _is_due(standing: Standing | OwnTransfer, day: datetime.date) -> bool:
    return day.day == standing.day and (not standing.months or day.month in standing.months)


def _trips_on(day: datetime.date) -> Iterator[Movement]:
    for trip in TRIPS:
        for year in (day.year, day.year + 1):
            begins = datetime.date(year, trip.month, trip.day)
            for after, payee, words, category, cents in trip.purchases:
                if begins + datetime.timedelta(after) == day:
                    yield Movement(CARD, day, -cents - drawn(0, 9000, words, year), words, payee, category)


def _transfers_on(day: datetime.date) -> Iterator[Movement]:
    for transfer in OWN_TRANSFERS:
        if _is_due(transfer, day):
            arrives = day + datetime.timedelta(transfer.days_underway)
            yield Movement(transfer.source, day, -transfer.cents, transfer.words_out, None, transfer.category)
            yield Movement(transfer.target, arrives, transfer.cents, transfer.words_in, None, None)


def _due(card: list[Movement], day: datetime.date) -> int:
    """What the card's statement of the month before `day` asks for, in cents."""
    end = day.replace(day=1)
    begin = _month_before(end, 1)
    return max(0, -sum(movement.cents for movement in card if begin <= movement.date < end))


# --------------------------------------------------------------------------------------------------------- values


def _account(
    name: AccountName,
    number: str,
    opening: int,
    movements: list[Movement],
    first: datetime.date,
    today: datetime.date,
) -> ImportedAccount:
    rows = [_row(movement, line, today) for line, movement in enumerate(movements, start=1)]
    booked = sum(movement.cents for movement, row in zip(movements, rows, strict=True) if not row.pending)
    return ImportedAccount(
        id=number,
        name=name,
        currency=CURRENCY,
        transactions=rows,
        opening_balance=_dollars(opening),
        opening_date=first - datetime.timedelta(1),
        closing_balance=_dollars(opening + booked),
        closing_date=today,
    )


def _row(movement: Movement, line: int, today: datetime.date) -> ImportedRow:
    fresh = (today - movement.date).days < _PENDING_DAYS
    return ImportedRow(
        date=movement.date,
        amount=_dollars(movement.cents),
        currency=CURRENCY,
        description=movement.description,
        pending=fresh and movement.account == CARD and movement.cents < 0,
        line=line,
        payee=movement.payee,
        category=movement.category,
    )


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _month_before(first_of_month: datetime.date, months: int) -> datetime.date:
    """The first day of the month that lies `months` before."""
    year, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 - months, 12)
    return datetime.date(year, month + 1, 1)

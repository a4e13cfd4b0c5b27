"""Lists by places and figures over them, against the same reckoned row by row in Python."""

import datetime
import random
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import insert, update

import tuppence.ledger.transaction_filter as transaction_filter
from ledger.statements import bring_in, day, row, rows_of, statement
from tuppence.ledger.accounts import NewAccount, create_account, list_accounts
from tuppence.ledger.balance_history import balances_on
from tuppence.ledger.balances import account_balances, state_balance
from tuppence.ledger.categories import find_category, list_categories, with_subcategories
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import undo_import
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.reports import LooseEnds, list_tags, loose_ends
from tuppence.ledger.transaction_figures import (
    Coverage,
    CurrencyTotal,
    TransactionFigures,
    quick_figures,
    transaction_figures,
)
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import (
    Order,
    Place,
    Transaction,
    find_transactions,
    list_transactions,
    transactions_by_id,
)
from tuppence.money import Money
from tuppence.store.tables import transactions, transfers

pytestmark = pytest.mark.anyio
ORDERS: tuple[Order, ...] = ("newest", "oldest", "largest", "smallest")
ROWS = 120


@pytest.fixture
async def books(ledger: Ledger) -> Ledger:
    """Rows of any kind over three months, many of the same day and of the same size."""
    chance = random.Random(11)
    accounts = [(await create_account(ledger, NewAccount(name, "EUR"))).id for name in ("Joint", "Cash", "Abroad")]
    shops = [(await merchant_named(ledger, name)).id for name in ("Green Grocer", "Blue Door")]
    filed = [one.id for one in await list_categories(ledger)][:12]
    async with ledger.store.writing() as connection:
        await connection.execute(insert(transfers).values(id=1, household_id=ledger.household, source="person"))
        for _ in range(ROWS):
            booked = day("02-20") + datetime.timedelta(days=chance.randrange(45))
            values = {
                "household_id": ledger.household,
                "account_id": chance.choice(accounts),
                "date": booked,
                "month": booked.year * 100 + booked.month,
                "amount": chance.choice((-50000, -1000, -999, -1, 0, 1, 1000, 250000)),
                "currency": chance.choice(("EUR", "EUR", "JPY")),
                "description": chance.choice(("CARD 77 xy", "card lunch", "Rent March", "zx 1")),
                "pending": chance.random() < 0.1,
                "category_id": chance.choice([None, *filed]),
                "merchant_id": chance.choice([None, *shops]),
                "transfer_id": 1 if chance.random() < 0.1 else None,
            }
            await connection.execute(insert(transactions).values(values))
    some = (await find_transactions(ledger, limit=20)).rows
    await file_transactions(ledger, [one.id for one in some], TransactionChange(add_tags=("Trip",)))
    return ledger


Is = Callable[[Transaction], bool]


async def wanted_and_meant(ledger: Ledger) -> list[tuple[TransactionFilter, Is]]:
    """Filters, and in Python what they mean."""
    food = await find_category(ledger, "Food")
    below = with_subcategories([food.id], await list_categories(ledger))
    joint = next(one.id for one in await list_accounts(ledger) if one.name == "Joint")
    (trip,) = await list_tags(ledger)
    since, until = day("02-25"), day("03-31")
    wanted = TransactionFilter
    return [
        (wanted(), lambda _: True),
        (wanted(include_transfers=False), lambda one: one.transfer_id is None),
        (wanted(accounts=(joint,)), lambda one: one.account_id == joint),
        (wanted(categories=(food.id,)), lambda one: one.category_id in below),
        (wanted(merchants=(1,)), lambda one: one.merchant_id == 1),
        (wanted(tags=(trip.id,)), lambda one: "Trip" in one.tags),
        (wanted(since=since, until=until), lambda one: since <= one.date <= until),
        (wanted(since=since), lambda one: since <= one.date),
        (wanted(until=day("02-28")), lambda one: one.date <= day("02-28")),
        (wanted(since=until, until=since), lambda _: False),
        (wanted(text="card"), lambda one: "card" in one.description.casefold()),
        (wanted(text="card XY"), lambda one: one.description == "CARD 77 xy"),
        (wanted(text="ZX"), lambda one: one.description == "zx 1"),
        (wanted(text="grocer"), lambda one: one.merchant == "Green Grocer"),
        (wanted(minimum=Decimal(10)), lambda one: abs(one.amount.amount) >= 10),
        (wanted(minimum=Decimal("9.995"), maximum=Decimal(500)), lambda one: 10 <= abs(one.amount.amount) <= 500),
        (wanted(maximum=Decimal(1)), lambda one: abs(one.amount.amount) <= 1),
        (wanted(direction="in"), lambda one: one.amount.minor > 0),
        (wanted(direction="out"), lambda one: one.amount.minor < 0),
        (wanted(pending=True), lambda one: one.pending),
        (wanted(uncategorized=True), lambda one: one.category_id is None and one.transfer_id is None),
        (wanted(currency="JPY", pending=False), lambda one: one.amount.currency == "JPY" and not one.pending),
        (
            wanted(text="card", accounts=(joint,), direction="out", since=since),
            lambda one: (
                "card" in one.description.casefold()
                and one.account_id == joint
                and one.amount.minor < 0
                and since <= one.date
            ),
        ),
    ]


@pytest.fixture(params=["few rows", "many rows"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with as many rows as there are here, and what is done with very many."""
    if request.param == "many rows":
        monkeypatch.setattr(transaction_filter, "FEW", 0)
        monkeypatch.setattr(transaction_filter, "GLANCE", 30)
        monkeypatch.setattr(transaction_filter, "FETCHED_AT_ONCE", 0)


@pytest.mark.usefixtures("size")
async def test_pages_by_places_are_the_whole(books: Ledger) -> None:
    everything = (await find_transactions(books, limit=1000)).rows
    assert len(everything) == ROWS
    for wanted, is_meant in await wanted_and_meant(books):
        for order in ORDERS:
            expected = sorted(filter(is_meant, everything), key=_key(order), reverse=order in ("newest", "largest"))
            assert await _by_pages(books, wanted, order) == [one.id for one in expected], (wanted, order)
            page = await find_transactions(books, wanted, order=order, limit=7, offset=3)
            assert list(page.rows) == expected[3:10]
            assert (page.total, page.missing) == (len(expected), max(0, len(expected) - 10))


def _key(order: Order) -> Callable[[Transaction], tuple[object, int]]:
    return lambda one: (one.date if order in ("newest", "oldest") else abs(one.amount.minor), one.id)


async def _by_pages(ledger: Ledger, wanted: TransactionFilter, order: Order) -> list[int]:
    found: list[int] = []
    after: Place | None = None
    while True:
        page = await list_transactions(ledger, wanted, order=order, limit=5, after=after)
        found += [one.id for one in page.rows]
        if page.next is None:
            return found
        after = Place.parse(str(page.next), order)
        assert after == page.next


async def test_quick_figures_are_the_same_or_none(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, _ in await wanted_and_meant(books):
        assert await quick_figures(books, wanted) == await transaction_figures(books, wanted), wanted
    monkeypatch.setattr(transaction_filter, "FETCHED_AT_ONCE", 0)
    for wanted, _ in await wanted_and_meant(books):
        if not wanted.text:
            assert await quick_figures(books, wanted) == await transaction_figures(books, wanted), wanted
    monkeypatch.setattr(transaction_filter, "WALKED_AT_ONCE", 0)
    for wanted, is_meant in await wanted_and_meant(books):
        is_summed = not (wanted.text or wanted.merchants or wanted.tags or wanted.minimum or wanted.maximum)
        has_rows = any(map(is_meant, (await find_transactions(books, limit=1000)).rows))
        assert (await quick_figures(books, wanted) is not None) == (is_summed or not has_rows), wanted


async def test_rows_by_their_ids(books: Ledger) -> None:
    some = (await find_transactions(books, limit=5)).rows
    assert await transactions_by_id(books, [one.id for one in some] + [999_999]) == {one.id: one for one in some}
    assert await transactions_by_id(books, []) == {}
    assert await transactions_by_id(Ledger(books.store, books.household + 1), [one.id for one in some]) == {}


async def test_loose_ends_are_counted(books: Ledger) -> None:
    rows = (await find_transactions(books, limit=1000)).rows
    ends = await loose_ends(books)
    assert ends.uncategorized == sum(one.category_id is None and one.transfer_id is None for one in rows)
    assert ends.pending == sum(one.pending for one in rows)
    assert await loose_ends(Ledger(books.store, books.household + 1)) == LooseEnds(0, 0)


@pytest.mark.usefixtures("size")
async def test_what_came_with_an_import(ledger: Ledger) -> None:
    first = await bring_in(ledger, statement(row("03-02", "-10", "a"), row("03-04", "5", "b")))
    second = await bring_in(ledger, statement(row("03-03", "-20", "c")))
    token = first.accounts[0].token
    for order in ORDERS:
        assert len(await _by_pages(ledger, TransactionFilter(imported=token), order)) == 2
    figures = await transaction_figures(ledger, TransactionFilter(imported=token))
    assert (figures.coverage.rows, figures.totals[0].net) == (2, Money(-500, "EUR"))
    other = TransactionFilter(imported=second.accounts[0].token, text="c")
    assert [one.description for one in await rows_of(ledger, other)] == ["c"]
    stranger = Ledger(ledger.store, ledger.household + 1)
    for nobody in (ledger, TransactionFilter(imported="none")), (stranger, TransactionFilter(imported=token)):
        assert await rows_of(*nobody) == ()
    await undo_import(ledger, token)
    assert await rows_of(ledger, TransactionFilter(imported=token)) == ()


@pytest.mark.usefixtures("size")
async def test_figures_are_those_of_the_rows(books: Ledger) -> None:
    everything = (await find_transactions(books, limit=1000)).rows
    for wanted, is_meant in await wanted_and_meant(books):
        with_transfers = msgspec.structs.replace(wanted, include_transfers=True)
        meant = [one for one in everything if is_meant(one) or (not wanted.include_transfers and one.transfer_id)]
        assert await transaction_figures(books, wanted) == _figures(meant), wanted
        assert await transaction_figures(books, with_transfers) == _figures(meant), wanted


def _figures(rows: list[Transaction]) -> TransactionFigures:
    counted = [one for one in rows if one.transfer_id is None]

    def money(code: str, amounts: list[int]) -> Money:
        return Money(sum(amounts), code)

    totals = tuple(
        CurrencyTotal(
            money(code, [one.amount.minor for one in counted if one.amount.currency == code and one.amount.minor > 0]),
            money(code, [one.amount.minor for one in counted if one.amount.currency == code and one.amount.minor < 0]),
        )
        for code in sorted({one.amount.currency for one in rows})
    )
    coverage = Coverage(
        first=min((one.date for one in rows), default=None),
        last=max((one.date for one in rows), default=None),
        accounts=tuple(sorted({one.account for one in rows})),
        rows=len(rows),
        pending=sum(one.pending for one in rows),
        uncategorized=sum(one.category_id is None for one in counted),
        transfers=len(rows) - len(counted),
    )
    return TransactionFigures(totals, coverage)


async def test_a_place_stays_where_it_is_when_rows_come_and_go(books: Ledger) -> None:
    page = await list_transactions(books, limit=5)
    rest = await list_transactions(books, limit=100, after=page.next)
    async with books.store.writing() as connection:
        await connection.execute(transactions.delete().where(transactions.c.id == page.rows[-1].id))
        later = update(transactions).where(transactions.c.id == page.rows[0].id).values(date=day("06-01"), month=202606)
        await connection.execute(later)
    assert await list_transactions(books, limit=100, after=page.next) == rest


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", "newest"),
        ("2026-03-01", "newest"),
        ("2026-03-01.x", "newest"),
        ("20260301.4", "newest"),
        ("2026-03-01.4", "largest"),
        ("12.99999999999999999999", "largest"),
        ("99999999999999999999.1", "largest"),
        ("5.-1", "smallest"),
        (" 5.1", "smallest"),
    ],
)
def test_what_is_no_place(text: str, order: Order) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some are raised by the parts themselves
        Place.parse(text, order)


async def test_balances_of_many_days_are_those_of_each(books: Ledger) -> None:
    joint, cash = [one for one in await list_accounts(books) if one.name in ("Joint", "Cash")]
    await state_balance(books, joint, day("03-10"), 1234)
    await state_balance(books, joint, day("03-31"), -77)
    await state_balance(books, cash, day("02-01"), 0)
    days = [
        day("02-25"),
        day("02-28"),
        day("03-20"),
        day("03-21"),
        day("03-31"),
        day("06-15"),
        datetime.date(2020, 1, 1),
    ]
    async with books.store.reading() as connection:
        found = await balances_on(connection, books, days)
    for one in days:
        assert found[one] == await account_balances(books, on=one, archived=True), one
    assert any(balance.amount for balance in found[day("03-20")])

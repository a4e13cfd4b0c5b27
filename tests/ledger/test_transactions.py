"""Every field of a filter means what it says; totals, pages and coverage agree with the rows."""

from decimal import Decimal

import pytest

from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, day, imported, row, rows_of, statement
from tuppence.ledger.accounts import find_account
from tuppence.ledger.categories import create_category, find_category, list_categories
from tuppence.ledger.edits import By
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import find_merchant, merchant_named
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Coverage, Order, Transaction, find_transactions, transaction
from tuppence.money import Money
from tuppence.store.tables import tags

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(ledger: Ledger) -> Ledger:
    """Two accounts with purchases, wages, a transfer, a pending row and another currency."""
    checking = [
        row("03-01", "2500", "Wages ACME"),
        row("03-02", "-40.10", "GREEN GROCER 77", category="Groceries"),
        row("03-03", "-15", "Café Übersee", category="Restaurants"),
        row("03-04", "-300", "To savings"),
        row("03-05", "-9.99", "Stream*Plus", pending=True),
        row("03-06", "-1200", "Noodle bar, Tōkyō 東京", currency="JPY"),
    ]
    await bring_in(
        ledger, bank_file(imported(checking), imported([row("03-05", "300", "From checking")])), CHECKING, SAVINGS
    )
    return ledger


async def words(ledger: Ledger, **asked: object) -> list[str]:
    """The first word of each description found."""
    return [each.description.split()[0] for each in await rows_of(ledger, TransactionFilter(**asked))]  # type: ignore[arg-type]


ALL = ["Wages", "GREEN", "Café", "To", "Stream*Plus", "From", "Noodle"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ALL),
        ({"since": day("03-03"), "until": day("03-04")}, ["Café", "To"]),
        ({"minimum": Decimal(300)}, ["Wages", "To", "From", "Noodle"]),
        ({"minimum": Decimal("15.001"), "maximum": Decimal("40.10")}, ["GREEN"]),
        ({"maximum": Decimal("9.995")}, ["Stream*Plus"]),
        ({"direction": "in"}, ["Wages", "From"]),
        ({"direction": "out", "include_transfers": False}, ["GREEN", "Café", "Stream*Plus", "Noodle"]),
        ({"pending": True}, ["Stream*Plus"]),
        ({"pending": False, "direction": "in"}, ["Wages", "From"]),
        ({"uncategorized": True}, ["Wages", "Stream*Plus", "Noodle"]),
        ({"currency": "JPY"}, ["Noodle"]),
        ({"text": "grocer"}, ["GREEN"]),
        ({"text": "77 GREEN"}, ["GREEN"]),
        ({"text": "übersee"}, ["Café"]),
        ({"text": "東京"}, ["Noodle"]),
        ({"text": "bar 東"}, ["Noodle"]),
        ({"text": "m*P"}, ["Stream*Plus"]),
        ({"text": "%"}, []),
        ({"text": 'a "quoted" OR word'}, []),
        ({"text": "   "}, ALL),
        ({"text": "\0"}, ALL),
    ],
    ids=str,
)
async def test_fields(books: Ledger, asked: dict[str, object], expected: list[str]) -> None:
    assert await words(books, **asked) == expected


async def test_by_account(books: Ledger) -> None:
    savings = await find_account(books, "savings")
    assert await words(books, accounts=(savings.id,)) == ["From"]


async def test_a_category_means_what_is_below_it_too(books: Ledger) -> None:
    food, groceries = await find_category(books, "Food"), await find_category(books, "groceries")
    organic = await create_category(books, "Organic", parent=groceries)
    (grocer,) = await rows_of(books, TransactionFilter(categories=(groceries.id,)))
    await file_transactions(books, [grocer.id], TransactionChange(category=organic.id))
    assert await words(books, categories=(food.id,)) == ["GREEN", "Café"]
    assert await words(books, categories=(organic.id,)) == ["GREEN"]


async def test_by_merchant_and_by_the_words_of_its_name(books: Ledger) -> None:
    merchant = await merchant_named(books, "Streaming Inc", "stream.example")
    (pending,) = await rows_of(books, TransactionFilter(pending=True))
    await file_transactions(books, [pending.id], TransactionChange(merchant=merchant.id))
    assert await words(books, merchants=(merchant.id,)) == ["Stream*Plus"]
    assert await words(books, text="inc streaming") == ["Stream*Plus"]
    assert (await transaction(books, pending.id)).merchant == "Streaming Inc"


async def test_by_tag(books: Ledger) -> None:
    wages, grocer, *_ = await rows_of(books)
    await file_transactions(books, [wages.id, grocer.id], TransactionChange(add_tags=("Holiday  fund", "2026")))
    await file_transactions(books, [wages.id], TransactionChange(add_tags=("holiday FUND",)))
    async with books.store.reading() as connection:
        known = {row.name: row.id for row in await connection.execute(tags.select())}
    assert set(known) == {"Holiday fund", "2026"}
    await file_transactions(books, [grocer.id], TransactionChange(remove_tags=("holiday fund", "unknown")))
    assert await words(books, tags=(known["Holiday fund"],)) == ["Wages"]
    assert (await transaction(books, wages.id)).tags == ("2026", "Holiday fund")


async def test_notes_are_searched(books: Ledger) -> None:
    wages, *_ = await rows_of(books)
    await file_transactions(books, [wages.id], TransactionChange(notes=" thirteenth salary "))
    assert await words(books, text="thirteenth") == ["Wages"]
    await file_transactions(books, [wages.id], TransactionChange(notes=" "))
    assert await words(books, text="thirteenth") == []
    assert (await transaction(books, wages.id)).notes is None


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", ["Noodle", "From", "Stream*Plus", "To", "Café", "GREEN", "Wages"]),
        ("oldest", ALL),
        ("largest", ["Wages", "From", "To", "GREEN", "Café", "Noodle", "Stream*Plus"]),
    ],
)
async def test_pages_in_order_are_the_whole(books: Ledger, order: Order, expected: list[str]) -> None:
    found: list[str] = []
    missing: list[int] = []
    for offset in range(0, 8, 3):
        page = await find_transactions(books, order=order, limit=3, offset=offset)
        found += [each.description.split()[0] for each in page.rows]
        missing.append(page.missing)
        assert page.total == 7
    assert found == expected
    assert missing == [4, 1, 0]


async def test_totals_are_by_currency_without_transfers(books: Ledger) -> None:
    page = await find_transactions(books, limit=1)
    euros, yen = page.totals
    assert euros.money_in == Money(250000, "EUR")
    assert euros.money_out == Money(-6509, "EUR")  # 40.10 + 15 + 9.99
    assert euros.net == Money(243491, "EUR")
    assert (yen.money_in, yen.money_out) == (Money(0, "JPY"), Money(-1200, "JPY"))


async def test_coverage_says_what_figures_rest_on(books: Ledger) -> None:
    expected = Coverage(day("03-01"), day("03-06"), ("Checking", "Savings"), 7, pending=1, uncategorized=3, transfers=2)
    assert (await find_transactions(books)).coverage == expected
    without = await find_transactions(books, TransactionFilter(include_transfers=False))
    assert (without.coverage, without.total) == (expected, 5)
    nothing = await find_transactions(books, TransactionFilter(text="no such words"))
    assert nothing.coverage == Coverage(None, None, (), 0, 0, 0, 0)
    assert (nothing.total, nothing.missing, nothing.totals, nothing.rows) == (0, 0, (), ())


async def filed(ledger: Ledger, by: By, change: TransactionChange, *rows: Transaction) -> int:
    """Carry out a change; how many rows are different."""
    return (await file_transactions(ledger, [row.id for row in rows], change, by)).rows


async def test_only_a_person_overrules_a_person(books: Ledger) -> None:
    wages, grocer, *_ = await rows_of(books)
    person, model, rule = By(), By(source="model"), By(source="rule")
    salary = TransactionChange(category=(await find_category(books, "Salary")).id)
    assert await filed(books, model, salary, wages, grocer) == 2
    assert await filed(books, person, TransactionChange(category=None), wages) == 1
    assert await filed(books, rule, salary, wages, grocer) == 1
    assert [(each.category, each.category_source) for each in (await rows_of(books))[:2]] == [
        (None, "person"),
        ("Salary", "rule"),
    ]
    assert await filed(books, person, salary, wages) == 1
    await filed(books, person, TransactionChange(merchant=(await merchant_named(books, "ACME")).id), wages)
    assert await filed(books, By(source="memory"), TransactionChange(merchant=None), wages) == 0


async def test_one_household_never_sees_another(books: Ledger) -> None:
    from ledger.test_importing import new_ledger

    other = await new_ledger(books.store)
    await bring_in(other, statement(row("03-01", "-1", "GREEN secret", category="Groceries")))
    mine, theirs = await rows_of(books), await rows_of(other)
    assert [each.description for each in theirs] == ["GREEN secret"]
    assert await words(books, text="secret") == []
    assert await words(other, accounts=(mine[0].account_id,)) == []
    with pytest.raises(LookupError):
        await transaction(other, mine[0].id)
    with pytest.raises(LookupError):
        await file_transactions(other, [mine[0].id], TransactionChange(notes="seen"))
    assert (await rows_of(books))[0] == mine[0]
    assert await list_categories(other) == []
    with pytest.raises(LookupError):
        await find_merchant(other, "anything")

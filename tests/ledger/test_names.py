"""Categories, accounts and merchants are found by name; what is missing is said with what could have been meant."""

import pytest

from ledger.statements import SAVINGS, bring_in, day, row, statement
from tuppence.ledger.accounts import AccountKind, NewAccount, account_kind, create_account, find_account, list_accounts
from tuppence.ledger.balances import account_balances, balance_of, state_balance
from tuppence.ledger.categories import create_category, find_category, list_categories, with_subcategories
from tuppence.ledger.household import Household, Ledger, household_of, open_ledger, set_currency
from tuppence.ledger.merchants import (
    Merchant,
    find_merchant,
    list_merchants,
    merchant_named,
)
from tuppence.ledger.names import NameTaken, NameUnknown

pytestmark = pytest.mark.anyio


async def test_a_store_has_one_household_from_the_beginning(ledger: Ledger) -> None:
    assert await open_ledger(ledger.store, currency="CHF") == ledger
    await set_currency(ledger, "SEK")
    assert await household_of(ledger) == Household(ledger.household, "Household", "SEK", "en")


async def test_the_default_categories_are_a_tree_of_every_kind(ledger: Ledger) -> None:
    tree = await list_categories(ledger)
    assert 60 <= len(tree) <= 100
    assert {category.kind for category in tree} == {"income", "expense", "other"}
    place = {category.id: number for number, category in enumerate(tree)}
    assert all(place[category.parent_id] < place[category.id] for category in tree if category.parent_id)
    food = await find_category(ledger, "food")
    below = with_subcategories([food.id], tree)
    assert {category.name for category in tree if category.id in below} >= {"Food", "Groceries", "Restaurants"}


async def test_a_category_is_found_whatever_the_case_or_by_a_telling_part(ledger: Ledger) -> None:
    assert (await find_category(ledger, "  GROCERIES ")).name == "Groceries"
    assert (await find_category(ledger, "pharm")).name == "Pharmacy"
    assert (await find_category(ledger, "Gifts")).name == "Gifts"


@pytest.mark.parametrize(
    ("asked", "offered"), [("Grocceries", "Groceries"), ("insur", "Car insurance"), ("", "Alcohol")]
)
async def test_what_could_have_been_meant_is_listed(ledger: Ledger, asked: str, offered: str) -> None:
    with pytest.raises(NameUnknown, match=offered):
        await find_category(ledger, asked)


async def test_a_category_of_ones_own(ledger: Ledger) -> None:
    pets = await find_category(ledger, "Pets")
    aquarium = await create_category(ledger, " Aquarium  fish ", parent=pets)
    assert (aquarium.name, aquarium.kind, aquarium.parent_id) == ("Aquarium fish", "expense", pets.id)
    assert await find_category(ledger, "aquarium fish") == aquarium
    with pytest.raises(NameTaken):
        await create_category(ledger, "AQUARIUM FISH")
    with pytest.raises(ValueError, match="name"):
        await create_category(ledger, " ")


async def test_accounts_by_name(ledger: Ledger) -> None:
    with pytest.raises(NameUnknown, match="no account yet"):
        await find_account(ledger, "checking")
    main = await create_account(ledger, NewAccount("Main account", "EUR"))
    card = await create_account(ledger, NewAccount("Travel card", "USD", "credit_card", number="1234"))
    assert await list_accounts(ledger) == [main, card]
    assert await find_account(ledger, "TRAVEL") == card
    assert (main.is_liability, card.is_liability) == (False, True)
    with pytest.raises(NameUnknown, match="Main account, Travel card"):
        await find_account(ledger, "a")
    with pytest.raises(NameTaken):
        await create_account(ledger, NewAccount("main ACCOUNT", "EUR"))
    with pytest.raises(ValueError, match="name"):
        await create_account(ledger, NewAccount(" ", "EUR"))


@pytest.mark.parametrize(
    ("hints", "kind"),
    [
        (("credit_card", "Everyday"), "credit_card"),
        (("investment",), "brokerage"),
        ((None, "My Savings"), "savings"),
        ((None, "Visa Gold"), "credit_card"),
        (("other", "Home mortgage 2"), "mortgage"),
        (("Depot",), "brokerage"),
        (("ISA",), "brokerage"),
        (("Disability fund",), "checking"),
        (("Car loan",), "loan"),
        (("Girokonto",), "checking"),
        ((None, "Joint"), "checking"),
    ],
)
def test_the_kind_is_guessed_from_what_the_bank_or_the_name_says(
    hints: tuple[str | None, ...], kind: AccountKind
) -> None:
    assert account_kind(*hints) == kind


async def test_a_balance_without_an_anchor_is_unknown(ledger: Ledger) -> None:
    savings = await create_account(ledger, SAVINGS)
    (nothing,) = await account_balances(ledger)
    assert (nothing.amount, nothing.as_of, nothing.anchored_on, nothing.source) == (None, None, None, None)
    await bring_in(ledger, statement(row("03-05", "100")), savings)
    unknown = await balance_of(ledger, savings)
    assert (unknown.amount, unknown.as_of, unknown.anchored_on) == (None, day("03-05"), None)


async def test_the_nearest_anchor_counts_and_a_person_before_a_statement(ledger: Ledger) -> None:
    rows = [row("03-01", "1"), row("03-05", "10"), row("03-09", "100"), row("03-09", "1000", pending=True)]
    await bring_in(
        ledger, statement(*rows, closing_balance=row("03-05", "50").amount, closing_date=day("03-05")), SAVINGS
    )
    savings = await find_account(ledger, "Savings")
    assert (await balance_of(ledger, savings)).amount == 15000  # 50 + 100, nothing pending
    assert (await balance_of(ledger, savings, on=day("03-04"))).amount == 4000  # 50 - 10
    await state_balance(ledger, savings, day("03-05"), 7000)
    await state_balance(ledger, savings, day("03-05"), 6000)
    known = await balance_of(ledger, savings)
    assert (known.amount, known.source) == (16000, "person")  # 60 + 100
    await state_balance(ledger, savings, day("03-08"), -500)
    known = await balance_of(ledger, savings)
    assert (known.amount, known.as_of, known.anchored_on) == (9500, day("03-09"), day("03-08"))  # -5 + 100
    assert (await balance_of(ledger, savings, on=day("03-06"))).amount == 6000


async def test_each_currency_of_an_account_has_a_balance_of_its_own(ledger: Ledger) -> None:
    rows = [row("03-01", "1"), row("03-02", "3", currency="USD"), row("03-02", "4", currency="AUD")]
    await bring_in(ledger, statement(*rows), SAVINGS)
    await state_balance(ledger, await find_account(ledger, "Savings"), day("03-01"), 700)
    found = [(each.currency, each.amount) for each in await account_balances(ledger)]
    assert found == [("EUR", 700), ("AUD", None), ("USD", None)]


async def test_a_merchant_is_made_once(ledger: Ledger) -> None:
    shop = await merchant_named(ledger, " The  Shop ")
    assert await merchant_named(ledger, "the shop", "shop.example") == Merchant(shop.id, "The Shop", "shop.example")
    assert await merchant_named(ledger, "the shop", "other.example") == await find_merchant(ledger, "shop")
    await merchant_named(ledger, "Employer")
    assert [merchant.name for merchant in await list_merchants(ledger)] == ["Employer", "The Shop"]
    with pytest.raises(ValueError, match="name"):
        await merchant_named(ledger, "")

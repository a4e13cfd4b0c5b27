"""What the clerk knows: which category it takes among those there are, and what it calls a business."""

from __future__ import annotations

import pytest

from tuppence.understudy.clerk.assignment import Transaction
from tuppence.understudy.clerk.categories import chosen
from tuppence.understudy.clerk.kinds import KINDS
from tuppence.understudy.clerk.merchants import Finding, named
from tuppence.understudy.clerk.words import folded

ENGLISH = (
    "Income > Salary",
    "Food & Drink",
    "Food & Drink > Groceries",
    "Food & Drink > Coffee Shops",
    "Transportation",
    "Transportation > Gas & Fuel",
    "Travel > Hotels",
    "Health",
    "Home / Rent",
    "Bank Fees (expense)",
    "Model Railways",
)
GERMAN = ("Lebensmittel", "Auswärts essen", "Bahn & Bus", "Miete", "Gesundheit", "Gehalt", "Haushaltsgeräte und Möbel")


def spent(description: str, payee: str = "") -> Transaction:
    return Transaction(description, payee, money_in=False)


@pytest.mark.parametrize(
    ("description", "english", "german"),
    [
        ("TRADER JOE'S #552", "Food & Drink > Groceries", "Lebensmittel"),
        ("Bäckerei Sonnenschein", "Food & Drink > Groceries", "Lebensmittel"),
        ("KAFFEEHAUS AM RING", "Food & Drink > Coffee Shops", "Auswärts essen"),
        ("PIZZERIA DA MARIO", "Food & Drink", "Auswärts essen"),
        ("ARAL TANKSTELLE 4431", "Transportation > Gas & Fuel", None),
        ("DEUTSCHE BAHN TICKET", "Transportation", "Bahn & Bus"),
        ("SEASIDE HOTELS NYC", "Travel > Hotels", None),
        ("Zahnarztpraxis Dr. Blum", "Health", "Gesundheit"),
        ("Miete Januar", "Home / Rent", "Miete"),
        ("MONTHLY SERVICE CHARGE", "Bank Fees (expense)", None),
        ("TINY MODEL LTD", "Model Railways", None),
    ],
)
def test_a_kind_is_found_and_filed_as_the_household_calls_it(
    description: str, english: str, german: str | None
) -> None:
    assert chosen(spent(description), ENGLISH).category == english
    assert chosen(spent(description), GERMAN).category == german


@pytest.mark.parametrize(
    "description",
    ["", "ACH TRANSFER 881", "ATM WITHDRAWAL", "Überweisung", "John Smith", "XQJ-4431", "CHECK #1201"],
)
def test_what_tells_nothing_is_left_open(description: str) -> None:
    choice = chosen(spent(description), ENGLISH)
    assert choice.category is None
    assert choice.confidence < 60


def test_ways_of_paying_are_no_purchases() -> None:
    assert chosen(spent("INTERNET TRANSFER 12"), ("Internet",)).category is None
    assert chosen(spent("FIBER INTERNET 12"), ("Internet",)).category == "Internet"


def test_it_is_torn_between_two_kinds() -> None:
    both = chosen(spent("DOCTOR IN THE MUSEUM"), ("Health", "Entertainment"))
    assert both.confidence < chosen(spent("DOCTOR"), ("Health", "Entertainment")).confidence


def test_it_is_less_sure_of_broader_categories_and_of_money_that_comes_back() -> None:
    coffee = chosen(spent("STARBUCKS"), ENGLISH)
    broader = chosen(spent("BURGER GRILL"), ENGLISH)
    refund = chosen(Transaction("STARBUCKS", money_in=True), ENGLISH)
    assert coffee.confidence > broader.confidence >= 60
    assert coffee.confidence > refund.confidence
    assert refund.category == coffee.category


def test_only_money_that_comes_in_is_a_salary() -> None:
    assert chosen(Transaction("PAYROLL ACME", money_in=True), ENGLISH).category == "Income > Salary"
    assert chosen(Transaction("LOHN GEHALT", money_in=None), GERMAN).category == "Gehalt"
    assert chosen(spent("PAYROLL ACME"), ENGLISH).category is None


def test_the_payee_tells_as_well() -> None:
    assert chosen(spent("4431 998", payee="REWE Markt"), ENGLISH).category == "Food & Drink > Groceries"


def test_without_categories_nothing_can_be_chosen() -> None:
    assert chosen(spent("REWE"), ()).category is None


@pytest.mark.parametrize(
    ("description", "name", "website"),
    [
        ("AMZN MKTP US*2K3F", "Amazon", "amazon.com"),
        ("PAYPAL *NETFLIX.COM", "Netflix", "netflix.com"),
        ("SQ *CORNER BAKERY 0042 AUSTIN TX", "Corner Bakery", None),
        ("KARTENZAHLUNG Gasthaus Krone GmbH", "Gasthaus Krone", None),
        ("ACME TOOLS AG ZURICH", "Acme Tools", None),
        ("O'NEILL'S GARDEN CENTRE", "O'neill's Garden Centre", None),
        ("BP 4711", None, None),
        ("ONLINE TRANSFER 998", None, None),
        ("", None, None),
    ],
)
def test_businesses_are_named(description: str, name: str | None, website: str | None) -> None:
    finding = named(spent(description))
    assert (finding.name, finding.website) == (name, website)
    assert (finding.confidence >= 80) == (name is not None)


def test_the_payee_is_the_better_name() -> None:
    assert named(spent("REF 99812", payee="Schreinerei Holz OHG")) == Finding("Schreinerei Holz", None, 88)


def test_the_table_is_written_as_it_is_read() -> None:
    for kind in KINDS.values():
        assert kind.broader is None or kind.broader in KINDS
        for word in (*kind.names, *kind.signs):
            assert folded(word) == f" {word} "

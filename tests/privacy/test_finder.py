"""What is found in a text: the household's values, as whole words and in their forms, and nothing else."""

from __future__ import annotations

import time
import unicodedata

import pytest

from tuppence.privacy.finder import Finder
from tuppence.privacy.household_values import HouseholdValues, names_of_household, parts_of_name

VALUES = HouseholdValues(
    names=[
        "Anna Kowalska",
        "Anna",
        "O'Brien",
        "Weiß",
        "José",
        "Müller",
        "李小龙",
        "김철수",
        "שרה",
        "🏠🏠🏠",
        "Jo",
        "Ann-Marie",
    ],
    accounts=["Savings", "Main (Joint)"],
    numbers=["12-34-56 12345678", "xxxx4321", "0077", "5512345"],
    payees=["Aldi"],
)


def found(text: str, values: HouseholdValues = VALUES) -> list[tuple[str, str]]:
    """What is found and what it is."""
    return [(text[one.start : one.end], one.kind.value) for one in Finder(values).found_in(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Anna paid.", ["Anna"]),
        ("anna ANNA Anna's 'Anna' _Anna_ **Anna** Anna-Lena", ["anna", "ANNA", *["Anna"] * 5]),
        ("Annabel, Hanna, Anna2, Ännaanna", []),
        ("SEPA ANNA  KOWALSKA GEHALT", ["ANNA  KOWALSKA"]),
        ("Anna\nKowalska", ["Anna\nKowalska"]),
        ("Anna Kowalski", ["Anna"]),
        ("O’BRIEN O´Brien OBrien", ["O’BRIEN", "O´Brien"]),
        ("Weiß WEISS Weiss WEIẞ weißt", ["Weiß", "WEISS", "Weiss", "WEIẞ"]),
        ("José JOSE Jose", ["José", "JOSE", "Jose"]),
        (unicodedata.normalize("NFD", "José Joséf"), [unicodedata.normalize("NFD", "José")]),
        ("Anna\u0301 is no Anna\ufe0f", ["Anna"]),
        ("Mueller MULLER Müllers", ["Mueller", "MULLER"]),
        ("户名李小龙Anna转账", ["李小龙", "Anna"]),
        ("김철수는 냈다", ["김철수"]),
        ("שלום שרה, ושרה", ["שרה"]),
        ("a🏠🏠🏠b", ["🏠🏠🏠"]),
        ("Jo is too short", []),
        ("Ann\u2011Marie", ["Ann\u2011Marie"]),
    ],
)
def test_people_are_found_as_whole_words(text: str, names: list[str]) -> None:
    assert found(text) == [(name, "Person") for name in names]


def test_names_of_accounts_are_no_common_words() -> None:
    assert found("My savings are in Savings, SAVINGS or Main (Joint).") == [
        ("Savings", "Account"),
        ("SAVINGS", "Account"),
        ("Main (Joint)", "Account"),
    ]
    assert found("ALDI SUED 4711, aldis") == [("ALDI", "Payee")]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12-34-56 12345678", ["12-34-56 12345678"]),
        ("to 12345612345678 or 123456/12345678", ["12345612345678", "123456/12345678"]),
        ("to 12345678, not 123456789 and not A12345678", ["12345678"]),
        ("12345678,12.50", ["12345678"]),
        ("...5678 …5678 *5678 x5678 XXXX-5678", ["...5678", "…5678", "*5678", "x5678", "XXXX-5678"]),
        ("XXXX4321", ["XXXX4321"]),
        ("5512345 5512345.50 1,5512345", ["5512345"]),
        ("0077", ["0077"]),
        ("0077 EUR, **5678**", []),
        ("x" * 50_000 + " 1", []),
    ],
)
def test_own_account_numbers_are_found_however_they_are_spaced(text: str, numbers: list[str]) -> None:
    assert found(text) == [(number, "Account") for number in numbers]


@pytest.mark.parametrize(
    ("text", "identifier", "kind"),
    [
        ("IBAN DE89 3704 0044 0532 0130 00 Miete", "DE89 3704 0044 0532 0130 00", "IBAN"),
        ("IBANDE89370400440532013000", "DE89370400440532013000", "IBAN"),
        ("gb29 nwbk 6016 1331 9268 19 rent", "gb29 nwbk 6016 1331 9268 19", "IBAN"),
        ("NL91ABNA0417164300BIC", "NL91ABNA0417164300", "IBAN"),
        ("Card 4111 1111 1111 1111.", "4111 1111 1111 1111", "Card"),
        ("5500-0000-0000-0004", "5500-0000-0000-0004", "Card"),
        ("amex 3714 496353 98431", "3714 496353 98431", "Card"),
        ("CARD371449635398431", "371449635398431", "Card"),
        ("**** **** **** 9876", "**** **** **** 9876", "Card"),
        ("411111******1111", "411111******1111", "Card"),
        ("4571 XXXX XXXX 9876", "4571 XXXX XXXX 9876", "Card"),
        ("to anna.k+bank@mail.example.org.", "anna.k+bank@mail.example.org", "Mail"),
        ("mailto:jürgen@bücher.example", "jürgen@bücher.example", "Mail"),
        ("Tel +49 151 23456789", "+49 151 23456789", "Phone"),
        ("+4915123456789", "+4915123456789", "Phone"),
        ("0049 151 2345678", "0049 151 2345678", "Phone"),
        ("(555) 223-4567", "(555) 223-4567", "Phone"),
        ("AMZN 800-555-1234 WA", "800-555-1234", "Phone"),
        ("+1.555.123.4567", "+1.555.123.4567", "Phone"),
        ("030/1234567", "030/1234567", "Phone"),
        ("020 7946 0958", "020 7946 0958", "Phone"),
        ("06 12 34 56 78", "06 12 34 56 78", "Phone"),
        ("tel: 555 1234 on 01/02/2026", "555 1234", "Phone"),
        ("Kto. Nr. 765 432 10", "765 432 10", "Account"),
        ("sort code 08-99-99", "08-99-99", "Account"),
    ],
)
def test_identifiers_are_told_by_their_form(text: str, identifier: str, kind: str) -> None:
    assert found(text, HouseholdValues()) == [(identifier, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "-1,234.56 EUR; 1.234,56; 1 234 567,89; +1 234 567.89; +12 345 678 JPY; +1.234.567; 1000000",
        "2026-03-14 14.03.2026 03/14/2026 2026-03-14T08:15:30Z 20260314 2025-2026 2026-03",
        "account 2026-03 to 2026-04, account 2025-2026, Konto 2026-03-14",
        "REF 0012345678901, order 302-1234567-1234567, invoice 123456789012, EREF+4915112345678",
        "4111111111111112 4111 1111 1111 1112",  # a wrong check digit
        "DE88370400440532013000 DE8937040044053201300",  # wrong check digits, too short
        "12@3.50, a@b, @anna, me@localhost",
        "**1234** and ** **12 EUR; XXL 40; XX 2024; 5 x 1234",
        "9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    ],
)
def test_amounts_days_and_references_are_nobodys(text: str) -> None:
    assert found(text, HouseholdValues()) == []


def test_the_longest_value_goes_first_and_nothing_is_left_of_it() -> None:
    values = HouseholdValues(names=["Ana", "Ana Maria", "Maria Lopez Sanz"], accounts=["Ana Maria Giro"])
    assert found("Ana Maria Giro", values) == [("Ana Maria Giro", "Account")]
    assert found("Ana Maria Lopez Sanz", values) == [("Ana", "Person"), ("Maria Lopez Sanz", "Person")]
    assert found("ana.maria@example.org", values) == [("ana.maria@example.org", "Mail")]


def test_the_parts_of_a_name() -> None:
    assert parts_of_name("Anna van der Berg (Jo)") == ["Anna van der Berg (Jo)", "Anna", "Berg"]
    assert parts_of_name("李小龙") == ["李小龙"]
    assert parts_of_name("anna van der berg") == ["anna van der berg", "anna", "berg"]
    assert parts_of_name("Ben.O'Brien") == ["Ben.O'Brien", "Ben", "O'Brien"]
    assert parts_of_name("anna_k.berg@mail.example.org") == ["anna_k.berg@mail.example.org", "anna", "berg"]


def test_what_a_household_is_called() -> None:
    assert names_of_household("Household") == names_of_household("Our family, the house") == []
    assert names_of_household("Berg family") == ["Berg family", "Berg"]
    assert names_of_household("The Kowalskis") == ["The Kowalskis", "Kowalskis"]
    assert names_of_household("Anna & Ben") == ["Anna & Ben"]


def test_thousands_of_names_are_found_like_a_few() -> None:
    payees = [name for at in range(1500) for name in (f"PAYPAL *Shop{at}", f"Müller {at} Ltd", f"小龙{at}店")]
    text = "Paypal *shop1499, MUELLER  1499 LTD, 去小龙1499店买, PAYPAL *other, Müller"
    places = [(found, "Payee") for found in ("Paypal *shop1499", "MUELLER  1499 LTD", "小龙1499店")]
    assert found(text, HouseholdValues(payees=payees)) == places


def test_names_that_begin_with_no_word() -> None:
    values = HouseholdValues(names=["'Ndrangheta", "-- A --", "(Joint) fund", "…😀 Anna"])
    for text in ("x ’Ndrangheta y", "-– A  —–".replace("—", "-"), "the (joint) FUND", "…😀\nAnna", "a…😀 anna b"):
        assert len(found(text, values)) == 1, text
    assert found("…😀 Annabel, (jointly) fund, ndrangheta", values) == []


@pytest.mark.parametrize(
    "text",
    ["x" * 40_000, "* " * 20_000, "AB12 " * 10_000, "+1 " * 15_000, "0" * 40_000, "a." * 20_000 + "@", "a@" * 20_000],
)
def test_no_text_takes_long(text: str) -> None:
    """The bound is far above what is needed and far below what a pattern takes that tries all ways."""
    began = time.process_time()
    found(text)
    assert time.process_time() - began < 5

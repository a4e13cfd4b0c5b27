"""Spellings of one business, and what merging them promises."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuppence.enrichment.merchant_spellings import merged, spelling, without_legal_form
from tuppence.enrichment.tasks import Verdict
from tuppence.ledger.merchants import Merchant

SAME = [
    (
        "Brellamart",
        "BRELLAMART",
        "Brella-Mart",
        "brella mart",
        "Brellamart GmbH",
        "Brellamart, Inc.",
        "Brellamart L.L.C.",
    ),
    ("Orlik", "Orlik e.K.", "ORLIK AG", "Orlik S.p.A.", "Orlik Ltd", "Orlik GmbH & Co. KG"),
    ("Harlow & Dunn", "Harlow and Dunn Ltd.", "HARLOW & DUNN"),
    ("Harlow & Co.", "Harlow"),
    ("Épicerie Valrose", "Epicerie Valrose", "EPICERIE VALROSE SARL"),
    ("O'Malley's", "OMalleys", "O\N{RIGHT SINGLE QUOTATION MARK}Malley\N{RIGHT SINGLE QUOTATION MARK}s"),
    ("Ｏｒｌｉｋ", "Orlik"),
]
DIFFERENT = [
    ("C&A", "CA"),
    ("Day Spa", "Day"),
    ("Orlik Energy", "Orlik"),
    ("A1", "A2"),
    ("Ltd", "GmbH"),
    ("***", "!!!"),
]


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_one_business(names: tuple[str, ...]) -> None:
    assert len({spelling(name) for name in names}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_businesses(one: str, other: str) -> None:
    assert spelling(one) != spelling(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Orlik GmbH & Co. KG", "Orlik"),
        ("Orlik, Inc.", "Orlik"),
        ("Tillman & Co.", "Tillman & Co."),
        ("Day Spa", "Day Spa"),
        ("Day S.p.A.", "Day"),
        ("GmbH", "GmbH"),
    ],
)
def test_the_legal_form_goes_and_nothing_else(name: str, expected: str) -> None:
    assert without_legal_form(name) == expected
    assert without_legal_form(expected) == expected


def named(*names: str | tuple[str, str]) -> list[Verdict]:
    """Verdicts with these names, or names and websites."""
    pairs = [(one, None) if isinstance(one, str) else one for one in names]
    return [Verdict(at, None, name, website, 90) for at, (name, website) in enumerate(pairs)]


def names_of(verdicts: list[Verdict]) -> list[str | None]:
    return [verdict.merchant_name for verdict in verdicts]


def test_the_known_name_wins() -> None:
    known = [Merchant(1, "Orlik Energy", "orlik.example"), Merchant(2, "Tillman", None)]
    verdicts = named("ORLIK ENERGY AG", ("Orlik Power", "orlik.example"), "Tillmann", ("TILLMAN", "tillman.example"))
    found = merged(verdicts, known)
    assert names_of(found) == ["Orlik Energy", "Orlik Energy", "Tillmann", "Tillman"]
    assert [one.website for one in found] == ["orlik.example", "orlik.example", None, "tillman.example"]


def test_the_most_frequent_spelling_wins_where_none_is_known() -> None:
    found = merged(named("BRELLA", "Brella", "Brella", ("Brella Shop", "b.example"), ("Brella", "b.example")), [])
    assert names_of(found) == ["Brella"] * 5
    assert {one.website for one in found} == {"b.example"}


def test_known_merchants_are_never_confused() -> None:
    known = [Merchant(1, "Orlik", "orlik.example"), Merchant(2, "Orlik Travel", "orlik.example")]
    verdicts = named(("Orlik Reisen", "orlik.example"), ("ORLIK TRAVEL", "orlik.example"), "Orlik")
    assert names_of(merged(verdicts, known)) == ["Orlik Reisen", "Orlik Travel", "Orlik"]


def test_two_known_spellings_stay_what_they_are() -> None:
    known = [Merchant(1, "Orlik AG", None), Merchant(2, "Orlik GmbH", None)]
    assert names_of(merged(named("Orlik gmbh", "Orlik"), known)) == ["Orlik GmbH", "Orlik"]


def test_a_page_on_a_platform_makes_no_two_businesses_one() -> None:
    verdicts = named(("Mara's Candles", "etsy.com"), ("Knitted Otter", "etsy.com"))
    assert merged(verdicts, []) == verdicts


def test_who_abstained_stays_empty() -> None:
    verdicts = [Verdict(1, confidence=20), Verdict(2)]
    assert merged(verdicts, [Merchant(1, "Orlik", None)]) == verdicts


NAMES = st.sampled_from(["Orlik", "ORLIK AG", "orlik", "Brella-Mart", "Brellamart", "Harlow & Co.", "Harlow", "&"])
SITES = st.sampled_from([None, None, "a.example", "b.example", "c.example", "etsy.com"])
VERDICTS = st.lists(st.tuples(NAMES | st.none(), SITES)).map(
    lambda pairs: [Verdict(at, None, name, site if name else None, 90) for at, (name, site) in enumerate(pairs)]
)
KNOWN = st.lists(st.tuples(NAMES, SITES), max_size=4, unique_by=lambda pair: pair[0].casefold()).map(
    lambda pairs: [Merchant(at, name, site) for at, (name, site) in enumerate(pairs)]
)


@given(VERDICTS, KNOWN)
@settings(max_examples=150)
def test_merging_again_changes_nothing(verdicts: list[Verdict], known: list[Merchant]) -> None:
    once = merged(verdicts, known)
    assert merged(once, known) == once


@given(VERDICTS, KNOWN, st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_makes_no_difference(verdicts: list[Verdict], known: list[Merchant], dice: random.Random) -> None:
    shuffled, others = list(verdicts), list(known)
    dice.shuffle(shuffled)
    dice.shuffle(others)
    assert {one.id: one for one in merged(shuffled, others)} == {one.id: one for one in merged(verdicts, known)}


@given(VERDICTS, KNOWN)
def test_nothing_is_invented(verdicts: list[Verdict], known: list[Merchant]) -> None:
    said = {one.merchant_name for one in verdicts} | {merchant.name for merchant in known}
    found = merged(verdicts, known)
    assert [one.id for one in found] == [one.id for one in verdicts]
    assert {one.merchant_name for one in found} <= said
    assert [one.merchant_name is None for one in found] == [one.merchant_name is None for one in verdicts]

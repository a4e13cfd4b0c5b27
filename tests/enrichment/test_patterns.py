"""Patterns: they find what the usual regular expressions find, refuse what they cannot do, and never take long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.enrichment.patterns import LONGEST_PATTERN, Pattern, PatternUnclear


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("orlik", "POS DEBIT  Orlik 4711", True),
        ("^orlik$", "ORLIK", True),
        ("^orlik$", "orlik markt", False),
        (r"\bdm\b", "DM Drogerie", True),
        (r"\bdm\b", "Admin", False),
        (r"\Bmin", "Admin", True),
        ("a{2,3}b", "xaab", True),
        ("a{2,3}b", "xab", False),
        ("^a{2}$", "aaa", False),
        ("^a{2,}$", "aaaa", True),
        ("(foo|bar)+x", "foobarx", True),
        ("[A-C]\\d", "b7", True),
        ("[^a]", "a", False),
        ("[]x]", "]", True),
        ("[\\d.-]{5}", "12.03", True),
        ("straße", "STRASSE", True),
        ("caf[éè]", "CAFÉ", True),
        ("a.c", "a c", True),
        ("a?b?c", "c", True),
        ("(?:re|)we$", "rewe", True),
        ("\\$5", "costs $5", True),
        ("a.*?c", "abbbc", True),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, text: str, found: bool) -> None:
    assert Pattern(pattern).is_in(text) is found


REFUSED = ("", "a*", "(", ")", "a**", "*a", "[z-a]", "[a", "\\1", "\\", "(?=a)", "(?i)a", "a{2,1}", "a{", "a{x}", "x|")
TOO_LARGE = (
    "a{1000}",
    "((((a{100}){100}){100}){100})",
    "((){999}){999}a",
    "(" * 40 + "a" + ")" * 40,
    "a" * (LONGEST_PATTERN + 1),
)


@pytest.mark.parametrize("pattern", [*REFUSED, *TOO_LARGE])
def test_what_cannot_be_read_or_fits_everything_is_refused(pattern: str) -> None:
    with pytest.raises(PatternUnclear) as refused:
        Pattern(pattern)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("pattern", ["(a+)+$x", "(a|a)*b", "(a*)*b", "(.*a){12}b", "((a+)+)+b", "(x+x+)+y"])
def test_patterns_that_take_others_for_ever_end(pattern: str) -> None:
    assert not Pattern(pattern).is_in("a" * 400)
    assert not Pattern(pattern).is_in("x" * 400)


def test_many_states_end_as_well() -> None:
    text = "".join("ab"[number * number % 7 % 2] for number in range(400))
    assert not Pattern("(a|b)*a.{150}c").is_in(text)


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "1", r"\b", "^", "$"])
PATTERNS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map("".join),
        st.tuples(part, part).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(part, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
    ),
    max_leaves=5,
)


@given(PATTERNS, st.text(alphabet="ab1 -", max_size=8).map(lambda text: " ".join(text.split())))
def test_it_finds_what_the_usual_ones_find(pattern: str, text: str) -> None:
    try:
        found = Pattern(pattern).is_in(text)
    except PatternUnclear:
        return
    usual = re.compile(pattern.replace("$", r"\Z"))
    assert found is (usual.search(text) is not None)

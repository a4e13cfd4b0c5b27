"""Stand-ins: always the same for the same value, never mistaken for another one or for text."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.privacy.stand_ins import BEGINNING, FORM, Kind, StandIns, code_of, codes_in, form_key

SECRET = bytes(range(32))


def usual(kind: Kind, value: str, spelling: str, secret: bytes = SECRET) -> str:
    return next(StandIns(secret).candidates(kind, value, spelling))


def test_a_stand_in_is_the_same_in_every_process_and_another_one_in_every_household() -> None:
    assert usual(Kind.PERSON, "anna", "Anna") == "Person-DH52JXTG"
    assert usual(Kind.PERSON, "anna", "Anna", secret=bytes(32)) != usual(Kind.PERSON, "anna", "Anna")


def test_spellings_of_a_value_can_be_told_to_mean_the_same() -> None:
    as_given, in_capitals, other = (
        code_of(usual(Kind.PERSON, value, spelling))
        for value, spelling in [("anna", "Anna"), ("anna", "ANNA"), ("ann", "Ann")]
    )
    assert as_given[:5] == in_capitals[:5] != other[:5]
    assert as_given != in_capitals


def test_there_is_always_another_one() -> None:
    found = list(islice(StandIns(SECRET).candidates(Kind.CARD, "4111", "4111"), 500))
    assert len(set(found)) > 490
    assert all(FORM.fullmatch(one) for one in found)


def test_no_label_is_a_word_of_the_household() -> None:
    stand_ins = StandIns(SECRET, {"card", "cardx", "person"})
    labels = [
        next(stand_ins.candidates(kind, "a", "a")).partition("-")[0] for kind in (Kind.CARD, Kind.PERSON, Kind.IBAN)
    ]
    assert labels == ["Cardxx", "Personx", "IBAN"]
    assert all(FORM.fullmatch(f"{label}-DH52JXTG") for label in labels)


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        StandIns(b"short")


@given(st.sampled_from(Kind), st.text(min_size=1), st.text())
def test_its_form_keeps_it_apart(kind: Kind, value: str, spelling: str) -> None:
    stand_in = usual(kind, value, spelling)
    code = stand_in.partition("-")[2]
    assert FORM.fullmatch(stand_in) and len(code) == 8 and code[0].isalpha()
    assert not set(code.lower()) & {one.value[0].lower() for one in Kind}
    for cut in range(1, len(stand_in)):
        assert BEGINNING.fullmatch(stand_in[:cut]), "every beginning is known as one"
    assert BEGINNING.search(stand_in) is None
    assert codes_in([f"x{stand_in.lower()}y"]) == {code}


def test_another_hyphen_and_another_case_make_no_difference() -> None:
    for written in ("person-dh52jxtg", "PERSON-DH52JXTG", "Person\u2011DH52JXTG"):
        assert FORM.fullmatch(written)
        assert form_key(written) == form_key("Person-DH52JXTG")

"""Memory: what is remembered, when it is sure, and what it leaves open."""

import pytest

from enrichment.filed import filed, paid, several
from tuppence.enrichment.memory import Constancy, Memory

GROCERIES, FUEL, GIFTS = 1, 2, 3
OTHERS = [each for number in range(30) for each in several(3, GROCERIES, f"Shop {chr(97 + number % 26) * 4} number")]


def test_what_was_filed_so_twice_is_filed_so_again() -> None:
    known = Memory(several(2, GROCERIES, "ORLIK MARKT 4711")).recall(paid("Kartenzahlung ORLIK MARKT 0815"))
    assert known is not None
    assert (known.label, known.way, known.same, known.of) == (GROCERIES, "words", 2, 2)
    assert known.words == "orlik markt"


def test_once_is_not_enough() -> None:
    assert Memory([*OTHERS, *several(1, GROCERIES, "ORLIK")]).recall(paid("ORLIK")) is None


def test_money_in_and_money_out_are_two_things() -> None:
    assert Memory(several(5, GROCERIES, "ORLIK")).recall(paid("ORLIK", "10.00")) is None


def test_what_is_filed_now_so_and_now_so_stays_open() -> None:
    mixed = [*several(3, GROCERIES, "ORLIK", "-5.00"), *several(3, GIFTS, "ORLIK", "-6.00")]
    assert Memory([*OTHERS, *mixed]).recall(paid("ORLIK", "-7.00")) is None


def test_a_correction_teaches_at_once() -> None:
    before = [*OTHERS, *several(3, GROCERIES, "ORLIK")]
    assert Memory(before).recall(paid("ORLIK")) is not None
    assert Memory([*before, *several(1, GIFTS, "ORLIK")]).recall(paid("ORLIK", "-11.00")) is None


def test_one_slip_among_very_many_does_not_count() -> None:
    filings = [*OTHERS, *several(60, GROCERIES, "ORLIK"), *several(1, GIFTS, "ORLIK")]
    known = Memory(filings).recall(paid("ORLIK"))
    assert known is not None
    assert (known.label, known.same, known.of) == (GROCERIES, 60, 61)
    assert Memory([*filings, *several(6, GIFTS, "ORLIK")]).recall(paid("ORLIK", "-1.00")) is None


def test_the_amount_tells_apart_what_the_words_do_not() -> None:
    filings = [*OTHERS, *several(6, GROCERIES, "CLOUDNOOK", "-9.99"), *several(6, GIFTS, "CLOUDNOOK", "-2.99")]
    known = Memory(filings).recall(paid("CLOUDNOOK", "-2.99"))
    assert known is not None
    assert (known.label, known.way) == (GIFTS, "amount")
    assert Memory(filings).recall(paid("CLOUDNOOK", "-4.99")) is None


def test_the_account_tells_apart_what_the_words_do_not() -> None:
    amounts = [f"-{number}.00" for number in range(1, 13)]
    filings = [
        *filed(GROCERIES, *(paid("CLOUDNOOK", amount, account=1) for amount in amounts)),
        *filed(GIFTS, *(paid("CLOUDNOOK", amount, account=2) for amount in amounts)),
    ]
    known = Memory([*OTHERS, *filings]).recall(paid("CLOUDNOOK", "-99.00", account=2))
    assert known is not None
    assert (known.label, known.way) == (GIFTS, "account")


@pytest.mark.parametrize(("day", "label", "way"), [("2026-06-01", FUEL, "since"), ("2025-01-15", GROCERIES, "until")])
def test_a_habit_that_changed_once_is_known_by_its_time(day: str, label: int, way: str) -> None:
    before = filed(GROCERIES, *(paid("ORLIK", f"-{number}.50", f"2025-{number:02}-10") for number in range(1, 13)))
    after = filed(FUEL, *(paid("ORLIK", f"-{number}.75", f"2026-01-{number:02}") for number in range(1, 13)))
    known = Memory([*OTHERS, *before, *after]).recall(paid("ORLIK", "-99.00", day))
    assert known is not None
    assert (known.label, known.way) == (label, way)


def test_between_two_habits_nothing_is_said() -> None:
    before = filed(GROCERIES, *(paid("ORLIK", f"-{number}.50", f"2025-{number:02}-10") for number in range(1, 13)))
    after = filed(FUEL, *(paid("ORLIK", f"-{number}.75", f"2026-02-{number:02}") for number in range(1, 13)))
    assert Memory([*OTHERS, *before, *after]).recall(paid("ORLIK", "-99.00", "2026-01-10")) is None


def test_the_payee_is_known_behind_changing_words() -> None:
    filings = filed(
        GROCERIES, *(paid(f"{word} basket of the week", payee="Orlik") for word in ("Red", "Green", "Blue", "Grey"))
    )
    known = Memory(filings).recall(paid("Yellow basket of the week", payee="ORLIK GmbH"))
    assert known is not None
    assert (known.label, known.way, known.words) == (GROCERIES, "payee", "orlik")


def test_that_there_is_no_category_is_remembered_as_well() -> None:
    known = Memory(several(4, None, "ORLIK")).recall(paid("ORLIK"))
    assert known is not None
    assert known.label is None


@pytest.mark.parametrize("text", ["ATM WITHDRAWAL 123", "ZELLE TO MARA", "CHECK 99", "POS DEBIT"])
def test_vague_words_teach_nothing(text: str) -> None:
    memory = Memory(several(9, GROCERIES, text))
    assert memory.recall(paid(text)) is None
    assert memory.knows(paid(text)) == {}


def test_who_shops_inconstantly_has_to_file_oftener_before_it_is_a_habit() -> None:
    wavering = [
        filing
        for number in range(40)
        for filing in (
            *several(2, GROCERIES, f"Shop{chr(97 + number % 26) * 3}{chr(97 + number // 26) * 3}"),
            *several(number % 2, GIFTS, f"Shop{chr(97 + number % 26) * 3}{chr(97 + number // 26) * 3}"),
        )
    ]
    assert Memory([*wavering, *several(2, GROCERIES, "ORLIK")]).recall(paid("ORLIK")) is None
    assert Memory([*wavering, *several(40, GROCERIES, "ORLIK")]).recall(paid("ORLIK")) is not None


def test_the_likelihood_rises_with_agreement_and_falls_with_dissent() -> None:
    usual = Constancy(0.87, 0.005)
    agreeing = [usual.likelihood(same, same) for same in range(1, 2000)]
    assert agreeing == sorted(agreeing)
    dissenting = [usual.likelihood(40, 40 + others) for others in range(40)]
    assert dissenting == sorted(dissenting, reverse=True)
    assert all(0 < each < 1 for each in (*agreeing, *dissenting))


def test_on_the_day_when_a_habit_changed_nothing_is_said() -> None:
    before = filed(GROCERIES, *(paid("ORLIK", f"-{number}.50", "2026-01-10") for number in range(1, 13)))
    after = filed(FUEL, *(paid("ORLIK", f"-{number}.75", "2026-01-10") for number in range(1, 13)))
    assert Memory([*OTHERS, *before, *after]).recall(paid("ORLIK", "-99.00", "2026-01-10")) is None


def test_words_that_are_filed_differently_are_not_overruled_by_their_payee() -> None:
    plain = filed(GROCERIES, *(paid(f"Orlik {word}", payee="Orlik") for word in ("red", "green", "blue", "grey") * 20))
    mixed = [
        *filed(GIFTS, *(paid("Orlik basket", f"-{number}.25", payee="Orlik") for number in range(3))),
        *filed(GROCERIES, *(paid("Orlik basket", f"-{number}.75", payee="Orlik") for number in range(3))),
    ]
    memory = Memory([*plain, *mixed])
    assert memory.recall(paid("Orlik yellow", payee="Orlik")) is not None
    assert memory.recall(paid("Orlik basket", "-99.00", payee="Orlik")) is None

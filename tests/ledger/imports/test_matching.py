"""Which row of a file is which row of the account, told from values alone."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from tuppence.ledger.imports.bank_file import ImportedRow
from tuppence.ledger.imports.matching import Decision, FileRow, Matching, RowRefused, StoredRow, normalized, resemble

Said = tuple[str, str | None, int | None]
"""Words of the row, what was decided, and about which stored row."""


def row(day: int, amount: str, words: str = "Bakery Brown", **rest: Any) -> ImportedRow:
    values = {"currency": None, "pending": False, "line": 1, **rest}
    return ImportedRow(date=datetime.date(2026, 3, day), amount=Decimal(amount), description=words, **values)


def stored(identity: int, said: ImportedRow, occurrence: int = 1) -> StoredRow:
    """What the account keeps of a row that was imported."""
    (kept,) = Matching("EUR").file_rows([said])
    return StoredRow(
        identity,
        kept.date,
        kept.amount,
        kept.currency,
        said.description,
        said.pending,
        said.bank_id,
        kept.fingerprint,
        occurrence,
    )


def decided(rows: list[ImportedRow], account: list[StoredRow], slices: int = 1000) -> list[Said]:
    """What is decided on all of `rows`, in the order in which it is."""
    matching = Matching("EUR")
    equal = {(each.fingerprint, each.occurrence): each for each in account if each.fingerprint and each.occurrence}
    decisions: list[Decision] = []
    for start in range(0, len(rows), slices):
        file_rows = matching.file_rows(rows[start : start + slices])
        decisions += matching.decisions(file_rows, equal, account)
    return [
        (decision.row.row.description, decision.verdict, decision.stored) for decision in [*decisions, *matching.rest()]
    ]


def verdicts(rows: list[ImportedRow], account: list[StoredRow], slices: int = 1000) -> list[str]:
    return sorted(str(verdict) for _, verdict, _ in decided(rows, account, slices))


PENDING = row(4, "-20", "PENDING Garage Miller", pending=True)


@pytest.mark.parametrize(
    "booked",
    [
        row(4, "-20", "Garage Miller, Springfield"),
        row(11, "-20", "GARAGE MILLER"),
        row(1, "-20", "garage miller"),
        row(6, "-24", "Garage Miller"),
        row(4, "-15.01", "Garage Miller"),
        row(9, "-20", "Garage Miller", bank_id="B-2026-1"),
    ],
    ids=str,
)
def test_booked_for_pending(booked: ImportedRow) -> None:
    assert decided([booked], [stored(1, PENDING)]) == [(booked.description, "changed", 1)]


@pytest.mark.parametrize(
    "other",
    [
        row(4, "-20", "Somebody else"),
        row(12, "-20", "Garage Miller"),
        row(3, "-21", "Garage Miller"),
        row(6, "-30", "Garage Miller"),
        row(6, "20", "Garage Miller"),
        row(4, "-20", "Garage Miller", currency="USD"),
        row(4, "-20", "PENDING card payment"),
    ],
    ids=str,
)
def test_not_the_booking_of_that_pending_row(other: ImportedRow) -> None:
    assert verdicts([other], [stored(1, PENDING)]) == ["new"]


def test_the_nearest_pending_row_is_replaced_and_only_once() -> None:
    account = [stored(1, row(1, "-20", "Miller", pending=True)), stored(2, row(4, "-20", "Miller", pending=True))]
    rows = [row(5, "-20", "Miller"), row(6, "-20", "Miller shop"), row(6, "-20", "Miller yard")]
    assert decided(rows, account) == [
        ("Miller yard", "new", None),
        ("Miller", "changed", 2),
        ("Miller shop", "changed", 1),
    ]


@pytest.mark.parametrize("slices", [1, 2])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_still_pending_is_not_replaced(slices: int, backwards: bool) -> None:
    rows = [PENDING, row(5, "-20", "Garage Miller")]
    assert verdicts(rows[:: -1 if backwards else 1], [stored(1, PENDING)], slices) == ["new", "same"]


def test_a_pending_row_of_an_older_file_is_what_was_booked_since() -> None:
    booked = stored(1, row(6, "-22", "Garage Miller"))
    assert decided([PENDING], [booked]) == [(PENDING.description, "same", 1)]
    assert verdicts([row(7, "-22", "Garage Miller", pending=True)], [booked]) == ["new"]


def test_booked_with_nothing_else_changed() -> None:
    pending = row(4, "-20", "Garage Miller", pending=True)
    assert decided([row(4, "-20", "Garage Miller")], [stored(1, pending)]) == [("Garage Miller", "changed", 1)]


def test_the_id_goes_before_the_words() -> None:
    account = [stored(1, row(2, "-5", "Old words", bank_id="2026-0001"))]
    assert verdicts([row(2, "-5", "Other words", bank_id="2026-0001")], account) == ["same"]
    assert verdicts([row(3, "-5", "Other words", bank_id="2026-0001")], account) == ["same"]
    assert verdicts([row(2, "-6", "Other words", bank_id="2026-0001")], account) == ["new"]


def test_running_numbers_of_each_file_are_no_ids() -> None:
    account = [stored(1, row(2, "-5", "Bakery", bank_id="1")), stored(2, row(3, "-6", "Kiosk", bank_id="2"))]
    rows = [row(4, "-5", "Bakery", bank_id="1"), row(5, "-7", "Cinema", bank_id="2")]
    assert verdicts(rows, account) == ["new", "new"]


def test_one_id_for_all_rows_is_no_id() -> None:
    rows = [
        row(2, "-5", "a", bank_id="000000"),
        row(2, "-6", "b", bank_id="000000"),
        row(2, "-5", "c", bank_id="000000"),
    ]
    assert verdicts(rows, []) == ["new"] * 3
    assert verdicts(rows, [stored(1, rows[0]), stored(2, rows[1]), stored(3, rows[2], occurrence=2)]) == ["same"] * 3


def test_other_ids_are_other_rows_but_not_when_every_id_is_new() -> None:
    rows = [row(number, "-5", bank_id=f"second-{number}") for number in range(1, 6)]
    account = [stored(number, row(number, "-5", bank_id=f"first-{number}")) for number in range(1, 6)]
    assert verdicts(rows[:2], account) == ["new", "new"]
    assert verdicts(rows, account) == ["same"] * 5
    assert verdicts(rows, account, slices=1) == ["same"] * 5
    one_known = [*account[:4], stored(5, rows[4])]
    assert verdicts([rows[4], *rows[:4]], one_known) == ["new"] * 4 + ["same"]
    assert verdicts([*rows[:2], rows[4], *rows[2:4]], one_known, slices=1) == ["new"] * 4 + ["same"]


def test_a_file_without_ids_after_one_with_them_and_the_other_way_round() -> None:
    with_ids = [row(2, "-5", "Bakery Brown", bank_id="2026-01"), row(2, "-5", "Brown Main Street", bank_id="2026-02")]
    without = [row(2, "-5", "BROWN, Main Street"), row(2, "-5", "Bakery Brown Springfield")]
    assert verdicts(without, [stored(number, each) for number, each in enumerate(with_ids)]) == ["same", "same"]
    assert verdicts(with_ids, [stored(number, each) for number, each in enumerate(without)]) == ["same", "same"]
    assert verdicts([row(2, "-5", "Kiosk")], [stored(1, with_ids[0])]) == ["new"]
    assert verdicts([row(3, "-5", "Bakery Brown")], [stored(1, with_ids[0])]) == ["new"]


def test_equal_words_are_taken_before_those_that_resemble() -> None:
    account = [stored(1, row(2, "-5", "Metro ticket A"))]
    rows = [row(2, "-5", "Metro ticket B", bank_id="2026-01"), row(2, "-5", "Metro ticket A", bank_id="2026-02")]
    assert decided(rows, account) == [("Metro ticket A", "same", 1), ("Metro ticket B", "new", None)]


def test_a_row_entered_by_hand_is_known_again() -> None:
    by_hand = StoredRow(1, datetime.date(2026, 3, 2), -500, "EUR", "bakery", False, None, None, None)
    assert decided([row(2, "-5", "Bakery Brown")], [by_hand]) == [("Bakery Brown", "same", 1)]


def test_amounts_are_kept_exactly_or_refused() -> None:
    (kept,) = Matching("JPY").file_rows([row(2, "-5")])
    assert isinstance(kept, FileRow)
    assert (kept.amount, kept.currency) == (-5, "JPY")
    with pytest.raises(RowRefused, match=r"^Line 12: -5\.5 .*JPY"):
        Matching("JPY").file_rows([row(2, "-5.5", line=12)])


def test_words_in_any_writing() -> None:
    assert normalized("  CAFÉ—Zürich,\t#12 ") == "café zürich 12"
    assert normalized("\uff21\uff22\uff23\u3000\uff11") == "abc 1"
    assert resemble(normalized("星巴克咖啡 上海"), normalized("星巴克咖啡"))
    assert not resemble(normalized("Card payment 4411"), normalized("Card payment 5522"))
    assert not resemble("a", "bakery")
    assert not resemble("", "bakery")
    assert resemble("", "")

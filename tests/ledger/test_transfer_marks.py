"""What a person says of transfers wins over what pairing finds, for good."""

import pytest

from ledger.contents import assert_sound, contents
from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, imported, row, rows_of, statement
from tuppence.ledger.accounts import NewAccount
from tuppence.ledger.edits import By, list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.transfer_marks import NoTransfer, counterparts, mark_no_transfer, mark_transfer
from tuppence.ledger.undoing import Undone, undo_edit

pytestmark = pytest.mark.anyio

CASH = NewAccount("Cash", "EUR", "cash")


@pytest.fixture
async def ids(ledger: Ledger) -> dict[str, int]:
    """Two that are a pair, and one that would be, were the other not there."""
    checking = [row("03-10", "-50", "out"), row("03-01", "-3", "bakery")]
    await bring_in(ledger, bank_file(imported(checking), imported([row("03-12", "50", "in")])), CHECKING, SAVINGS)
    return await ids_of(ledger)


async def ids_of(ledger: Ledger) -> dict[str, int]:
    return {each.description: each.id for each in await rows_of(ledger)}


async def pairs(ledger: Ledger) -> list[set[str]]:
    sides: dict[int, set[str]] = {}
    for each in await rows_of(ledger):
        if each.transfer_id is not None:
            sides.setdefault(each.transfer_id, set()).add(each.description)
    return list(sides.values())


async def test_no_transfer_stays_none_whatever_is_imported(ledger: Ledger, ids: dict[str, int]) -> None:
    before = await contents(ledger)
    done = await mark_no_transfer(ledger, ids["out"])
    assert (done.rows, await pairs(ledger)) == (1, [])
    await bring_in(ledger, statement(row("03-11", "-4", "kiosk")))
    assert await pairs(ledger) == []
    await bring_in(ledger, statement(row("03-11", "-50", "coins")), CASH)
    assert await pairs(ledger) == [{"coins", "in"}]
    assert done.edit_id is not None
    result = await undo_edit(ledger, done.edit_id)
    assert (result.left_alone, await pairs(ledger)) == (1, [])  # two could be the other side of "in" now
    await assert_sound(ledger)
    assert len(before["transfers"]) == 1


async def test_it_says_so_of_one_that_was_no_transfer_before(ledger: Ledger, ids: dict[str, int]) -> None:
    done = await mark_no_transfer(ledger, ids["bakery"])
    await bring_in(ledger, statement(row("03-01", "3", "bakery refund")), CASH)
    assert await pairs(ledger) == [{"out", "in"}]
    assert done.edit_id is not None
    assert await undo_edit(ledger, done.edit_id) == Undone(1, 0)
    assert {"bakery", "bakery refund"} in await pairs(ledger)


async def test_a_persons_pair_stays_and_what_it_took_apart_is_free(ledger: Ledger, ids: dict[str, int]) -> None:
    await bring_in(ledger, statement(row("03-20", "49", "less a fee")), CASH)
    before, late = await contents(ledger), (await ids_of(ledger))["less a fee"]
    done = await mark_transfer(ledger, late, ids["out"])
    assert await pairs(ledger) == [{"less a fee", "out"}]
    await bring_in(ledger, statement(row("03-11", "-50", "rival")))
    assert {frozenset(pair) for pair in await pairs(ledger)} == {
        frozenset({"less a fee", "out"}),
        frozenset({"rival", "in"}),
    }
    again = await mark_transfer(ledger, ids["in"], ids["out"])
    assert await pairs(ledger) == [{"in", "out"}]
    for edit in (again, done):
        assert edit.edit_id is not None
        await undo_edit(ledger, edit.edit_id)
        await assert_sound(ledger)
    assert await pairs(ledger) == []  # "out" and "rival" are rivals
    assert before["accounts"] == (await contents(ledger))["accounts"]


async def test_what_has_no_rival_any_more_is_paired_at_once(ledger: Ledger, ids: dict[str, int]) -> None:
    await bring_in(ledger, statement(row("03-11", "-50", "rival")), CASH)
    await bring_in(ledger, statement(row("03-20", "49", "less")), SAVINGS)
    assert await pairs(ledger) == []
    await mark_transfer(ledger, (await ids_of(ledger))["less"], ids["out"])
    found = {frozenset(pair) for pair in await pairs(ledger)}
    assert found == {frozenset({"less", "out"}), frozenset({"rival", "in"})}


async def test_half_a_pair_does_not_come_back(ledger: Ledger, ids: dict[str, int]) -> None:
    await bring_in(ledger, bank_file(imported([row("03-20", "49", "a"), row("03-20", "48", "b")])), CASH)
    more = await ids_of(ledger)
    await mark_transfer(ledger, ids["out"], more["a"])
    second = await mark_transfer(ledger, ids["out"], more["b"])
    await mark_no_transfer(ledger, more["a"])
    assert second.edit_id is not None
    await undo_edit(ledger, second.edit_id)
    await assert_sound(ledger)
    assert await pairs(ledger) == [{"in", "out"}]


async def test_marking_and_undoing_leaves_all_as_it_was(ledger: Ledger, ids: dict[str, int]) -> None:
    await bring_in(ledger, statement(row("03-11", "-50", "rival")), CASH)
    before = await contents(ledger)
    await mark_transfer(ledger, ids["out"], ids["in"])
    await mark_no_transfer(ledger, ids["in"])
    for edit in await list_edits(ledger):
        assert (await undo_edit(ledger, edit.id)).left_alone == 0
    assert await contents(ledger) == before


async def test_what_cannot_be_a_transfer(ledger: Ledger, ids: dict[str, int]) -> None:
    with pytest.raises(NoTransfer, match="one account"):
        await mark_transfer(ledger, ids["out"], ids["bakery"])
    with pytest.raises(NoTransfer, match="one account"):
        await mark_transfer(ledger, ids["out"], ids["out"])
    await bring_in(ledger, statement(row("03-11", "-50", "rival")), CASH)
    with pytest.raises(NoTransfer, match="the same way"):
        await mark_transfer(ledger, ids["out"], (await ids_of(ledger))["rival"])
    for asked in (
        mark_transfer(ledger, ids["out"], ids["in"], By(source="rule")),
        mark_no_transfer(ledger, ids["out"], By(source="model")),
    ):
        with pytest.raises(ValueError, match="Only a person"):
            await asked


async def test_counterparts_are_listed_the_nearest_first(ledger: Ledger, ids: dict[str, int]) -> None:
    assert [each.description for each in await counterparts(ledger, ids["out"])] == ["in"]
    rivals = [row("03-14", "50", "last"), row("03-15", "50", "too late"), row("03-10", "50", "same day")]
    await bring_in(ledger, statement(*rivals, row("03-10", "50", "dollars", currency="USD")), CASH)
    assert [each.description for each in await counterparts(ledger, ids["out"])] == ["same day", "in", "last"]
    await mark_no_transfer(ledger, (await ids_of(ledger))["same day"])
    assert [each.description for each in await counterparts(ledger, ids["out"])] == ["in", "last"]
    assert await counterparts(ledger, ids["bakery"]) == []

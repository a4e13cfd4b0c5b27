"""Tags are renamed, merged and removed; what was taken off comes back with undo, however much it is."""

import pytest

from ledger.contents import assert_sound, contents
from ledger.statements import bring_in, row, rows_of, statement
from tuppence.ledger.edits import SLICE, list_edits
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken
from tuppence.ledger.reports import Tag
from tuppence.ledger.tags import create_tag, delete_tag, merge_tags, rename_tag, tag_uses
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter
from tuppence.ledger.undoing import undo_edit

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tags(ledger: Ledger) -> tuple[Tag, Tag]:
    """Two: the first on both transactions, the second on one of them."""
    await bring_in(ledger, statement(row("03-01", "-1", "Bakery"), row("03-02", "-1", "Ferry")))
    await file_transactions(ledger, EVERYTHING, TransactionChange(add_tags=("Sea",)))
    await file_transactions(ledger, TransactionFilter(text="Ferry"), TransactionChange(add_tags=("Sun",)))
    sea, sun = await tag_uses(ledger)
    assert (sea.count, sun.count) == (2, 1)
    return sea.tag, sun.tag


async def test_a_name_is_there_once(ledger: Ledger, tags: tuple[Tag, Tag]) -> None:
    before, (sea, _) = await contents(ledger), tags
    with pytest.raises(NameTaken):
        await create_tag(ledger, " sea ")
    with pytest.raises(NameTaken):
        await rename_tag(ledger, sea.id, "SUN")
    with pytest.raises(ValueError, match="needs a name"):
        await rename_tag(ledger, sea.id, " ")
    with pytest.raises(LookupError):
        await rename_tag(ledger, 999, "Snow")
    assert await contents(ledger) == before
    done = await rename_tag(ledger, sea.id, "Big  sea")
    assert [one.tag.name for one in await tag_uses(ledger)] == ["Big sea", "Sun"]
    assert (await list_edits(ledger))[0].summary == "Renamed the tag Sea to Big sea"
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before


async def test_merging_puts_the_other_where_it_was_missing(ledger: Ledger, tags: tuple[Tag, Tag]) -> None:
    before, (sea, sun) = await contents(ledger), tags
    done = await merge_tags(ledger, sea.id, sun.id)
    assert done.rows == 2
    assert [each.tags for each in await rows_of(ledger)] == [("Sun",), ("Sun",)]
    with pytest.raises(ValueError, match="into itself"):
        await merge_tags(ledger, sun.id, sun.id)
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before


async def test_deleting(ledger: Ledger, tags: tuple[Tag, Tag]) -> None:
    before, (sea, _) = await contents(ledger), tags
    done = await delete_tag(ledger, sea.id)
    assert done.rows == 2
    assert [each.tags for each in await rows_of(ledger)] == [(), ("Sun",)]
    await assert_sound(ledger)
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert await contents(ledger) == before


async def test_very_many_go_in_slices_as_one_edit(ledger: Ledger, tags: tuple[Tag, Tag]) -> None:
    sea, sun = tags
    await bring_in(ledger, statement(*(row("03-03", "-1", f"Fish {number}") for number in range(SLICE + 1))))
    await file_transactions(ledger, EVERYTHING, TransactionChange(add_tags=("Sea",)))
    done = await merge_tags(ledger, sea.id, sun.id)
    assert done.rows == SLICE + 3
    assert [(one.tag, one.count) for one in await tag_uses(ledger)] == [(sun, SLICE + 3)]
    assert done.edit_id is not None
    await undo_edit(ledger, done.edit_id)
    assert [(one.tag, one.count) for one in await tag_uses(ledger)] == [(sea, SLICE + 3), (sun, 1)]

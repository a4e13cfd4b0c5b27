"""The tree of categories can be changed in every way, and changed back."""

import pytest

from ledger.contents import contents
from ledger.statements import bring_in, row, rows_of, statement
from tuppence.ledger.categories import (
    Category,
    CategoryChange,
    change_category,
    create_category,
    delete_category,
    find_category,
    list_categories,
    merge_categories,
)
from tuppence.ledger.edits import Edited, list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken
from tuppence.ledger.undoing import undo_edit

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tree(ledger: Ledger) -> dict[str, Category]:
    """Sports above Boats above Oars, and Leisure beside it; a transaction in each, filed by its file."""
    sports = await create_category(ledger, "Sports club")
    boats = await create_category(ledger, "Boats", parent=sports)
    oars = await create_category(ledger, "Oars", parent=boats)
    leisure = await create_category(ledger, "Leisure time")
    rows = [row("03-01", "-1", each.name, category=each.name) for each in (sports, boats, oars, leisure)]
    await bring_in(ledger, statement(*rows))
    return {each.name: each for each in (sports, boats, oars, leisure)}


async def parents(ledger: Ledger, *names: str) -> list[str | None]:
    by_id = {each.id: each for each in await list_categories(ledger)}
    found = [next((each for each in by_id.values() if each.name == name), None) for name in names]
    return [None if each is None or each.parent_id is None else by_id[each.parent_id].name for each in found]


async def filed(ledger: Ledger) -> dict[str, tuple[str | None, str | None]]:
    return {each.description: (each.category, each.category_source) for each in await rows_of(ledger)}


async def undone(ledger: Ledger, done: Edited) -> None:
    assert done.edit_id is not None
    assert (await undo_edit(ledger, done.edit_id)).left_alone == 0


async def test_rename_move_and_kind(ledger: Ledger, tree: dict[str, Category]) -> None:
    before, boats = await contents(ledger), tree["Boats"]
    change = CategoryChange(name=" Big  boats", kind="other", parent=tree["Leisure time"].id)
    done = await change_category(ledger, boats.id, change)
    assert done.rows == 1
    assert await find_category(ledger, "big boats") == Category(boats.id, "Big boats", "other", tree["Leisure time"].id)
    assert (await find_category(ledger, "Oars")).kind == "other"
    assert (await list_edits(ledger, limit=1))[0].summary == "Renamed the category Boats to Big boats"
    await undone(ledger, done)
    assert await contents(ledger) == before
    assert (await change_category(ledger, boats.id, CategoryChange(name="Boats"))).edit_id is None
    await change_category(ledger, boats.id, CategoryChange(parent=None))
    assert await parents(ledger, "Boats", "Oars") == [None, "Boats"]


async def test_what_a_category_cannot_become(ledger: Ledger, tree: dict[str, Category]) -> None:
    before = await contents(ledger)
    for below in ("Sports club", "Boats", "Oars"):
        with pytest.raises(ValueError, match="under itself"):
            await change_category(ledger, tree["Sports club"].id, CategoryChange(parent=tree[below].id))
    with pytest.raises(NameTaken, match="LEISURE time"):
        await change_category(ledger, tree["Boats"].id, CategoryChange(name="LEISURE time"))
    with pytest.raises(ValueError, match="no kind"):
        await change_category(ledger, tree["Boats"].id, CategoryChange(kind="fun"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a name"):
        await change_category(ledger, tree["Boats"].id, CategoryChange(name=" "))
    for asked in (delete_category, merge_categories):
        with pytest.raises(ValueError, match="place of itself"):
            await asked(ledger, tree["Boats"].id, tree["Boats"].id)
    assert await contents(ledger) == before


async def test_deleting_leaves_its_transactions_without_one_and_free(ledger: Ledger, tree: dict[str, Category]) -> None:
    before = await contents(ledger)
    done = await delete_category(ledger, tree["Boats"].id)
    assert done.rows == 1
    assert (await filed(ledger))["Boats"] == (None, None)
    assert await parents(ledger, "Oars") == ["Sports club"]
    await undone(ledger, done)
    assert await contents(ledger) == before


async def test_deleting_in_favour_of_another(ledger: Ledger, tree: dict[str, Category]) -> None:
    before = await contents(ledger)
    done = await delete_category(ledger, tree["Boats"].id, tree["Oars"].id)
    assert (await list_edits(ledger))[0].summary == "Deleted the category Boats; its transactions are under Oars"
    assert (await filed(ledger))["Boats"] == ("Oars", "import")
    await undone(ledger, done)
    assert await contents(ledger) == before


@pytest.mark.parametrize(("into", "heir"), [("Leisure time", "Leisure time"), ("Oars", "Sports club")])
async def test_merging_takes_what_is_below_along(
    ledger: Ledger, tree: dict[str, Category], into: str, heir: str
) -> None:
    """Into what is below itself, too."""
    before = await contents(ledger)
    done = await merge_categories(ledger, tree["Boats"].id, tree[into].id)
    assert (await list_edits(ledger))[0].summary == f"Merged the category Boats into {into}"
    assert (await filed(ledger))["Boats"] == (into, "import")
    assert await parents(ledger, "Oars") == [heir]
    await undone(ledger, done)
    assert await contents(ledger) == before

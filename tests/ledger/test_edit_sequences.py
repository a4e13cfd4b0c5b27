"""Any edits in any order: taken back in reverse the ledger is what it was; otherwise later changes stay."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.contents import Contents, assert_sound, contents
from ledger.random_edits import Numbers, a_household, edit_by_numbers
from tuppence.ledger.edits import list_edits
from tuppence.ledger.household import Ledger
from tuppence.ledger.undoing import Undone, redo_edit, undo_edit
from tuppence.store import Store
from tuppence.store.tables import edit_changes

pytestmark = pytest.mark.anyio

number = st.integers(0, 1000)
edits = st.lists(st.tuples(number, number, number), min_size=1, max_size=12)


@asynccontextmanager
async def edited_household(migrated: Path) -> AsyncIterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(migrated, folder)
        async with await Store.open(Path(folder)) as store:
            yield await a_household(store)


async def ids_of(ledger: Ledger) -> list[str]:
    """The ids of all edits, newest first."""
    return [edit.id for edit in await list_edits(ledger, limit=1000)]


@settings(max_examples=10)
@given(edits)
async def test_undone_in_reverse_the_ledger_is_what_it_was_and_redone_what_it_became(
    migrated: Path, numbers: list[Numbers]
) -> None:
    async with edited_household(migrated) as ledger:
        before_all = await ids_of(ledger)
        states: list[Contents] = [await contents(ledger)]
        made: list[str] = []
        for each in numbers:
            await edit_by_numbers(ledger, each)
            if (newest := (await ids_of(ledger))[0]) not in (made[-1:] or before_all[:1]):
                made.append(newest)
                states.append(await contents(ledger))
            assert await contents(ledger) == states[-1], "what is not in the journal changes nothing"
        await assert_sound(ledger)
        for edit, state in zip(reversed(made), reversed(states[:-1]), strict=True):
            assert (await undo_edit(ledger, edit)).left_alone == 0
            assert await contents(ledger) == state
        for edit, state in zip(made, states[1:], strict=True):
            assert (await redo_edit(ledger, edit)).left_alone == 0
            assert await contents(ledger) == state


@settings(max_examples=10)
@given(edits, st.integers(0, 2**32))  # a seed: what draws while it runs ends a coroutine in its midst
async def test_undone_in_any_order_what_came_later_is_left_alone(
    migrated: Path, numbers: list[Numbers], seed: int
) -> None:
    chance = Random(seed)
    async with edited_household(migrated) as ledger:
        for each in numbers:
            await edit_by_numbers(ledger, each)
        made = await ids_of(ledger)
        chance.shuffle(made)
        for edit in made:
            before = await contents(ledger)
            await replay_and_compare(ledger, edit, before, back=True)
        undone = [edit.id for edit in await list_edits(ledger, limit=1000) if edit.undone_at is not None]
        chance.shuffle(undone)
        for edit in undone:
            await replay_and_compare(ledger, edit, await contents(ledger), back=False)


async def replay_and_compare(ledger: Ledger, edit: str, before: Contents, *, back: bool) -> None:
    """Undo or redo an edit: nothing but rows that are as the edit left them, or found them, is different."""
    may_change = await rows_as_left(ledger, edit, before, back=back)
    result: Undone = await (undo_edit if back else redo_edit)(ledger, edit)
    after = await contents(ledger)
    await assert_sound(ledger)
    for table in before:
        if table == "transfers":
            continue  # pairing makes and dissolves its own
        for key in before[table].keys() | after[table].keys():
            was, became = (without_transfer(state[table].get(key)) for state in (before, after))
            if was != became:
                assert (table, key) in may_change, "a row was changed since, and changed back"
                assert result.restored


def without_transfer(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row.items() if not name.startswith("transfer")}


async def rows_as_left(ledger: Ledger, edit: str, before: Contents, *, back: bool) -> set[tuple[str, tuple[Any, ...]]]:
    """Rows which have the very values that the edit gave them, or took from them, in one of its changes."""
    table = edit_changes.c
    query = select(table.table, table.rows, table.before, table.after).where(table.edit_id == edit)
    async with ledger.store.reading() as connection:
        entries = (await connection.execute(query)).all()
    found: set[tuple[str, tuple[Any, ...]]] = set()
    for name, keys, old, new in entries:
        # What another change of the same edit brings about on the way may count as well.
        states = [None if text is None else msgspec.json.decode(text) for text in (old, new)]
        for key in msgspec.json.decode(keys):
            row = before[name].get(tuple(key) if len(key) == 1 else (ledger.household, *key))
            values = None if row is None else msgspec.to_builtins(row)
            if any(is_like(values, state) for state in (states if len(entries) > 1 else [states[1 if back else 0]])):
                found.add((name, tuple(key) if len(key) == 1 else (ledger.household, *key)))
    return found


def is_like(row: dict[str, Any] | None, values: dict[str, Any] | None) -> bool:
    if row is None or values is None:
        return row is values
    return all(
        row[name] == value or not isinstance(value, str | int | None) or name == "created_at"
        for name, value in values.items()
    )

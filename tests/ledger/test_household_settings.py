"""Small preferences: typed, by name, each household's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from tuppence.ledger.household import Ledger
from tuppence.ledger.household_settings import set_setting, setting
from tuppence.store.tables import households, now

pytestmark = pytest.mark.anyio


class Window(msgspec.Struct, frozen=True):
    days: int
    label: str = ""


@pytest.mark.parametrize(
    ("kind", "value", "default"),
    [(str, "openai/gpt-6-luna", ""), (bool, False, True), (list[str], ["a", "ü"], []), (Window, Window(3), Window(0))],
)
async def test_what_was_set_comes_back(ledger: Ledger, kind: Any, value: object, default: object) -> None:
    assert await setting(ledger, "one", kind, default) == default
    await set_setting(ledger, "one", value)
    assert await setting(ledger, "one", kind, default) == value
    assert await setting(ledger, "other", kind, default) == default


async def test_the_latest_counts_and_none_is_the_default_again(ledger: Ledger) -> None:
    for value in ("first", "second"):
        await set_setting(ledger, "one", value)
    assert await setting(ledger, "one", str, "usual") == "second"
    await set_setting(ledger, "one", None)
    assert await setting(ledger, "one", str, "usual") == "usual"


async def test_a_value_of_another_type_counts_as_never_said(ledger: Ledger) -> None:
    await set_setting(ledger, "one", {"of": "old"})
    assert await setting(ledger, "one", int, 7) == 7


async def test_households_do_not_share_them(ledger: Ledger) -> None:
    values = {"name": "Next door", "language": "en", "created_at": now()}
    async with ledger.store.writing() as connection:
        made = await connection.execute(insert(households).values(values).returning(households.c.id))
        next_door = Ledger(ledger.store, made.scalar_one())
    await set_setting(ledger, "one", "ours")
    await set_setting(next_door, "one", "theirs")
    await set_setting(next_door, "two", "theirs")
    assert await setting(ledger, "one", str, "") == "ours"
    assert await setting(ledger, "two", str, "") == ""
    await set_setting(ledger, "one", None)
    assert await setting(next_door, "one", str, "") == "theirs"

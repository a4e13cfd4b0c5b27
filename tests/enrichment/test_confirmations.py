"""What a chat asks leave for is done once, exactly as kept, by nobody but the chat's own author."""

import asyncio
from decimal import Decimal

import pytest
from ledger.statements import bring_in, row, rows_of, statement
from sqlalchemy import insert

from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.confirmations import (
    AlreadyDecided,
    Change,
    ChatCall,
    Confirmation,
    CreateCategory,
    CreateRule,
    NoLongerPossible,
    UnknownConfirmation,
    UpdateTransaction,
    ask_confirmation,
    confirm,
    confirmations_of,
    reject_confirmation,
)
from tuppence.enrichment.rules import Outcome, list_rules
from tuppence.ledger.categories import create_category, delete_category, find_category, list_categories
from tuppence.ledger.edits import PERSON, By, Edited, edit_of
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.undoing import undo_edit
from tuppence.store.tables import chats, now

pytestmark = pytest.mark.anyio
AUTHOR = By(user_id=7)
PARROTS = CreateCategory(name="Parrots", kind="expense")


async def chat(ledger: Ledger, identity: str, author: int | None) -> None:
    values = {"id": identity, "household_id": ledger.household, "title": "T", "author_id": author}
    async with ledger.store.writing() as connection:
        await connection.execute(insert(chats).values(**values, created_at=now(), updated_at=now()))


@pytest.fixture(autouse=True)
async def chats_of_both(ledger: Ledger) -> None:
    await chat(ledger, "mine", 7)
    await chat(ledger, "command line", None)


async def asked(ledger: Ledger, change: Change = PARROTS, call_id: str = "c", chat_id: str = "mine") -> Confirmation:
    call = ChatCall(chat_id=chat_id, turn_id=f"turn of {chat_id}", round=1, call_id=call_id)
    async with ledger.store.writing() as connection:
        return await ask_confirmation(connection, ledger, change, "Do it", call)


async def names(ledger: Ledger) -> set[str]:
    return {each.name for each in await list_categories(ledger)}


async def seen(ledger: Ledger, user_id: int | None, owner: bool = False) -> list[str]:
    return [each.chat_id for each in await confirmations_of(ledger, user_id=user_id, owner=owner)]


async def test_nothing_happens_before_the_yes_and_it_can_be_undone(ledger: Ledger) -> None:
    home = await find_category(ledger, "Groceries")
    one = await asked(ledger, CreateCategory(name="Parrots", parent_id=home.id))
    assert "Parrots" not in await names(ledger)
    done = await confirm(ledger, one.id, AUTHOR)
    made = await find_category(ledger, "Parrots")
    assert (made.kind, made.parent_id, done.rows) == (home.kind, home.id, 1)
    (kept,) = await confirmations_of(ledger, one.turn_id, user_id=7)
    assert (kept.state, kept.edit_id, kept.undone, kept.change) == ("confirmed", done.edit_id, False, one.change)
    assert done.edit_id is not None
    journal = await edit_of(ledger, done.edit_id)
    assert (journal.summary, journal.user_id, journal.source) == ("Added the category Parrots", 7, "person")
    await undo_edit(ledger, done.edit_id)
    assert "Parrots" not in await names(ledger)
    assert [each.undone for each in await confirmations_of(ledger, one.turn_id, user_id=7)] == [True]
    assert await confirmations_of(ledger, user_id=7) == []


async def test_a_rule_is_exactly_the_one_that_was_kept(ledger: Ledger) -> None:
    groceries = await find_category(ledger, "Groceries")
    conditions = Conditions(contains="orlik", minimum=Decimal("1.50"), direction="out")
    outcome = Outcome(category=groceries.id, tags=("food",))
    one = await asked(ledger, CreateRule(conditions=conditions, outcome=outcome))
    await confirm(ledger, one.id, AUTHOR)
    (rule,) = await list_rules(ledger)
    assert (rule.conditions, rule.outcome, rule.enabled, rule.place) == (conditions, outcome, True, 1)


async def test_notes_are_replaced_only_while_they_are_as_shown(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-01", "-1.00"), row("03-02", "-2.00")))
    first, second = await rows_of(ledger)
    asked_for = [
        UpdateTransaction(transaction_id=each.id, notes="From Ann", instead_of=None) for each in (first, second)
    ]
    one, two = [await asked(ledger, change, f"c{number}") for number, change in enumerate(asked_for)]
    await file_transactions(ledger, [second.id], TransactionChange(notes="Mine"))
    await confirm(ledger, one.id, AUTHOR)
    with pytest.raises(NoLongerPossible, match="changed since"):
        await confirm(ledger, two.id, AUTHOR)
    assert [each.notes for each in await rows_of(ledger)] == ["From Ann", "Mine"]
    assert len(await confirmations_of(ledger, user_id=7)) == 1
    gone = await asked(ledger, UpdateTransaction(transaction_id=999, notes="x", instead_of=None), "c9")
    with pytest.raises(NoLongerPossible, match="gone"):
        await confirm(ledger, gone.id, AUTHOR)


async def test_what_the_ledger_refuses_by_then_changes_nothing(ledger: Ledger) -> None:
    groceries = await find_category(ledger, "Groceries")
    rule = CreateRule(conditions=Conditions(contains="x"), outcome=Outcome(category=groceries.id))
    taken, gone = await asked(ledger), await asked(ledger, rule, "d")
    below = await asked(ledger, CreateCategory(name="Fruit", parent_id=groceries.id), "e")
    await create_category(ledger, "PARROTS")
    await delete_category(ledger, groceries.id)
    for each in (taken, gone, below):
        with pytest.raises(NoLongerPossible, match="can no longer be done"):
            await confirm(ledger, each.id, AUTHOR)
    assert await list_rules(ledger) == []
    assert len(await confirmations_of(ledger, user_id=7)) == 3
    await reject_confirmation(ledger, taken.id, AUTHOR)
    assert len(await confirmations_of(ledger, user_id=7)) == 2


async def test_it_is_done_once(ledger: Ledger) -> None:
    rule = CreateRule(conditions=Conditions(contains="x"), outcome=Outcome(transfer=True))
    one = await asked(ledger, rule)
    done = await asyncio.gather(*(confirm(ledger, one.id, AUTHOR) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(each, Edited) for each in done) == 1
    assert sum(isinstance(each, AlreadyDecided) for each in done) == 2
    assert len(await list_rules(ledger)) == 1
    with pytest.raises(AlreadyDecided, match="confirmed"):
        await reject_confirmation(ledger, one.id, AUTHOR)


async def test_the_same_call_and_the_same_open_change_ask_once(ledger: Ledger) -> None:
    one = await asked(ledger)
    assert await asked(ledger) == one
    assert await asked(ledger, call_id="another") == one
    await reject_confirmation(ledger, one.id, AUTHOR)
    assert (await asked(ledger)).state == "rejected"
    assert (await asked(ledger, call_id="another")).id != one.id
    with pytest.raises(LookupError, match="deleted"):
        await asked(ledger, chat_id="gone")


async def test_only_the_author_sees_and_decides(ledger: Ledger) -> None:
    mine, theirs = await asked(ledger), await asked(ledger, chat_id="command line")
    assert await seen(ledger, 7) == ["mine"]
    assert await seen(ledger, 8) == []
    assert await seen(ledger, 8, owner=True) == await seen(ledger, None) == ["command line"]
    for by, one, owner in ((By(user_id=8), mine, True), (AUTHOR, theirs, False), (PERSON, mine, False)):
        with pytest.raises(UnknownConfirmation):
            await confirm(ledger, one.id, by, owner=owner)
        with pytest.raises(UnknownConfirmation):
            await reject_confirmation(ledger, one.id, by, owner=owner)
    with pytest.raises(ValueError, match="Only a person"):
        await confirm(ledger, mine.id, By(source="model"))
    assert "Parrots" not in await names(ledger)
    await confirm(ledger, theirs.id, By(user_id=8), owner=True)
    assert "Parrots" in await names(ledger)

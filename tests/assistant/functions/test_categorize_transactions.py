"""categorize_transactions and update_transaction: nothing but proposals."""

import pytest

from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger

from .answers import found, refused
from .proposals import called, chat_began, everything, questions, queue

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def chat(ledger: Ledger) -> None:
    await chat_began(ledger)


async def test_categories_wait_for_a_person(ledger: Ledger) -> None:
    before = await everything(ledger)
    listed = (await found(ledger, "get_transactions", uncategorized=True))["transactions"]
    filings = [{"transaction_id": each["id"], "category": "groceries"} for each in listed]
    data, summary = await called(ledger, "categorize_transactions", filings=filings)
    assert data["proposed_for_transactions"] == len(listed) == 2
    assert "person decides" in data["status"]
    assert summary == "Proposed a category for 2 transactions"
    waiting = await queue(ledger)
    assert {(each.description, each.category, each.source) for each in waiting} == {
        ("ODD SHOP 77", "Groceries", "model"),
        ("FROM A FRIEND", "Groceries", "model"),
    }
    assert {(each.confidence, each.reason, each.turn_id) for each in waiting} == {
        (None, "Suggested in a chat", "t" * 32)
    }
    assert await everything(ledger) == before


async def test_called_twice_it_proposes_once_and_says_what_it_left_out(ledger: Ledger) -> None:
    rows = await everything(ledger)
    locked, free = rows["LANDLORD FEB"].id, rows["ODD SHOP 77"].id
    await file_transactions(ledger, [locked], TransactionChange(category=rows["MARKTHALLE"].category_id))
    filings = [{"transaction_id": each, "category": "Groceries"} for each in (locked, free, 99999)]
    data, _ = await called(ledger, "categorize_transactions", filings=filings)
    assert (data["proposed_for_transactions"], data["left_out"], data["unknown_ids"]) == (1, 1, [99999])
    data, summary = await called(ledger, "categorize_transactions", filings=filings)
    assert (data["proposed_for_transactions"], summary) == (0, "Proposed nothing new")
    assert len(await queue(ledger)) == 1


async def test_names_and_ids_have_to_be_known(ledger: Ledger) -> None:
    free = (await everything(ledger))["ODD SHOP 77"].id
    wrong, _ = await called(
        ledger, "categorize_transactions", filings=[{"transaction_id": free, "category": "Grocerys"}]
    )
    assert "Groceries" in wrong["error"]
    wrong, _ = await called(ledger, "categorize_transactions", filings=[{"transaction_id": 99999, "category": "Rent"}])
    assert "no transactions" in wrong["error"]
    wrong, _ = await called(ledger, "categorize_transactions", filings=[])
    assert "filings" in wrong["error"]
    assert await queue(ledger) == []


async def test_outside_of_a_chat_nothing_can_be_proposed(ledger: Ledger) -> None:
    for name in ("categorize_transactions", "create_category", "create_rule", "update_transaction"):
        error, _ = await refused(ledger, name)
        assert "within a chat" in error


async def test_one_transaction_in_several_ways(ledger: Ledger) -> None:
    before = await everything(ledger)
    free = before["ODD SHOP 77"].id
    said = {"category": "Clothing", "merchant": "Odd Shop", "notes": "A present", "add_tags": ["gift"]}
    data, summary = await called(ledger, "update_transaction", transaction_id=free, **said)
    assert data["proposed_for_transactions"] == 1
    assert summary.startswith("Proposed changes to “ODD SHOP 77” of 2026-03-20")
    waiting = sorted(await queue(ledger), key=lambda each: each.kind)
    assert [(each.kind, each.category or each.merchant or each.tags) for each in waiting] == [
        ("category", "Clothing"),
        ("merchant", "Odd Shop"),
        ("tags", ("gift",)),
    ]
    (question,) = await questions(ledger)
    assert data["notes"]["confirmation"] == question.id
    assert "A present" in question.summary
    assert await everything(ledger) == before
    await called(ledger, "update_transaction", transaction_id=free, **said)
    assert (len(await queue(ledger)), len(await questions(ledger))) == (3, 1)


async def test_a_change_says_what_it_changes(ledger: Ledger) -> None:
    free = (await everything(ledger))["ODD SHOP 77"].id
    for arguments in ({"transaction_id": free}, {"transaction_id": 99999, "notes": "x"}, {"notes": "x"}):
        wrong, _ = await called(ledger, "update_transaction", **arguments)
        assert wrong["hint"]
    assert (await queue(ledger), await questions(ledger)) == ([], [])

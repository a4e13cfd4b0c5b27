"""Proposals over a real ledger: which source speaks, what people decided stays, and a run is undone as a whole."""

from collections.abc import Sequence

import pytest
from ledger.statements import CHECKING, SAVINGS, bring_in, imported, row, rows_of, statement

from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.proposals import Proposal, carry_out, proposals
from tuppence.enrichment.rules import Outcome, create_rule
from tuppence.ledger.categories import find_category
from tuppence.ledger.edits import By, edit_of
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.imports.bank_file import BankFile
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transactions import Transaction
from tuppence.ledger.undoing import undo_edit

pytestmark = pytest.mark.anyio
WORDS = ("ORLIK MARKT #{}", "Kartenzahlung VELANA {}", "ATM WITHDRAWAL {}")


@pytest.fixture
async def books(ledger: Ledger) -> Ledger:
    """Six days, on each of which somebody was at Orlik's, at Velana's and at the cash machine."""
    rows = [
        row(f"03-{day:02}", f"-{day}.{number}5", words.format(4000 + day))
        for day in range(1, 7)
        for number, words in enumerate(WORDS)
    ]
    await bring_in(ledger, statement(*rows))
    return ledger


async def at(ledger: Ledger, word: str) -> list[Transaction]:
    return [each for each in await rows_of(ledger) if word in each.description]


async def filed(ledger: Ledger, rows: Sequence[Transaction], name: str | None, by: By | None = None) -> None:
    category = None if name is None else (await find_category(ledger, name)).id
    await file_transactions(ledger, [each.id for each in rows], TransactionChange(category=category), by or By())


def of(found: Sequence[Proposal], rows: Sequence[Transaction]) -> list[Proposal]:
    return [each for each in found if each.transaction_id in {row.id for row in rows}]


async def test_nothing_taught_nothing_proposed(books: Ledger) -> None:
    assert await proposals(books) == []
    assert await proposals(books, [999]) == []


async def test_memory_says_what_people_did_and_why(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    await filed(books, orlik[:3], "Groceries")
    found = await proposals(books)
    assert [each.transaction_id for each in found] == [each.id for each in orlik[3:]]
    groceries = (await find_category(books, "Groceries")).id
    assert found[0] == Proposal(
        transaction_id=orlik[3].id,
        kind="category",
        category_id=groceries,
        source="memory",
        confidence=found[0].confidence,
        reason="You filed 3 of 3 “orlik markt” under Groceries",
    )
    assert 97 <= found[0].confidence < 100
    assert await proposals(books, [orlik[4].id]) == [found[1]]


async def test_only_people_teach(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    for source in ("rule", "memory", "classifier", "model", "import"):
        await filed(books, orlik[:3], "Groceries", By(source=source))
        assert await proposals(books) == []


async def test_a_correction_and_its_undoing_teach_at_once(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    await filed(books, orlik[:3], "Groceries")
    corrected = await file_transactions(
        books, [orlik[0].id], TransactionChange(category=(await find_category(books, "Clothing")).id)
    )
    assert await proposals(books) == []
    assert corrected.edit_id is not None
    await undo_edit(books, corrected.edit_id)
    assert len(await proposals(books)) == 3


async def test_cash_stays_empty_however_often_it_was_filed(books: Ledger) -> None:
    cash = await at(books, "ATM")
    await filed(books, cash[:4], "Groceries")
    assert await proposals(books) == []


async def test_that_there_is_no_category_is_respected(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    await filed(books, orlik[:2], None)
    await filed(books, orlik[2:4], "Groceries")
    assert await proposals(books) == []


async def test_merchants_are_remembered_in_the_same_way(books: Ledger) -> None:
    velana = await at(books, "VELANA")
    merchant = await merchant_named(books, "Velana")
    await file_transactions(books, [each.id for each in velana[:2]], TransactionChange(merchant=merchant.id))
    found = await proposals(books)
    assert [(each.transaction_id, each.kind, each.merchant_id) for each in found] == [
        (each.id, "merchant", merchant.id) for each in velana[2:]
    ]
    assert found[0].reason == "You filed 2 of 2 “velana” under Velana"


async def test_a_rule_comes_before_memory_and_overrules_all_but_people(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    await filed(books, orlik[:3], "Groceries")
    await filed(books, orlik[3:4], "Groceries", By(source="model"))
    clothing = await find_category(books, "Clothing")
    await create_rule(books, Conditions(contains="orlik"), Outcome(category=clothing.id, tags=("Orlik",)))
    found = await proposals(books)
    filed_by_rule = [each for each in found if each.kind == "category"]
    assert [each.transaction_id for each in filed_by_rule] == [each.id for each in orlik[3:]]
    assert {(each.source, each.category_id, each.confidence) for each in filed_by_rule} == {("rule", clothing.id, 100)}
    assert filed_by_rule[0].reason == "Your rule 1: contains “orlik”"
    assert [each.tags for each in found if each.kind == "tags"] == [("Orlik",)] * 6


async def test_a_run_files_and_is_undone_as_a_whole(books: Ledger) -> None:
    orlik, velana = await at(books, "ORLIK"), await at(books, "VELANA")
    await filed(books, orlik[:3], "Groceries")
    merchant = await merchant_named(books, "Velana")
    category = await find_category(books, "Clothing")
    outcome = Outcome(category=category.id, merchant=merchant.id, tags=("v",))
    await create_rule(books, Conditions(contains="velana"), outcome)
    before = await rows_of(books)
    found = await proposals(books)
    by_rule = await carry_out(books, found, "rule")
    by_memory = await carry_out(books, found, "memory")
    assert (by_rule.rows, by_memory.rows) == (6, 3)
    assert by_rule.edit_id is not None
    assert by_memory.edit_id is not None
    assert (await edit_of(books, by_rule.edit_id)).summary == "Filed 6 transactions by your rules"
    after = await at(books, "VELANA")
    assert {(each.category, each.category_source, each.merchant, each.tags) for each in after} == {
        ("Clothing", "rule", "Velana", ("v",))
    }
    assert {each.category_source for each in (await at(books, "ORLIK"))[3:]} == {"memory"}
    assert of(await proposals(books), velana) == []
    assert (await carry_out(books, found, "rule")).edit_id is None
    for edit in (by_memory.edit_id, by_rule.edit_id):
        await undo_edit(books, edit)
    assert await rows_of(books) == before


async def test_what_a_person_said_meanwhile_stays(books: Ledger) -> None:
    orlik = await at(books, "ORLIK")
    await filed(books, orlik[:3], "Groceries")
    found = await proposals(books)
    await filed(books, orlik[3:5], "Clothing")
    assert (await carry_out(books, found, "memory")).rows == 1
    assert [each.category for each in (await at(books, "ORLIK"))[3:]] == ["Clothing", "Clothing", "Groceries"]


async def test_transfers_have_no_category_and_only_people_say_what_is_one(books: Ledger) -> None:
    there = imported([row("04-01", "-50", "ORLIK MARKT")])
    here = imported([row("04-02", "50", "FROM CHECKING")])
    await bring_in(books, BankFile(format="test", accounts=(there, here)), CHECKING, SAVINGS)
    orlik = await at(books, "ORLIK")
    assert orlik[-1].transfer_id is not None
    await filed(books, orlik[:3], "Groceries")
    assert orlik[-1].id not in {each.transaction_id for each in await proposals(books)}
    await create_rule(books, Conditions(contains="velana"), Outcome(transfer=True))
    velana = await at(books, "VELANA")
    found = of(await proposals(books), velana)
    assert {(each.kind, each.source) for each in found} == {("transfer", "rule")}
    assert (await carry_out(books, found, "rule")).edit_id is None

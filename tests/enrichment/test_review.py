"""A person decides what waits in the queue, and can take each decision back."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, imported, row, rows_of

from tuppence.enrichment.conditions import Conditions
from tuppence.enrichment.proposals import proposals
from tuppence.enrichment.review import (
    Narrowing,
    NeedsOtherSide,
    Suggestion,
    UnknownSuggestion,
    accept,
    accept_as,
    accept_group,
    count_suggestions,
    list_suggestions,
    reject,
)
from tuppence.enrichment.rules import Outcome, create_rule
from tuppence.ledger.categories import delete_category
from tuppence.ledger.edits import By, Edited, edit_of
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import list_merchants
from tuppence.ledger.undoing import redo_edit, undo_edit

from .queue import Books, books_of, by_id, category, merchant, states, suggested, tagged, transfer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def books(ledger: Ledger) -> Books:
    return await books_of(ledger)


async def waiting(ledger: Ledger) -> list[Suggestion]:
    groups = (await list_suggestions(ledger)).groups
    return sorted((each for group in groups for each in group.suggestions), key=lambda each: each.id)


async def ids(ledger: Ledger) -> list[int]:
    return [each.id for each in await waiting(ledger)]


async def undone(ledger: Ledger, edited: Edited) -> None:
    assert edited.edit_id is not None
    await undo_edit(ledger, edited.edit_id)


# ---------------------------------------------------------------------------------------------------------- listing


async def test_those_alike_are_one_group_the_largest_first(books: Books) -> None:
    ledger = books.ledger
    new = [category(each, books.groceries) for each in books.orlik]
    await suggested(ledger, category(books.velana[0], books.clothing), *new, merchant(books.orlik[0], "Orlik"))
    page = await list_suggestions(ledger)
    assert [(group.title, group.total) for group in page.groups] == [
        ("Orlik Markt", 4),
        ("Kartenzahlung VELANA 4001", 1),
        ("ORLIK MARKT #4001", 1),
    ]
    assert (page.total, page.next) == (6, None)
    newest = page.groups[0].suggestions[0]
    assert (newest.transaction_id, newest.category, newest.account) == (books.orlik[3], "Groceries", "Checking")
    assert (newest.amount.amount, newest.confidence, newest.reason) == (Decimal("-4.05"), 80, "Because.")


async def test_pages_go_on_to_the_end_and_can_be_narrowed(books: Books) -> None:
    ledger = books.ledger
    new = [merchant(each, f"Orlik {each}") for each in books.orlik]
    await suggested(ledger, *new, category(books.velana[0], books.clothing, source="memory"))
    first = await list_suggestions(ledger, limit=2)
    second = await list_suggestions(ledger, limit=2, after=first.next)
    last = await list_suggestions(ledger, limit=2, after=second.next)
    assert [len(page.groups) for page in (first, second, last)] == [2, 2, 1]
    assert last.next is None
    shown = [group.suggestions[0].id for page in (first, second, last) for group in page.groups]
    assert sorted(shown) == await ids(ledger)
    assert (await list_suggestions(ledger, kind="merchant")).total == 4
    assert (await list_suggestions(ledger, source="memory")).total == 1
    assert (await list_suggestions(ledger, run_id="another")).total == 0
    with pytest.raises(ValueError, match="no place"):
        await list_suggestions(ledger, after="x")


async def test_what_a_person_decided_elsewhere_waits_no_more(books: Books) -> None:
    ledger, (one, two, three, four) = books.ledger, books.orlik
    new = [category(each, books.groceries) for each in books.orlik]
    await suggested(ledger, *new, merchant(one, "Orlik"), tagged(one, "food", "fun"))
    await file_transactions(ledger, [one], TransactionChange(category=books.clothing, add_tags=("food", "fun")))
    await file_transactions(ledger, [two], TransactionChange(category=None))
    await file_transactions(ledger, [three], TransactionChange(category=books.groceries), By(source="model"))
    assert [(each.transaction_id, each.kind) for each in await waiting(ledger)] == [
        (four, "category"),
        (one, "merchant"),
    ]
    assert await count_suggestions(ledger) == 2
    await delete_category(ledger, books.groceries)
    assert await count_suggestions(ledger) == 1


# --------------------------------------------------------------------------------------------------------- accepting


async def test_accepting_files_as_a_person_and_is_undone_with_the_queue(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    before = await rows_of(ledger)
    await suggested(
        ledger, category(one, books.groceries), merchant(one, "Orlik", website="orlik.example"), tagged(one, "Food")
    )
    queue = await ids(ledger)
    done = await accept(ledger, queue, By(user_id=7))
    after = (await by_id(ledger))[one]
    assert (after.category, after.category_source) == ("Groceries", "person")
    assert (after.merchant, after.merchant_source, after.tags) == ("Orlik", "person", ("Food",))
    assert (done.rows, await count_suggestions(ledger), await states(ledger)) == (1, 0, ["accepted"] * 3)
    assert [one.website for one in await list_merchants(ledger)] == ["orlik.example"]
    assert done.edit_id is not None
    journal = await edit_of(ledger, done.edit_id)
    assert (journal.summary, journal.user_id) == ("Accepted 3 suggestions", 7)
    await undone(ledger, done)
    assert (await rows_of(ledger), await ids(ledger), await list_merchants(ledger)) == (before, queue, [])
    await redo_edit(ledger, done.edit_id)
    assert (await count_suggestions(ledger), (await by_id(ledger))[one].category) == (0, "Groceries")


async def test_a_group_is_accepted_as_a_whole_and_teaches_at_once(books: Books) -> None:
    ledger, (one, two, three, four) = books.ledger, books.orlik
    new = [category(each, books.groceries) for each in (one, two, three)]
    await suggested(ledger, *new, category(books.velana[0], books.groceries))
    done = await accept_group(ledger, (await ids(ledger))[0])
    assert done.rows == 3
    assert [each.transaction_id for each in await waiting(ledger)] == [books.velana[0]]
    assert [(each.transaction_id, each.category_id) for each in await proposals(ledger)] == [(four, books.groceries)]


async def test_a_group_can_be_narrowed(books: Books) -> None:
    ledger, (one, two, *_) = books.ledger, books.orlik
    await suggested(ledger, category(one, books.groceries), category(two, books.groceries, source="memory"))
    first, _ = await ids(ledger)
    assert (await accept_group(ledger, first, narrowing=Narrowing(source="model"))).rows == 1
    assert await count_suggestions(ledger) == 1


async def test_two_who_accept_at_once_make_one_edit(books: Books) -> None:
    ledger = books.ledger
    await suggested(ledger, *(category(each, books.groceries) for each in books.orlik))
    queue = await ids(ledger)
    both = await asyncio.gather(accept(ledger, queue), accept(ledger, queue), accept_group(ledger, queue[0]))
    assert sorted(each.rows for each in both) == [0, 0, 4]
    assert sum(each.edit_id is not None for each in both) == 1


async def test_what_was_locked_meanwhile_is_passed_over(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    await suggested(ledger, category(one, books.groceries))
    queue = await ids(ledger)
    await file_transactions(ledger, [one], TransactionChange(category=books.clothing))
    assert await accept(ledger, queue) == Edited(None, 0)
    assert (await by_id(ledger))[one].category == "Clothing"


async def test_the_person_says_something_else(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    await suggested(ledger, category(one, books.groceries), merchant(one, "Orlik"))
    done = await accept_as(ledger, await ids(ledger), TransactionChange(category=books.clothing))
    assert ((await by_id(ledger))[one].category, await states(ledger)) == ("Clothing", ["rejected", "open"])
    await undone(ledger, done)
    assert ((await by_id(ledger))[one].category, await states(ledger)) == (None, ["open", "open"])


async def test_only_people_decide_and_only_what_there_is(books: Books) -> None:
    ledger = books.ledger
    await suggested(ledger, category(books.orlik[0], books.groceries))
    queue = await ids(ledger)
    for decision in (accept, reject):
        with pytest.raises(ValueError, match="Only a person"):
            await decision(ledger, queue, By(source="model"))
        with pytest.raises(UnknownSuggestion):
            await decision(ledger, [*queue, 999])
    with pytest.raises(UnknownSuggestion):
        await accept_group(ledger, 999)
    with pytest.raises(LookupError):
        await accept_as(ledger, queue, TransactionChange(category=999))
    assert await ids(ledger) == queue
    assert await accept(ledger, []) == Edited(None, 0)


# -------------------------------------------------------------------------------------------------------- rejecting


async def test_a_rejection_taken_back_waits_again(books: Books) -> None:
    ledger = books.ledger
    await suggested(ledger, category(books.orlik[0], books.groceries))
    queue = await ids(ledger)
    done = await reject(ledger, queue)
    assert (done.rows, await count_suggestions(ledger)) == (1, 0)
    assert await reject(ledger, queue) == Edited(None, 0)
    await undone(ledger, done)
    assert await ids(ledger) == queue


async def test_a_rejection_is_not_taken_back_beside_a_newer_suggestion(books: Books) -> None:
    ledger, (one, two, *_) = books.ledger, books.orlik
    await suggested(ledger, category(one, books.groceries), category(two, books.groceries))
    done = await reject(ledger, await ids(ledger))
    await suggested(ledger, category(one, books.clothing))
    await undone(ledger, done)
    assert {(each.transaction_id, each.category_id) for each in await waiting(ledger)} == {
        (one, books.clothing),
        (two, books.groceries),
    }
    assert await states(ledger) == ["rejected", "open", "open"]


# --------------------------------------------------------------------------------------------------------- transfers


async def test_a_transfer_is_accepted_with_its_only_other_side(ledger: Ledger) -> None:
    checking = imported([row("03-01", "-50.00", "TO SAVINGS"), row("03-07", "-50.00", "TO SAVINGS")], id="a")
    savings = imported([row("03-04", "50.00", "FROM CHECKING")], id="b")
    await bring_in(ledger, bank_file(checking, savings), CHECKING, SAVINGS)
    before = await rows_of(ledger)
    one, into, other = before
    assert {each.transfer_id for each in before} == {None}  # it could belong to either
    await suggested(ledger, transfer(one.id), transfer(other.id), transfer(into.id))
    queue = await ids(ledger)
    with pytest.raises(NeedsOtherSide):
        await accept(ledger, queue)
    done = await accept(ledger, queue[:1])
    after = await by_id(ledger)
    assert done.rows == 2
    assert after[one.id].transfer_id == after[into.id].transfer_id is not None
    assert [each.transaction_id for each in await waiting(ledger)] == [other.id]
    await undone(ledger, done)
    assert (await rows_of(ledger), await ids(ledger)) == (before, queue)


async def test_a_transfer_without_a_clear_other_side_is_refused(books: Books) -> None:
    ledger = books.ledger
    await create_rule(ledger, Conditions(contains="orlik"), Outcome(transfer=True))
    await suggested(ledger, *(transfer(each) for each in books.orlik), category(books.velana[0], books.groceries))
    queue = await ids(ledger)
    with pytest.raises(NeedsOtherSide):
        await accept(ledger, queue)
    with pytest.raises(NeedsOtherSide):
        await accept_group(ledger, queue[0])
    assert await ids(ledger) == queue


# ------------------------------------------------------------------------------------------------- any sequence at all


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["suggest", "accept", "reject", "undo", "redo", "person"]), st.integers(0, 1), st.integers(0, 1)
    ),
    max_size=14,
)


@dataclass
class Decisions:
    """What people decided, latest last, and what was taken back of it."""

    ledger: Ledger
    standing: list[tuple[str, int, int | None]] = field(default_factory=list)
    """The edit, the transaction, and the category that was said; None where nothing was."""
    undone: list[tuple[str, int, int | None]] = field(default_factory=list)

    def add(self, edited: Edited, transaction: int, said: int | None) -> None:
        if edited.edit_id is not None:
            self.standing.append((edited.edit_id, transaction, said))
            self.undone.clear()

    async def undo(self) -> None:
        if self.standing:
            self.undone.append(self.standing.pop())
            await undo_edit(self.ledger, self.undone[-1][0])

    async def redo(self) -> None:
        if self.undone:
            self.standing.append(self.undone.pop())
            await redo_edit(self.ledger, self.standing[-1][0])

    def expected(self, transaction: int) -> tuple[int | None, str | None]:
        said = [label for _, whose, label in self.standing if whose == transaction and label is not None]
        return (said[-1], "person") if said else (None, None)


@given(STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_last_standing_decision_holds(books: Books, steps: list[tuple[str, int, int]]) -> None:
    ledger, choices, decisions = books.ledger, (books.groceries, books.clothing), Decisions(books.ledger)
    for verb, which, choice in steps:
        transaction, label = books.orlik[which], choices[choice]
        waits = next((each for each in await waiting(ledger) if each.transaction_id == transaction), None)
        match verb:
            case "suggest":
                await suggested(ledger, category(transaction, label))
            case "accept" if waits is not None:
                decisions.add(await accept(ledger, [waits.id]), transaction, waits.category_id)
            case "reject" if waits is not None:
                decisions.add(await reject(ledger, [waits.id]), transaction, None)
            case "person":
                said = await file_transactions(ledger, [transaction], TransactionChange(category=label))
                decisions.add(said, transaction, label)
            case "undo":
                await decisions.undo()
            case "redo":
                await decisions.redo()
        there, found = await by_id(ledger), await waiting(ledger)
        for each in books.orlik[:2]:
            assert (there[each].category_id, there[each].category_source) == decisions.expected(each)
        assert len({each.transaction_id for each in found}) == len(found) == await count_suggestions(ledger)
        assert all(there[each.transaction_id].category_source is None for each in found)
    while decisions.standing:
        await decisions.undo()

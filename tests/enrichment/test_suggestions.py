"""What comes into the review queue, and what is left out."""

import pytest

from tuppence.enrichment.review import accept, count_suggestions, list_suggestions, reject
from tuppence.enrichment.suggestions import Origin
from tuppence.ledger.categories import delete_category
from tuppence.ledger.edits import By
from tuppence.ledger.filing import TransactionChange, file_transactions
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.transfer_marks import mark_no_transfer

from .queue import Books, books_of, category, merchant, states, suggested, tagged, transfer

pytestmark = pytest.mark.anyio
CALL = Origin(turn_id="t" * 32, round=1, call_id="c")


@pytest.fixture
async def books(ledger: Ledger) -> Books:
    return await books_of(ledger)


async def ids(ledger: Ledger) -> list[int]:
    return sorted(each.id for group in (await list_suggestions(ledger)).groups for each in group.suggestions)


async def test_transactions_are_counted_not_suggestions(books: Books) -> None:
    one, two, *_ = books.orlik
    new = [category(one, books.groceries), merchant(one, "Orlik"), category(two, books.groceries)]
    assert await suggested(books.ledger, *new) == 2
    assert await count_suggestions(books.ledger) == 3


async def test_what_is_so_already_is_left_out(books: Books) -> None:
    ledger, (one, two, *_) = books.ledger, books.orlik
    orlik = await merchant_named(ledger, "Orlik")
    change = TransactionChange(category=books.groceries, merchant=orlik.id, add_tags=("Party",))
    await file_transactions(ledger, [one], change, By(source="model"))
    new = [category(one, books.groceries), merchant(one, "ORLIK"), tagged(one, "party")]
    assert await suggested(ledger, *new, tagged(two, " ")) == 0
    assert await suggested(ledger, category(one, books.clothing)) == 1


async def test_what_a_person_decided_is_left_alone(books: Books) -> None:
    ledger, (one, two, three, _) = books.ledger, books.orlik
    await file_transactions(ledger, [one], TransactionChange(category=books.clothing, merchant=None))
    await file_transactions(ledger, [two], TransactionChange(category=None))
    await mark_no_transfer(ledger, three)
    new = [category(one, books.groceries), merchant(one, "Orlik"), category(two, books.groceries), transfer(three)]
    assert await suggested(ledger, *new) == 0


async def test_what_the_household_does_not_have_is_left_out(books: Books) -> None:
    new = [category(999, books.groceries), category(books.orlik[0], 999), merchant(books.orlik[0], " ")]
    assert await suggested(books.ledger, *new) == 0
    assert await states(books.ledger) == []


async def test_a_rejected_answer_does_not_come_back_but_another_one_may(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    await suggested(ledger, category(one, books.groceries), merchant(one, "Orlik Ltd"), tagged(one, "food", "weekly"))
    await reject(ledger, await ids(ledger))
    await merchant_named(ledger, "Orlik LTD")
    again = [category(one, books.groceries, source="memory"), merchant(one, "ORLIK ltd"), tagged(one, "Weekly")]
    assert await suggested(ledger, *again) == 0
    assert await suggested(ledger, category(one, books.clothing), tagged(one, "weekly", "fun")) == 1
    found = [each for group in (await list_suggestions(ledger)).groups for each in group.suggestions]
    assert {(each.category_id, each.tags) for each in found} == {(books.clothing, ()), (None, ("fun",))}
    assert await suggested(ledger, category(books.orlik[1], books.groceries)) == 1


async def test_a_newer_answer_replaces_an_open_one_and_the_same_one_stays(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    assert await suggested(ledger, category(one, books.groceries)) == 1
    assert await suggested(ledger, category(one, books.groceries, confidence=99)) == 0
    assert await suggested(ledger, category(one, books.clothing)) == 1
    assert await states(ledger) == ["replaced", "open"]


async def test_the_last_of_two_answers_counts(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    assert await suggested(ledger, category(one, books.groceries), category(one, books.clothing)) == 1
    (group,) = (await list_suggestions(ledger)).groups
    assert group.suggestions[0].category_id == books.clothing


async def test_a_call_of_a_chat_has_its_effect_once(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    assert await suggested(ledger, category(one, books.groceries), origin=CALL) == 1
    assert await suggested(ledger, category(one, books.clothing)) == 1
    assert await suggested(ledger, category(one, books.groceries), origin=CALL) == 0
    assert await states(ledger) == ["replaced", "open"]


async def test_a_merchant_that_is_known_is_suggested_by_its_id(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    known = await merchant_named(ledger, "Orlik")
    await suggested(ledger, merchant(one, "orlik", website="www.orlik.example"))
    await suggested(ledger, merchant(books.velana[0], " Velana  AG ", website="https://www.velana.example/shop"))
    await suggested(ledger, merchant(books.velana[1], "Velana", website="no website at all"))
    found = [each for group in (await list_suggestions(ledger)).groups for each in group.suggestions]
    assert {(each.merchant_id, each.merchant, each.website) for each in found} == {
        (known.id, "Orlik", None),
        (None, "Velana AG", "velana.example"),
        (None, "Velana", None),
    }


async def test_after_an_accepted_one_was_undone_or_its_category_went(books: Books) -> None:
    ledger, one = books.ledger, books.orlik[0]
    await suggested(ledger, category(one, books.groceries))
    await accept(ledger, await ids(ledger))
    await delete_category(ledger, books.groceries)
    assert await suggested(ledger, category(one, books.groceries)) == 0
    assert await count_suggestions(ledger) == 0

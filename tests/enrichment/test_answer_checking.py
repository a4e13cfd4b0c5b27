"""What of an answer is taken: a table of bad ones, and what holds whatever comes back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.enrichment.answer_checking import Checked, checked, confidence_in
from tuppence.enrichment.auto_categorize import categorize_task
from tuppence.enrichment.auto_detect_merchants import LONGEST_NAME, merchants_task
from tuppence.enrichment.tasks import Task
from tuppence.llm.concept import ChatFunctionRequest, ChatResponse, StopReason, TextBlock, TokenUsage

from .asked import CATEGORIES, MERCHANTS, as_json, filing, said

TASK = categorize_task(CATEGORIES)
IDS = (11, 12, 13)


def called(*arguments: Any, name: str = "file_transactions", stop: StopReason = "function_request") -> ChatResponse:
    """An answer that calls the function with each of these; text is what is no JSON object."""
    calls = [
        ChatFunctionRequest("i", "c", name, {}, malformed=True, raw_arguments=one)
        if isinstance(one, str)
        else ChatFunctionRequest("i", "c", name, one)
        for one in arguments
    ]
    return ChatResponse("r", "m", tuple(calls), stop, None, TokenUsage())


def filed(response: ChatResponse, ids: tuple[int, ...] = IDS) -> dict[int, int | None]:
    """The categories by transaction."""
    return {each: verdict.category_id for each, verdict in checked(response, TASK, ids).verdicts.items()}


def filings(*items: object) -> ChatResponse:
    return called({"filings": list(items)})


USABLE = [
    (filings(filing(11)), {11: 4}),
    (filings(filing("11"), filing(" 12 ", "Gifts")), {11: 4, 12: 6}),
    (filings(filing(11, " gROCERIES  ")), {11: 4}),
    (filings(filing(11, None)), {11: None}),
    (filings(filing(11, None, None)), {11: None}),
    (filings(filing(11, "null")), {11: None}),
    (filings(filing(11, "", 0)), {11: None}),
    (filings(filing(11, "Groceries", 59)), {11: None}),
    (filings(filing(11, "Groceries", 60)), {11: 4}),
    (filings(filing(11, "Groceries", 0.93)), {11: 4}),
    (filings(filing(11, "Groceries", "87 %")), {11: 4}),
    (filings({**filing(11), "why": "bread", "account": {"id": 7}}), {11: 4}),
    (filings(filing(11), filing(11)), {11: 4}),
    (filings(filing(11), filing(11, "groceries", 70)), {11: 4}),
    (called({"filings": [filing(11)]}, {"filings": [filing(12)]}), {11: 4, 12: 4}),
    (called({"filings": as_json([filing(11)])}), {11: 4}),
    (called({"filings": filing(11)}), {11: 4}),
    (called(filing(11)), {11: 4}),
    (called({"filings": [as_json(filing(11))]}), {11: 4}),
    (called(as_json({"filings": [filing(11), filing(12)]})[:-20]), {11: 4}),
    (said(as_json({"filings": [filing(11)]})), {11: 4}),
    (said(as_json([filing(11), filing(12)])), {11: 4, 12: 4}),
    (said(as_json(filing(11)) + "\n" + as_json(filing(12))), {11: 4, 12: 4}),
    (said(as_json({"name": "file_transactions", "arguments": {"filings": [filing(11)]}})), {11: 4}),
    (said(as_json({"name": "file_transactions", "arguments": as_json({"filings": [filing(11)]})})), {11: 4}),
    (said(f"<think>{as_json(filing(11, 'Gifts'))}?</think>{as_json(filing(11))}"), {11: 4}),
    (said("As {you} wished:\n```json\n" + as_json({"filings": [filing(11)]}) + "\n```\n{}"), {11: 4}),
]
UNUSABLE = [
    (filings(), "not answered"),
    (called({}), "not answered"),
    (called({"filings": None}), "not answered"),
    (called({"filings": [None, 3, [], "x", {}]}), "not answered"),
    (called({"filings": [filing(11)]}, name="other_function"), "not answered"),
    (called("not JSON"), "not answered"),
    (said(""), "not answered"),
    (said("Transaction 11 is Groceries."), "not answered"),
    (filings({"category": "Groceries", "confidence": 90}), "not answered"),
    (filings(filing(14)), "about a transaction that was not asked about"),
    (filings(filing(True)), "about a transaction that was not asked about"),
    (filings(filing(11.0)), "about a transaction that was not asked about"),  # type: ignore[arg-type]
    (filings(filing([11])), "about a transaction that was not asked about"),  # type: ignore[arg-type]
    (filings(filing("11; 12")), "about a transaction that was not asked about"),
    (filings(filing(11, "Yachts")), "with a category that is not on the list"),
    (filings(filing(11, "Food / Groceries")), "with a category that is not on the list"),
    (filings(filing(11, 4)), "without a category"),
    (filings(filing(11, ["Groceries"])), "without a category"),
    (filings({"transaction_id": 11, "confidence": 90}), "without a category"),
    (filings(filing(11, "Groceries", None)), "without a confidence from 0 to 100"),
    (filings(filing(11, "Groceries", "high")), "without a confidence from 0 to 100"),
    (filings(filing(11, "Groceries", True)), "without a confidence from 0 to 100"),
    (filings(filing(11, "Groceries", 900)), "without a confidence from 0 to 100"),
    (filings(filing(11), filing(11, "Gifts")), "answered in two different ways"),
    (filings(filing(11), filing(11, None)), "answered in two different ways"),
    (filings(filing(11), filing(11, "Groceries", 20)), "answered in two different ways"),
    (filings(filing(11), filing(11, "Yachts")), "with a category that is not on the list"),
    (filings(filing(11, "Yachts"), filing(11)), "with a category that is not on the list"),
    (called({"filings": [filing(11)]}, {"filings": [filing(11, "Gifts")]}), "answered in two different ways"),
]


@pytest.mark.parametrize(("response", "expected"), USABLE)
def test_what_is_meant_clearly_is_taken(response: ChatResponse, expected: dict[int, int | None]) -> None:
    assert filed(response) == expected


@pytest.mark.parametrize(("response", "flaw"), UNUSABLE)
def test_what_is_not_usable_is_missing_and_said(response: ChatResponse, flaw: str) -> None:
    found = checked(response, TASK, (11,))
    assert (found.verdicts, found.missing) == ({}, (11,))
    assert found.flaws.get(flaw), found.flaws


def test_one_bad_item_spoils_no_other() -> None:
    found = checked(filings(filing(11), filing(12, "Yachts"), filing(99), filing(13, "Gifts")), TASK, IDS)
    assert {each: verdict.category_id for each, verdict in found.verdicts.items()} == {11: 4, 13: 6}
    assert found.missing == (12,)
    assert found.flaws == {
        "with a category that is not on the list": 1,
        "about a transaction that was not asked about": 1,
    }


def test_the_less_sure_of_two_equal_answers_counts() -> None:
    found = checked(filings(filing(11, "Groceries", 95), filing(11, "Groceries", 70)), TASK, (11,))
    assert found.verdicts[11].confidence == 70


@pytest.mark.parametrize(
    ("stop", "flaw"),
    [
        ("max_tokens", "cut off"),
        ("refusal", "refused by the model"),
        ("content_filter", "held back by the provider's filter"),
    ],
)
def test_why_a_model_stopped_is_said_where_something_is_missing(stop: StopReason, flaw: str) -> None:
    assert checked(called({"filings": [filing(11)]}, stop=stop), TASK, (11, 12)).flaws == {flaw: 1, "not answered": 1}
    assert checked(called({"filings": [filing(11)]}, stop=stop), TASK, (11,)).flaws == {}


@pytest.mark.parametrize(
    ("said_so", "expected"),
    [(0, 0), (100, 100), (59.9, 59), (0.5, 50), ("70", 70), (-1, None), (float("nan"), None), (None, None), ([], None)],
)
def test_confidence(said_so: object, expected: int | None) -> None:
    assert confidence_in({"confidence": said_so}) == expected


# -------------------------------------------------------------------------------------------- whatever comes back

NAMES = st.sampled_from([*(category.name for category in CATEGORIES), "Yachts", "null", "", "groceries "])
SCALARS = st.none() | st.booleans() | st.integers(-200, 200) | st.floats() | st.text(max_size=8) | NAMES
KEYS = st.text(max_size=4) | st.sampled_from(["filings", "findings"])
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)
FIELDS = {
    "transaction_id": st.sampled_from([10, 11, 12, 13, 14, "11", "12", "x"]) | ANY,
    "category": NAMES | ANY,
    "name": NAMES | ANY,
    "website": ANY,
    "confidence": st.integers(0, 100) | ANY,
}
ITEMS = st.lists(st.fixed_dictionaries({}, optional=FIELDS) | ANY) | ANY
BODY = st.fixed_dictionaries({}, optional={"filings": ITEMS, "findings": ITEMS})
TASKS = st.sampled_from([TASK, merchants_task(MERCHANTS)])


def holds(found: Checked) -> None:
    """What holds for whatever was said."""
    assert list(found.missing) == [each for each in IDS if each not in found.verdicts]
    assert found.verdicts.keys() <= set(IDS)
    for each, verdict in found.verdicts.items():
        assert verdict.id == each
        assert verdict.category_id in {None, *(category.id for category in CATEGORIES)}
        assert verdict.merchant_name is None or 0 < len(verdict.merchant_name) <= LONGEST_NAME
        if verdict.category_id or verdict.merchant_name:
            assert verdict.confidence is not None and verdict.confidence >= 60
    assert bool(found.flaws) >= bool(found.missing)


@given(TASKS, st.lists(BODY, max_size=3))
def test_calls_give_no_more_than_was_asked_for(task: Task, bodies: list[dict[str, Any]]) -> None:
    holds(checked(called(*bodies, name=task.function), task, IDS))


@given(TASKS, BODY | ITEMS, st.integers(0, 400), st.text(max_size=20))
def test_words_give_no_more_than_was_asked_for(task: Task, body: Any, cut: int, around: str) -> None:
    text = around + as_json(body)[:cut] + around
    response = ChatResponse("r", "m", (TextBlock(text),), "end_turn", None, TokenUsage())
    holds(checked(response, task, IDS))
    holds(checked(called(text, name=task.function), task, IDS))

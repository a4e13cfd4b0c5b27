"""Judging answers and adding the judgements up."""

import datetime
from typing import Any

import pytest

from tuppence.enrichment.evaluation_files import CategorySample, ChatSample, MerchantSample
from tuppence.enrichment.evaluation_scores import (
    Judged,
    Share,
    judged_answer,
    judged_category,
    judged_merchant,
    scores,
)
from tuppence.enrichment.evaluation_shapes import Call
from tuppence.enrichment.tasks import Question, Verdict
from tuppence.ledger.categories import Category
from tuppence.money import Money

CATEGORIES = [Category(1, "Food", "expense", None), Category(2, "Groceries", "expense", 1)]
QUESTION = Question(1, "ORLIK MARKT", None, None, Money(-100, "EUR"), datetime.date(2026, 3, 1), "Card")
ABSTAINED = Verdict(1)


def category_sample(*accepted: int | None) -> CategorySample:
    return CategorySample(
        id="a", difficulty="easy", question=QUESTION, expected=accepted[0], accepted=frozenset(accepted)
    )


@pytest.mark.parametrize(
    ("accepted", "verdict", "outcome"),
    [
        ((2, 1), Verdict(1, category_id=2), "right"),
        ((2, 1), Verdict(1, category_id=1), "right"),
        ((2,), Verdict(1, category_id=1), "wrong"),
        ((2,), ABSTAINED, "abstained"),
        ((None,), ABSTAINED, "right"),
        ((None,), Verdict(1, category_id=1), "wrong"),
        ((2, None), ABSTAINED, "right"),
        ((2,), None, "unanswered"),
        ((None,), None, "unanswered"),
    ],
)
def test_a_category_is_right_when_the_sample_accepts_it(
    accepted: tuple[int | None, ...], verdict: Verdict | None, outcome: str
) -> None:
    assert judged_category(category_sample(*accepted), verdict, CATEGORIES).outcome == outcome


def test_people_read_names() -> None:
    judged = judged_category(category_sample(2), Verdict(1, category_id=1), CATEGORIES)
    assert (judged.expected, judged.said) == ("Groceries", "Food")
    judged = judged_category(category_sample(None), ABSTAINED, CATEGORIES)
    assert (judged.expected, judged.said) == (None, None)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("Orlik Markt", "right"),
        ("ORLIK-Markt GmbH", "right"),
        ("Orlik & Sons", "right"),
        ("Orlik", "wrong"),
        (None, "abstained"),
    ],
)
def test_spellings_of_an_accepted_merchant_are_right(name: str | None, outcome: str) -> None:
    sample = merchant_sample("Orlik Markt", "Orlik and Sons", website=None)
    judged = judged_merchant(sample, Verdict(1, merchant_name=name))
    assert (judged.outcome, judged.parts) == (outcome, {})


def test_the_website_is_looked_at_besides() -> None:
    sample = merchant_sample("Orlik", website="orlik.example")
    found = [
        judged_merchant(sample, Verdict(1, merchant_name="Orlik", website=site)) for site in ("orlik.example", None)
    ]
    assert [(each.outcome, each.parts) for each in found] == [
        ("right", {"website": True}),
        ("right", {"website": False}),
    ]
    assert judged_merchant(sample, ABSTAINED).parts == {}


def merchant_sample(*accepted: str | None, website: str | None) -> MerchantSample:
    return MerchantSample(id="a", difficulty="", question=QUESTION, accepted=accepted, website=website)


def call(name: str, **params: Any) -> Call:
    return Call(name, params)


LOOKS = call("get_accounts")


@pytest.mark.parametrize(
    ("expected", "words", "made", "outcome"),
    [
        ([LOOKS], (), [LOOKS], "right"),
        ([LOOKS], (), [call("get_transactions"), LOOKS], "right"),
        ([LOOKS], (), [call("get_transactions")], "wrong"),
        ([LOOKS], (), [], "abstained"),
        ([], (), [], "right"),
        ([], (), [LOOKS], "wrong"),
        ([LOOKS], ("PAID 12",), [LOOKS], "right"),
        ([LOOKS], ("paid 13",), [LOOKS], "wrong"),
        ([call("f", since="2026-03-01", limit=5)], (), [call("f", since="2026-03-01", limit=5, by="day")], "right"),
        ([call("f", since=datetime.date(2026, 3, 1))], (), [call("f", since="2026-03-01")], "right"),
        ([call("f", limit=5)], (), [call("f", limit=6)], "wrong"),
        ([call("f", limit=5)], (), [call("f")], "wrong"),
    ],
)
def test_an_answer_is_right_by_what_it_called_and_says(
    expected: list[Call], words: tuple[str, ...], made: list[Call], outcome: str
) -> None:
    sample = ChatSample(id="a", difficulty="", prompt="?", calls=tuple(expected), words=words)
    assert judged_answer(sample, made, "You paid 12 euros.").outcome == outcome


def judged(outcome: Any, said: str | None, expected: str | None, difficulty: str = "easy", **parts: bool) -> Judged:
    return Judged(id="a", difficulty=difficulty, expected=expected, said=said, outcome=outcome, parts=parts)


def test_judgements_are_added_up() -> None:
    found = scores(
        [
            judged("right", "A", "A", website=True),
            judged("right", "A", "B", website=False),
            judged("wrong", "A", "B", "hard"),
            judged("abstained", None, "B", "hard"),
            judged("unanswered", None, "B", "hard"),
            judged("right", None, None),
            judged("wrong", "A", None),
            judged("unanswered", None, None),
        ]
    )
    assert found.right == Share(3, 8)
    assert found.named == Share(2, 4)
    assert found.left_empty == Share(1, 3)
    assert (found.wrong, found.abstained, found.unanswered) == (2, 1, 2)
    assert found.by_difficulty == {"easy": Share(3, 5), "hard": Share(0, 3)}
    assert found.parts == {"website": Share(1, 2)}


def test_nothing_asked_has_no_share() -> None:
    found = scores([])
    assert (found.right.ratio, found.by_difficulty, found.parts) == (None, {}, {})
    assert scores([judged("right", "A", "A", difficulty="")]).by_difficulty == {}

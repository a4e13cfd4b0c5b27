"""Labelled data: what a file may look like, and one sentence for a file that does not look so."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tuppence.enrichment.evaluation_files import EvaluationUnusable, category_file, chat_file, merchant_file
from tuppence.ledger.default_categories import DEFAULT_CATEGORIES
from tuppence.money import Money

CATEGORIES = [
    {"id": "wages", "name": "Wages", "classification": "income"},
    {"id": "cats", "name": "Cats", "classification": "expense", "parent_id": "home"},
    {"id": "home", "name": "Home", "classification": "expense"},
]


def purchase(expected: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"input": {"description": "ORLIK MARKT 12", "amount": 12.99, **given}, "expected": expected}


def written(*samples: Any, **others: Any) -> bytes:
    return yaml.safe_dump({"samples": list(samples), **others}).encode()


def test_a_sample_is_a_question_with_what_is_right() -> None:
    alternatives = ["Home", None]
    sample = purchase(
        {"category_name": "cats", "acceptable_alternatives": alternatives},
        classification="expense",
        date=datetime.date(2026, 3, 1),
        payee="Orlik",
        account="Card",
    )
    file = category_file(
        written({**sample, "id": "a", "difficulty": "hard"}, context={"categories": CATEGORIES, "currency": "EUR"})
    )
    (read,) = file.samples
    names = {category.id: category.name for category in file.categories}
    assert [category.name for category in file.categories] == ["Wages", "Home", "Cats"]  # each parent before its own
    assert (read.id, read.difficulty, names[read.expected or 0]) == ("a", "hard", "Cats")
    assert {names.get(label or 0) for label in read.accepted} == {"Cats", "Home", None}
    asked = read.question
    assert (asked.amount, asked.date, asked.payee, asked.account) == (
        Money(-1299, "EUR"),
        datetime.date(2026, 3, 1),
        "Orlik",
        "Card",
    )


@pytest.mark.parametrize(
    ("given", "minor"),
    [
        ({"amount": 1200, "classification": "income"}, 120000),
        ({"amount": -1200, "classification": "income"}, 120000),
        ({"amount": 0.1, "classification": "expense"}, -10),
        ({"amount": "-3.20"}, -320),
        ({"amount": -3.2}, -320),
        ({"amount": 1500, "currency": "JPY"}, 1500),
    ],
)
def test_amounts_are_exact_and_signed(given: dict[str, Any], minor: int) -> None:
    (read,) = category_file(written(purchase({"category_name": None}, **given))).samples
    assert read.question.amount.minor == minor


def test_without_categories_of_its_own_a_file_has_those_of_a_new_household() -> None:
    file = category_file(written(purchase({"category_name": "Groceries"})))
    assert len(file.categories) == sum(
        len(children) + 1 for tree in DEFAULT_CATEGORIES.values() for children in tree.values()
    )
    (food,) = [category for category in file.categories if category.name == "Food"]
    (groceries,) = [category for category in file.categories if category.name == "Groceries"]
    assert groceries.parent_id == food.id


@pytest.mark.parametrize("names", [("merchant_name", "website"), ("business_name", "business_url")])
def test_merchants_have_a_name_and_may_have_a_website(names: tuple[str, str]) -> None:
    name, website = names
    file = merchant_file(
        written(
            purchase(
                {name: "Orlik", website: "https://www.orlik.example/", "acceptable_alternatives": ["Orlik Markt"]}
            ),
            purchase({name: None}),
            context={"merchants": [{"name": "Kora", "website": "www.kora.example"}]},
            eval_type="merchant_detection",
        )
    )
    assert [(each.accepted, each.website) for each in file.samples] == [
        (("Orlik", "Orlik Markt"), "orlik.example"),
        ((None,), None),
    ]
    assert [(each.name, each.website) for each in file.known] == [("Kora", "kora.example")]


def test_a_chat_may_bring_its_household() -> None:
    row = {"account": "card", "date": datetime.date(2026, 3, 1), "amount": 4, "description": "Orlik"}
    file = chat_file(
        written(
            {"input": {"prompt": "How much?"}, "expected": {"functions": [{"name": "get_accounts"}]}},
            {"input": {"prompt": "Hello"}, "expected": {"functions": [], "response_contains": ["hi", 5]}},
            context={
                "currency": "EUR",
                "today": datetime.date(2026, 3, 31),
                "accounts": [{"name": "Card", "balance": -4.5}, {"name": "Dollars", "currency": "USD"}],
                "transactions": [{**row, "classification": "expense"}, {**row, "account": "Cash"}],
            },
        )
    )
    assert [([call.name for call in each.calls], each.words) for each in file.samples] == [
        (["get_accounts"], ()),
        ([], ("hi", "5")),
    ]
    assert file.today == datetime.date(2026, 3, 31)
    told = [(each.name, each.balance, [row.amount for row in each.transactions]) for each in file.accounts]
    assert told == [
        ("Card", Money(-450, "EUR"), [Money(-400, "EUR")]),
        ("Dollars", None, []),
        ("Cash", None, [Money(400, "EUR")]),
    ]


ORDINARY = purchase({"category_name": None})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "`samples` is missing"),
        (b"- 1", "`samples` is missing"),
        (b"a: [", "no YAML"),
        (b"\xff\xfe\x00", "no YAML"),
        (b"[" * 20_000, "no YAML"),
        (b"samples: [{input: {description: x, amount: 1, date: 2026-02-30}}]", "no YAML"),
        (b"!!python/object/apply:os.getcwd []", "no YAML"),
        (b"samples: &again [*again]", "samples[0]"),
        (written(), "nothing in `samples`"),
        (written({}), "`input`, at samples[0]"),
        (written(ORDINARY, eval_type="chat"), "for “chat” (its eval_type), not for categorize"),
        (written(purchase({"category_name": "Dogs"})), "Sample 1 expects “Dogs”, which is not among"),
        (written(purchase({"category_name": None}, amount=1.999)), "Sample 1: 1.999 is not an amount of USD"),
        (written(purchase({"category_name": None}, amount=float("nan"))), "Sample 1: "),
        (written(purchase({"category_name": None}, amount=True)), "at samples[0].input.amount"),
        (written(purchase({"category_name": None}, currency="XXQ")), "“XXQ” is no currency"),
        (written(purchase({"category_name": None}, description=" ")), "description of Sample 1 is empty"),
        (written(ORDINARY, context={"categories": [{"name": "A"}, {"name": "a"}]}), "a name of its own"),
        (written(ORDINARY, context={"categories": [{"name": "A", "parent_id": "b"}]}), "parent_id b"),
        (
            written(
                ORDINARY,
                context={
                    "categories": [{"name": "A", "id": 1, "parent_id": 2}, {"name": "B", "id": 2, "parent_id": 1}]
                },
            ),
            "in a circle",
        ),
    ],
)
def test_what_is_no_labelled_data_is_told_in_one_sentence(data: bytes, words: str) -> None:
    refused_by(category_file, data, words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (written(purchase({})), "Sample 1 does not say its merchant_name"),
        (written(purchase({"merchant_name": "Orlik", "website": "not one"})), "is no website"),
    ],
)
def test_merchants_that_are_none(data: bytes, words: str) -> None:
    refused_by(merchant_file, data, words)


def test_chats_that_are_none() -> None:
    sample = {"input": {"prompt": "How much?"}, "expected": {}}
    accounts = {"accounts": [{"name": "A"}, {"name": "a"}]}
    refused_by(chat_file, written({**sample, "input": {"prompt": ""}}), "prompt of Sample 1 is empty")
    refused_by(chat_file, written(sample, context=accounts), "a name of its own")


def test_the_examples_in_the_documentation_are_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    filing, naming, chatting = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (category,) = category_file(filing.encode()).samples
    assert category.question.amount == Money(-460, "EUR")
    naming = filing.replace("categorization", "merchants").partition("    expected:")[0] + naming
    (merchant,) = merchant_file(naming.encode()).samples
    assert merchant.website == "kornblume.example"
    asked, greeting = chat_file(chatting.encode()).samples
    assert (asked.calls[0].params, asked.words, greeting.calls) == ({"text": "kornblume"}, ("4.60",), ())


def refused_by(reader: Callable[[bytes], object], data: bytes, words: str) -> None:
    with pytest.raises(EvaluationUnusable) as raised:
        reader(data)
    message = str(raised.value)
    assert words in message
    assert message.endswith(".") and "\n" not in message

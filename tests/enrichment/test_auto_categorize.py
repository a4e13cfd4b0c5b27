"""The task of choosing a category: what the model is told of them."""

import pytest

from tuppence.enrichment.auto_categorize import categorize_task
from tuppence.ledger.categories import Category, list_categories
from tuppence.ledger.household import Ledger

from .asked import CATEGORIES, as_json

pytestmark = pytest.mark.anyio


def test_the_categories_are_told_as_a_tree_with_their_kinds() -> None:
    odd = [*CATEGORIES, Category(7, "Vouchers", "other", 6), Category(8, "Birthdays", "other", 7)]
    assert categorize_task(odd).instructions.endswith(
        """:
Income (income)
  Salary
Food (expense)
  Groceries
  Eating out
Gifts (expense)
  Vouchers (neither income nor expense)
    Birthdays"""
    )


async def test_the_definition_lists_the_ids_and_the_households_names(ledger: Ledger) -> None:
    categories = await list_categories(ledger)
    definition = categorize_task(categories).definition([5, 7])
    item = definition.parameters["properties"]["filings"]["items"]
    assert item["properties"]["transaction_id"]["enum"] == ["5", "7"]
    assert item["properties"]["category"]["enum"] == [*(category.name for category in categories), None]
    assert item["required"] == ["transaction_id", "category", "confidence"]
    assert as_json(definition.parameters)


def test_a_category_may_have_a_name_that_others_use_for_nothing() -> None:
    task = categorize_task([Category(1, "None", "other", None)])
    assert task.verdict(5, {"category": "none", "confidence": 80}).category_id == 1

"""What models are offered. A change here makes providers read all definitions anew, so it should be meant."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tuppence.assistant.functions import FUNCTIONS, Function

SHAPES = {
    "get_accounts": {},
    "get_transactions": {
        "text": "string",
        "accounts": "array",
        "categories": "array",
        "merchants": "array",
        "tags": "array",
        "since": "date",
        "until": "date",
        "minimum": "number",
        "maximum": "number",
        "direction": "in|out",
        "pending": "boolean",
        "uncategorized": "boolean",
        "transfers": "boolean",
        "order": "newest|oldest|largest|smallest",
        "limit": "integer",
        "offset": "integer",
    },
    "get_income_statement": {
        "since": "date",
        "until": "date",
        "by_month": "boolean",
        "compare_with": "previous_period|same_period_last_year",
        "categories": "array",
        "accounts": "array",
    },
    "get_balance_sheet": {"as_of": "date", "history_since": "date"},
    "get_categories": {"kind": "income|expense|other"},
    "get_merchants": {
        "since": "date",
        "until": "date",
        "text": "string",
        "order": "most_spent|most_received|most_transactions|name",
        "limit": "integer",
    },
    "categorize_transactions": {"filings": "array"},
    "create_category": {"name": "string", "kind": "income|expense|other", "parent": "string"},
    "create_rule": {
        "contains": "string",
        "minimum": "number",
        "maximum": "number",
        "direction": "in|out",
        "accounts": "array",
        "category": "string",
        "merchant": "string",
        "tags": "array",
        "transfer": "boolean",
    },
    "update_transaction": {
        "transaction_id": "integer",
        "category": "string",
        "merchant": "string",
        "notes": "string",
        "add_tags": "array",
    },
}
READING = [name for name in SHAPES if name.startswith("get_")]
_PRINT = """
import msgspec
from tuppence.assistant.functions import FUNCTIONS
print(msgspec.json.encode([one.definition() for one in FUNCTIONS]).decode())
"""


def shape(schema: dict[str, Any]) -> str:
    return "|".join(schema["enum"]) if "enum" in schema else str(schema.get("format", schema["type"]))


def test_names_order_and_parameters() -> None:
    shapes = {
        one.name: {name: shape(schema) for name, schema in one.parameters["properties"].items()} for one in FUNCTIONS
    }

    assert shapes == SHAPES
    assert [list(one) for one in shapes.values()] == [list(one) for one in SHAPES.values()]
    assert list(shapes) == list(SHAPES)


def test_the_bytes_are_the_same_in_every_process() -> None:
    def printed(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", _PRINT], env=environment, capture_output=True, check=True).stdout

    assert printed("1") == printed("2")


@pytest.mark.parametrize("one", FUNCTIONS, ids=lambda one: one.name)
def test_the_schema_is_plain(one: Function) -> None:
    assert one.parameters["type"] == "object"
    assert one.parameters["additionalProperties"] is False
    assert one.name not in READING or "required" not in one.parameters
    for schema in _schemas(one.parameters):
        assert schema.keys().isdisjoint({"$ref", "$defs", "title", "anyOf", "oneOf", "allOf"})
        assert schema.get("type") in {"object", "string", "array", "number", "integer", "boolean"}
        assert schema.get("default", "") is not None


@pytest.mark.parametrize("one", FUNCTIONS, ids=lambda one: one.name)
def test_every_function_says_when_to_use_it(one: Function) -> None:
    assert "Use it " in one.description


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from _schemas(inner)

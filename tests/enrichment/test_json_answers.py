"""JSON among words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.enrichment.json_answers import objects_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no braces", []),
        ('{"a": 1}', [{"a": 1}]),
        ('so: {"a": {"b": 2}} and {"c": 3}.', [{"a": {"b": 2}}, {"c": 3}]),
        ('[{"a": 1}, {"b": 2}]', [{"a": 1}, {"b": 2}]),
        ('{"list": [{"a": 1}, {"b": 2}, {"c', [{"a": 1}, {"b": 2}]),
        ('{broken {"a": "}"}', [{"a": "}"}]),
        ('{"n": ' + "9" * 5000 + '} {"a": 1}', [{"a": 1}]),
        ("{" * 50_000, []),
        ('{"a":' * 20_000, []),
    ],
    ids=lambda value: str(value)[:30],
)
def test_objects_are_found(text: str, expected: list[object]) -> None:
    assert list(objects_in(text)) == expected


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.text(alphabet="ab \n`.:"))
def test_an_object_is_found_between_words(value: dict[str, object], words: str) -> None:
    assert list(objects_in(words + json.dumps(value) + words)) == [value]

"""Strings in JSON are changed where they stand; every other byte stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.privacy.json_strings import (
    Replacement,
    is_document,
    meant,
    replaced,
    replaced_in_value,
    replaced_under,
    values_in,
)


def replaced_in_document(document: str, find: Callable[[str], Iterator[Replacement]]) -> str:
    """The document with what is found in its strings replaced."""

    def replacements() -> Iterator[Replacement]:
        for at, literal in values_in(document):
            text, starts = meant(literal)
            for start, end, new in find(text):
                yield at + starts[start], at + starts[end], new

    return replaced(document, replacements())


def annas(text: str) -> Iterator[tuple[int, int, str]]:
    for match in re.finditer("Anna", text):
        yield *match.span(), "X"


@pytest.mark.parametrize(
    ("document", "changed"),
    [
        ('{"Anna": "Anna", "b" :["Anna",1.50, "AnnaAnna"]}', '{"Anna": "X", "b" :["X",1.50, "XX"]}'),
        (r'{"a":"\u0041nna \"Anna\" \n\u00e9\ud83d\ude00 Anna"}', r'{"a":"X \"X\" \n\u00e9\ud83d\ude00 X"}'),
        ('[ "Anna" , {"Anna":{"Anna":"Anna"}}, "Anna" ]', '[ "X" , {"Anna":{"Anna":"X"}}, "X" ]'),
        ('{"kind":"Anna","name":"Anna"}', '{"kind":"Anna","name":"X"}'),
        ('[{"kind":"Anna"},"Anna"]', '[{"kind":"Anna"},"X"]'),
        ('{"kind":1,"name":["Anna"]}', '{"kind":1,"name":["X"]}'),
        ('{"kind":["Anna"],"a":"kind","b":"Anna"}', '{"kind":["X"],"a":"kind","b":"X"}'),
    ],
)
def test_only_strings_that_are_values_change(document: str, changed: str) -> None:
    assert replaced_in_document(document, annas) == changed


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
def test_it_means_what_changing_the_values_means(value: object) -> None:
    def cut(text: str) -> Iterator[tuple[int, int, str]]:
        return iter([(0, 1, "X")] if text else [])

    for written in (json.dumps({"a": value}), json.dumps({"a": value}, ensure_ascii=False)):
        expected = replaced_in_value({"a": value}, lambda text: "X" + text[1:] if text else text)
        assert json.loads(replaced_in_document(written, cut)) == expected or '"kind"' in written


def test_what_a_document_is() -> None:
    assert is_document(' {"a": 1}') and is_document("[1]")
    assert not any(map(is_document, ["Anna", "[Anna]", "{'a': 1}", '{"a": 1} and more', '"Anna"', "", '["\ud800"]']))


def test_only_the_words_of_a_providers_form_change() -> None:
    raw = {"type": "message", "id": "Anna", "content": [{"type": "output_text", "text": "Anna", "logprobs": []}]}
    changed = replaced_under(frozenset({"text"}), raw, lambda text: text.replace("Anna", "X"))
    assert changed == {**raw, "content": [{"type": "output_text", "text": "X", "logprobs": []}]}

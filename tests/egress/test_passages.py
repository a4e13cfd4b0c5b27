"""How a body reads: indented, with values and stand-ins marked, and nothing of it left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.egress import passages_of
from tuppence.privacy import HouseholdValues
from tuppence.privacy.finder import Finder

ANNA = Finder(HouseholdValues(names=["Anna"], accounts=["Savings"]))


def marked(body: bytes, mark: str) -> list[str]:
    return [passage.text for passage in passages_of(body, ANNA).passages if passage.mark == mark]


def text_of(body: bytes, **options: Any) -> str:
    return "".join(passage.text for passage in passages_of(body, ANNA, **options).passages)


def request(**parts: Any) -> bytes:
    return json.dumps({"model": "m", **parts}).encode()


def test_values_and_stand_ins_are_marked() -> None:
    output = json.dumps({"transactions": [{"description": "From Anna\nfor Person-DH52JXTG", "kind": "Savings"}]})
    content = [{"type": "tool_result", "content": output}]
    body = request(
        system="Anna is our name for everybody. Savings, too.",
        messages=[
            {"role": "system", "content": "Anna"},
            {"role": "user", "content": "What did ANNA put into Savings?"},
            {"role": "user", "content": content},
        ],
        tools=[{"description": "Finds Anna"}],
    )
    assert marked(body, "value") == ["ANNA", "Savings", "Anna"]
    assert marked(body, "stand-in") == ["Person-DH52JXTG"]
    assert marked(body, "note") == ["as text: "]
    assert 'From Anna\\nfor Person-DH52JXTG"' in text_of(body)


def test_nothing_is_marked_where_nobody_knows_whose_it_is() -> None:
    body = request(messages=[{"role": "user", "content": "Anna"}])
    assert [passage.mark for passage in passages_of(body, None).passages] == [None]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just("Anna") | st.just("Person-DH52JXTG"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(document=_JSON)
def test_what_is_shown_says_the_same(document: Any) -> None:
    body = json.dumps(document).encode()
    passages = passages_of(body, ANNA)
    assert passages.whole
    if all(passage.mark != "note" for passage in passages.passages):
        assert msgspec.json.decode("".join(passage.text for passage in passages.passages)) == document


@given(body=st.binary())
def test_any_bytes_can_be_shown(body: bytes) -> None:
    text_of(body).encode()


@pytest.mark.parametrize("longest", [0, 1, 10, 25])
def test_a_long_one_is_cut(longest: int) -> None:
    body = request(messages=[{"role": "user", "content": "Anna " * 100}])
    assert not passages_of(body, ANNA, longest).whole
    assert text_of(body, longest=longest) == text_of(body)[:longest]
    nonsense = b"\xff" * 100
    assert text_of(nonsense, longest=longest) == "\ufffd" * longest


@pytest.mark.parametrize("depth", [900, 100_000])
def test_json_of_any_depth_can_be_shown(depth: int) -> None:
    assert text_of(b"[" * depth + b"]" * depth)

"""Reasoning between tags in the text is told apart, wherever the network cuts."""

from __future__ import annotations

import pytest

from tuppence.llm.think_tags import ThinkTags, thinking_in


def told_apart(*texts: str, opened: bool = False) -> tuple[str, str]:
    """The reasoning and the text of an answer that comes in these pieces."""
    tags = ThinkTags(opened=opened)
    pieces = [piece for text in texts for piece in tags.feed(text)] + tags.flush()
    assert all(words for _, words in pieces)
    return tuple("".join(words for kind, words in pieces if kind == wanted) for wanted in ("reasoning", "text"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("said", "reasoning", "text"),
    [
        ("<think>Hm.</think>\n\nIt was 12 €.", "Hm.", "It was 12 €."),
        (" \n<thinking>a < b </think> c</thinking>d", "a < b </think> c", "d"),
        ("It was <think>12</think> €.", "", "It was <think>12</think> €."),
        ("<thin ice", "", "<thin ice"),
        ("<th", "", "<th"),
        ("  two spaces", "", "  two spaces"),
        ("<think></think>Yes.", "", "Yes."),
        ("<think>cut off </thi", "cut off </thi", ""),
        ("<think>only</think> \n", "only", ""),
        ("", "", ""),
    ],
)
def test_what_was_thought_does_not_depend_on_where_the_network_cuts(said: str, reasoning: str, text: str) -> None:
    assert told_apart(said) == (reasoning, text)
    assert told_apart(*said) == (reasoning, text)
    for cut in range(len(said)):
        assert told_apart(said[:cut], said[cut:]) == (reasoning, text)


def test_an_answer_that_begins_inside_the_thinking() -> None:
    assert told_apart(*"Hm.</think>\nYes.", opened=True) == ("Hm.", "Yes.")


def test_words_are_not_held_back_longer_than_they_may_be_a_tag() -> None:
    tags = ThinkTags()
    assert tags.feed("<") == []
    assert tags.feed("b>") == [("text", "<b>")]
    assert tags.feed("<think>") == [("text", "<think>")]


@pytest.mark.parametrize(
    ("text", "style"),
    [("<think>a</think>b", "tags"), ("a</think>b", "closing tag"), ("a <think>", None), ("", None)],
)
def test_how_a_text_holds_reasoning(text: str, style: str | None) -> None:
    assert thinking_in(text) == style

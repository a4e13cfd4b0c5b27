"""Plain instructions: what a probe asks for is done, and questions about money stay what they are."""

from __future__ import annotations

from typing import Any

import pytest

from tuppence.understudy import Call, Text
from tuppence.understudy.conversation import Conversation, Function, PastCall, Question, Result, Said
from tuppence.understudy.repertoire import performed
from tuppence.understudy.reply import Usage

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["metric", "imperial"]}},
    "required": ["city"],
}
FUNCTIONS = (Function("get_weather", "", WEATHER), Function("get_time", "", {"type": "object", "properties": {}}))


def blocks_for(*said: Said | str, functions: tuple[Function, ...] = FUNCTIONS, **fields: Any) -> list[Any]:
    messages = tuple(Said("user", one) if isinstance(one, str) else one for one in said)
    conversation = Conversation(fields.pop("instructions", ""), messages, functions, **fields)
    return list(performed(Question("m", False, conversation, Usage())).blocks)


def words_for(*said: Said | str, **fields: Any) -> str:
    (block,) = blocks_for(*said, **fields)
    assert isinstance(block, Text)
    return block.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Reply with the word ready", "ready"),
        ("Reply with the word ready.", "ready"),
        ("Please reply with exactly the word “ready” and nothing else.", "ready"),
        ("Respond with OK", "OK"),
        ("Answer with only one word: balance", "balance"),
        ("Say 'net worth'.", "net worth"),
        ("Say hello.", "hello"),
        ("Output just: 42", "42"),
        ("This is a test. Reply only with the word pong, please.", "pong"),
        ("Return the word banana and nothing else", "banana"),
        ("Repeat the word income.", "income"),
    ],
)
def test_a_word_is_said(text: str, words: str) -> None:
    assert words_for(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Answer in German: what did I spend on groceries in March?",
        "Tell me what I spent in March and answer with numbers.",
        "Return the largest purchases of last month",
        "Say how much I spent on travel.",
        "Use my accounts to tell me my net worth",
        "Count my transactions",
        "What is the word on my spending in March?",
    ],
)
def test_questions_about_money_stay_questions_about_money(text: str) -> None:
    assert "I would have to call" in words_for(text, functions=())


def test_numbers_are_counted() -> None:
    assert words_for("Count from 1 to 40.").split() == [str(number) for number in range(1, 41)]
    assert words_for("Count to 3, one per line") == "1\n2\n3"
    assert words_for("Please count from 5 down to 3, separated by commas".replace("down ", "")) == "5, 4, 3"
    assert words_for("List the numbers from 2 to 4") == "2 3 4"


def test_functions_are_called_as_told() -> None:
    assert [block.name for block in blocks_for("Call both functions.")] == ["get_weather", "get_time"]
    assert [block.name for block in blocks_for("Please use all the tools you have.")] == ["get_weather", "get_time"]
    assert [block.name for block in blocks_for("Call the function get_time.")] == ["get_time"]
    assert [block.name for block in blocks_for("Use a tool.")] == ["get_weather"]
    assert [block.name for block in blocks_for("Call both functions.", parallel_calls=False)] == ["get_weather"]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('Call get_weather with city "Paris".', {"city": "Paris"}),
        ("Call get_weather with city=Rome and days: 3", {"city": "Rome", "days": 3}),
        ("Call get_weather, the city is Oslo, in imperial units", {"city": "Oslo", "unit": "imperial"}),
        ("Call get_weather", {"city": ""}),
    ],
)
def test_arguments_are_taken_from_the_words(text: str, arguments: dict[str, Any]) -> None:
    assert blocks_for(text) == [Call("get_weather", arguments)]


def test_what_functions_brought_is_put_into_words() -> None:
    calls = (PastCall("1", "get_weather", {"city": "Paris"}), PastCall("2", "get_time", {}))
    asked = Said("assistant", calls=calls)
    results = Said("user", results=(Result("1", '{"sky": "clear"}'), Result("2", "noon")))
    assert words_for("Call both functions.", asked, results) == (
        '`get_weather` answered {"sky":"clear"}\n`get_time` answered noon'
    )
    half = Said("user", results=(Result("1", "1"),))
    assert [block.name for block in blocks_for("Call both functions.", asked, half)] == ["get_time"]


def test_forbidden_and_missing_functions_are_said() -> None:
    assert "cannot call `get_weather` and `get_time`" in words_for("Call both functions.", calls="forbidden")
    assert "cannot call any function" in words_for("Call the function.", functions=())


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("The word is apple.", "What was the word at the beginning?"),
        ("The secret word is 'apple'.", "Which secret word did I give you? Answer with that word only."),
        ("Remember: the code word is apple.", "Repeat the word from the beginning."),
        ("The word at the beginning is apple.", "What is the word at the beginning?"),
    ],
)
def test_a_word_from_the_beginning_is_recalled(given: str, asked: str) -> None:
    filler = "And so on. " * 50
    assert words_for(f"{given} {filler} {asked}") == "apple"
    assert words_for(given, Said("assistant", "Yes."), asked) == "apple"
    assert words_for(asked, instructions=given) == "apple"
    assert "do not find such a word" in words_for(f"{filler} {asked}")


def test_long_prompts_are_read() -> None:
    """Patterns that are not linear would take minutes here."""
    filler = "filler <b ( " * 60_000
    assert words_for(f"The word is apple. {filler} What was the word at the beginning?") == "apple"
    assert words_for(f"Reply with the word ready. {filler}") == "ready"

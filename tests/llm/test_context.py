"""Fitting requests into small context windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    AssistantMessage,
    ChatFunctionRequest,
    ChatRequest,
    ContextTooLong,
    FunctionDefinition,
    FunctionResult,
    Message,
    TextBlock,
    UserMessage,
)
from tuppence.llm.context import estimated_tokens, fitted, message_tokens, most_input_tokens


def asked_and_answered(number: int, words: int = 100) -> list[Message]:
    """A turn that looked something up."""
    request = ChatFunctionRequest(f"c{number}", f"c{number}", "look", {"at": number})
    return [
        UserMessage(f"Question {number}"),
        AssistantMessage((request,)),
        FunctionResult(f"c{number}", "row " * words),
        AssistantMessage((TextBlock(f"Answer {number}"),)),
    ]


def request_of(transcript: list[Message], **fields: object) -> ChatRequest:
    return ChatRequest(model="small", transcript=transcript, instructions="Be brief.", **fields)  # type: ignore[arg-type]


def test_a_request_that_fits_is_left_as_it_is() -> None:
    request = request_of([*asked_and_answered(1), UserMessage("Now?")])
    found = fitted(request, 8192)
    assert found.request is request
    assert found.turns_left_out == 0


def test_the_oldest_turns_are_left_out_whole() -> None:
    history = [message for number in range(1, 9) for message in asked_and_answered(number)]
    found = fitted(request_of([*history, UserMessage("Now?")]), 1024)
    kept = list(found.request.transcript)
    assert found.turns_left_out > 0
    assert kept == [*history, UserMessage("Now?")][4 * found.turns_left_out :]
    assert isinstance(kept[0], UserMessage)


def test_the_newest_question_stays_with_everything_looked_up_for_it() -> None:
    newest = asked_and_answered(9, words=200)[:3]
    found = fitted(request_of([*asked_and_answered(1), *newest]), 512)
    assert list(found.request.transcript) == newest


def test_a_question_that_cannot_fit_is_refused_with_what_to_do() -> None:
    with pytest.raises(ContextTooLong, match="larger context window"):
        fitted(request_of([UserMessage("word " * 10_000)]), 2048)


def test_functions_and_instructions_take_their_share() -> None:
    many = [FunctionDefinition(f"f{n}", "Looks up rows. " * 20, {"type": "object"}) for n in range(10)]
    transcript = [*asked_and_answered(1), UserMessage("Now?")]
    assert fitted(request_of(transcript), 1536).turns_left_out == 0
    assert fitted(request_of(transcript, functions=many), 1536 + 512).turns_left_out == 1


def test_room_is_kept_for_the_answer() -> None:
    transcript = [*asked_and_answered(1, words=200), UserMessage("Now?")]
    assert fitted(request_of(transcript), 1024, answer_tokens=100).turns_left_out == 0
    assert fitted(request_of(transcript), 1024, answer_tokens=800).turns_left_out == 1


@given(st.lists(st.integers(0, 300), max_size=12), st.integers(600, 6000))
def test_what_is_kept_fits_and_is_a_whole_end_of_the_history(words: list[int], window: int) -> None:
    history = [message for number, length in enumerate(words) for message in asked_and_answered(number, length)]
    transcript = [*history, UserMessage("Now?")]
    found = fitted(request_of(transcript), window)
    kept = list(found.request.transcript)
    assert kept == transcript[len(transcript) - len(kept) :]
    assert kept[-1] == UserMessage("Now?")
    assert sum(map(message_tokens, kept)) < window
    if found.turns_left_out:
        more = transcript[len(transcript) - len(kept) - 4 :]
        reserved = min(4096, window // 4) + estimated_tokens("Be brief.")
        assert sum(map(message_tokens, more)) > int(window * 0.95) - reserved, (
            "nothing is left out that would have fitted"
        )


@pytest.mark.parametrize("text", ["", "Groceries", "食料品", "Lebensmittel für März", '{"amount": "-12.50"}'])
def test_an_estimate_is_a_third_of_the_bytes_rounded_up(text: str) -> None:
    assert estimated_tokens(text) == (len(text.encode()) + 2) // 3


@given(st.text(), st.text())
def test_the_most_that_a_request_can_be_grows_with_what_is_added(said: str, added: str) -> None:
    def most(text: str) -> int:
        return most_input_tokens(ChatRequest("m", [UserMessage(text)]))

    assert most(said) <= most(said + added) <= most(said) + 6 * len(added.encode())  # JSON escapes some signs


@pytest.mark.parametrize(("text", "at_least"), [("word " * 300, 400), ("1234567890" * 30, 190), ("猫" * 100, 200)])
def test_the_most_that_a_text_can_be_is_no_estimate(text: str, at_least: int) -> None:
    request, nothing = (ChatRequest("m", [UserMessage(each)]) for each in (text, ""))
    assert most_input_tokens(request) - most_input_tokens(nothing) >= at_least >= estimated_tokens(text) * 0.6

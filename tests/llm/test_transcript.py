"""Mending: whatever was stopped or cut off, what is sent is sound."""

from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    FunctionResult,
    Message,
    Origin,
    ProviderBlock,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.llm.transcript import NOT_RUN, made_by, made_by_provider, mended, portable_id, with_cut_call_marked

QUESTION = UserMessage("How much?")
WORDS = TextBlock("Let me look.")


def call(call_id: str, *, malformed: bool = False) -> ChatFunctionRequest:
    return ChatFunctionRequest(call_id, call_id, "get_accounts", {}, malformed, "{" if malformed else None)


def said(*content: Block) -> AssistantMessage:
    return AssistantMessage(content)


def test_a_sound_transcript_stays_as_it_is() -> None:
    transcript: list[Message] = [
        QUESTION,
        said(WORDS, call("a"), call("b")),
        FunctionResult("a", "1"),
        FunctionResult("b", "2", is_error=True),
        said(TextBlock("Three.")),
    ]
    assert mended(transcript) == transcript


def test_a_request_without_its_result_gets_one_that_says_it_was_not_run() -> None:
    transcript: list[Message] = [QUESTION, said(call("a"), call("b")), FunctionResult("b", "2"), UserMessage("Well?")]
    assert mended(transcript) == [
        QUESTION,
        said(call("a"), call("b")),
        FunctionResult("a", NOT_RUN, is_error=True),
        FunctionResult("b", "2"),
        UserMessage("Well?"),
    ]


def test_the_result_that_stands_in_says_what_happened_and_what_to_do() -> None:
    assert set(msgspec.json.decode(NOT_RUN)) == {"error", "hint"}


def test_a_request_whose_arguments_were_cut_off_is_dropped() -> None:
    assert mended([QUESTION, said(WORDS, call("a", malformed=True))]) == [QUESTION, said(WORDS)]


def test_a_malformed_request_that_was_answered_stays_with_its_answer() -> None:
    transcript: list[Message] = [QUESTION, said(call("a", malformed=True)), FunctionResult("a", "{}", is_error=True)]
    assert mended(transcript) == transcript


def test_results_of_nothing_are_dropped() -> None:
    assert mended([FunctionResult("x", "0"), QUESTION, FunctionResult("a", "1"), said(WORDS)]) == [
        QUESTION,
        said(WORDS),
    ]


def test_a_result_that_comes_too_late_is_no_result() -> None:
    transcript: list[Message] = [said(call("a")), UserMessage("Wait."), FunctionResult("a", "1")]
    assert mended(transcript) == [said(call("a")), FunctionResult("a", NOT_RUN, is_error=True), UserMessage("Wait.")]


def test_empty_texts_and_messages_left_with_nothing_are_dropped() -> None:
    transcript: list[Message] = [
        QUESTION,
        said(TextBlock(""), call("a", malformed=True)),
        said(),
        said(TextBlock(" \n"), WORDS),
    ]
    assert mended(transcript) == [QUESTION, said(WORDS)]
    assert mended([UserMessage(" \n"), QUESTION]) == [QUESTION]


def test_results_come_in_the_order_of_their_requests() -> None:
    transcript: list[Message] = [said(call("a"), call("b")), FunctionResult("b", "2"), FunctionResult("a", "1")]
    assert [message.output for message in mended(transcript) if isinstance(message, FunctionResult)] == ["1", "2"]


def test_call_ids_that_repeat_are_told_apart() -> None:
    transcript: list[Message] = [said(call("a")), FunctionResult("a", "1"), said(call("a")), FunctionResult("a", "2")]
    assert mended(transcript) == [
        said(call("a")),
        FunctionResult("a", "1"),
        said(msgspec.structs.replace(call("a"), call_id="a_2")),
        FunctionResult("a_2", "2"),
    ]


_ids = st.sampled_from(["a", "b", "a_2", "b c", "é"])
_texts = st.sampled_from(["", " ", "\n\n", "words", "🦔"])
_raw = st.none() | st.just({"type": "thinking", "thinking": "", "signature": "s"})
_blocks = st.one_of(
    st.builds(TextBlock, _texts),
    st.builds(ReasoningBlock, _texts, raw=_raw),
    st.builds(ProviderBlock, st.just("server_tool_use"), st.just({"type": "server_tool_use"})),
    st.builds(call, _ids, malformed=st.booleans()),
)
_messages = st.one_of(
    st.builds(UserMessage, _texts),
    st.builds(AssistantMessage, st.lists(_blocks, max_size=4).map(tuple)),
    st.builds(FunctionResult, _ids, _texts, st.booleans()),
)
transcripts = st.lists(_messages, max_size=8)


@given(transcripts)
def test_any_transcript_is_sound_once_it_is_mended(transcript: list[Message]) -> None:
    owed: list[str] = []
    seen: set[str] = set()
    for message in mended(transcript):
        if isinstance(message, FunctionResult):
            assert owed.pop(0) == message.call_id
            continue
        assert owed == []
        if isinstance(message, UserMessage):
            assert message.text.strip()
            continue
        assert message.content
        assert all(block.text.strip() for block in message.content if isinstance(block, TextBlock))
        owed = [block.call_id for block in message.content if isinstance(block, ChatFunctionRequest)]
        assert not seen & set(owed)
        assert len(set(owed)) == len(owed)
        seen.update(owed)
    assert owed == []


@given(transcripts)
def test_mending_twice_is_mending_once(transcript: list[Message]) -> None:
    once = mended(transcript)
    assert mended(once) == once


@given(transcripts, transcripts)
def test_what_comes_later_changes_nothing_of_what_was_sent(earlier: list[Message], later: list[Message]) -> None:
    sent = mended([*earlier, QUESTION])
    assert mended([*earlier, QUESTION, *later])[: len(sent)] == sent


@given(transcripts)
def test_no_words_and_no_results_are_invented_or_lost(transcript: list[Message]) -> None:
    def words(messages: list[Message]) -> list[str]:
        texts = []
        for message in messages:
            if isinstance(message, UserMessage):
                texts.append(message.text)
            elif isinstance(message, AssistantMessage):
                texts += [block.text for block in message.content if isinstance(block, TextBlock)]
        return [text for text in texts if text.strip()]

    assert words(mended(transcript)) == words(transcript)


ALPHABET = re.compile(r"[a-z0-9_]{1,8}")


def test_an_id_that_fits_the_alphabet_stays() -> None:
    assert portable_id("call_1", ALPHABET) == "call_1"


@given(st.text("ab Ä"), st.text("ab Ä"))
def test_ids_that_do_not_fit_get_stand_ins_that_tell_them_apart(one: str, other: str) -> None:
    stands_in = portable_id(f"Ä{one}", ALPHABET)
    assert re.fullmatch(r"call_[0-9a-f]{24}", stands_in)
    assert portable_id(f"Ä{one}", ALPHABET) == stands_in
    assert (portable_id(f"Ä{other}", ALPHABET) == stands_in) == (one == other)


def test_a_block_is_made_by_the_model_or_the_provider_that_it_names() -> None:
    ours, origin = TextBlock("a"), Origin("anthropic", "one")
    theirs = TextBlock("a", origin)
    assert made_by(ours, origin)
    assert made_by(theirs, origin)
    assert not made_by(theirs, Origin("anthropic", "two"))
    assert made_by_provider(theirs, Origin("anthropic", "two"))
    assert not made_by_provider(theirs, Origin("openai", "one"))
    assert made_by_provider(ours, Origin("openai", "one"))


def test_a_last_call_without_arguments_may_have_lost_them_when_the_tokens_ran_out() -> None:
    whole = ChatFunctionRequest("a", "a", "look", {"n": 1})
    cut = ChatFunctionRequest("b", "b", "look", {})
    assert with_cut_call_marked((cut, whole)) == (cut, whole)
    _, marked = with_cut_call_marked((whole, cut))
    assert isinstance(marked, ChatFunctionRequest)
    assert marked.malformed
    assert with_cut_call_marked(()) == ()

"""A request as the servers of the Chat Completions protocol want it."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given

from tuppence.llm import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    ChatRequest,
    FunctionDefinition,
    FunctionResult,
    Message,
    Origin,
    ProviderBlock,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.llm.openai_chat import ChatConfig, Quirks

from ..test_transcript import transcripts
from .streams import MODEL, TO, Json

OURS = TO.origin
OTHERS = Origin("anthropic", "claude-of-may")
QUESTION = UserMessage("How much?")
SPEND = FunctionDefinition("spend", "What was spent.", {"type": "object", "properties": {"month": {"type": "integer"}}})
BARE = FunctionDefinition("accounts", "The accounts.", {"type": "object"})


def params(*transcript: Message, quirks: Quirks | None = None, **fields: Any) -> Json:
    request = ChatRequest(**{"model": MODEL, "transcript": transcript or [QUESTION], **fields})
    return ChatConfig(request, OURS, quirks or Quirks()).params()


def messages(*transcript: Message, quirks: Quirks | None = None, **fields: Any) -> list[Json]:
    rendered: list[Json] = params(*transcript, quirks=quirks, **fields)["messages"]
    return rendered


def said(*content: Block) -> AssistantMessage:
    return AssistantMessage(content)


def call(call_id: str = "call_1", origin: Origin | None = OURS, **fields: Any) -> ChatFunctionRequest:
    return ChatFunctionRequest(call_id, call_id, "spend", **{"function_args": {"month": 3}, "origin": origin, **fields})


def round_of(*content: Block) -> list[Message]:
    """A question, an answer that calls, and the results."""
    requests = [block for block in content if isinstance(block, ChatFunctionRequest)]
    return [QUESTION, said(*content), *(FunctionResult(request.call_id, '{"sum": 12}') for request in requests)]


def test_the_least_request_holds_nothing_that_was_not_asked_for() -> None:
    assert params() == {"model": MODEL, "messages": [{"role": "user", "content": "How much?"}]}


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_come_first(role: Any) -> None:
    rendered = messages(instructions="Be brief.", quirks=Quirks(instructions_role=role))
    assert rendered[0] == {"role": role, "content": "Be brief."}


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_limit_of_the_output(field: Any) -> None:
    assert params(max_output_tokens=50, quirks=Quirks(output_limit=field))[field] == 50


def test_who_and_which_chat_are_told_only_where_a_quirk_says_so() -> None:
    identity: Json = {"session_id": "s-1", "user_identifier": "u-1"}
    told = params(**identity, quirks=Quirks(session_field="prompt_cache_key", user_field="user"))
    assert (told["prompt_cache_key"], told["user"]) == ("s-1", "u-1")
    assert params(**identity) == params()


# ----------------------------------------------------------------------------------------------------- functions


def test_functions_are_tools_and_never_strict() -> None:
    function = {"name": "spend", "description": "What was spent.", "parameters": dict(SPEND.parameters)}
    assert params(functions=[SPEND])["tools"] == [{"type": "function", "function": function}]


def test_a_function_without_parameters_has_no_properties() -> None:
    (tool,) = params(functions=[BARE])["tools"]
    assert tool["function"]["parameters"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("choice", "quirks", "word"),
    [
        ("auto", Quirks(), None),
        ("none", Quirks(), "none"),
        ("required", Quirks(), "required"),
        ("required", Quirks(required_choice="any"), "any"),
        ("required", Quirks(required_choice=None), None),
    ],
)
def test_the_choice(choice: Any, quirks: Quirks, word: str | None) -> None:
    rendered = params(functions=[SPEND], tool_choice=choice, quirks=quirks)
    assert rendered.get("tool_choice") == word
    assert "tools" in rendered


def test_where_none_is_not_obeyed_the_definitions_are_left_out() -> None:
    rendered = params(functions=[SPEND], tool_choice="none", quirks=Quirks(none_choice=False, parallel_calls=False))
    assert rendered == params()


def test_parallel_calls_may_be_switched_off() -> None:
    assert params(functions=[SPEND], quirks=Quirks(parallel_calls=False))["parallel_tool_calls"] is False


# ---------------------------------------------------------------------------------------------------- transcript


def test_a_round_with_calls_and_their_results() -> None:
    tool_call = {"id": "call_1", "type": "function", "function": {"name": "spend", "arguments": '{"month":3}'}}
    assert messages(*round_of(TextBlock("Let me see."), call())) == [
        {"role": "user", "content": "How much?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [tool_call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"sum": 12}'},
    ]


@pytest.mark.parametrize("empty", [None, ""])
def test_the_content_of_a_message_that_only_calls(empty: Any) -> None:
    assert messages(*round_of(call()), quirks=Quirks(empty_content=empty))[1]["content"] == empty


def test_malformed_arguments_go_back_as_none() -> None:
    broken = call(function_args={}, malformed=True, raw_arguments='{"month": ')
    assert messages(*round_of(broken))[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_blocks_that_only_their_origin_understands_are_left_out() -> None:
    foreign = said(ReasoningBlock("Hm.", OTHERS, raw={"signature": "x"}), ProviderBlock("search", {}, OTHERS))
    assert messages(QUESTION, foreign, UserMessage("And?")) == [{"role": "user", "content": "How much?\n\nAnd?"}]


def test_neighbours_of_one_role_become_one_message() -> None:
    transcript: list[Message] = [
        UserMessage("How"),
        UserMessage("much?"),
        said(TextBlock("Twelve.")),
        said(TextBlock("Euros.")),
    ]
    assert messages(*transcript) == [
        {"role": "user", "content": "How\n\nmuch?"},
        {"role": "assistant", "content": "Twelve.\n\nEuros."},
    ]


def test_a_call_after_words_of_its_own_joins_them() -> None:
    transcript = [QUESTION, said(TextBlock("Let me see.")), *round_of(call())[1:]]
    _, answer, result = messages(*transcript)
    assert (answer["content"], len(answer["tool_calls"]), result["role"]) == ("Let me see.", 1, "tool")


def test_a_question_after_results_may_need_an_answer_between() -> None:
    transcript = [*round_of(call()), UserMessage("And now?")]
    assert [one["role"] for one in messages(*transcript)] == ["user", "assistant", "tool", "user"]
    between = messages(*transcript, quirks=Quirks(user_after_results=False))
    assert [one["role"] for one in between] == ["user", "assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize(
    ("call_ids", "fitting", "alphabet"),
    [("short", "call_1-A", r"[a-zA-Z0-9_-]{1,40}"), ("nine", "a1B2c3D4e", r"[a-zA-Z0-9]{9}")],
)
def test_call_ids_are_mapped_to_what_the_server_takes(call_ids: Any, fitting: str, alphabet: str) -> None:
    long = ["toolu_" + "x" * 60, "toolu_" + "x" * 59 + "y", "functions.spend:0", ""]
    rendered = messages(*round_of(*(call(one, OTHERS) for one in [fitting, *long])), quirks=Quirks(call_ids=call_ids))
    ids = [one["id"] for one in rendered[1]["tool_calls"]]
    assert ids[0] == fitting
    assert len(set(ids)) == len(long) + 1
    assert all(re.fullmatch(alphabet, one) for one in ids)
    assert [one["tool_call_id"] for one in rendered[2:]] == ids


def test_a_model_gets_its_own_call_ids_back_as_they_were() -> None:
    rendered = messages(*round_of(call("functions.spend:0"), call("functions.spend:1", OTHERS)))
    first, second = (one["id"] for one in rendered[1]["tool_calls"])
    assert first == rendered[2]["tool_call_id"] == "functions.spend:0"
    assert second == rendered[3]["tool_call_id"] != "functions.spend:1"


def test_a_stand_in_never_meets_a_call_id_that_fits() -> None:
    quirks = Quirks(call_ids="nine")
    (taken,) = (one["id"] for one in messages(*round_of(call("x", OTHERS)), quirks=quirks)[1]["tool_calls"])
    ids = [one["id"] for one in messages(*round_of(call(taken), call("x", OTHERS)), quirks=quirks)[1]["tool_calls"]]
    assert (ids[0], len(set(ids))) == (taken, 2)


def test_what_a_call_carries_goes_back_to_the_model_that_made_it_only() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    for origin, expected in ((OURS, True), (OTHERS, False)):
        (tool_call,) = messages(*round_of(call(origin=origin, raw=signed)))[1]["tool_calls"]
        assert ("extra_content" in tool_call) is expected


DETAILS = [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "index": 0}]


@pytest.mark.parametrize(
    ("quirk", "field", "expected"),
    [
        (None, "reasoning", None),
        ("reasoning_content", "reasoning_content", "Hm."),
        ("reasoning_details", "reasoning_details", DETAILS),
    ],
)
def test_reasoning_goes_back_as_the_quirk_says(quirk: Any, field: str, expected: object) -> None:
    quirks = Quirks(reasoning_back=quirk)
    own = ReasoningBlock("Hm.", OURS, raw={"reasoning_details": DETAILS})
    foreign = ReasoningBlock("Hm.", Origin(OURS.provider, "another"), raw={"reasoning_details": DETAILS})
    assert messages(*round_of(own, call()), quirks=quirks)[1].get(field) == expected
    assert not any("reasoning" in key for key in messages(*round_of(foreign, call()), quirks=quirks)[1])
    assert not any("reasoning" in key for key in messages(QUESTION, said(own, TextBlock("12")), quirks=quirks)[1])


STRICT = Quirks(user_after_results=False, call_ids="nine", none_choice=False)


@given(transcripts)
def test_any_transcript_becomes_a_sound_conversation(transcript: list[Message]) -> None:
    rendered = messages(*transcript, quirks=STRICT) if transcript else []
    open_calls: list[str] = []
    role = None
    for message in rendered:
        if message["role"] == "tool":
            open_calls.remove(message["tool_call_id"])
        else:
            assert not open_calls
            assert message["role"] != role
            assert not (role == "tool" and message["role"] == "user")
        for tool_call in message.get("tool_calls", ()):
            open_calls.append(tool_call["id"])
            assert isinstance(msgspec.json.decode(tool_call["function"]["arguments"]), dict)
        assert message["content"] or message.get("tool_calls") or message["role"] == "tool"
        role = message["role"]
    assert not open_calls

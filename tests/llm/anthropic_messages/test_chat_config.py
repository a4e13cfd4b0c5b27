"""A request as the Messages API wants it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
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
from tuppence.llm.anthropic_messages.chat_config import ChatConfig
from tuppence.understudy.anthropic.rules import check_request

from ..asking import MODEL, TO, asked
from ..test_transcript import transcripts

OURS = TO.origin
CACHED = {"type": "ephemeral"}
SCHEMA = {"type": "object", "properties": {"limit": {"type": "integer"}}, "required": [], "additionalProperties": False}
FUNCTIONS = (
    FunctionDefinition("get_accounts", "The accounts.", SCHEMA),
    FunctionDefinition("get_merchants", "The merchants.", {"type": "object"}),
)
QUESTION = UserMessage("How much?")


def params(*transcript: Message, **fields: Any) -> dict[str, Any]:
    return ChatConfig(asked(transcript=transcript or [QUESTION], **fields), OURS).params()


def messages(*transcript: Message, **fields: Any) -> list[dict[str, Any]]:
    rendered: list[dict[str, Any]] = params(*transcript, **fields)["messages"]
    return rendered


def said(*content: Block) -> AssistantMessage:
    return AssistantMessage(content)


def call(call_id: str = "toolu_1", origin: Origin | None = OURS, **arguments: Any) -> ChatFunctionRequest:
    return ChatFunctionRequest(call_id, call_id, "get_accounts", arguments, origin=origin)


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


# --------------------------------------------------------------------------------------------------- the envelope


def test_the_least_request_holds_nothing_that_was_not_asked_for() -> None:
    assert params() == {
        "model": MODEL,
        "max_tokens": 8192,
        "messages": [{"role": "user", "content": [text("How much?")]}],
    }


def test_the_limit_of_the_output_and_the_persons_stand_in_go_along() -> None:
    rendered = params(max_output_tokens=50, user_identifier="u-1", session_id="s-1")
    assert (rendered["max_tokens"], rendered["metadata"]) == (50, {"user_id": "u-1"})
    assert "s-1" not in str(rendered)


def test_the_instructions_are_the_system_prompt_and_are_marked_for_the_cache() -> None:
    assert params(instructions="Be brief.")["system"] == [{**text("Be brief."), "cache_control": CACHED}]


def test_the_last_definition_alone_is_marked_for_the_cache() -> None:
    assert params(functions=FUNCTIONS)["tools"] == [
        {"name": "get_accounts", "description": "The accounts.", "input_schema": SCHEMA},
        {
            "name": "get_merchants",
            "description": "The merchants.",
            "input_schema": {"type": "object"},
            "cache_control": CACHED,
        },
    ]


def test_nothing_that_changes_is_marked_for_the_cache() -> None:
    rendered = params(QUESTION, said(call()), FunctionResult("toolu_1", "1"), functions=FUNCTIONS)
    assert "cache_control" not in str(rendered["messages"])


def test_strict_is_never_forwarded() -> None:
    assert "strict" not in str(params(functions=FUNCTIONS, instructions="Be brief."))


@pytest.mark.parametrize(
    ("choice", "rendered"), [("auto", None), ("none", {"type": "none"}), ("required", {"type": "any"})]
)
def test_the_choice_of_functions_is_rendered(choice: str, rendered: dict[str, str] | None) -> None:
    assert params(functions=FUNCTIONS, tool_choice=choice).get("tool_choice") == rendered


def test_forbidding_calls_keeps_the_definitions_byte_by_byte() -> None:
    transcript: list[Message] = [QUESTION, said(call()), FunctionResult("toolu_1", "1")]
    allowed, forbidden = (params(*transcript, functions=FUNCTIONS, tool_choice=choice) for choice in ("auto", "none"))
    assert forbidden["tools"] == allowed["tools"]
    assert forbidden["tool_choice"] == {"type": "none"}


def test_calls_of_functions_that_are_gone_still_have_definitions_and_cannot_be_repeated() -> None:
    rendered = params(QUESTION, said(call("a"), call("b")), FunctionResult("a", "1"), tool_choice="required")
    assert [tool["name"] for tool in rendered["tools"]] == ["get_accounts"]
    assert rendered["tool_choice"] == {"type": "none"}
    check_request(rendered)


def test_without_functions_there_is_no_choice_of_them() -> None:
    assert not {"tools", "tool_choice"} & params(tool_choice="required").keys()


def test_the_prefix_is_the_same_bytes_in_every_round() -> None:
    transcript: list[Message] = [QUESTION]
    earlier: list[bytes] = []
    prefixes = set()
    for number in range(4):
        rendered = params(*transcript, functions=FUNCTIONS, instructions="Be brief.", session_id=f"s-{number}")
        prefixes.add(msgspec.json.encode([rendered["tools"], rendered["system"]]))
        encoded = [msgspec.json.encode(message) for message in rendered["messages"]]
        assert encoded[: len(earlier)] == earlier
        earlier = encoded
        transcript += [said(TextBlock("Hm."), call(f"toolu_{number}")), FunctionResult(f"toolu_{number}", "{}")]
    assert len(prefixes) == 1


def test_rendering_changes_nothing_of_the_request() -> None:
    raw = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
    transcript: list[Message] = [
        QUESTION,
        said(ReasoningBlock("Hm.", OURS, raw), call(limit=3)),
        FunctionResult("toolu_1", "1"),
    ]
    request = asked(transcript=transcript, functions=FUNCTIONS, instructions="Be brief.")
    before = copy.deepcopy(request)
    first = msgspec.json.encode(ChatConfig(request, OURS).params())
    assert msgspec.json.encode(ChatConfig(request, OURS).params()) == first
    assert request == before


# -------------------------------------------------------------------------------------------------- the transcript


def test_a_round_is_rendered_in_the_order_of_its_blocks() -> None:
    assert messages(QUESTION, said(TextBlock("Let me look."), call(limit=3)), FunctionResult("toolu_1", "12.30")) == [
        {"role": "user", "content": [text("How much?")]},
        {
            "role": "assistant",
            "content": [
                text("Let me look."),
                {"type": "tool_use", "id": "toolu_1", "name": "get_accounts", "input": {"limit": 3}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "12.30"}]},
    ]


def test_all_results_of_a_round_are_one_message_and_come_before_what_the_person_says() -> None:
    results = [FunctionResult("b", "2", is_error=True), FunctionResult("a", "1")]
    last = messages(QUESTION, said(call("a"), call("b")), *results, UserMessage("Well?"))[-1]
    assert last["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "1"},
        {"type": "tool_result", "tool_use_id": "b", "content": "2", "is_error": True},
        text("Well?"),
    ]


def test_messages_of_one_person_in_a_row_become_one() -> None:
    assert messages(QUESTION, UserMessage("And then?")) == [
        {"role": "user", "content": [text("How much?"), text("And then?")]}
    ]


def test_a_request_is_always_paired_with_a_result() -> None:
    last = messages(QUESTION, said(call("a")), UserMessage("Never mind."))[-1]
    assert [block["type"] for block in last["content"]] == ["tool_result", "text"]
    assert last["content"][0]["is_error"] is True


def test_input_is_always_an_object() -> None:
    broken = msgspec.structs.replace(call(), malformed=True, raw_arguments='{"limit": ')
    rendered = messages(QUESTION, said(broken), FunctionResult("toolu_1", "{}", is_error=True))
    assert rendered[1]["content"][0]["input"] == {}


def test_signatures_and_the_providers_own_blocks_go_back_unchanged() -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
    redacted = {"type": "redacted_thinking", "data": "Ev0B"}
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rates"}}
    cited = {"type": "text", "text": "Here.", "citations": [{"type": "page_location"}]}
    content: list[Block] = [
        ReasoningBlock("Hm.", OURS, thinking),
        ReasoningBlock("", OURS, redacted),
        ProviderBlock("server_tool_use", use, OURS),
        TextBlock("Here.", OURS, raw=cited),
    ]
    assert messages(QUESTION, said(*content))[1]["content"] == [thinking, redacted, use, cited]


OTHERS: Sequence[Origin] = (Origin("anthropic", "another-model"), Origin("openai", MODEL))


@pytest.mark.parametrize("origin", OTHERS)
def test_reasoning_of_another_model_is_dropped(origin: Origin) -> None:
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
    rendered = messages(QUESTION, said(ReasoningBlock("Hm.", origin, thinking), TextBlock("Yes.", origin)))
    assert rendered[1]["content"] == [text("Yes.")]


def test_blocks_of_another_provider_are_dropped_and_its_words_kept() -> None:
    origin = Origin("openai", "a-model")
    content: list[Block] = [
        ProviderBlock("web_search_call", {"type": "web_search_call"}, origin),
        TextBlock("Yes.", origin, raw={"type": "output_text", "annotations": [{}]}),
    ]
    assert messages(QUESTION, said(*content))[1]["content"] == [text("Yes.")]


def test_a_message_of_which_nothing_is_left_is_dropped() -> None:
    alone = said(ReasoningBlock("Hm.", Origin("openai", "a-model"), {"type": "reasoning"}))
    assert messages(QUESTION, alone, UserMessage("Well?")) == [
        {"role": "user", "content": [text("How much?"), text("Well?")]}
    ]


def test_thinking_that_was_never_signed_is_dropped() -> None:
    rendered = messages(QUESTION, said(ReasoningBlock("Hm", OURS), TextBlock("Yes.", OURS)))
    assert rendered[1]["content"] == [text("Yes.")]


def test_a_message_never_ends_with_thinking() -> None:
    thinking = ReasoningBlock("Hm.", OURS, {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"})
    rendered = messages(QUESTION, said(TextBlock("Yes.", OURS), thinking), UserMessage("Go on."))
    assert rendered[1]["content"] == [text("Yes.")]
    assert len(messages(QUESTION, said(thinking), UserMessage("Go on."))) == 1


def test_ids_of_another_wire_are_mapped_to_this_alphabet_and_stay_paired() -> None:
    foreign = "call|1:ü/" + "x" * 80
    rendered = messages(QUESTION, said(call(foreign, OTHERS[1])), FunctionResult(foreign, "1"))
    call_id = rendered[1]["content"][0]["id"]
    assert rendered[2]["content"][0]["tool_use_id"] == call_id
    assert call_id.startswith("call_")
    assert len(call_id) <= 64
    assert messages(QUESTION, said(call(foreign)), FunctionResult(foreign, "1")) == rendered


@given(transcripts)
def test_whatever_was_cut_off_the_api_accepts_what_is_sent(transcript: list[Message]) -> None:
    request = ChatRequest(MODEL, [QUESTION, *transcript, UserMessage("Well?")], "Be brief.", FUNCTIONS)
    rendered = ChatConfig(request, OURS).params()
    check_request(msgspec.json.decode(msgspec.json.encode(rendered)))

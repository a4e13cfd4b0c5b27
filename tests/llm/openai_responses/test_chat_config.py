"""A ChatRequest as the Responses API wants it."""

from __future__ import annotations

from typing import Any

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
from tuppence.llm.openai_responses import ChatConfig

HERE = Origin("openai", "gpt-6-luna")
ELSEWHERE = Origin("anthropic", "claude-sonnet-5")
REASONING = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "secret"}
SAID = {"id": "msg_1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Seven."}]}
CALLED = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
LOOK = FunctionDefinition("look", "Looks.", {"type": "object", "properties": {}})


def params(*transcript: Message, **fields: Any) -> dict[str, Any]:
    model = fields.pop("model", "gpt-6-luna")
    return ChatConfig(ChatRequest(model=model, transcript=transcript, **fields), Origin("openai", model)).params()


def answer(*blocks: Block) -> AssistantMessage:
    return AssistantMessage(blocks)


def reasoning(origin: Origin = HERE, raw: dict[str, Any] | None = REASONING) -> ReasoningBlock:
    return ReasoningBlock("Hm.", origin, raw=raw)


def said(origin: Origin = HERE) -> TextBlock:
    return TextBlock("Seven.", origin, message_id="msg_1", raw=SAID)


def called(origin: Origin = HERE, call_id: str = "call_1") -> ChatFunctionRequest:
    return ChatFunctionRequest("fc_1", call_id, "look", {}, origin=origin, raw={**CALLED, "call_id": call_id})


def test_nothing_is_stored_and_reasoning_comes_back_encrypted() -> None:
    found = params(UserMessage("How many?"), instructions="Be brief.", session_id="c1", user_identifier="u1")
    assert found == {
        "model": "gpt-6-luna",
        "input": [{"role": "user", "content": "How many?"}],
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "prompt_cache_key": "c1",
        "safety_identifier": "u1",
    }


def test_models_that_do_not_reason_are_not_asked_for_reasoning() -> None:
    assert "include" not in params(UserMessage("How many?"), model="gpt-4.1")
    assert "include" in params(UserMessage("How many?"), model="o4-mini")


def test_functions_are_offered_without_strictness_and_stay_when_calls_are_forbidden() -> None:
    found = params(UserMessage("How many?"), functions=[LOOK], tool_choice="none", max_output_tokens=100)
    assert found["tools"] == [
        {
            "type": "function",
            "name": "look",
            "description": "Looks.",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        }
    ]
    assert (found["tool_choice"], found["max_output_tokens"]) == ("none", 100)


def test_an_answer_goes_back_unchanged_to_its_origin() -> None:
    found = params(
        UserMessage("?"), answer(reasoning(), called()), FunctionResult("call_1", "7"), answer(reasoning(), said())
    )
    output = {"type": "function_call_output", "call_id": "call_1", "output": "7"}
    assert found["input"][1:] == [REASONING, CALLED, output, REASONING, SAID]


def test_what_only_its_origin_understands_stays_behind() -> None:
    search = ProviderBlock("server_tool_use", {"type": "server_tool_use"}, ELSEWHERE)
    content = answer(reasoning(ELSEWHERE), search, said(ELSEWHERE), called(ELSEWHERE, "toolu 1!"))
    items = params(UserMessage("?"), content, FunctionResult("toolu 1!", "7"))["input"]
    assert items[1] == {"role": "assistant", "content": "Seven."}
    assert items[2] == {"type": "function_call", "call_id": items[3]["call_id"], "name": "look", "arguments": "{}"}
    assert len(items) == 4


def test_another_model_of_the_same_provider_gets_no_ids_whose_reasoning_it_lacks() -> None:
    items = params(UserMessage("?"), answer(reasoning(), said()), model="gpt-6.1-sol")["input"]
    assert items[1:] == [{"role": "assistant", "content": "Seven."}]


def test_reasoning_that_was_not_encrypted_stays_behind_with_the_ids_that_hang_on_it() -> None:
    items = params(UserMessage("?"), answer(reasoning(raw=None), said()))["input"]
    assert items[1:] == [{"role": "assistant", "content": "Seven."}]


def test_reasoning_that_nothing_follows_stays_behind() -> None:
    items = params(UserMessage("?"), answer(TextBlock("So far", HERE), reasoning()), UserMessage("And?"))["input"]
    assert items == [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "So far"},
        {"role": "user", "content": "And?"},
    ]


def test_every_request_has_its_result() -> None:
    items = params(UserMessage("?"), answer(called()), UserMessage("Never mind."))["input"]
    assert [item.get("type", item.get("role")) for item in items] == [
        "user",
        "function_call",
        "function_call_output",
        "user",
    ]

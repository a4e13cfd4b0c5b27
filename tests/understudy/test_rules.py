"""What the Messages API refuses, and that sound requests pass."""

from __future__ import annotations

from typing import Any

import pytest

from tuppence.understudy.anthropic import signature_of
from tuppence.understudy.anthropic.rules import check_request
from tuppence.understudy.reply import Rejected

TOOL: dict[str, Any] = {"name": "get_accounts", "description": "Accounts.", "input_schema": {"type": "object"}}
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "get_accounts", "input": {}}
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "[]"}
HELLO: dict[str, Any] = {"role": "user", "content": "Hello"}


def said(*messages: tuple[str, list[dict[str, Any]] | str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in messages]


def request(**changes: Any) -> dict[str, Any]:
    """A sound request with changes; a field set to None is left out."""
    body = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [HELLO], **changes}
    return {name: value for name, value in body.items() if value is not None}


WORDS: dict[str, Any] = {"type": "text", "text": "So?"}
EPHEMERAL = {"type": "ephemeral"}


def called(call: dict[str, Any], *answers: dict[str, Any]) -> list[dict[str, Any]]:
    return said(("user", "Hi"), ("assistant", [call]), ("user", [*answers]))


def answered(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return said(("user", "Hi"), ("assistant", [*blocks]), ("user", "So?"))


ROUND = said(("user", "Hi"), ("assistant", [CALL]), ("user", [RESULT]))
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": signature_of("Hm.")}


@pytest.mark.parametrize(
    "body",
    [
        request(),
        request(system="Be brief."),
        request(system=[WORDS | {"cache_control": EPHEMERAL}]),
        request(messages=ROUND, tools=[TOOL]),
        request(messages=ROUND, tools=[TOOL], tool_choice={"type": "none"}),
        request(messages=[*ROUND, HELLO], tools=[TOOL]),
        request(messages=said(("user", "Hi"), ("user", "Hello")), metadata={"user_id": "a1b2"}),
        request(
            messages=called(CALL, RESULT, WORDS),
            tools=[TOOL],
        ),
        request(
            messages=said(("user", "Hi"), ("assistant", [THINKING, CALL]), ("user", [RESULT])),
            tools=[TOOL],
            max_tokens=3000,
            thinking={"type": "enabled", "budget_tokens": 2000},
        ),
        request(
            messages=said(
                ("user", "Hi"),
                ("assistant", [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Yes"}]),
                ("user", "So?"),
            )
        ),
        request(
            messages=said(
                ("user", "Hi"), ("assistant", [{"type": "server_tool_use", "id": "s", "name": "n", "input": {}}])
            )
        ),
        request(max_tokens=0),
    ],
)
def test_a_sound_request_passes(body: dict[str, Any]) -> None:
    check_request(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (request(max_tokens=None), "max_tokens: Field required"),
        (request(max_tokens="5"), "max_tokens: Input should be a valid integer"),
        (request(max_tokens=True), "max_tokens: Input should be a valid integer"),
        (request(max_tokens=999_999), "max_tokens: 999999 > 128000"),
        (request(model=None), "model: Field required"),
        (request(messages=None), "messages: Field required"),
        (request(messages=[]), "at least one message is required"),
        (request(reasoning="high"), "reasoning: Extra inputs are not permitted"),
        (request(metadata={"user_id": "anna@example.org"}), "appears to contain an email address"),
        (request(tools=[TOOL | {"strict": True}]), "tools.0.custom.strict: Extra inputs are not permitted"),
        (request(tools=[TOOL, TOOL]), "Tool names must be unique"),
        (request(tools=[TOOL | {"name": "get accounts"}]), "tools.0.custom.name: String should match pattern"),
        (request(tools=[TOOL | {"input_schema": {}}]), "tools.0.custom.input_schema.type: Field required"),
        (request(tools=[TOOL | {"input_schema": {"type": "object", "anyOf": []}}]), "does not support oneOf"),
        (request(tool_choice={"type": "none"}), "may only be specified while providing tools"),
        (request(tools=[TOOL], tool_choice={"type": "tool", "name": "x"}), "Tool 'x' not found in provided tools"),
        (request(tools=[TOOL], tool_choice="auto"), "tool_choice: Input tag"),
        (request(messages=said(("assistant", "Hi"))), 'first message must use the "user" role'),
        (request(messages=said(("user", "Hi"), ("assistant", "The"))), "does not support assistant message prefill"),
        (request(messages=said(("user", ""))), "non-empty content"),
        (request(messages=said(("user", []))), "non-empty content"),
        (request(messages=said(("user", [{"type": "text", "text": ""}]))), "text content blocks must be non-empty"),
        (request(messages=said(("user", [{"type": "text", "text": " "}]))), "must contain non-whitespace text"),
        (request(system=[{"type": "text", "text": ""}]), "system: text content blocks must be non-empty"),
        (request(messages=said(("user", [{"type": "output_text", "text": "x"}]))), "Input tag 'output_text' found"),
        (
            request(messages=said(("user", [{"type": "text", "text": "x", "id": "1"}]))),
            "content.0.text.id: Extra",
        ),
        (request(messages=said(("tool", "x"))), "messages.0.role: Input should be 'user' or 'assistant'"),
        (request(messages=ROUND), "must define tools"),
        (
            request(messages=called(CALL | {"input": "{}"}, RESULT), tools=[TOOL]),
            "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
        ),
        (
            request(
                messages=called(CALL | {"id": "call|1"}, RESULT),
                tools=[TOOL],
            ),
            "messages.1.content.0.tool_use.id: String should match pattern",
        ),
        (
            request(messages=answered(CALL), tools=[TOOL]),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
        ),
        (
            request(messages=said(("user", "Hi"), ("assistant", [CALL])), tools=[TOOL]),
            "does not support assistant message prefill",
        ),
        (
            request(
                messages=called(CALL, WORDS, RESULT),
                tools=[TOOL],
            ),
            "without `tool_result` blocks immediately after",
        ),
        (
            request(messages=said(("user", [RESULT])), tools=[TOOL]),
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.",
        ),
        (
            request(messages=called(CALL, RESULT, RESULT), tools=[TOOL]),
            "each tool_use must have a single result",
        ),
        (
            request(messages=[*ROUND, *said(("assistant", [CALL]), ("user", [RESULT]))], tools=[TOOL]),
            "`tool_use` ids must be unique",
        ),
        (
            request(messages=said(("user", [CALL])), tools=[TOOL]),
            "`tool_use` blocks can only be in `assistant` messages",
        ),
        (
            request(messages=answered(RESULT), tools=[TOOL]),
            "`tool_result` blocks can only be in `user` messages",
        ),
        (
            request(messages=answered(THINKING | {"thinking": "Hmm."})),
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (
            request(messages=answered(THINKING | {"signature": ""})),
            "Invalid `signature`",
        ),
        (
            request(messages=ROUND, tools=[TOOL], max_tokens=3000, thinking={"type": "enabled", "budget_tokens": 2000}),
            "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
        ),
        (request(thinking={"type": "enabled", "budget_tokens": 2000}), "`max_tokens` must be greater than"),
        (request(thinking={"type": "enabled", "budget_tokens": 10}), "greater than or equal to 1024"),
        (
            request(tools=[TOOL], tool_choice={"type": "any"}, thinking={"type": "adaptive"}),
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        (
            request(system=[WORDS | {"cache_control": EPHEMERAL}] * 5),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            request(system=[WORDS | {"cache_control": {"type": "for_ever"}}]),
            "Input should be 'ephemeral'",
        ),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(body: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected) as refusal:
        check_request(body)
    assert refusal.value.fault.status == 400
    assert message in str(refusal.value)

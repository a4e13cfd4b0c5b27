"""What was said is in no trace unless somebody wants it there; and then neither keys nor, if so wished, figures."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tuppence.llm import (
    AssistantMessage,
    Block,
    ChatFunctionRequest,
    ChatRequest,
    FunctionDefinition,
    FunctionResult,
    Message,
    ProviderBlock,
    ReasoningBlock,
    TextBlock,
    UserMessage,
)
from tuppence.tracing import SILENT, Tracing
from tuppence.tracing.content import Content

from .collector import Collector
from .conftest import Open
from .rows import CHAT, RUN, TURN, closed, request, response

pytestmark = pytest.mark.anyio

CANARY = "Canary GmbH DE89370400440532013000"


def blocks_with(said: str) -> tuple[Block, ...]:
    """One block of each kind."""
    return (
        ReasoningBlock(f"thought {said}", raw={"signature": f"signed {said}"}),
        TextBlock(f"said {said}"),
        ChatFunctionRequest("1", "call_1", "get_transactions", {f"key {said}": f"value {said}"}),
        ChatFunctionRequest("2", "call_2", "get_accounts", {}, malformed=True, raw_arguments=f"raw {said}"),
        ProviderBlock("server_tool_use", {"query": f"opaque {said}"}),
    )


def everything_said(tracing: Tracing, said: str) -> None:
    """Put `said` into every place that takes a text from a person, a model, a provider or a bank."""
    blocks = blocks_with(said)
    transcript: list[Message] = [
        UserMessage(f"asked {said}"),
        AssistantMessage(blocks),
        FunctionResult("call_1", f"found {said}"),
    ]
    functions = [FunctionDefinition(said, f"described {said}", {})]
    whole = ChatRequest("claude-sonnet-5", transcript, instructions=f"told {said}", functions=functions)
    answer = response(
        id=f"id {said}", model=f"model {said}", content=blocks, stop_reason=None, provider_stop_reason=f"because {said}"
    )
    broken = closed(
        outcome="failed", error="RequestRejected", status=400, answered_model=f"model {said}", request_id=f"id {said}"
    )
    with pytest.raises(KeyError):
        _one_turn(tracing, said, whole, closed(), broken, answer)
    with pytest.raises(KeyError), tracing.run(kind="merchants", run_id=RUN, household_id=1, batch=1):
        raise KeyError(said)


def _one_turn(tracing: Tracing, said: str, whole: ChatRequest, *rows_and_answer: Any) -> None:
    *rows, answer = rows_and_answer
    question = f"asked {said}"
    with (
        tracing.turn(chat_id=CHAT, turn_id=TURN, household_id=1, user_id=7, question=question) as turn,
        tracing.round(1),
    ):
        generation = tracing.generation(whole)
        for row in rows:
            generation.ended(row, answer)
        with tracing.function(f"function {said}", f"call {said}", {f"name {said}": [f"value {said}"]}) as function:
            function.returned(f"found {said}", ok=False)
        turn.answered(f"answered {said}")
        raise KeyError(said)


async def test_without_content_nothing_that_was_said_is_in_any_span(opened: Open, collector: Collector) -> None:
    async with opened(ANTHROPIC_API_KEY="sk-ant-canary") as tracing:
        everything_said(tracing, CANARY)
    assert len(collector.spans) == 6
    sent = b"".join(request.body for request in collector.requests)
    for part in (b"Canary", b"GmbH", b"DE8937", b"sk-ant"):
        assert part not in sent
    assert not [
        name for span in collector.spans for name in span.attributes if "input" in name and "tokens" not in name
    ]


async def test_content_is_what_left_and_what_came(opened: Open, collector: Collector) -> None:
    async with opened(TUPPENCE_TRACE_CONTENT="true") as tracing:
        everything_said(tracing, CANARY)
    by_name = {span.name: span.attributes for span in collector.spans}
    turn, function = by_name["invoke_agent tuppence"], by_name["execute_tool unknown"]
    assert turn["langfuse.observation.input"] == f"asked {CANARY}"
    assert turn["langfuse.observation.output"] == f"answered {CANARY}"
    assert json.loads(function["gen_ai.tool.call.arguments"]) == {f"name {CANARY}": [f"value {CANARY}"]}
    assert function["gen_ai.tool.call.result"] == f"found {CANARY}"
    said = by_name["chat claude-sonnet-5"]
    assert json.loads(said["gen_ai.system_instructions"]) == [{"type": "text", "content": f"told {CANARY}"}]
    asked, answered, found = json.loads(said["gen_ai.input.messages"])
    assert asked == {"role": "user", "parts": [{"type": "text", "content": f"asked {CANARY}"}]}
    assert answered["role"] == "assistant"
    assert answered["parts"] == [
        {"type": "reasoning", "content": f"thought {CANARY}"},
        {"type": "text", "content": f"said {CANARY}"},
        {
            "type": "tool_call",
            "id": "call_1",
            "name": "get_transactions",
            "arguments": {f"key {CANARY}": f"value {CANARY}"},
        },
        {"type": "tool_call", "id": "call_2", "name": "get_accounts", "arguments": f"raw {CANARY}"},
        {"type": "server_tool_use"},
    ]
    part = {"type": "tool_call_response", "id": "call_1", "response": f"found {CANARY}"}
    assert found == {"role": "tool", "parts": [part]}
    (output,) = json.loads(said["gen_ai.output.messages"])
    assert (output["role"], output["parts"]) == ("assistant", answered["parts"])
    assert all("Canary" not in span.status_message for span in collector.spans)


@pytest.mark.parametrize("shown", [True, False])
async def test_it_tells_whether_content_is_shown(opened: Open, shown: bool) -> None:
    async with opened(TUPPENCE_TRACE_CONTENT=str(shown)) as tracing:
        assert tracing.shows_content is shown
    assert not SILENT.shows_content


async def test_no_key_is_in_any_span(opened: Open, collector: Collector) -> None:
    keys = {
        "ANTHROPIC_API_KEY": "sk-ant-canary",
        "LANGFUSE_PUBLIC_KEY": "pk-canary",
        "LANGFUSE_SECRET_KEY": "lf-canary",
    }
    async with opened(TUPPENCE_TRACE_CONTENT="true", LANGFUSE_BASE_URL=collector.url, **keys) as tracing:
        for key in keys.values():
            everything_said(tracing, key)
    spans = b"".join(request.body for request in collector.requests)
    for key in keys.values():
        assert key.encode() not in spans
    assert b"[key]" in spans


async def test_halves_of_characters_do_no_harm(opened: Open, collector: Collector) -> None:
    async with opened(TUPPENCE_TRACE_CONTENT="true") as tracing:
        everything_said(tracing, "half \ud83d")
        tracing.generation(request("What?")).ended(closed(model="\udcff"), None)
    assert len(collector.spans) == 7
    assert collector.spans[0].attributes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("You spent 1,234.56 EUR.", "You spent # EUR."),
        ("1.234.567,89 €", "# €"),
        ("€12 and 3 USD", "€# and # USD"),
        ("CHF 1'000.00, 1 000,00", "CHF #, #"),
        ("CHF1\u202f000.00", "CHF#"),
        ('{"amount":-18.01,"count":2}', '{"amount":-#,"count":#}'),
        ("12k or 1e6", "#k or #e#"),
        ("١٢٣", "#"),
        ("on 2026-03-14 and in 2026-03", "on 2026-03-14 and in 2026-03"),
        ("2026", "#"),
        ("12026-03", "#-#"),
        ("2026-03-145", "#-#-#"),
        ("no figure", "no figure"),
    ],
)
def test_figures_are_left_out_where_they_are_not_wanted(text: str, shown: str) -> None:
    assert Content(amounts=False, secrets=()).text(text) == shown
    assert Content(amounts=True, secrets=()).text(text) == text


def test_figures_of_any_kind_are_left_out_of_arguments() -> None:
    arguments = {"limit": 3, "least": Decimal("1.50"), "rate": 0.5, "since": date(2026, 3, 1), "all": True, "of": ["7"]}
    shown = json.loads(Content(amounts=False, secrets=()).json(arguments))
    assert shown == {"limit": "#", "least": "#", "rate": "#", "since": "2026-03-01", "all": True, "of": ["#"]}


async def test_figures_are_left_out_everywhere(opened: Open, collector: Collector) -> None:
    async with opened(TUPPENCE_TRACE_CONTENT="true", TUPPENCE_TRACE_AMOUNTS="false") as tracing:
        everything_said(tracing, "98765.43 EUR")
    assert len(collector.spans) == 6
    assert b"98765" not in b"".join(request.body for request in collector.requests)


def test_long_texts_are_cut_and_say_so() -> None:
    shown = Content(amounts=True, secrets=()).text("x" * 10_007)
    assert shown == "x" * 10_000 + " [7 characters left out]"

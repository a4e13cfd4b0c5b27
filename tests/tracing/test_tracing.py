"""Which spans there are, how they hang together, and what they say while content is off."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry import trace

from tuppence.llm import TokenUsage
from tuppence.tracing import SILENT, Generation
from tuppence.usage import Purpose, UsageRow

from .collector import CollectedSpan, Collector
from .conftest import Open
from .rows import BEGAN, CHAT, RUN, TURN, closed, request, response

pytestmark = pytest.mark.anyio

TURN_OF_OURS: dict[str, Any] = {"chat_id": CHAT, "turn_id": TURN, "household_id": 1, "user_id": 7}
NANOSECONDS = 1_000_000_000


def named(spans: list[CollectedSpan], name: str) -> CollectedSpan:
    found = [span for span in spans if span.name == name]
    assert len(found) == 1, [span.name for span in spans]
    return found[0]


async def test_a_turn_is_one_trace_of_rounds_requests_and_functions(opened: Open, collector: Collector) -> None:
    async with opened() as tracing:
        with tracing.turn(**TURN_OF_OURS, question="What?") as turn:
            with tracing.round(1):
                tracing.generation(request("What?")).ended(closed(), response())
                with tracing.function("get_transactions", "call_1", {"limit": 3}) as function:
                    function.returned("[]", ok=True)
            turn.answered("That.")
    spans = collector.spans
    assert [span.name for span in sorted(spans, key=lambda span: span.name)] == [
        "chat claude-sonnet-5",
        "execute_tool get_transactions",
        "invoke_agent tuppence",
        "round 1",
    ]
    turn_span, round_span = named(spans, "invoke_agent tuppence"), named(spans, "round 1")
    assert {span.trace_id for span in spans} == {TURN}
    assert turn_span.parent_id is None
    assert round_span.parent_id == turn_span.span_id
    for name in ("chat claude-sonnet-5", "execute_tool get_transactions"):
        assert named(spans, name).parent_id == round_span.span_id
    assert {span.status for span in spans} == {"UNSET"}
    assert {span.attributes["session.id"] for span in spans} == {CHAT}
    assert {span.attributes["langfuse.trace.name"] for span in spans} == {"turn"}
    assert len({span.attributes["user.id"] for span in spans}) == 1
    types = {span.name: span.attributes["langfuse.observation.type"] for span in spans}
    assert sorted(types.values()) == ["agent", "generation", "span", "tool"]
    function_span = named(spans, "execute_tool get_transactions")
    assert function_span.attributes["gen_ai.tool.name"] == "get_transactions"
    assert function_span.attributes["gen_ai.tool.call.id"] == "call_1"
    assert turn_span.resource["service.name"] == "tuppence"


async def test_a_generation_says_what_its_row_says(opened: Open, collector: Collector) -> None:
    row = closed()
    async with opened() as tracing:
        generation = tracing.generation(request("What?", max_output_tokens=900), server="api.example.com:8443")
        generation.ended(row, response())
    (span,) = collector.spans
    said = dict(span.attributes)
    assert json.loads(said.pop("langfuse.observation.usage_details")) == {
        "input": 250,  # 1000 - 600 - 150
        "input_cached_tokens": 600,
        "input_cache_creation": 150,
        "output": 100,  # 120 - 20
        "output_reasoning_tokens": 20,
        "total": 1120,
    }
    assert said.pop("langfuse.observation.cost_details") == '{"total":0.004837000001}'
    assert said == {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "claude-sonnet-5-20260401",
        "langfuse.observation.completion_start_time": "2026-05-01T12:00:00.535801+00:00",  # .123456 + .412345
        "langfuse.trace.name": "turn",
        "session.id": CHAT,
        "gen_ai.conversation.id": CHAT,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-5",
        "gen_ai.request.max_tokens": 900,
        "gen_ai.request.stream": True,
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.model": "claude-sonnet-5-20260401",
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.response.time_to_first_chunk": 0.412345,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 120,
        "gen_ai.usage.cache_read.input_tokens": 600,
        "gen_ai.usage.cache_write.input_tokens": 150,
        "gen_ai.usage.cache_creation.input_tokens": 150,
        "gen_ai.usage.reasoning.output_tokens": 20,
        "server.address": "api.example.com",
        "server.port": 8443,
        "tuppence.usage.id": row.id,
        "tuppence.cost.usd": "0.004837000001",
        "tuppence.cost.source": "a price list 1.2",
        "tuppence.provider": "anthropic",
        "tuppence.provider_request_id": "req_123",
        "tuppence.operation": "chat",
        "tuppence.outcome": "completed",
        "tuppence.round": 2,
        "tuppence.attempt": 1,
    }
    assert span.kind == "CLIENT"
    assert span.started == int(BEGAN.timestamp()) * NANOSECONDS + 123_456_000
    assert span.ended - span.started == 3 * NANOSECONDS


async def test_what_is_not_known_is_left_out_and_zero_is_kept(opened: Open, collector: Collector) -> None:
    unknown = closed(usage=TokenUsage(), cost=None, answered_model=None, request_id=None, first_chunk_microseconds=None)
    nothing = closed(usage=TokenUsage(0, 0))
    async with opened() as tracing:
        tracing.generation(request("What?")).ended(unknown, None)
        tracing.generation(request("What?")).ended(nothing, None)
    by_row = {span.attributes["tuppence.usage.id"]: span.attributes for span in collector.spans}
    said = by_row[unknown.id]
    for part in ("usage.", "cost", "response", "completion_start", "request_id"):
        assert not [name for name in said if part in name and name != "tuppence.usage.id"], part
    assert by_row[nothing.id]["gen_ai.usage.input_tokens"] == 0
    assert "gen_ai.usage.cache_read.input_tokens" not in by_row[nothing.id]


@pytest.mark.parametrize(
    ("outcome", "error", "status", "message"),
    [
        ("failed", "RateLimited", 429, "RateLimited (HTTP 429): The provider asks to slow down."),
        ("failed", "Unavailable", None, "Unavailable: The provider cannot be reached or cannot answer now"),
        ("interrupted", "StreamInterrupted", None, "StreamInterrupted: The answer broke off before its end."),
        ("interrupted", None, None, "interrupted: The answer broke off before its end."),
    ],
)
async def test_what_went_wrong_is_an_error_with_a_sentence_of_ours(
    opened: Open, collector: Collector, outcome: str, error: str | None, status: int | None, message: str
) -> None:
    async with opened() as tracing:
        tracing.generation(request("What?")).ended(closed(outcome=outcome, error=error, status=status), None)
    (span,) = collector.spans
    assert span.status == "ERROR"
    assert span.status_message.startswith(message)
    assert span.attributes["langfuse.observation.level"] == "ERROR"
    assert span.attributes["langfuse.observation.status_message"] == span.status_message
    assert span.attributes["error.type"] == (error or outcome)
    assert span.attributes.get("http.response.status_code") == status
    assert span.attributes["tuppence.outcome"] == outcome


async def test_stopping_is_no_error(opened: Open, collector: Collector) -> None:
    stopped = closed(outcome="stopped", usage=TokenUsage(1000), tokens_estimated=True)

    async def turn() -> None:
        with tracing.turn(**TURN_OF_OURS, question=None), tracing.round(1):
            generation = tracing.generation(request("What?"))
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                generation.ended(stopped, None)

    async with opened() as tracing:
        began = asyncio.Event()
        task = asyncio.create_task(turn())
        await began.wait()
        task.cancel()
        await asyncio.wait({task})
    assert {(span.status, span.attributes["tuppence.outcome"]) for span in collector.spans} == {("UNSET", "stopped")}
    (generation,) = collector.generations
    assert generation.attributes["tuppence.usage.estimated"] is True


async def test_every_attempt_is_a_generation_of_its_own(opened: Open, collector: Collector) -> None:
    first = closed(outcome="failed", error="Unavailable", status=503, usage=TokenUsage(), cost=None)
    second = closed(attempt=2, started_at=BEGAN + timedelta(seconds=4), ended_at=BEGAN + timedelta(seconds=6))
    async with opened() as tracing:
        with tracing.turn(**TURN_OF_OURS, question=None), tracing.round(1):
            generation = tracing.generation(request("What?"))
        for row in (first, second):  # later and elsewhere
            await asyncio.create_task(_ended(generation, row))
    assert [span.attributes["tuppence.usage.id"] for span in collector.generations] == [first.id, second.id]
    assert {span.parent_id for span in collector.generations} == {named(collector.spans, "round 1").span_id}
    assert {span.trace_id for span in collector.spans} == {TURN}


async def _ended(generation: Generation, row: UsageRow) -> None:
    generation.ended(row, None)


async def test_functions_side_by_side_belong_to_their_round(opened: Open, collector: Collector) -> None:
    async def function(number: int) -> None:
        with tracing.function("get_accounts", f"call_{number}", {}) as traced:
            await meeting.wait()
            traced.returned('{"error": "no"}', ok=number != 2)

    async with opened() as tracing:
        meeting = asyncio.Barrier(3)
        with tracing.turn(**TURN_OF_OURS, question=None), tracing.round(1):
            async with asyncio.TaskGroup() as group:
                for number in range(3):
                    group.create_task(function(number))
    functions = [span for span in collector.spans if span.name == "execute_tool get_accounts"]
    assert {span.parent_id for span in functions} == {named(collector.spans, "round 1").span_id}
    statuses = {span.attributes["gen_ai.tool.call.id"]: span.status for span in functions}
    assert statuses == {"call_0": "UNSET", "call_1": "UNSET", "call_2": "ERROR"}


async def test_batches_of_a_run_are_one_trace(opened: Open, collector: Collector) -> None:
    purpose = Purpose("categorize", 1, run_id=RUN)
    for batch in (1, 2):  # as in two processes
        async with opened() as tracing:
            with tracing.run(kind="categorize", run_id=RUN, household_id=1, batch=batch):
                tracing.generation(request("File these.")).ended(closed(purpose=purpose), None)
    async with opened() as tracing:
        with tracing.run(kind="merchants", run_id="12" * 16, household_id=1, batch=1):
            pass
    spans = collector.wait_for(5)
    batches = [span for span in spans if span.name == "auto_categorize"]
    assert sorted(span.attributes["tuppence.batch"] for span in batches) == [1, 2]
    assert {(span.trace_id, span.parent_id) for span in batches} == {(RUN, None)}
    assert {span.parent_id for span in collector.generations} == {span.span_id for span in batches}
    assert {span.attributes["langfuse.trace.name"] for span in spans if span.trace_id == RUN} == {"auto_categorize"}
    assert named(spans, "auto_detect_merchants").trace_id == "12" * 16


async def test_a_turn_within_something_else_begins_a_trace(opened: Open, collector: Collector) -> None:
    async with opened() as tracing:
        with (
            tracing.run(kind="categorize", run_id=RUN, household_id=1, batch=1),
            tracing.turn(**{**TURN_OF_OURS, "turn_id": "not an id"}, question=None),
        ):
            pass
        with tracing.round(1):  # outside of all
            pass
    turn = named(collector.spans, "invoke_agent tuppence")
    assert turn.parent_id is None
    assert turn.trace_id not in (RUN, named(collector.spans, "round 1").trace_id)


async def test_users_are_told_apart_by_nothing_that_names_them(opened: Open, collector: Collector) -> None:
    who = [(1, 7), (1, 8), (2, 7), (1, None), (1, 7)]
    for household, user in who:  # each in a process of its own
        async with opened() as tracing:
            with tracing.turn(chat_id=None, turn_id=None, household_id=household, user_id=user, question=None):
                pass
    users = [span.attributes["user.id"] for span in collector.wait_for(len(who))]
    assert users[0] == users[4]
    assert len(set(users)) == 4
    assert all(len(user) == 32 for user in users)


async def test_what_others_trace_is_left_alone(opened: Open, collector: Collector) -> None:
    others = trace.SpanContext(trace_id=1, span_id=2, is_remote=True, trace_flags=trace.TraceFlags(1))
    async with opened() as tracing:
        with trace.use_span(trace.NonRecordingSpan(others)), tracing.turn(**TURN_OF_OURS, question=None):
            assert trace.get_current_span().get_span_context() == others
            trace.get_tracer("a web framework").start_span("a request of a browser").end()
    (span,) = collector.spans
    assert (span.name, span.parent_id, span.trace_id, span.scope) == ("invoke_agent tuppence", None, TURN, "tuppence")


async def test_an_error_that_leaves_is_marked_by_its_class_alone(opened: Open, collector: Collector) -> None:
    async with opened() as tracing:
        with pytest.raises(ValueError, match="canary"), tracing.turn(**TURN_OF_OURS, question=None), tracing.round(1):
            raise ValueError("canary DE89370400440532013000")
    assert [(span.status, span.attributes["error.type"]) for span in collector.spans] == [("ERROR", "ValueError")] * 2
    assert all(b"canary" not in request.body for request in collector.requests)
    assert {span.events for span in collector.spans} == {()}


async def test_silence_costs_nothing_and_says_nothing() -> None:
    with SILENT.turn(**TURN_OF_OURS, question="What?") as turn, SILENT.round(1):
        with SILENT.function("get_accounts", "call_1", {}) as function:
            function.returned("[]", ok=True)
        SILENT.generation(request("What?")).ended(closed(), None)
        turn.answered("That.")
    with SILENT.run(kind="categorize", run_id=RUN, household_id=1, batch=1):
        pass

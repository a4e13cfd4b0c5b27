"""`tuppence tracing test`: whether a trace arrives, and what to do when it does not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from tracing.collector import Answer, Collector

from .command import Command


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("LANGFUSE_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Set up as Langfuse."""
    with Collector() as collector:
        for name, value in collector.langfuse_environment.items():
            monkeypatch.setenv(name, value)
        yield collector


def test_a_trace_that_arrives_is_named(command: Command, collector: Collector) -> None:
    printed = command.succeeds("tracing", "test")
    spans = collector.spans
    assert [span.name for span in spans] == ["chat tuppence-tracing-test", "round 1", "invoke_agent tuppence"]
    (trace_id,) = {span.trace_id for span in spans}
    assert printed == f"Langfuse: the trace {trace_id} arrived at {collector.url[7:]}.\n"
    (generation,) = collector.generations
    assert generation.attributes["gen_ai.usage.input_tokens"] == 5
    assert generation.attributes["tuppence.operation"] == "tracing test"


def test_what_arrived_is_told_as_json(command: Command, collector: Collector) -> None:
    told = json.loads(command.succeeds("tracing", "test", "--json"))
    assert (told["backend"], told["arrived"], told["problem"]) == ("Langfuse", True, None)
    assert told["trace_id"] == collector.spans[0].trace_id


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(401), "does not accept the keys (HTTP 401). Check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY."),
        (Answer(200, b"<html>", "text/html"), "takes traces (its answer is none to spans). Check LANGFUSE_BASE_URL."),
    ],
)
def test_a_trace_that_does_not_arrive_ends_with_what_to_do(
    command: Command, collector: Collector, answer: Answer, told: str
) -> None:
    collector.answer = answer
    ended = command("tracing", "test")
    assert ended.code == 1
    assert ended.sentence.startswith("Langfuse: ")
    assert told in ended.sentence


def test_every_backend_is_told_of(command: Command, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    ended = command("tracing", "test", "--json")
    assert ended.code == 1
    assert [json.loads(line)["arrived"] for line in ended.output.splitlines()] == [True, False]
    assert "127.0.0.1:1 cannot be reached" in ended.sentence


def test_without_a_backend_it_says_what_to_set(command: Command) -> None:
    ended = command("tracing", "test")
    assert ended.code == 1
    assert "Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY" in ended.sentence


def test_what_is_set_up_wrongly_is_a_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    ended = command("tracing", "test")
    assert (ended.code, ended.sentence.split(".")[0]) == (1, "LANGFUSE_SECRET_KEY is missing")

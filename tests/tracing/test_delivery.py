"""How spans reach a backend, and that one which is slow, wrong or away neither slows nor breaks anything."""

from __future__ import annotations

import logging
import socket
import threading

import pytest

from tuppence.tracing import Tracing, opened_tracing, outbox
from tuppence.tracing.backends import Backend, backends
from tuppence.tracing.posting import Postbox

from .collector import PROTOBUF, Answer, Collector
from .conftest import Open, Set
from .rows import CHAT, TURN, closed, request

pytestmark = pytest.mark.anyio

REFUSED = b"\x0a\x04\x08\x03\x12\x00"  # partial_success { rejected_spans: 3, error_message: "" }


def one_turn(tracing: Tracing) -> None:
    with tracing.turn(chat_id=CHAT, turn_id=TURN, household_id=1, user_id=7, question=None), tracing.round(1):
        tracing.generation(request("What?")).ended(closed(), None)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_spans_are_posted_to_any_backend_of_opentelemetry(collector: Collector, set_up: Set) -> None:
    headers = {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20abc,x-team = home "}
    async with opened_tracing(set_up(**collector.environment, **headers)) as tracing:
        one_turn(tracing)
    assert len(collector.spans) == 3
    assert {request.path for request in collector.requests} == {"/v1/traces"}
    sent = collector.requests[0].headers
    assert (sent["content-type"], sent["content-encoding"]) == (PROTOBUF, "gzip")
    assert (sent["authorization"], sent["x-team"]) == ("Bearer abc", "home")


async def test_spans_are_posted_to_langfuse_with_its_keys_alone(collector: Collector, set_up: Set) -> None:
    others = {"OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=of-somebody-else", "LANGFUSE_TRACING_ENVIRONMENT": "home"}
    async with opened_tracing(set_up(**collector.langfuse_environment, **others)) as tracing:
        one_turn(tracing)
    assert len(collector.spans) == 3
    sent = collector.requests[0]
    assert sent.path == "/api/public/otel/v1/traces"
    assert sent.headers["authorization"] == "Basic cGstbGYtcHVibGljOnNrLWxmLXNlY3JldA=="  # pk-lf-public:sk-lf-secret
    assert sent.headers["x-langfuse-ingestion-version"] == "4"
    assert "x-api-key" not in sent.headers
    assert collector.spans[0].resource["langfuse.environment"] == "home"


async def test_two_backends_get_the_same(collector: Collector, set_up: Set) -> None:
    with Collector() as langfuse:
        async with opened_tracing(set_up(**collector.environment, **langfuse.langfuse_environment)) as tracing:
            one_turn(tracing)
        assert collector.spans == langfuse.spans


async def test_a_slow_backend_keeps_nobody_waiting(set_up: Set, caplog: pytest.LogCaptureFixture) -> None:
    with Collector(held=True) as collector:
        async with opened_tracing(set_up(**collector.environment)) as tracing:
            one_turn(tracing)
            collector.wait_for_requests(1)
            for _ in range(1000):  # more than are kept
                one_turn(tracing)
        assert len(collector.requests) == 1  # we are here, and it was never answered
        assert warnings(caplog) == [
            f"Traces are lost: {collector.url[7:]} takes fewer than there are. "
            "Answers are not affected; try `tuppence tracing test`."
        ]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(500), "refused the spans (HTTP 500)"),
        (Answer(503), "cannot take spans now (HTTP 503)"),
        (Answer(401), "does not accept the keys (HTTP 401). Check OTEL_EXPORTER_OTLP_HEADERS."),
        (Answer(404), "takes traces (HTTP 404). Check OTEL_EXPORTER_OTLP_ENDPOINT."),
        (Answer(413), "too large (HTTP 413)"),
        (Answer(302, headers={"location": "http://127.0.0.1:1/"}), "sends us elsewhere (HTTP 302)"),
        (Answer(200, b"<html>Sign in</html>", "text/html"), "its answer is none to spans"),
        (Answer(200, b"\xff\xff garbage"), "its answer is none to spans"),
        (Answer(200, b"garbage", headers={"content-encoding": "gzip"}), "its answer cannot be read"),
        (Answer(200, REFUSED), "refused 3 of the spans"),
        (Answer(200, b'{"partialSuccess": {"rejectedSpans": "2"}}', "application/json"), "refused 2 of the spans"),
    ],
)
async def test_a_wrong_backend_is_told_of_once(
    collector: Collector, opened: Open, caplog: pytest.LogCaptureFixture, answer: Answer, told: str
) -> None:
    collector.answer = answer
    async with opened() as tracing:
        one_turn(tracing)
        collector.wait_for(1)
        one_turn(tracing)
    (sentence,) = warnings(caplog)
    assert told in sentence


@pytest.mark.parametrize("body", [b"", b"{}", b'{"partialSuccess": {}}', b'{"message": "OK"}'])
async def test_backends_may_answer_as_json_or_not_at_all(
    collector: Collector, opened: Open, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    collector.answer = Answer(200, body, "application/json")
    async with opened() as tracing:
        one_turn(tracing)
    assert warnings(caplog) == []


async def test_a_backend_that_is_away_is_told_of_once(set_up: Set, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        async with opened_tracing(set_up(OTEL_EXPORTER_OTLP_ENDPOINT=address)) as tracing:
            one_turn(tracing)
            one_turn(tracing)
    (sentence,) = warnings(caplog)
    assert "cannot be reached (ConnectError). Check OTEL_EXPORTER_OTLP_ENDPOINT." in sentence


async def test_variables_that_spoil_every_connection_are_told_of_once(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://127.0.0.1")
    async with opened() as tracing:
        one_turn(tracing)
        one_turn(tracing)
    (sentence,) = warnings(caplog)
    assert "No connection can be made (ValueError)" in sentence


async def test_a_backend_that_was_busy_gets_the_spans_later(
    collector: Collector, opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "_WAITS", (0.0, 0.0, 0.0))
    collector.answer = Answer(429)
    async with opened() as tracing:
        tracing.generation(request("What?")).ended(closed(), None)
        collector.wait_for_requests(4)  # once, and three times more
        collector.answer = Answer()
        one_turn(tracing)
        collector.wait_for(4 + 3)
    assert len(warnings(caplog)) == 1


async def test_without_spans_nothing_is_started_or_waited_for(opened: Open, collector: Collector) -> None:
    async with opened():
        assert not [thread for thread in threading.enumerate() if thread.name == "traces"]
    assert collector.requests == []


async def test_spans_that_come_after_the_end_are_forgotten(opened: Open, collector: Collector) -> None:
    async with opened() as tracing:
        one_turn(tracing)
    one_turn(tracing)
    assert len(collector.spans) == 3


def test_a_backend_that_cannot_be_reached_is_named_without_its_keys(set_up: Set) -> None:
    (backend,) = backends(set_up(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://me:secret@127.0.0.1:1/x?key=secret"))
    with Postbox(backend) as postbox:
        receipt = postbox.post([])
    assert receipt.again
    assert receipt.problem is not None
    assert "127.0.0.1:1 cannot be reached" in receipt.problem
    assert "secret" not in receipt.problem + repr(backend)
    assert isinstance(backend, Backend)

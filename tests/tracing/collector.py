"""A backend for traces on this machine: it takes spans over real HTTP and reads them without any code of ours.

with Collector() as collector:
    ... run something with the variables in `collector.environment` ...
    collector.wait_for(3)
    assert [span.name for span in collector.spans] == [...]
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

PROTOBUF = "application/x-protobuf"
_PATIENCE = 20.0  # seconds after which what was waited for is not coming


@dataclass(frozen=True, slots=True)
class CollectedSpan:
    """A span as it arrived."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    """None: it begins its trace."""
    kind: str
    """"INTERNAL", "CLIENT" ..."""
    attributes: Mapping[str, Any]
    status: str
    """"UNSET", "OK" or "ERROR"."""
    status_message: str
    started: int
    """Nanoseconds since 1970, as `ended`."""
    ended: int
    scope: str
    resource: Mapping[str, Any]
    events: tuple[str, ...]

    @property
    def is_generation(self) -> bool:
        """Whether it counts as a request to a model."""
        return self.attributes.get("gen_ai.operation.name") == "chat"


@dataclass(frozen=True, slots=True)
class CollectedRequest:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    """Without its compression."""


@dataclass(slots=True)
class Answer:
    """What the collector says to a request."""

    status: int = 200
    body: bytes = b""
    content_type: str = PROTOBUF
    headers: Mapping[str, str] = field(default_factory=dict)


class Collector:
    """Collects spans, for `with`. It may answer badly, or not before it is released."""

    def __init__(self, answer: Answer | None = None, *, held: bool = False) -> None:
        """held: no request is answered before `release` is called or the block ends."""
        self.answer = answer or Answer()
        self._spans: list[CollectedSpan] = []
        self._requests: list[CollectedRequest] = []
        self._changed = threading.Condition()
        self._released = threading.Event()
        if not held:
            self._released.set()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which traces come here, as to any backend of OpenTelemetry."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    @property
    def langfuse_environment(self) -> dict[str, str]:
        """The variables by which traces come here, as to Langfuse."""
        keys = {"LANGFUSE_PUBLIC_KEY": "pk-lf-public", "LANGFUSE_SECRET_KEY": "sk-lf-secret"}
        return {**keys, "LANGFUSE_BASE_URL": self.url}

    @property
    def spans(self) -> list[CollectedSpan]:
        """All that came, in the order in which they ended."""
        with self._changed:
            return sorted(self._spans, key=lambda span: span.ended)

    @property
    def generations(self) -> list[CollectedSpan]:
        """The spans of requests to models, in the order in which they ended."""
        return [span for span in self.spans if span.is_generation]

    @property
    def requests(self) -> list[CollectedRequest]:
        with self._changed:
            return list(self._requests)

    def release(self) -> None:
        """Answer from now on."""
        self._released.set()

    def wait_for(self, spans: int) -> list[CollectedSpan]:
        """The spans, once there are so many. Fails when they do not come."""
        self._wait(lambda: len(self._spans) >= spans, f"{spans} spans")
        return self.spans

    def wait_for_requests(self, requests: int) -> None:
        """Return once so many requests came. Fails when they do not."""
        self._wait(lambda: len(self._requests) >= requests, f"{requests} requests")

    def _wait(self, arrived: Any, what: str) -> None:
        with self._changed:
            came = self._changed.wait_for(arrived, _PATIENCE)
            assert came, f"waited for {what}; there are {[span.name for span in self._spans]}"

    def take(self, request: CollectedRequest) -> Answer:
        """What to say to a request, once it may be said."""
        spans = _spans_in(request.body)
        with self._changed:
            self._requests.append(request)
            self._spans.extend(spans)
            self._changed.notify_all()
        self._released.wait()
        return self.answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may have gone: that is no error of ours."""


def _handler_of(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = collector.take(CollectedRequest(self.path, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = True

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    return Handler


def _spans_in(body: bytes) -> list[CollectedSpan]:
    said = ExportTraceServiceRequest.FromString(body)
    return [
        _span(span, scoped.scope.name, _values(resource.resource.attributes))
        for resource in said.resource_spans
        for scoped in resource.scope_spans
        for span in scoped.spans
    ]


def _span(span: Span, scope: str, resource: Mapping[str, Any]) -> CollectedSpan:
    return CollectedSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        attributes=_values(span.attributes),
        status=Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        status_message=span.status.message,
        started=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        scope=scope,
        resource=resource,
        events=tuple(event.name for event in span.events),
    )


def _values(pairs: Any) -> dict[str, Any]:
    def read(pair: KeyValue) -> tuple[str, Any]:
        return pair.key, _value(pair.value)

    return dict(read(pair) for pair in pairs)


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return None if kind is None else getattr(value, kind)

"""Spans posted to a backend, and what it answers. Imported only where tracing is on; used in threads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2
import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tuppence.tracing.backends import Backend, TracingUnusable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_CONNECT, _WAIT = 5.0, 10.0  # seconds
_LONGEST = 65_536  # bytes of an answer that are looked at
_BUSY = (408, 429, 502, 503, 504)  # the spans may be sent again
_OF_SPANS = "application/x-protobuf"


class Receipt(msgspec.Struct, frozen=True):
    """What became of some spans."""

    problem: str | None
    """Why they did not arrive and what to do; None: they did."""
    again: bool = False
    """Whether sending them once more may help."""


class Postbox:
    """Posts to one backend; for `with`. For one thread at a time."""

    def __init__(self, backend: Backend) -> None:
        """Raises TracingUnusable when the environment's variables for connections cannot be used."""
        self._backend = backend
        try:
            self._client = httpx2.Client(
                timeout=httpx2.Timeout(_WAIT, connect=_CONNECT),
                follow_redirects=False,  # with keys, to an address that nobody chose
            )
        except (OSError, ValueError) as error:
            raise TracingUnusable(
                f"No connection can be made ({type(error).__name__}). Check the environment's variables for proxies "
                "(such as HTTPS_PROXY) and certificates (such as SSL_CERT_FILE)."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def post(self, spans: Sequence[ReadableSpan]) -> Receipt:
        """Send `spans` and wait for the answer, about ten seconds at most."""
        body = gzip.compress(encode_spans(spans).SerializeToString(), compresslevel=1)
        headers = {**self._backend.headers, "content-type": _OF_SPANS, "content-encoding": "gzip"}
        try:
            with self._client.stream("POST", self._backend.url, content=body, headers=headers) as answer:
                return self._receipt(answer, _beginning_of(answer))
        except httpx2.TimeoutException:
            return Receipt(f"{self._backend.host} did not answer in time. {self._look_at_address()}", again=True)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            why = type(error).__name__
            return Receipt(f"{self._backend.host} cannot be reached ({why}). {self._look_at_address()}", again=True)
        except httpx2.HTTPError:
            return self._not_a_backend("its answer cannot be read")

    def _receipt(self, answer: httpx2.Response, body: bytes) -> Receipt:
        host, status = self._backend.host, answer.status_code
        match status:
            case 401 | 403:
                return Receipt(f"{host} does not accept the keys (HTTP {status}). Check {self._backend.keys}.")
            case 404 | 405:
                return self._not_a_backend(f"HTTP {status}")
            case 413:
                return Receipt(f"{host} found the spans too large (HTTP 413). Raise its limit.")
            case _ if status in _BUSY:
                return Receipt(f"{host} cannot take spans now (HTTP {status}). Try again later.", again=True)
            case _ if 200 <= status < 300:
                return self._receipt_of(answer.headers.get("content-type", ""), body)
            case _ if 300 <= status < 400:
                return Receipt(f"{host} sends us elsewhere (HTTP {status}). {self._look_at_address()}")
            case _:
                return Receipt(f"{host} refused the spans (HTTP {status}). Look into its log.")

    def _receipt_of(self, content_type: str, body: bytes) -> Receipt:
        """Of an answer whose status is good."""
        kind = content_type.partition(";")[0].strip().lower()
        try:
            refused = _refused_by_protobuf(body) if kind == _OF_SPANS else _refused_by_json(body)
        except (DecodeError, ValueError):
            return self._not_a_backend("its answer is none to spans")
        if refused:
            return Receipt(f"{self._backend.host} refused {refused} of the spans. Look into its log.")
        return Receipt(None)

    def _not_a_backend(self, why: str) -> Receipt:
        return Receipt(f"There is nobody at {self._backend.host} who takes traces ({why}). {self._look_at_address()}")

    def _look_at_address(self) -> str:
        return f"Check {self._backend.address}."


def _beginning_of(answer: httpx2.Response) -> bytes:
    """As much of the body as is worth looking at."""
    body, until = bytearray(), monotonic() + _WAIT
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _LONGEST or monotonic() > until:
            break
    return bytes(body)


def _refused_by_protobuf(body: bytes) -> int:
    """The number of spans that were refused. Raises DecodeError."""
    return int(ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans)


def _refused_by_json(body: bytes) -> int:
    """The number of spans that were refused. Raises ValueError for what is no JSON object, unless it is empty."""
    if not body.strip():
        return 0
    said: Any = json.loads(body)
    if not isinstance(said, dict):
        raise ValueError("an object was expected")
    partial = said.get("partialSuccess")
    return int(partial.get("rejectedSpans") or 0) if isinstance(partial, dict) else 0

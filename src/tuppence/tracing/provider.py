"""A tracer provider of our own. Imported only where tracing is on.

OpenTelemetry's global one is left alone: web frameworks and SDKs would send it their spans, and requests count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from time import monotonic
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from tuppence.access.secrets import KeyFile, KeyFileUnusable
from tuppence.tracing.backends import Backend, environment_name
from tuppence.tracing.content import Content
from tuppence.tracing.outbox import Outbox
from tuppence.tracing.trace_ids import TraceIds
from tuppence.tracing.tracing import Tracing

if TYPE_CHECKING:
    from tuppence.settings import Settings


class Sending:
    """Tracing whose spans go to backends."""

    def __init__(self, settings: Settings, backends: Sequence[Backend]) -> None:
        self._outboxes = [Outbox(backend) for backend in backends]
        self.tracing = tracing_into(self._outboxes, settings)

    def close(self, within: float) -> None:
        """Wait for the spans that are still on their way, at most so many seconds in all."""
        until = monotonic() + within
        for outbox in self._outboxes:
            outbox.end()
        for outbox in self._outboxes:
            outbox.close(max(until - monotonic(), 0))


def tracing_into(processors: Sequence[SpanProcessor], settings: Settings) -> Tracing:
    """Tracing that gives its spans to `processors`."""
    provider = TracerProvider(resource=_resource(settings), shutdown_on_exit=False, id_generator=TraceIds())
    for processor in processors:
        provider.add_span_processor(processor)
    return Tracing(
        provider.get_tracer("tuppence", version("tuppence")), content=_content(settings), user_key=_user_key(settings)
    )


def _resource(settings: Settings) -> Resource:
    said = {"service.name": "tuppence", "service.version": version("tuppence")}
    if (name := settings.tracing.get("OTEL_SERVICE_NAME")) is not None:
        said["service.name"] = name.get_secret_value()
    if (environment := environment_name(settings)) is not None:
        said["langfuse.environment"] = environment
    return Resource.create(said)


def _content(settings: Settings) -> Content | None:
    if not settings.trace_content:
        return None
    keys = (key.get_secret_value() for key in settings.keys.values())
    secrets = (value.get_secret_value() for name, value in settings.tracing.items() if name.endswith("_KEY"))
    return Content(amounts=settings.trace_amounts, secrets=(*keys, *secrets))


def _user_key(settings: Settings) -> bytes | None:
    """What stand-ins for users are made with: from the oldest key, as they are to stay when keys are rotated."""
    try:
        return KeyFile.open(settings.home).signing_keys("traces")[-1]
    except KeyFileUnusable:
        return None

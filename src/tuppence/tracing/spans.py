"""How spans begin and fail. Imported only where there are some."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from tuppence.tracing.attributes import Attributes
from tuppence.tracing.errors import sentence_on


def begun(
    tracer: Tracer,
    name: str,
    attributes: Attributes,
    parent: Span | None,
    *,
    started: int | None = None,
    outward: bool = False,
) -> Span:
    """A new span. parent: None: it begins a trace. started: nanoseconds since 1970; None: now.

    outward: whether it stands for a request to somebody else. What other libraries trace is never its parent.
    """
    around = Context() if parent is None else set_span_in_context(parent, Context())
    kind = SpanKind.CLIENT if outward else SpanKind.INTERNAL
    return tracer.start_span(_sound(name), around, kind, attributes=_all_sound(attributes), start_time=started)


def failed(span: Span, error: str, status: int | None = None) -> None:
    """Mark that it failed. error: the class of the error, as its message may hold anything. status: of HTTP."""
    message = sentence_on(error, status)
    span.set_status(Status(StatusCode.ERROR, message))
    said: dict[str, str | int] = {
        "error.type": error,
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": message,
    }
    if status is not None:
        said["http.response.status_code"] = status
    span.set_attributes(said)


def _all_sound(attributes: Attributes) -> Attributes:
    return {name: _sound(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _sound(text: str) -> str:
    """`text` without the halves of characters that no encoding can write."""
    return text.encode("utf-8", "replace").decode()

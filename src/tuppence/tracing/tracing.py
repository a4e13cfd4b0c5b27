"""Spans around a turn, a round, a function and a batch of a run, and one for every request to a model."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tuppence.tracing import attributes, generations
from tuppence.tracing.attributes import Attributes
from tuppence.tracing.content import Content

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from tuppence.llm import ChatRequest, ChatResponse
    from tuppence.usage import UsageRow

RunKind: TypeAlias = Literal["categorize", "merchants"]

_RUN_NAMES: Mapping[RunKind, str] = {"categorize": "auto_categorize", "merchants": "auto_detect_merchants"}


class _Place(msgspec.Struct, frozen=True):
    """Where in a trace something happens."""

    span: Any  # a Span: msgspec would look its class up
    shared: Attributes
    """What all spans of the trace say: backends group by it and look at single spans."""


# Not OpenTelemetry's own current span: that belongs to the whole process, and libraries send it to whom they speak to.
_place: ContextVar[_Place | None] = ContextVar("place", default=None)


class Tracing:
    """Makes spans. One per process; `SILENT` where nobody wants them.

    Nothing in it waits for the backend, and nothing fails because of it. Each span belongs to the innermost one around
    it, also in tasks that were started inside of it.
    """

    def __init__(
        self, tracer: Tracer | None = None, *, content: Content | None = None, user_key: bytes | None = None
    ) -> None:
        """tracer: of a provider of our own, whose id generator is `TraceIds`; None: silent.

        content: how texts are shown; None: not at all. user_key: what the stand-ins for users are made with; None:
        users are not told apart.
        """
        self._tracer, self._content, self._user_key = tracer, content, user_key

    @property
    def shows_content(self) -> bool:
        """Whether texts are shown at all."""
        return self._content is not None

    @contextmanager
    def turn(
        self, *, chat_id: str | None, turn_id: str | None, household_id: int, user_id: int | None, question: str | None
    ) -> Iterator[TracedTurn]:
        """One turn: a trace of its own, whose id is that of the turn.

        question: as it left, with stand-ins where privacy is on; None: unknown. An exception that leaves the block
        marks an error; a cancellation only that the turn was stopped.
        """
        if self._tracer is None:
            yield _SILENT_TURN
            return
        shared = attributes.of_turn(chat_id, self._user(household_id, user_id))
        said = attributes.asked_in_turn(turn_id, self._content, question)
        with self._root("invoke_agent tuppence", shared, said, turn_id) as span:
            yield TracedTurn(span, self._content)

    @contextmanager
    def round(self, number: int) -> Iterator[None]:
        """One round of a turn. number: from 1."""
        with self._span(f"round {number}", attributes.of_round(number)):
            yield

    @contextmanager
    def function(self, name: str, call_id: str, arguments: Mapping[str, Any]) -> Iterator[TracedFunction]:
        """One function while it runs. arguments: as the model wrote them, with stand-ins where privacy is on."""
        if self._tracer is None:
            yield _SILENT_FUNCTION
            return
        said = attributes.of_function(name, call_id, self._content, arguments)
        with self._span(f"execute_tool {attributes.function_name(name)}", said) as span:
            yield TracedFunction(span, self._content)

    @contextmanager
    def run(self, *, kind: RunKind, run_id: str, household_id: int, batch: int) -> Iterator[None]:
        """One batch of a run in the background. All batches of a run are one trace, whose id is that of the run.

        batch: its number within the run.
        """
        if self._tracer is None:
            yield
            return
        shared = attributes.of_run(_RUN_NAMES[kind], run_id, self._user(household_id, None))
        with self._root(_RUN_NAMES[kind], shared, attributes.of_batch(_RUN_NAMES[kind], batch), run_id):
            yield

    def generation(self, request: ChatRequest, *, server: str | None = None) -> Generation:
        """What becomes a span for each time that `request` is sent, inside whatever is current now.

        request: as it leaves. server: the host (and port) it is sent to; None: unknown.
        """
        return Generation(self, request, server)

    # ---------------------------------------------------------------------------------------------------------- spans

    def _user(self, household_id: int, user_id: int | None) -> str | None:
        """A stand-in for a member of a household, always the same; None when users are not told apart."""
        if self._user_key is None:
            return None
        who = f"{household_id}/{'' if user_id is None else user_id}"
        return hmac.new(self._user_key, who.encode(), hashlib.sha256).hexdigest()[:32]

    @contextmanager
    def _root(self, name: str, shared: Attributes, said: Attributes, id_: str | None) -> Iterator[Span]:
        from tuppence.tracing.trace_ids import trace_id_of

        outside = _place.set(None)
        try:
            with trace_id_of(id_), self._span(name, said, shared) as span:
                assert span is not None, "only asked for where there is a tracer"
                yield span
        finally:
            _place.reset(outside)

    @contextmanager
    def _span(self, name: str, said: Attributes, shared: Attributes | None = None) -> Iterator[Span | None]:
        """A span around the block, which is current within it; None when silent. shared: None: those of its parent."""
        if self._tracer is None:
            yield None
            return
        from tuppence.tracing.spans import begun, failed

        around = _place.get()
        if shared is None:
            shared = around.shared if around else {}
        span = begun(self._tracer, name, {**shared, **said}, around.span if around else None)
        outside = _place.set(_Place(span, shared))
        outcome = "stopped"
        try:
            yield span
            outcome = "completed"
        except Exception as error:
            outcome = "failed"
            failed(span, type(error).__name__)
            raise
        finally:
            _place.reset(outside)
            span.set_attribute("tuppence.outcome", outcome)
            span.end()


class TracedTurn:
    """The span of a turn."""

    def __init__(self, span: Span | None, content: Content | None) -> None:
        self._span, self._content = span, content

    def answered(self, text: str) -> None:
        """What the turn came to. text: as it was received, with stand-ins where privacy is on."""
        if self._span is not None and self._content is not None:
            self._span.set_attributes(attributes.answered_in_turn(self._content, text))


class TracedFunction:
    """The span of a function."""

    def __init__(self, span: Span | None, content: Content | None) -> None:
        self._span, self._content = span, content

    def returned(self, output: str, ok: bool) -> None:
        """What the function gave. output: as the model is given it, with stand-ins where privacy is on.

        ok: False marks an error, as the model asked for what cannot be done.
        """
        if self._span is None:
            return
        if self._content is not None:
            self._span.set_attributes(attributes.returned_by_function(self._content, output))
        if not ok:
            from tuppence.tracing.spans import failed

            failed(self._span, "refused")


class Generation:
    """A request to a model, before it is sent; each time that it was, it becomes a span."""

    def __init__(self, tracing: Tracing, request: ChatRequest, server: str | None) -> None:
        self._tracer, self._content = tracing._tracer, tracing._content
        self._request, self._server, self._place = request, server, _place.get()

    def ended(self, row: UsageRow, response: ChatResponse | None) -> None:
        """Make one span of the closed usage row of one attempt. May be called by any task.

        response: the answer or what there was of it, as it was received; None when nothing came.
        """
        if self._tracer is None:
            return
        from tuppence.tracing.spans import begun, failed

        times, place = generations.times_of(row), self._place
        parent = place.span if place else None
        said = {
            **(place.shared if place else attributes.of_turn(row.purpose.chat_id, None)),
            **generations.of_request(self._request, self._server, self._content),
            **generations.of_row(row),
            **generations.of_response(response, self._content),
        }
        span = begun(self._tracer, f"chat {row.model}", said, parent, started=times.started, outward=True)
        if row.outcome in ("failed", "interrupted"):
            failed(span, row.error or row.outcome, row.status)
        span.end(times.ended)


SILENT = Tracing()
"""Makes no spans, and costs nothing."""

_SILENT_TURN = TracedTurn(None, None)
_SILENT_FUNCTION = TracedFunction(None, None)

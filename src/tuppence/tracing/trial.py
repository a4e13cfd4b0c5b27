"""One trace, sent to see whether it arrives. Imported only for that."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from tuppence.llm import Attempt, AttemptEnd, ChatRequest, ChatResponse, TextBlock, TokenUsage, UserMessage
from tuppence.store.tables import now
from tuppence.tracing.backends import Backend
from tuppence.tracing.posting import Postbox
from tuppence.tracing.provider import tracing_into
from tuppence.usage import Purpose
from tuppence.usage.row import closed_row, opened_row

if TYPE_CHECKING:
    from tuppence.settings import Settings

_MODEL = "tuppence-tracing-test"
_RESPONSE = ChatResponse(
    id="trial",
    model=_MODEL,
    content=(TextBlock("It does."),),
    stop_reason="end_turn",
    provider_stop_reason=None,
    usage=TokenUsage(input_tokens=5, output_tokens=3),
)
_END = AttemptEnd("completed", _RESPONSE, None, None, seconds=0, seconds_to_first_chunk=0)


class Trial(msgspec.Struct, frozen=True):
    """What became of a trace."""

    backend: str
    """The backend's title."""
    host: str
    trace_id: str
    problem: str | None
    """Why it did not arrive and what to do; None: it did."""


class _Kept(SpanProcessor):
    """Keeps what has ended."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def trial(settings: Settings, backend: Backend) -> Trial:
    """Send a turn with one request, which was never made, and wait for what the backend says of it."""
    kept, trace_id = _Kept(), secrets.token_hex(16)
    tracing = tracing_into([kept], settings)
    request = ChatRequest(model=_MODEL, transcript=[UserMessage("Does this trace arrive?")])
    with (
        tracing.turn(chat_id=None, turn_id=trace_id, household_id=0, user_id=None, question=None),
        tracing.round(1),
    ):
        attempt = Attempt(provider="tuppence", model=_MODEL, number=1, streaming=True, id=secrets.token_hex(16))
        purpose = Purpose(operation="tracing test", household_id=0, turn_id=trace_id, round=1)
        row = closed_row(opened_row(attempt, purpose, now()), _END, now())
        tracing.generation(request).ended(row, _END.response)
    with Postbox(backend) as postbox:
        receipt = postbox.post(kept.spans)
    return Trial(backend.title, backend.host, trace_id, receipt.problem)

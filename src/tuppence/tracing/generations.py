"""What the span of a request says, from its closed usage row. Pure.

Names: OpenTelemetry's semantic conventions for generative AI (open-telemetry/semantic-conventions-genai), "Span:
gen_ai.client.inference". Tokens written to a cache have their present name, `cache_write`, and the one they had before,
`cache_creation`: backends know one or the other. Usage and cost for Langfuse: "Token & cost tracking"; the kinds of
tokens there exclude one another, and their names are those of its prices.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tuppence.tracing.attributes import Attributes, identifier, known
from tuppence.tracing.content import Content

if TYPE_CHECKING:
    from tuppence.llm import ChatRequest, ChatResponse, TokenUsage
    from tuppence.usage import UsageRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_json = msgspec.json.Encoder(decimal_format="number")

# What the conventions call providers that have another name here.
_PROVIDER_NAMES = {"mistral": "mistral_ai", "gemini": "gcp.gemini", "azure": "azure.ai.openai"}


class Times(NamedTuple):
    """When something was, in nanoseconds since 1970."""

    started: int
    ended: int | None
    """None when nobody knows."""


def times_of(row: UsageRow) -> Times:
    """When the request was under way."""
    ended = row.ended_at
    if ended is None and row.microseconds is not None:
        ended = row.started_at + timedelta(microseconds=row.microseconds)
    return Times(_nanoseconds(row.started_at), None if ended is None else _nanoseconds(ended))


def of_request(request: ChatRequest, server: str | None, content: Content | None) -> Attributes:
    """What a request says, whenever it is sent. server: host, or host:port; None: unknown."""
    host, port = _host_and_port(server)
    said = known(
        langfuse__observation__type="generation",
        gen_ai__operation__name="chat",
        gen_ai__request__max_tokens=request.max_output_tokens,
        server__address=host,
        server__port=port,
    )
    return said if content is None else {**said, **content.of_request(request)}


def of_row(row: UsageRow) -> Attributes:
    """What is known of an attempt. What is not known is left out."""
    usage, purpose, answered = row.usage, row.purpose, identifier(row.answered_model)
    first = row.first_chunk_microseconds
    return known(
        gen_ai__provider__name=_PROVIDER_NAMES.get(row.provider, row.provider),
        gen_ai__request__model=row.model,
        gen_ai__request__stream=row.streaming,
        gen_ai__response__model=answered,
        gen_ai__response__time_to_first_chunk=None if first is None else first / 1_000_000,
        gen_ai__usage__input_tokens=usage.input_tokens,
        gen_ai__usage__output_tokens=usage.output_tokens,
        gen_ai__usage__cache_read__input_tokens=usage.cache_read_tokens,
        gen_ai__usage__cache_write__input_tokens=usage.cache_write_tokens,
        gen_ai__usage__cache_creation__input_tokens=usage.cache_write_tokens,
        gen_ai__usage__reasoning__output_tokens=usage.reasoning_tokens,
        langfuse__observation__model__name=answered or row.model,
        langfuse__observation__usage_details=_usage_details(usage),
        langfuse__observation__cost_details=_json.encode({"total": row.cost.amount}).decode() if row.cost else None,
        langfuse__observation__completion_start_time=_completion_start(row),
        tuppence__usage__id=row.id,
        tuppence__usage__estimated=row.tokens_estimated or None,
        tuppence__cost__usd=f"{row.cost.amount:f}" if row.cost else None,
        tuppence__cost__source=row.cost.source if row.cost else None,
        tuppence__provider=row.provider,
        tuppence__operation=purpose.operation,
        tuppence__outcome=row.outcome,
        tuppence__round=purpose.round,
        tuppence__attempt=row.attempt,
        tuppence__provider_request_id=identifier(row.request_id),
    )


def of_response(response: ChatResponse | None, content: Content | None) -> Attributes:
    """What the answer says, or what there was of it."""
    if response is None:
        return {}
    reason = identifier(response.provider_stop_reason) or response.stop_reason
    said = known(
        gen_ai__response__id=identifier(response.id), gen_ai__response__finish_reasons=[reason] if reason else None
    )
    return said if content is None else {**said, **content.of_response(response)}


def _usage_details(usage: TokenUsage) -> str | None:
    """Tokens by kind, each counted once, as JSON; None when none are known."""
    read, written, reasoning = usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    details: dict[str, int] = {}
    if usage.input_tokens is not None:
        details["input"] = max(usage.input_tokens - (read or 0) - (written or 0), 0)
    if usage.output_tokens is not None:
        details["output"] = max(usage.output_tokens - (reasoning or 0), 0)
    kinds = {"input_cached_tokens": read, "input_cache_creation": written, "output_reasoning_tokens": reasoning}
    details.update({kind: tokens for kind, tokens in kinds.items() if tokens is not None})
    if usage.input_tokens is not None and usage.output_tokens is not None:
        details["total"] = usage.input_tokens + usage.output_tokens
    return _json.encode(details).decode() if details else None


def _completion_start(row: UsageRow) -> str | None:
    """When the first piece of the answer came."""
    if row.first_chunk_microseconds is None:
        return None
    return (row.started_at + timedelta(microseconds=row.first_chunk_microseconds)).isoformat()


def _host_and_port(server: str | None) -> tuple[str | None, int | None]:
    if server is None:
        return None, None
    host, _, port = server.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdecimal() else (server.strip("[]"), None)


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000

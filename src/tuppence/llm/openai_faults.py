"""The errors of OpenAI and of the servers that speak its protocols, as members of our error tree. Pure.

Shapes seen: `{"error": {"message", "type", "code"}}`, the same in a list (Gemini), `{"error": "words"}` (Ollama),
`{"object": "error", "message", "type", "code"}` (vLLM, Mistral), `{"detail": ...}` (FastAPI). `code` may be a word, an
HTTP status as a number or as text, a number of the server's own, or missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tuppence.llm.errors import LLMError, StreamInterrupted
from tuppence.llm.faults import Addressee, fault_of_status

_STATUSES = {
    "invalid_api_key": 401,
    "authentication": 401,
    "unauthenticated": 401,
    "unauthorized": 401,
    "permission_denied": 403,
    "permission": 403,
    "insufficient_quota": 402,
    "insufficient_balance": 402,
    "payment_required": 402,
    "billing_hard_limit_reached": 402,
    "model_not_found": 404,
    "invalid_model": 404,
    "not_found": 404,
    "rate_limit": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "too_many_requests": 429,
    "resource_exhausted": 429,
    "context_length_exceeded": 413,
    "exceed_context_size": 413,
    "request_too_large": 413,
    "invalid_request": 400,
    "invalid_argument": 400,
    "bad_request": 400,
    "invalid_prompt": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "tool_use_failed": 500,  # the model wrote something that the server does not let pass; it may do better next time
    "json_validate_failed": 500,
    "overloaded": 529,
    "engine_overloaded": 529,
    "timeout": 504,
    "deadline_exceeded": 504,
    "unavailable": 503,
    "service_unavailable": 503,
}
"""What servers call their errors, without the ending "_error", as the HTTP status each stands for."""

_TOO_LONG = re.compile(
    r"context.?(length|window|size)|maximum prompt length|prompt is too long|too many tokens"
    r"|reduce the length of|exceeds? the (maximum|available) .*(tokens|context)",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"(invalid|incorrect|missing) api.?key|api.?key (not valid|is invalid|not found)", re.IGNORECASE)
_NO_MODEL = re.compile(r"model\b.{0,80}\b(not exist|not found|unknown|is not available)|(unknown|invalid) model", re.I)


def fault_of_answer(status: int, body: object, to: Addressee, headers: Mapping[str, str] | None = None) -> LLMError:
    """The error that an answer with an HTTP status of 4xx or 5xx stands for."""
    names, words = _told(body)
    fault = _fault(_meaning(status, names, words), to, headers)
    fault.status = status
    return fault


def fault_of_event(error: object, to: Addressee, *, begun: bool) -> LLMError:
    """The error that came inside a stream whose HTTP status was 200.

    begun: whether part of the answer had come: then it is an interruption, whatever the reason. An error that says
    nothing of its kind is the server's own: it had accepted the request.
    """
    names, words = _told(error)
    status = next((found for name in names if (found := _status_of(name))), 500)
    fault = _fault(_meaning(status, names, words), to, None)
    fault.status = None
    return StreamInterrupted(f"The answer broke off. {fault}") if begun else fault


def _fault(status: int, to: Addressee, headers: Mapping[str, str] | None) -> LLMError:
    return fault_of_status(status, to, kind="context_length_exceeded" if status == 413 else None, headers=headers)


def _meaning(status: int, names: list[str], words: str) -> int:
    """The status that the error deserves: servers put many things under 400, and some under 429 and 500."""
    named = {_status_of(name) for name in names}
    if status in (400, 422, 500) and (413 in named or _TOO_LONG.search(words)):
        return 413
    if 402 in named:
        return 402
    if status not in (400, 422):
        return status
    if 401 in named or _BAD_KEY.search(words):
        return 401
    if 404 in named or _NO_MODEL.search(words):
        return 404
    return 500 if 500 in named else status


def _told(body: object) -> tuple[list[str], str]:
    """What the server calls the error, most telling first, and its words."""
    if isinstance(body, list):
        body = body[0] if body else None
    if isinstance(body, Mapping) and body.get("error"):
        body = body["error"]
    if not isinstance(body, Mapping):
        return [], body if isinstance(body, str) else ""
    names = [
        str(body[key]) for key in ("code", "type", "status", "status_code") if isinstance(body.get(key), str | int)
    ]
    return names, _words(body.get("message")) or _words(body.get("detail"))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _status_of(name: str) -> int | None:
    """The HTTP status that a name or number of an error stands for; None when it is not known."""
    if name.isdecimal():
        number = int(name)
        return number if 400 <= number <= 599 else None
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return _STATUSES.get(snake.removesuffix("_error"))

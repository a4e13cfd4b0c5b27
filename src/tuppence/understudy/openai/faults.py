"""OpenAI's error object. Source: OpenAI documentation, "Error codes", and errors seen in recordings."""

from __future__ import annotations

from typing import Any, NoReturn

from tuppence.understudy.reply import Fault, Rejected

_INVALID = "invalid_request_error"
_KINDS: dict[int, tuple[str, str | None, str]] = {
    400: (_INVALID, None, "The request is invalid."),
    401: (_INVALID, "invalid_api_key", "Incorrect API key provided: ***."),
    403: (_INVALID, "permission_denied", "Your API key may not use this resource."),
    404: (_INVALID, None, "Not Found"),
    405: (_INVALID, "method_not_supported", "Method Not Allowed"),
    413: (_INVALID, "request_too_large", "The request is too large."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: ("server_error", "server_error", "The server had an error while processing your request. Sorry about that!"),
    503: ("service_unavailable_error", "server_is_overloaded", "Our servers are currently overloaded."),
    504: ("server_error", "timeout", "The request timed out."),
    529: ("service_unavailable_error", "server_is_overloaded", "Our servers are currently overloaded."),
}


def refuse(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> NoReturn:
    """Raise the refusal of an invalid request; `param` is the field that is wrong."""
    raise Rejected(Fault(status, message, _INVALID, param, code))


def error_object(fault: Fault) -> dict[str, Any]:
    """The object under `error`: message, type, param, code."""
    kind, code, message = _KINDS.get(fault.status, _KINDS[500 if fault.status >= 500 else 400])
    return {
        "message": fault.message or message,
        "type": fault.kind or kind,
        "param": fault.param,
        "code": fault.code or (code if fault.kind is None else None),
    }

"""The one border where failures of the network, the SDKs and the providers become members of our error tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tuppence.llm.concept import Origin
from tuppence.llm.errors import (
    AuthenticationFailed,
    ContextTooLong,
    LLMError,
    RateLimited,
    RequestRejected,
    StreamInterrupted,
    Unavailable,
)
from tuppence.llm.retry import retry_after_of


class Addressee(msgspec.Struct, frozen=True):
    """Whom a request goes to, in the words that a person needs when it fails."""

    provider: str
    """The registered name."""
    title: str
    """The name people know."""
    model: str
    host: str
    key_hint: str
    """Where the key comes from, such as "ANTHROPIC_API_KEY"."""

    @property
    def origin(self) -> Origin:
        """Whom the blocks of the answer name as their maker."""
        return Origin(self.provider, self.model)


_OURS = ("invalid_request_error", "request_too_large", "context_length_exceeded", "not_found_error", "model_not_found")
"""What providers call mistakes of the one who asks."""


def fault_of_status(
    status: int, to: Addressee, *, kind: str | None = None, words: str = "", headers: Mapping[str, str] | None = None
) -> LLMError:
    """The error that an HTTP status (or, inside a stream, an `error` event) stands for.

    status: 0 when only `kind` is known. kind: the provider's own class of error, such as "overloaded_error".
    words: the provider's message; it is looked at to tell a context that is too long, and never passed on.
    """
    told: dict[str, Any] = {"provider": to.provider, "model": to.model, "status": status or None}
    if status in (401, 403) or kind in ("authentication_error", "permission_error", "invalid_api_key"):
        return AuthenticationFailed(
            f"{to.title} did not accept the API key. Check {to.key_hint}, and that the key may use {to.model}.", **told
        )
    if status == 402 or kind in ("billing_error", "insufficient_quota"):
        return RequestRejected(
            f"{to.title} wants payment before it answers. Check the plan and credit of your account there.", **told
        )
    if status == 429 or kind in ("rate_limit_error", "rate_limit_exceeded"):
        return _waiting(RateLimited(f"{to.title} asks to slow down. Wait a little and try again.", **told), headers)
    if status == 529 or kind == "overloaded_error":
        return _waiting(Unavailable(f"{to.title} is overloaded. Try again in a minute.", **told), headers)
    of_its_own = not status and kind not in _OURS  # it had accepted the request
    if status >= 500 or status in (408, 409) or of_its_own:
        text = f"{to.title} has a problem of its own{f' (HTTP {status})' if status else ''}. Try again in a minute."
        return _waiting(Unavailable(text, **told), headers)
    if _says_too_long(status, kind, words):
        return ContextTooLong(
            f"The conversation is longer than {to.model} can take. Start a new chat or ask about less.", **told
        )
    if status == 404 or kind in ("not_found_error", "model_not_found"):
        return RequestRejected(
            f"{to.title} does not know the model {to.model!r} at {to.host}. Check the model's name and the address.",
            **told,
        )
    shown = f" (HTTP {status})" if status else ""
    return RequestRejected(f"{to.title} rejected the request{shown}. It would be rejected again as it is.", **told)


def fault_of_connection(to: Addressee, within: float | None = None) -> Unavailable:
    """No answer came at all. within: seconds waited, when that is why."""
    reason = f"did not answer within {within:g} seconds" if within is not None else "cannot be reached"
    return Unavailable(
        f"{to.title} {reason} ({to.host}). Check the network connection and try again.",
        provider=to.provider,
        model=to.model,
    )


def fault_of_cut(to: Addressee) -> StreamInterrupted:
    """The connection ended before the answer did."""
    return StreamInterrupted(
        f"The connection to {to.title} broke off in the middle of the answer. Ask again to get the rest.",
        provider=to.provider,
        model=to.model,
    )


def _waiting(error: Unavailable, headers: Mapping[str, str] | None) -> Unavailable:
    error.retry_after = retry_after_of(headers) if headers else None
    return error


def _says_too_long(status: int, kind: str | None, words: str) -> bool:
    if kind in ("context_length_exceeded", "request_too_large") or status == 413:
        return True
    lowered = words.lower()
    return "too long" in lowered or "context length" in lowered or "context window" in lowered

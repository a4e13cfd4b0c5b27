"""What a status or an error event means, and that the message helps and tells nothing."""

from __future__ import annotations

import pytest

from tuppence.llm import (
    AuthenticationFailed,
    ContextTooLong,
    LLMError,
    RateLimited,
    RequestRejected,
    StreamInterrupted,
    Unavailable,
)
from tuppence.llm.faults import fault_of_connection, fault_of_cut, fault_of_status

from .asking import MODEL, TO

SECRET = "sk-secret and my IBAN DE02120300000000202051"

STATUSES: dict[int, type[LLMError]] = {
    400: RequestRejected,
    401: AuthenticationFailed,
    402: RequestRejected,
    403: AuthenticationFailed,
    404: RequestRejected,
    405: RequestRejected,
    408: Unavailable,
    409: Unavailable,
    413: ContextTooLong,
    415: RequestRejected,
    422: RequestRejected,
    429: RateLimited,
    500: Unavailable,
    501: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
    520: Unavailable,
    529: Unavailable,
}

KINDS: dict[str, type[LLMError]] = {
    "invalid_request_error": RequestRejected,
    "authentication_error": AuthenticationFailed,
    "permission_error": AuthenticationFailed,
    "billing_error": RequestRejected,
    "not_found_error": RequestRejected,
    "request_too_large": ContextTooLong,
    "rate_limit_error": RateLimited,
    "api_error": Unavailable,
    "timeout_error": Unavailable,
    "overloaded_error": Unavailable,
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_place_in_the_tree(status: int) -> None:
    fault = fault_of_status(status, TO, words=SECRET)
    assert type(fault) is STATUSES[status]
    assert (fault.provider, fault.model, fault.status) == ("anthropic", MODEL, status)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_inside_a_stream_has_the_same_place(kind: str) -> None:
    fault = fault_of_status(0, TO, kind=kind, words=SECRET)
    assert type(fault) is KINDS[kind]
    assert fault.status is None


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "Check ANTHROPIC_API_KEY"),
        (402, "Check the plan"),
        (404, "Check the model's name"),
        (413, "Start a new chat"),
        (429, "Wait a little"),
        (500, "Try again"),
        (529, "Try again"),
    ],
)
def test_messages_say_who_failed_and_what_to_do(status: int, advice: str) -> None:
    message = str(fault_of_status(status, TO))
    assert "Anthropic" in message or MODEL in message
    assert advice in message


@pytest.mark.parametrize("status", [0, *STATUSES])
@pytest.mark.parametrize("kind", [None, "overloaded_error", "invalid_request_error", "of no known kind"])
def test_the_providers_words_are_never_passed_on(status: int, kind: str | None) -> None:
    fault = fault_of_status(status, TO, kind=kind, words=SECRET, headers={"x-api-key": SECRET, "retry-after": "1"})
    assert "secret" not in repr(fault) + str(fault) + str(vars(fault))
    assert "IBAN" not in str(fault)


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long: 215000 tokens > 200000 maximum",
        "This model's maximum context length is 128000 tokens.",
        "Your input exceeds the context window of this model.",
    ],
)
def test_a_conversation_that_is_too_long_is_told_by_the_providers_words(words: str) -> None:
    assert type(fault_of_status(400, TO, kind="invalid_request_error", words=words)) is ContextTooLong


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_retry_after_goes_with_what_may_be_repeated(status: int) -> None:
    fault = fault_of_status(status, TO, headers={"retry-after": "3"})
    assert isinstance(fault, Unavailable)
    assert fault.retry_after == 3
    waiting = fault_of_status(status, TO)
    assert isinstance(waiting, Unavailable)
    assert waiting.retry_after is None


def test_no_connection_says_where_and_how_long() -> None:
    assert str(fault_of_connection(TO)).startswith("Anthropic cannot be reached (api.example). Check the network")
    assert "within 0.5 seconds" in str(fault_of_connection(TO, within=0.5))


def test_a_cut_is_an_interruption() -> None:
    fault = fault_of_cut(TO)
    assert type(fault) is StreamInterrupted
    assert "Ask again" in str(fault)


@pytest.mark.parametrize("kind", [LLMError, *LLMError.__subclasses__(), *Unavailable.__subclasses__()])
def test_an_error_without_words_says_its_docstring(kind: type[LLMError]) -> None:
    error = kind()
    assert str(error) == (kind.__doc__ or "").split("\n")[0] != ""
    assert (error.provider, error.model, error.request_id, error.partial, error.usage) == (None,) * 5

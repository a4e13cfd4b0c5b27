"""What is repeated, and how long is waited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuppence.llm import (
    AuthenticationFailed,
    ContextTooLong,
    LLMError,
    MalformedStream,
    RateLimited,
    RequestRejected,
    Retry,
    Stalled,
    StreamInterrupted,
    Unavailable,
)
from tuppence.llm.retry import retry_after_of


def unavailable(retry_after: float | None = None) -> Unavailable:
    error = RateLimited()
    error.retry_after = retry_after
    return error


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 1.0), (2, 2.0), (3, 4.0)],  # first * 2 ** (attempt - 1)
)
def test_each_wait_is_twice_the_one_before(attempt: int, seconds: float) -> None:
    assert Retry().delay(unavailable(), attempt, jitter=0) == seconds


def test_a_wait_is_lengthened_by_a_quarter_at_most() -> None:
    assert Retry(first=8).delay(unavailable(), 1, jitter=1) == 10.0  # 8 * 1.25
    assert Retry(first=8).delay(unavailable(), 1, jitter=0.5) == 9.0  # 8 * 1.125


def test_a_wait_is_no_longer_than_the_longest_before_it_is_lengthened() -> None:
    assert Retry(attempts=9, longest=5).delay(unavailable(), 8, jitter=0) == 5.0


def test_the_last_attempt_is_not_repeated() -> None:
    assert Retry(attempts=3).delay(unavailable(), 2, jitter=0) == 2.0
    assert Retry(attempts=3).delay(unavailable(), 3, jitter=0) is None
    assert Retry(attempts=1).delay(unavailable(), 1) is None


def test_retry_after_is_waited_for_when_it_is_longer() -> None:
    assert Retry().delay(unavailable(retry_after=7), 1, jitter=0) == 7
    assert Retry().delay(unavailable(retry_after=0.1), 1, jitter=0) == 1.0


def test_a_provider_that_asks_for_more_than_the_longest_is_not_waited_for() -> None:
    assert Retry(longest=30).delay(unavailable(retry_after=31), 1) is None
    assert Retry(longest=30).delay(unavailable(retry_after=30), 1, jitter=1) == 30


@pytest.mark.parametrize(
    "kind",
    [LLMError, RequestRejected, AuthenticationFailed, ContextTooLong, StreamInterrupted, Stalled, MalformedStream],
)
def test_only_what_is_unavailable_is_repeated(kind: type[LLMError]) -> None:
    assert Retry().delay(kind(), 1) is None


@given(
    attempts=st.integers(1, 20),
    attempt=st.integers(1, 20),
    first=st.floats(0, 100),
    longest=st.floats(0, 100),
    asked=st.none() | st.floats(0, 200),
)
def test_a_wait_is_never_sooner_than_asked_nor_longer_than_allowed(
    attempts: int, attempt: int, first: float, longest: float, asked: float | None
) -> None:
    delay = Retry(attempts, first, longest).delay(unavailable(asked), attempt)
    if attempt >= attempts or (asked or 0) > longest:
        assert delay is None
    else:
        assert delay is not None
        assert (asked or 0) <= delay <= longest * 1.25


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "20", "retry-after": "9"}, 0.02),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
    ],
)
def test_retry_after_is_read_in_seconds_and_in_milliseconds(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_of(headers) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    seconds = retry_after_of({"retry-after": format_datetime(soon, usegmt=True)})
    assert seconds is not None
    assert 3500 < seconds <= 3600
    assert retry_after_of({"retry-after": "Fri, 01 Aug 2025 12:00:00 GMT"}) == 0.0
    assert retry_after_of({"retry-after": "Fri, 01 Aug 2025 12:00:00"}) == 0.0

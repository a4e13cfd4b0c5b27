"""Which failure may be repeated, and when. Pure: it decides, somebody else waits.

Only `Unavailable` is repeated, and only by a caller that has not shown anything yet: a request repeated after the first
chunk would show words twice.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from tuppence.llm.errors import LLMError, Unavailable


class Retry(msgspec.Struct, frozen=True):
    """How patiently a request is repeated.

    The wait before repetition n is `first * 2**(n - 1)` seconds, at most `longest`, lengthened by up to a quarter at
    random, so that many waiters do not come back at once. With the defaults: about 1, 2 and 4 seconds.
    """

    attempts: int = 4
    """Requests in all, the first one included; 1 switches repeating off."""
    first: float = 1.0
    """Seconds before the first repetition."""
    longest: float = 30.0
    """Seconds that one wait may last. A provider that asks for more is not waited for."""

    def delay(self, error: LLMError, attempt: int, jitter: float | None = None) -> float | None:
        """Seconds to wait before the request is repeated, or None when it must not be.

        attempt: the number of the attempt that failed, from 1. jitter: 0 to 1; None draws it.
        The provider's `retry_after` is honoured: never sooner, and not at all when it is longer than `longest`.
        """
        if not isinstance(error, Unavailable) or attempt >= self.attempts:
            return None
        asked = error.retry_after or 0.0
        if asked > self.longest:
            return None
        backoff = min(self.first * 2.0 ** (attempt - 1), self.longest)
        backoff *= 1 + 0.25 * (random.random() if jitter is None else jitter)
        return max(asked, backoff)


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds from a response's `retry-after-ms` or `retry-after` header (seconds or an HTTP date); None without one.

    headers: a mapping with lower-case names. Source: RFC 9110, section 10.2.3; the `-ms` form is the providers' own.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    return _seconds_until(value) if seconds is None else seconds


def _number(value: str) -> float | None:
    """`value` as a number that is not below zero; None when it is none that can be waited for."""
    try:
        number = float(value)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())

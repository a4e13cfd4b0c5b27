"""The usage row: one request to a model, what it was for, how it ended and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from tuppence.llm import Attempt, AttemptEnd, TokenUsage
from tuppence.usage.pricing import Cost

Outcome: TypeAlias = Literal["open", "completed", "stopped", "interrupted", "failed"]
"""`open` while it runs; `stopped` by us, `interrupted` in the middle of the answer, `failed` before it."""


COSTLY: tuple[Outcome, ...] = ("completed", "stopped", "interrupted")
"""Outcomes of requests that providers charge for, even if they never reported the tokens."""


class Purpose(msgspec.Struct, frozen=True):
    """What requests are made for."""

    operation: str
    """"chat", "categorize", ..."""
    household_id: int
    chat_id: str | None = None
    message_id: str | None = None
    turn_id: str | None = None
    round: int | None = None
    """Of the turn, from 1; None outside turns."""
    run_id: str | None = None
    """Of the run in the background that it is a part of; None outside runs."""


class Reservation(msgspec.Struct, frozen=True):
    """What a request can take at most. It counts for limits for as long as nobody knows what it took."""

    picodollars: int | None
    """None when its price is unknown."""
    tokens: int
    """Of input and output together."""


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a model."""

    id: str
    """Of the attempt: random, 128 bits in hexadecimal."""
    purpose: Purpose
    attempt: int
    """Of the round, from 1; higher when an earlier request had to be repeated."""
    provider: str
    model: str
    """The model that was asked for."""
    streaming: bool
    started_at: datetime
    outcome: Outcome = "open"
    status: int | None = None
    """The HTTP status with which the request was refused; None when it was not."""
    error: str | None = None
    """The member of the error tree, such as "RateLimited"; None without an error."""
    answered_model: str | None = None
    """The model that answered, as the provider names it; None when nothing came."""
    request_id: str | None = None
    ended_at: datetime | None = None
    """None while it is open, and for ever when its process died before it could say."""
    microseconds: int | None = None
    """From sending the request to the end of the answer."""
    first_chunk_microseconds: int | None = None
    """From sending the request to the first piece of the answer; None when none came."""
    usage: TokenUsage = TokenUsage()
    """As the provider reported it; None where it did not."""
    tokens_estimated: bool = False
    """Whether the tokens are those reported so far, and not final totals."""
    cost: Cost | None = None
    """None when unknown."""
    cost_estimated: bool = False
    """Whether the cost is that of estimated tokens."""
    reservation: Reservation | None = None
    """None when no limit was set as it was opened."""

    @property
    def cost_unknown(self) -> bool:
        """Whether it has cost something that nobody can tell.

        A request that failed before the answer has no cost and is not counted here: nothing was delivered.
        """
        return self.cost is None and self.outcome in COSTLY


def opened_row(attempt: Attempt, purpose: Purpose, at: datetime, reservation: Reservation | None = None) -> UsageRow:
    """The row of a request that is about to be sent."""
    return UsageRow(
        id=attempt.id,
        purpose=purpose,
        attempt=attempt.number,
        provider=attempt.provider,
        model=attempt.model,
        streaming=attempt.streaming,
        started_at=at,
        reservation=reservation,
    )


def closed_row(row: UsageRow, end: AttemptEnd, at: datetime) -> UsageRow:
    """`row` with how the request ended, all but its cost.

    Tokens are kept as reported. They are final when the answer was complete or the provider had said why it stopped,
    and estimated otherwise: what was reported until then, which for output is less than what was made.
    """
    response = end.response
    usage = response.usage if response else TokenUsage()
    final = end.outcome == "completed" or (response is not None and response.provider_stop_reason is not None)
    return msgspec.structs.replace(
        row,
        outcome=end.outcome,
        status=end.error.status if end.error and end.outcome == "failed" else None,
        error=type(end.error).__name__ if end.error else None,
        answered_model=(response.model or None) if response else None,
        request_id=end.request_id or (end.error.request_id if end.error else None),
        ended_at=at,
        microseconds=round(end.seconds * 1_000_000),
        first_chunk_microseconds=(
            None if end.seconds_to_first_chunk is None else round(end.seconds_to_first_chunk * 1_000_000)
        ),
        usage=usage,
        tokens_estimated=not final and usage != TokenUsage(),
    )


def estimated_row(row: UsageRow, estimate: TokenUsage) -> UsageRow:
    """`row` with estimates in the place of input and output tokens that were not reported, and marked so."""
    usage = row.usage
    if usage.input_tokens is not None and usage.output_tokens is not None:
        return row
    usage = msgspec.structs.replace(
        usage,
        input_tokens=estimate.input_tokens if usage.input_tokens is None else usage.input_tokens,
        output_tokens=estimate.output_tokens if usage.output_tokens is None else usage.output_tokens,
    )
    return msgspec.structs.replace(row, usage=usage, tokens_estimated=True)


def priced_row(row: UsageRow, cost: Cost | None) -> UsageRow:
    """`row` with its cost."""
    return msgspec.structs.replace(row, cost=cost, cost_estimated=cost is not None and row.tokens_estimated)


def total_cost(rows: Iterable[UsageRow]) -> Decimal | None:
    """US dollars of all closed `rows` together; None when the cost of one of them is unknown, or of none known."""
    rows = list(rows)
    costs = [row.cost.amount for row in rows if row.cost]
    return None if not costs or any(row.cost_unknown for row in rows) else sum(costs, Decimal(0))

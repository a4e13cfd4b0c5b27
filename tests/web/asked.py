"""Requests to models that were made earlier."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

import msgspec

from tuppence.llm import TokenUsage
from tuppence.usage import Outcome, Purpose, UsageRow

from .served import Served


def asked(
    served: Served,
    started_at: datetime.datetime,
    *,
    outcome: Outcome = "completed",
    operation: str = "chat",
    chat: str | None = None,
    model: str = "claude-sonnet-5-5",
    tokens: TokenUsage | None = None,
    **more: Any,
) -> UsageRow:
    """A closed row, priced as its model is, in the household that every test has. tokens: None, 1000 in and 100 out."""
    household = served.ledger.household
    row = UsageRow(
        id=secrets.token_hex(16),
        purpose=Purpose(operation, household, chat_id=chat),
        attempt=1,
        provider="anthropic",
        model=model,
        streaming=True,
        started_at=started_at,
    )
    served.run(served.parts.usage.open(row))
    if outcome == "open":
        return row
    done: dict[str, Any] = {
        "outcome": outcome,
        "ended_at": started_at + datetime.timedelta(seconds=3),
        "microseconds": 3_000_000,
        "usage": TokenUsage(input_tokens=1000, output_tokens=100) if tokens is None else tokens,
        **more,
    }
    closed = msgspec.structs.replace(row, **done)
    served.run(served.parts.usage.close(closed))
    return closed

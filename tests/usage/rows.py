"""Usage rows without a model behind them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from tuppence.llm import Attempt, TokenUsage
from tuppence.usage import Cost, Purpose, Reservation, UsageLog, UsageRow
from tuppence.usage.row import opened_row

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
USAGE = TokenUsage(1000, 100)


def household(number: int) -> dict[str, Any]:
    """The columns of a household that rows may name."""
    return {"id": number, "name": "Ours", "language": "en", "created_at": BEGIN}


def opened(
    at: datetime = BEGIN,
    model: str = "claude-sonnet-5",
    provider: str = "anthropic",
    reservation: Reservation | None = None,
    **purpose: Any,
) -> UsageRow:
    """A row of household 1, unless `purpose` says otherwise."""
    attempt = Attempt(provider=provider, model=model, number=1, streaming=True, id=secrets.token_hex(16))
    return opened_row(attempt, Purpose(**{"operation": "chat", "household_id": 1, **purpose}), at, reservation)


def completed(row: UsageRow, usage: TokenUsage = USAGE, **fields: Any) -> UsageRow:
    """`row` as its end would leave it, without its cost."""
    ended_at = row.started_at + timedelta(seconds=3)
    changes = {"outcome": "completed", "usage": usage, "ended_at": ended_at, "microseconds": 3_000_000, **fields}
    return msgspec.structs.replace(row, **changes)


async def recorded(log: UsageLog, row: UsageRow, **fields: Any) -> UsageRow:
    """`row`, opened and closed: as it is in the store."""
    await log.open(row)
    closed: list[UsageRow] = []
    await log.close(completed(row, **fields), closed.append)
    return closed[0]


def a_dollar_per_token(usage: TokenUsage, provider: str, model: str, at: datetime) -> Cost | None:
    """A price list with one price for all tokens, which knows every model but "unpriced"."""
    if usage.input_tokens is None or usage.output_tokens is None or model == "unpriced":
        return None
    amount = Decimal(usage.input_tokens + usage.output_tokens)
    return Cost(amount=amount, prices={"any_mtok": Decimal(1_000_000)}, source="a test", date=at.date())

"""Closed usage rows and answers without a model behind them."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tuppence.llm import ChatRequest, ChatResponse, TextBlock, TokenUsage, UserMessage
from tuppence.usage import Cost, Purpose, UsageRow

BEGAN = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
CHAT, TURN, RUN = "c" * 32, "0f" * 16, "ab" * 16
USAGE = TokenUsage(1000, 120, cache_read_tokens=600, cache_write_tokens=150, reasoning_tokens=20)
COST = Cost(Decimal("0.004837000001"), {"input_mtok": Decimal(3)}, "a price list 1.2", date(2026, 5, 1))


def closed(**fields: Any) -> UsageRow:
    """A row of a turn that was completed."""
    told: dict[str, Any] = {
        "id": secrets.token_hex(16),
        "purpose": Purpose("chat", 1, chat_id=CHAT, message_id="m" * 32, turn_id=TURN, round=2),
        "attempt": 1,
        "provider": "anthropic",
        "model": "claude-sonnet-5",
        "streaming": True,
        "started_at": BEGAN,
        "outcome": "completed",
        "answered_model": "claude-sonnet-5-20260401",
        "request_id": "req_123",
        "ended_at": BEGAN + timedelta(seconds=3),
        "microseconds": 2_990_000,
        "first_chunk_microseconds": 412_345,
        "usage": USAGE,
        "cost": COST,
    }
    return UsageRow(**{**told, **fields})


def request(*texts: str, **fields: Any) -> ChatRequest:
    """A request with what a person said."""
    return ChatRequest(model="claude-sonnet-5", transcript=[UserMessage(text) for text in texts], **fields)


def response(text: str = "Twelve.", **fields: Any) -> ChatResponse:
    told: dict[str, Any] = {
        "id": "msg_1",
        "model": "claude-sonnet-5-20260401",
        "content": (TextBlock(text),),
        "stop_reason": "end_turn",
        "provider_stop_reason": "end_turn",
        "usage": USAGE,
    }
    return ChatResponse(**{**told, **fields})

"""The account as JSON, for who is in another process: `GET /understudy/account`, `?after=NUMBER` for later requests."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from tuppence.understudy.account import Account, Exchange
from tuppence.understudy.connection import Request
from tuppence.understudy.reply import compact_json

_PATH = "/understudy/account"


def is_for_statement(request: Request) -> bool:
    """Whether the request is for the account; such a request is not in the account itself."""
    return request.method == "GET" and request.path == _PATH


def statement_of(account: Account, request: Request) -> bytes:
    """The HTTP answer: the totals over all requests, and each of those asked for."""
    after = (parse_qs(request.query).get("after") or ["0"])[-1]
    first = int(after) if after.isdecimal() else 0
    asked = account.asked
    body = compact_json(
        {
            "asked": len(asked),
            "open": sum(exchange.finished_at is None for exchange in asked),
            "most_at_once": account.most_at_once,
            "usage": asdict(account.usage),
            "requests": [_line(exchange) for exchange in account[first:]],
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _line(exchange: Exchange) -> dict[str, Any]:
    """One request. `status` None: no answer has begun; `usage` None: none was reported to the client."""
    return {
        "number": exchange.number,
        "arrived_at": exchange.arrived_at.isoformat(),
        "finished_at": exchange.finished_at.isoformat() if exchange.finished_at else None,
        "path": exchange.path,
        "asks": exchange.asks,
        "model": exchange.model,
        "operation": exchange.operation,
        "ids": exchange.ids,
        "status": exchange.status,
        "client_left": exchange.client_left,
        "usage": asdict(exchange.usage) if exchange.usage else None,
    }

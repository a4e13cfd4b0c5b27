"""What the official SDKs' HTTP clients call before they send something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from tuppence.llm.wire import OnRequest, Withheld


def event_hooks(on_request: OnRequest | None) -> dict[str, list[Callable[..., Any]]]:
    """Hooks, as httpx2 takes them, by which `on_request` is told of every request."""
    if on_request is None:
        return {}

    async def tell(request: httpx2.Request) -> None:
        try:
            told = on_request(request.url.netloc.decode(), request.content)
            if told is not None:
                await told
        except Exception as error:
            raise Withheld from error

    return {"request": [tell]}

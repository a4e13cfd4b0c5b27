"""The account: every request the understudy saw, what it answered and how that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, overload

from tuppence.understudy.reply import Json, Reply, Usage

_SECRET_HEADERS = frozenset({"x-api-key", "authorization", "api-key", "proxy-authorization", "cookie"})


class Milestones:
    """Lets tasks wait until something has been reached, without sleeping."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, reached: Callable[[], bool]) -> None:
        """Return as soon as `reached()` holds; it is asked again after every move."""
        if reached():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((reached, future))
        await future

    def moved(self) -> None:
        """Wake those whose milestone is reached."""
        still = []
        for reached, future in self._waiting:
            if future.done():
                continue
            if reached():
                future.set_result(None)
            else:
                still.append((reached, future))
        self._waiting = still


@dataclass(slots=True)
class Socket:
    """One connection of a client. `closed_at` is None while it is open, on our side as well."""

    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(slots=True)
class Exchange:
    """One request and its answer, kept up to date while it happens.

    `bytes_sent` and `events_sent` count what was handed to the network of the body, HTTP's framing left out.
    `usage` is what was reported to the client by then; None when nothing was.
    """

    number: int
    """1 for the first request of the account."""
    arrived_at: datetime
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case, keys masked."""
    body: bytes
    """The exact bytes."""
    json: Json | None
    """The body as an object; None when it is not one."""
    socket: Socket
    milestones: Milestones
    request_id: str
    asks: bool = False
    """True when a model's answer was asked for, not a list of models or a count."""
    operation: str | None = None
    """The one function of background work that was asked for, by call or in words; None: something else was asked."""
    ids: tuple[int | str, ...] = ()
    """The transactions that the operation was asked for."""
    reply: Reply | None = None
    status: int | None = None
    events_total: int = 0
    events_sent: int = 0
    bytes_sent: int = 0
    usage: Usage | None = None
    client_left: bool = False
    """True when the client closed its socket before the answer was over."""
    finished_at: datetime | None = None

    @property
    def model(self) -> str | None:
        """The model that was asked for."""
        model = self.json.get("model") if self.json else None
        return model if isinstance(model, str) else None

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        return bool(self.json and self.json.get("stream"))

    async def sent(self, events: int) -> None:
        """Return when so many events were sent. Raises RuntimeError when the answer ended with fewer."""
        await self.milestones.until(lambda: self.events_sent >= events or self.finished_at is not None)
        if self.events_sent < events:
            raise RuntimeError(f"request {self.number} ended after {self.events_sent} events, {events} were awaited")

    async def finished(self) -> None:
        """Return when the answer is over, in whatever way."""
        await self.milestones.until(lambda: self.finished_at is not None)

    async def socket_closed(self) -> None:
        """Return when the connection that carried the request is closed on both sides."""
        await self.milestones.until(lambda: self.socket.closed_at is not None)


@dataclass(slots=True)
class Account(Sequence[Exchange]):
    """Every request in the order of arrival, lists of models and the like included."""

    exchanges: list[Exchange] = field(default_factory=list)
    sockets: list[Socket] = field(default_factory=list)
    milestones: Milestones = field(default_factory=Milestones)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | Sequence[Exchange]:
        return self.exchanges[index]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    @property
    def asked(self) -> list[Exchange]:
        """The requests for a model's answer, refused ones included."""
        return [exchange for exchange in self.exchanges if exchange.asks]

    @property
    def open_sockets(self) -> int:
        """Connections not closed yet, idle ones included."""
        return sum(socket.closed_at is None for socket in self.sockets)

    @property
    def most_at_once(self) -> int:
        """The most requests for an answer that were open at the same time."""
        moments = [(exchange.arrived_at, 1) for exchange in self.asked]
        moments += [(exchange.finished_at, -1) for exchange in self.asked if exchange.finished_at is not None]
        return max(accumulate(change for _, change in sorted(moments)), default=0)

    @property
    def usage(self) -> Usage:
        """The sum of all usage reported for answers; a kind nobody reported stays None."""
        reported = [exchange.usage for exchange in self.asked if exchange.usage is not None]
        return Usage(
            *(
                _sum(getattr(usage, kind) for usage in reported)
                for kind in (
                    "fresh_input_tokens",
                    "output_tokens",
                    "cache_read_tokens",
                    "cache_write_tokens",
                    "reasoning_tokens",
                )
            )
        )

    async def request(self, number: int) -> Exchange:
        """The `number`-th request for an answer (1 is the first), awaited if it has not arrived yet."""
        await self.milestones.until(lambda: len(self.asked) >= number)
        return self.asked[number - 1]

    async def all_closed(self) -> None:
        """Return when no connection is open any more."""
        await self.milestones.until(lambda: self.open_sockets == 0)


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without their secrets."""
    return {name: "***" if name in _SECRET_HEADERS else value for name, value in headers.items()}


def _sum(counts: Iterator[Any]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None

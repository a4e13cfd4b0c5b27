"""How an answer leaves: divided, paced, held, cut or stalled as its Reply says. Knows no wire."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import accumulate
from typing import Literal

from tuppence.understudy.account import Exchange
from tuppence.understudy.connection import Connection
from tuppence.understudy.reply import Chunking, Cut, RandomSizes, Reply, Usage


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one event (or of a whole plain body) and the usage it reports, if any."""

    data: bytes
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer ready to leave. `streamed`: HTTP chunks; otherwise a body with its length announced."""

    status: int
    headers: Mapping[str, str]
    frames: tuple[Frame, ...]
    streamed: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What of an answer is sent, and how it ends: a frame that is cut through is the last."""

    frames: tuple[bytes, ...]
    ending: Literal["whole", "stall"] | Cut


def course_of(frames: Sequence[Frame], reply: Reply) -> Course:
    """The frames up to where the reply cuts or stalls, whichever comes first."""
    limits: list[tuple[int, Literal["stall"] | Cut]] = []
    ends = [0, *accumulate(len(frame.data) for frame in frames)]
    if reply.cut_after_event is not None:
        limits.append((ends[min(reply.cut_after_event, len(frames))], reply.cut))
    if reply.cut_after_bytes is not None:
        limits.append((min(reply.cut_after_bytes, ends[-1]), reply.cut))
    if reply.stall_after is not None:
        limits.append((ends[max(0, min(reply.stall_after, len(frames)))], "stall"))
    if not limits:
        return Course(tuple(frame.data for frame in frames), "whole")
    limit, ending = min(limits)
    pairs = zip(frames, ends, strict=False)
    return Course(tuple(frame.data[: limit - start] for frame, start in pairs if start < limit), ending)


class Chunker:
    """Divides a body into HTTP chunks. No I/O: feed bytes, get chunks; `flush` gives what was kept back."""

    def __init__(self, chunking: Chunking, split_utf8: bool = False) -> None:
        self._kept = bytearray()
        self._sizes = _sizes(chunking)
        self._per_event = chunking == "event"
        self._split_utf8 = split_utf8
        self._next = next(self._sizes, None)

    def feed(self, data: bytes) -> list[bytes]:
        """The chunks that are complete now."""
        if self._per_event:
            return self._divided([data])
        self._kept += data
        chunks = []
        while self._next is not None and len(self._kept) >= self._next:
            chunks.append(bytes(self._kept[: self._next]))
            del self._kept[: self._next]
            self._next = next(self._sizes)
        return self._divided(chunks)

    def flush(self) -> list[bytes]:
        """What is left, before a pause or at the end."""
        kept = bytes(self._kept)
        self._kept.clear()
        return self._divided([kept] if kept else [])

    def _divided(self, chunks: list[bytes]) -> list[bytes]:
        if not self._split_utf8:
            return chunks
        return [piece for chunk in chunks for piece in _between_continuations(chunk)]


def _sizes(chunking: Chunking) -> Iterator[int]:
    if isinstance(chunking, int):
        while True:
            yield max(1, chunking)
    elif isinstance(chunking, RandomSizes):
        dice = random.Random(chunking.seed)
        while True:
            yield dice.randint(1, chunking.largest)


def _between_continuations(chunk: bytes) -> list[bytes]:
    """The chunk cut before every byte that continues a character, so that no such character arrives whole."""
    cuts = [at for at, byte in enumerate(chunk) if at and byte & 0xC0 == 0x80]
    return [chunk[start:end] for start, end in zip([0, *cuts], [*cuts, len(chunk)], strict=True)]


class Delivery:
    """One answer on its way to one client; the exchange follows it byte by byte."""

    def __init__(self, answer: Answer, reply: Reply, exchange: Exchange, connection: Connection) -> None:
        self._answer = answer
        self._reply = reply
        self._exchange = exchange
        self._connection = connection
        self._course = course_of(answer.frames, reply)
        self._chunker = Chunker(reply.chunking if answer.streamed else "whole", reply.split_utf8)
        self._ends = list(accumulate(len(frame.data) for frame in answer.frames))
        exchange.events_total = len(answer.frames)

    async def run(self, *, pace: float, latency: float) -> bool:
        """Send it all; True when the connection may carry another request. Raises ClientLeft."""
        await self._before_the_head(latency)
        if self._reply.cut_in_head is not None:
            await self._connection.write(self._head()[: self._reply.cut_in_head])
            return False
        self._exchange.status = self._answer.status
        self._exchange.milestones.moved()
        await self._connection.write(self._head())
        for number, data in enumerate(self._course.frames):
            await self._hold(number, pace if number and self._answer.streamed else 0)
            if not self._reply.held_back:
                await self._send(self._chunker.feed(data))
        if self._reply.held_back:
            await self._send(self._chunker.feed(b"".join(self._course.frames)))
        await self._send(self._chunker.flush())
        await self._hold(len(self._course.frames), 0)
        return await self._end()

    async def _before_the_head(self, latency: float) -> None:
        delay = self._reply.first_byte_delay
        await asyncio.sleep(latency if delay is None else delay)
        if gate := self._reply.gates.get(-1):
            await gate.wait()
        if self._reply.stall_after == -1:
            await _for_ever()

    async def _hold(self, number: int, pace: float) -> None:
        gate = self._reply.gates.get(number)
        if gate is None and not pace:
            return
        await self._send(self._chunker.flush())
        if gate is not None:
            await gate.wait()
        if pace:
            await asyncio.sleep(pace)

    async def _send(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            framed = b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._answer.streamed else chunk
            await self._connection.write(framed)
            self._book(len(chunk))

    def _book(self, size: int) -> None:
        exchange = self._exchange
        exchange.bytes_sent += size
        while exchange.events_sent < len(self._ends) and self._ends[exchange.events_sent] <= exchange.bytes_sent:
            usage = self._answer.frames[exchange.events_sent].usage
            if usage is not None:
                exchange.usage = (exchange.usage or Usage()).updated(usage)
            exchange.events_sent += 1
        exchange.milestones.moved()

    async def _end(self) -> bool:
        match self._course.ending:
            case "stall":
                await _for_ever()
            case "close":
                return False
            case "reset":
                self._connection.reset()
                return False
            case "whole" | "terminate":
                if self._answer.streamed:
                    await self._connection.write(b"0\r\n\r\n")
        return True

    def _head(self) -> bytes:
        status = self._answer.status
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Overloaded"
        headers = dict(self._answer.headers)
        if self._answer.streamed:
            headers["transfer-encoding"] = "chunked"
        else:
            sent = self._course.frames if self._course.ending == "terminate" else [f.data for f in self._answer.frames]
            headers["content-length"] = str(sum(map(len, sent)))
        lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()

"""Answers every request with a stream made beforehand, as fast or as slowly as the path says.

    POST /burst/EVENTS/CHUNK/v1/ENDPOINT       EVENTS words at once; CHUNK: bytes of an HTTP chunk, or `event`;
                                               ENDPOINT: messages, responses or chat/completions
    POST /arguments/KILOBYTES/v1/messages      one function request with so many arguments, in HTTP chunks of 16 kB
    POST /paced/EVENTS/MS/v1/messages          EVENTS words, one each MS milliseconds, each saying when it was sent

Prints its port, and ends when its input is closed. A paced word is `@` and the nanoseconds of the monotonic clock.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import sys
import time
from collections.abc import Callable

from answers import message_arguments, message_around, message_word, text_events, words

_TICK = 0.001  # seconds
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n"
_LARGE = 16 * 1024
TEXT_BEFORE, TEXT_AFTER = message_around({"type": "text", "text": ""}, "end_turn")


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def in_chunks(events: list[bytes], size: int | None) -> bytes:
    """An HTTP body in chunks of `size` bytes; None: one chunk per event."""
    whole = b"".join(events)
    parts = events if size is None else [whole[at : at + size] for at in range(0, len(whole), size)]
    return b"".join(map(http_chunk, parts)) + b"0\r\n\r\n"


@functools.cache
def burst(events: int, chunk: str, endpoint: str) -> bytes:
    return in_chunks(text_events(endpoint, words(events)), None if chunk == "event" else int(chunk))


@functools.cache
def arguments(kilobytes: int) -> bytes:
    rows = [
        {"date": f"2026-03-{day % 28 + 1:02d}", "amount": -731 * (day % 97), "what": "Market"} for day in range(9999)
    ]
    text = json.dumps({"rows": rows})[: kilobytes * 1000 - 4] + '"}]}'
    text = text[: text.rindex("}, {")] + "}]}"
    return in_chunks(message_arguments([text[at : at + 8] for at in range(0, len(text), 8)]), _LARGE)


class Pacemaker:
    """Sends one event to each of its streams every period; the streams are spread over the ticks between."""

    def __init__(self, milliseconds: int) -> None:
        self._around = tuple(http_chunk(message_word("@" + "0" * 19)).split(b"0" * 19))
        self._phases: list[dict[asyncio.Transport, int]] = [{} for _ in range(milliseconds)]

    def add(self, transport: asyncio.Transport, events: int) -> None:
        transport.write(http_chunk(TEXT_BEFORE))
        min(self._phases, key=len)[transport] = events

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        tick = 0
        while True:
            due += _TICK
            await asyncio.sleep(due - loop.time())
            self._send_to(self._phases[tick % len(self._phases)])
            tick += 1

    def _send_to(self, streams: dict[asyncio.Transport, int]) -> None:
        before, after = self._around
        for transport, left in list(streams.items()):
            transport.write(b"%b%019d%b" % (before, time.monotonic_ns(), after))
            streams[transport] = left - 1
            if left == 1 or transport.is_closing():
                del streams[transport]
                transport.write(http_chunk(TEXT_AFTER) + b"0\r\n\r\n")


class Answering(asyncio.Protocol):
    """One connection: requests with a length, one after the other."""

    def __init__(self, pacemaker: Callable[[int], Pacemaker]) -> None:
        self._pacemaker = pacemaker
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head, found, rest = self._unread.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        if len(rest) >= length:
            self._unread = rest[length:]
            self._answer(first.split()[1])

    def _answer(self, path: str) -> None:
        self._transport.write(_HEAD)
        match path.strip("/").split("/"):
            case ["burst", events, chunk, "v1", *endpoint]:
                self._transport.write(burst(int(events), chunk, "/".join(endpoint)))
            case ["arguments", kilobytes, *_]:
                self._transport.write(arguments(int(kilobytes)))
            case ["paced", events, milliseconds, *_]:
                self._pacemaker(int(milliseconds)).add(self._transport, int(events))
            case _:
                self._transport.abort()


async def serve() -> None:
    pacing: list[asyncio.Task[None]] = []

    @functools.cache
    def pacemaker(milliseconds: int) -> Pacemaker:
        made = Pacemaker(milliseconds)
        pacing.append(asyncio.create_task(made.run()))
        return made

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(pacemaker), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()
    for task in pacing:
        task.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", type=int)
    core = parser.parse_args().core
    if core is not None:
        os.sched_setaffinity(0, {core})
    asyncio.run(serve())

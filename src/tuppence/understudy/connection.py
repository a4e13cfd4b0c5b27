"""One client's connection: HTTP/1.1 requests in, bytes out, and knowing at once when the client is gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_LARGEST_HEAD = 64 * 1024
_LARGEST_BODY = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case; `path` is without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class ClientLeft(Exception):
    """The client closed its socket."""


class BadHttp(Exception):
    """What came is not HTTP/1.1 as we speak it; `status` is the answer to give before closing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection:
    """Reads ahead all the time, so that `gone` is set the moment the client closes, also during an answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unread = bytearray()
        self._arrival = asyncio.Event()
        self.gone = asyncio.Event()
        self._pump = asyncio.create_task(self._read_ahead())

    async def request(self) -> Request | None:
        """The next request, or None when the client is gone. Raises BadHttp."""
        try:
            head = await self._take_head()
            method, target, headers = _parsed_head(head)
            if headers.get("expect", "").lower() == "100-continue":
                await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await self._body(headers)
        except ClientLeft:
            return None
        url = urlsplit(target)
        return Request(method, unquote(url.path), url.query, headers, body)

    async def write(self, data: bytes) -> None:
        """Hand `data` to the network and let others run. Raises ClientLeft."""
        if self.gone.is_set():
            raise ClientLeft
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError as error:
            raise ClientLeft from error
        await asyncio.sleep(0)

    async def while_there(self, work: Coroutine[Any, Any, bool]) -> bool:
        """The result of `work`; raises ClientLeft, with the work cancelled, as soon as the client is gone."""
        task = asyncio.create_task(work)
        gone = asyncio.create_task(self.gone.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ClientLeft
        finally:
            await _cancelled(task)
            await _cancelled(gone)

    async def close(self) -> None:
        """Send what is still buffered, close and return when the socket is closed."""
        await _cancelled(self._pump)
        if self.gone.is_set():
            self._writer.transport.abort()
        else:
            self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    def reset(self) -> None:
        """Close with a TCP reset instead of a proper end."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def abort(self) -> None:
        """Close at once, dropping what is buffered."""
        self._writer.transport.abort()

    async def _read_ahead(self) -> None:
        try:
            while data := await self._reader.read(65536):
                self._unread += data
                self._arrival.set()
        except ConnectionError:
            pass
        finally:
            self.gone.set()
            self._arrival.set()

    async def _more(self) -> None:
        if self.gone.is_set():
            raise ClientLeft
        self._arrival.clear()
        await self._arrival.wait()

    async def _take_head(self) -> bytes:
        return await self._take_to(b"\r\n\r\n", _LARGEST_HEAD)

    async def _take_to(self, end: bytes, most: int) -> bytes:
        while (at := self._unread.find(end)) < 0:
            if len(self._unread) > most:
                raise BadHttp(431, "Request header fields too large")
            await self._more()
        taken = bytes(self._unread[:at])
        del self._unread[: at + len(end)]
        return taken

    async def _take(self, size: int) -> bytes:
        while len(self._unread) < size:
            await self._more()
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunked_body()
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise BadHttp(400, "Content-Length is not a number")
        if int(length) > _LARGEST_BODY:
            raise BadHttp(413, "Request exceeds the maximum size")
        return await self._take(int(length))

    async def _chunked_body(self) -> bytes:
        body = bytearray()
        while True:
            line = (await self._take_to(b"\r\n", _LARGEST_HEAD)).partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError as error:
                raise BadHttp(400, "a chunk's size is not a number") from error
            if size == 0:
                while await self._take_to(b"\r\n", _LARGEST_HEAD):
                    """trailers, of which none matters"""
                return bytes(body)
            if len(body) + size > _LARGEST_BODY:
                raise BadHttp(413, "Request exceeds the maximum size")
            body += await self._take(size)
            await self._take(2)


def _parsed_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadHttp(400, "the request line is not HTTP/1.1")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return parts[0], parts[1], headers


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel `task` and return when it is over; its failure, if any, was its own reader's to see."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})

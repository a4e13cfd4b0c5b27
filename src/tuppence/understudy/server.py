"""The understudy itself: a model server on loopback that plays a script, or its repertoire of money questions."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self

from tuppence.understudy.account import Account, Exchange, Milestones, Socket, masked
from tuppence.understudy.anthropic.events import new_id
from tuppence.understudy.anthropic.messages import AnthropicMessages
from tuppence.understudy.clerk import Assignment, Clerk, Slip, assignment_in
from tuppence.understudy.connection import BadHttp, ClientLeft, Connection, Request
from tuppence.understudy.conversation import Question
from tuppence.understudy.defects import Defect, Defects
from tuppence.understudy.delivery import Answer, Delivery
from tuppence.understudy.openai_chat import OPENAI, Dialect, OpenAIChat, dialect_named
from tuppence.understudy.openai_responses import OpenAIResponses
from tuppence.understudy.rendering import answer_to
from tuppence.understudy.repertoire import performed
from tuppence.understudy.reply import Fault, Rejected, Reply
from tuppence.understudy.statement import is_for_statement, statement_of
from tuppence.understudy.wire import House, Wire

Play = Callable[[Exchange], Reply | Awaitable[Reply | None] | None]
"""Makes the reply to a request, which it can look at; None leaves it to the repertoire, or to the clerk."""
Script = Play | Sequence[Reply | Play | None]
"""One play for every request, or one entry per request in order; None is the repertoire."""

_ASKING = ("/messages", "/responses", "/chat/completions")
_logger = logging.getLogger(__name__)


class Understudy:
    """A stand-in model server over real HTTP, for `async with`. It speaks every wire; a request's path says which.

    Without a script it answers from its repertoire, and its clerk files transactions and names merchants. A script that
    is a sequence answers one request after the other; a request after its end, like one that the real API would refuse,
    gets a 400 that says so and uses up no entry.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        api_key: str | None = None,
        pace: float = 0.0,
        latency: float = 0.0,
        models: Sequence[str] = (),
        strict: bool = True,
        cached_from: int = 1024,
        context_window: int = 200_000,
        dialect: Dialect | str = OPENAI,
        defects: Collection[Defect] = (),
        slowness: float = 2.0,
        slips: Collection[Slip] = (),
        slips_once: bool = False,
        busy_every: int | None = None,
        retry_after: float = 1.0,
        today: date | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Nothing is opened before `async with`.

        api_key: the only one that opens; None: any. pace: seconds between two events. latency: seconds before an
        answer begins. models: those that exist; empty: the wire's own. strict: refuse what the real API refuses.
        cached_from: tokens a prefix needs to be cached. context_window: tokens of input that fit. dialect: how it
        speaks Chat Completions, or the name of a preset. defects: what is wrong with it, on every wire. slowness:
        seconds that its slow defects take. slips: what it does wrong where it files transactions or names merchants.
        slips_once: only where it was asked about none of the transactions before. busy_every: each so-manieth question
        gets a 429 at once, with `retry_after` in seconds; None: none does. today: the day when the conversation names
        none; None: the machine's. port 0: a free one. Raises ValueError when there is no such dialect, defect or slip.
        """
        drops = "drops_beginning" in defects
        house = House(api_key, tuple(models), strict, context_window, cached_from, drops)
        dialect = dialect_named(dialect) if isinstance(dialect, str) else dialect
        self.account = Account(milestones=Milestones())
        self._wires: tuple[Wire, ...] = (AnthropicMessages(house), OpenAIResponses(house), OpenAIChat(house, dialect))
        self._defects = Defects.of(defects, slowness)
        self._clerk = Clerk(slips, slips_once=slips_once)
        self._busy_every = busy_every
        self._retry_after = retry_after
        self._questions = 0
        self._play = script if callable(script) else None
        self._entries = None if script is None or callable(script) else list(script)
        self._played = 0
        self._pace = pace
        self._latency = latency
        self._today = today
        self._address = (host, port)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[Any], Connection] = {}

    @property
    def base_url(self) -> str:
        """The address without a path, as the Anthropic SDK takes it. It stays the same after the end."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def openai_base_url(self) -> str:
        """The address as the OpenAI SDK takes it, with `/v1`."""
        return f"{self.base_url}/v1"

    def add(self, *replies: Reply | Play | None) -> None:
        """Put more entries at the end of the script. Raises ValueError when one play answers everything."""
        if self._play is not None:
            raise ValueError("this understudy's script is one play for every request; it has no end to add to")
        self._entries = [*(self._entries or ()), *replies]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, *self._address)
        self._address = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop listening and close every connection at once; the account stays readable."""
        if self._server is None:
            return
        self._server.close()
        tasks = list(self._connections)
        for task in tasks:
            self._connections[task].abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        socket = Socket(datetime.now(UTC))
        self.account.sockets.append(socket)
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = connection
        try:
            await self._serve_requests(connection, socket)
        except asyncio.CancelledError:
            connection.abort()  # only close() cancels; asyncio would report a cancelled connection as an error
        finally:
            with contextlib.suppress(asyncio.CancelledError):  # the same, in the middle of closing by itself
                await connection.close()
            del self._connections[task]
            socket.closed_at = datetime.now(UTC)
            self.account.milestones.moved()

    async def _serve_requests(self, connection: Connection, socket: Socket) -> None:
        try:
            while (request := await connection.request()) is not None:
                if is_for_statement(request):
                    await connection.write(statement_of(self.account, request))
                    continue
                exchange = self._exchange(request, socket)
                if not await self._attend(request, exchange, connection):
                    return
        except BadHttp as error:
            head = f"HTTP/1.1 {error.status} Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            await connection.write(head.encode())
        except ClientLeft:
            return

    def _exchange(self, request: Request, socket: Socket) -> Exchange:
        account = self.account
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        exchange = Exchange(
            number=len(account) + 1,
            arrived_at=datetime.now(UTC),
            method=request.method,
            path=request.path,
            headers=masked(request.headers),
            body=request.body,
            json=body if isinstance(body, dict) else None,
            socket=socket,
            milestones=account.milestones,
            asks=request.method == "POST" and request.path.endswith(_ASKING),
            request_id=new_id("req"),
        )
        account.exchanges.append(exchange)
        account.milestones.moved()
        return exchange

    async def _attend(self, request: Request, exchange: Exchange, connection: Connection) -> bool:
        """Answer one request; True when the connection may carry another. Raises ClientLeft."""
        try:
            return await connection.while_there(self._answer(request, exchange, connection))
        except ClientLeft:
            exchange.client_left = True
            raise
        finally:
            exchange.finished_at = datetime.now(UTC)
            self.account.milestones.moved()

    async def _answer(self, request: Request, exchange: Exchange, connection: Connection) -> bool:
        wire = next((wire for wire in self._wires if wire.speaks(request)), self._wires[-1])
        reply, answer = await self._reply_and_answer(request, exchange, wire)
        exchange.reply = reply
        pace = self._pace if reply.pace is None else reply.pace
        delivery = Delivery(answer, reply, exchange, connection)
        keep = await delivery.run(pace=pace, latency=self._latency if exchange.asks else 0)
        return keep and request.headers.get("connection", "").lower() != "close"

    async def _reply_and_answer(self, request: Request, exchange: Exchange, wire: Wire) -> tuple[Reply, Answer]:
        """The reply and its bytes; an error answer when the request is refused or the script fails."""
        try:
            self._defects.check(request)
            read = wire.read(request)
            if isinstance(read, Reply):
                return read, answer_to(read, None, wire, exchange.request_id)
            assignment = assignment_in(read.conversation)
            if assignment is not None:
                exchange.operation, exchange.ids = assignment.operation, assignment.ids
            question = self._defects.understood(read)
            reply = self._busy() or self._defects.spoilt(await self._reply(exchange, question, assignment))
            answer = answer_to(reply, question, wire, exchange.request_id)
            return self._defects.broken(reply, answer), answer
        except Rejected as refusal:
            reply = Reply(error=refusal.fault)
        except Exception as error:
            _logger.exception("the understudy failed at request %d", exchange.number)
            reply = Reply(error=Fault(400, f"the understudy or its script failed: {error!r}"))
        return reply, answer_to(reply, None, wire, exchange.request_id)

    def _busy(self) -> Reply | None:
        """The refusal that is this question's turn, if it is."""
        self._questions += 1
        if not self._busy_every or self._questions % self._busy_every:
            return None
        return Reply(error=Fault(429), retry_after=self._retry_after, first_byte_delay=0.0)

    async def _reply(self, exchange: Exchange, question: Question, assignment: Assignment | None) -> Reply:
        entry = self._next_entry(exchange)
        if callable(entry):
            made = entry(exchange)
            entry = await made if inspect.isawaitable(made) else made
        if entry is not None:
            return entry
        return performed(question, self._today) if assignment is None else self._clerk.reply(assignment, question)

    def _next_entry(self, exchange: Exchange) -> Reply | Play | None:
        if self._play is not None or self._entries is None:
            return self._play
        if self._played == len(self._entries):
            message = (
                f"the understudy's script has {self._played} replies; this is one request more ({exchange.number})"
            )
            raise Rejected(Fault(400, message))
        self._played += 1
        return self._entries[self._played - 1]

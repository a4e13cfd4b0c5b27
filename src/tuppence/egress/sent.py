"""Requests on record: which there were, what they held, and who may look at their bodies."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, false, func, or_, select, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.egress.contents import look_into_left_behind
from tuppence.egress.kinds import Kind
from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats, egress, llm_usage
from tuppence.store.tables.metadata import EPOCH

_QUARTER = timedelta(minutes=15)  # the clocks of all time zones differ by whole quarters of an hour
_ID_LENGTH = 32
_COSTLY = ("completed", "stopped", "interrupted")


class UnknownRequest(LookupError):
    """There is no such request on record. `tuppence egress` shows those there are."""


class BodyNotKept(LookupError):
    """What was sent is not kept any more, or was not kept at all. When, where and how much is all that is known."""


class BodyNotYours(Exception):
    """Only who asked in the chat may read what was sent for it."""


class Reader(Protocol):
    """Who looks."""

    @property
    def user_id(self) -> int | None:
        """None: whoever sits at the command line."""

    @property
    def owner(self) -> bool:
        """Whether it is the household's owner."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a provider. All but when, where and how much is None where nobody said what it was for."""

    id: str
    sent_at: datetime
    host: str
    size: int
    """Bytes of the body."""
    kinds: tuple[Kind, ...] | None
    """None: nobody has looked, and there is no body to look at."""
    body_kept: bool
    body_readable: bool
    """Whether the reader may look at the body, as long as it is kept."""
    chat_readable: bool
    """Whether the reader may read the chat; otherwise `chat_id` and `turn_id` are None."""
    operation: str | None = None
    """What it was for: "chat", "categorize", ..."""
    chat_id: str | None = None
    turn_id: str | None = None
    round: int | None = None
    run_id: str | None = None
    attempt: int | None = None
    provider: str | None = None
    model: str | None = None
    outcome: str | None = None
    """As in its usage row."""
    status: int | None = None
    cost: Decimal | None = None
    """US dollars."""
    cost_unknown: bool = False
    """Whether it has cost something that nobody can tell."""


class Wanted(msgspec.Struct, frozen=True):
    """Which requests: those that fit everything that is given."""

    host: str | None = None
    kind: Kind | None = None
    since: datetime | None = None
    """Included."""
    until: datetime | None = None
    """Not included."""
    chat_id: str | None = None
    """Of a chat that the reader may read, or the beginning of it; so is `turn_id`."""
    turn_id: str | None = None
    run_id: str | None = None
    before: tuple[datetime, str] | None = None
    """`sent_at` and `id` of the last one of the page before."""


class HostMonth(msgspec.Struct, frozen=True):
    """What went to one host in one month."""

    month: int
    """As in 202603."""
    host: str
    requests: int
    size: int
    """Bytes of all bodies together."""


async def sent_requests(
    ledger: Ledger, reader: Reader, wanted: Wanted | None = None, limit: int | None = 50
) -> list[Sent]:
    """The household's requests, latest first. limit None: all of them. Raises StoreUnusable."""
    await look_into_left_behind(ledger)
    query = _selected(ledger, reader).where(*_conditions(wanted or Wanted(), reader))
    query = query.order_by(egress.c.sent_at.desc(), egress.c.id).limit(limit)
    async with ledger.store.reading() as connection:
        return [_sent(row) for row in await connection.execute(query)]


async def sent_request(ledger: Ledger, reader: Reader, request_id: str) -> Sent:
    """The request with this id, or with an id that begins so. Raises UnknownRequest, StoreUnusable."""
    await look_into_left_behind(ledger)
    async with ledger.store.reading() as connection:
        return _sent(await _the_one(connection, ledger, reader, request_id))


async def sent_body(ledger: Ledger, reader: Reader, request_id: str) -> bytes:
    """The exact bytes of a request. Raises UnknownRequest, BodyNotKept, BodyNotYours, StoreUnusable."""
    async with ledger.store.reading() as connection:
        found = _sent(await _the_one(connection, ledger, reader, request_id))
        if not found.body_readable:
            raise BodyNotYours(BodyNotYours.__doc__)
        packed = await connection.scalar(select(egress.c.body).where(egress.c.id == found.id))
    if packed is None:
        raise BodyNotKept(BodyNotKept.__doc__)
    return zlib.decompress(packed)


async def hosts_asked(ledger: Ledger, reader: Reader) -> list[str]:
    """The hosts that requests went to, by name. Raises StoreUnusable."""
    query = select(egress.c.host).where(_of_household(ledger, reader)).distinct().order_by(egress.c.host)
    async with ledger.store.reading() as connection:
        return list(await connection.scalars(query))


async def by_host_and_month(ledger: Ledger, reader: Reader, zone: tzinfo | None = None) -> list[HostMonth]:
    """What went to each host in each month, the latest month first. zone: whose months; None: this machine's."""
    quarter = type_coerce(egress.c.sent_at, BigInteger) // (_QUARTER // timedelta(microseconds=1))
    sums = (func.count(), func.sum(egress.c.size))
    query = select(quarter, egress.c.host, *sums).where(_of_household(ledger, reader)).group_by(quarter, egress.c.host)
    added: dict[tuple[int, str], tuple[int, int]] = {}
    async with ledger.store.reading() as connection:
        for number, host, requests, size in await connection.execute(query):
            day = (EPOCH + number * _QUARTER).astimezone(zone)
            key = (day.year * 100 + day.month, host)
            before = added.get(key, (0, 0))
            added[key] = (before[0] + requests, before[1] + int(size))
    found = [HostMonth(*key, *figures) for key, figures in added.items()]
    return sorted(found, key=lambda one: (-one.month, -one.size, one.host))


# ----------------------------------------------------------------------------------------------------------- queries


def _selected(ledger: Ledger, reader: Reader) -> Select[Any]:
    columns, usage = egress.c, llm_usage.c
    theirs = chats.c.id.is_not(None) & _is_theirs(reader)
    nobodys = columns.chat_id.is_(None) & (true() if reader.owner or reader.user_id is None else false())
    joined = egress.outerjoin(llm_usage, usage.id == columns.usage_id).outerjoin(
        chats, and_(chats.c.household_id == columns.household_id, chats.c.id == columns.chat_id)
    )
    return (
        select(
            *(columns[name] for name in ("id", "sent_at", "host", "size", "kinds", "chat_id")),
            columns.body.is_not(None).label("body_kept"),
            or_(theirs, nobodys).label("body_readable"),
            theirs.label("chat_readable"),
            *(usage[name] for name in _OF_USAGE),
            usage.cost_picodollars,
        )
        .select_from(joined)
        .where(_of_household(ledger, reader))
    )


_OF_USAGE = ("operation", "turn_id", "round", "run_id", "attempt", "provider", "model", "outcome", "status")


def _of_household(ledger: Ledger, reader: Reader) -> ColumnElement[bool]:
    """This household's; at the command line, where the machine's owner sits, also those of nobody who is known."""
    theirs = egress.c.household_id == ledger.household
    return theirs if reader.user_id is not None else or_(theirs, egress.c.household_id.is_(None))


def _is_theirs(reader: Reader) -> ColumnElement[bool]:
    """Whether the reader may read a chat: their own; those of the command line also as the owner."""
    author = chats.c.author_id
    theirs = author.is_(None) if reader.user_id is None else author == reader.user_id
    return or_(theirs, author.is_(None)) if reader.owner else theirs


def _conditions(wanted: Wanted, reader: Reader) -> list[ColumnElement[bool]]:
    columns, conditions = egress.c, list[ColumnElement[bool]]()
    if wanted.host is not None:
        conditions.append(columns.host == wanted.host)
    if wanted.kind is not None:
        conditions.append(columns.kinds.contains(f'"{wanted.kind}"'))
    if wanted.since is not None:
        conditions.append(columns.sent_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.sent_at < wanted.until)
    if wanted.run_id is not None:
        conditions.append(llm_usage.c.run_id == wanted.run_id)
    if wanted.chat_id is not None:
        conditions += [columns.chat_id.startswith(wanted.chat_id, autoescape=True), _is_theirs(reader)]
    if wanted.turn_id is not None:
        conditions += [llm_usage.c.turn_id == wanted.turn_id, _is_theirs(reader)]
    if wanted.before is not None:
        moment, identity = wanted.before
        conditions.append(or_(columns.sent_at < moment, and_(columns.sent_at == moment, columns.id > identity)))
    return conditions


async def _the_one(connection: AsyncConnection, ledger: Ledger, reader: Reader, request_id: str) -> Row[Any]:
    is_whole = len(request_id) == _ID_LENGTH
    named = egress.c.id == request_id if is_whole else egress.c.id.startswith(request_id, autoescape=True)
    found: list[Row[Any]] = list(await connection.execute(_selected(ledger, reader).where(named).limit(2)))
    if len(found) != 1 or not request_id:
        raise UnknownRequest(f"There is no request {request_id!r} on record. `tuppence egress` shows those there are.")
    return found[0]


def _sent(row: Row[Any]) -> Sent:
    columns = dict(row._mapping)
    kinds, picodollars = columns.pop("kinds"), columns.pop("cost_picodollars")
    if not columns["chat_readable"]:
        columns |= {"chat_id": None, "turn_id": None}
    for name in ("body_kept", "body_readable", "chat_readable"):
        columns[name] = bool(columns[name])
    return Sent(
        **columns,
        kinds=None if kinds is None else msgspec.json.decode(kinds, type=tuple[Kind, ...]),
        cost=None if picodollars is None else Decimal(picodollars).scaleb(-12),
        cost_unknown=picodollars is None and columns["outcome"] in _COSTLY,
    )

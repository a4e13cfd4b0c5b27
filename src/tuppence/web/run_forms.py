"""The form in which filing in the background is begun: what was chosen, and what is wrong with it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl

from sqlalchemy import select
from starlette.datastructures import FormData, QueryParams

from tuppence.enrichment.runs import Order, RunKind
from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_filter import TransactionFilter, narrowed
from tuppence.money import Money, decimal_amount
from tuppence.store.tables import transactions
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats, Unreadable
from tuppence.web.problems import Problem
from tuppence.web.transaction_search import Search
from tuppence.web.visitor import Visitor

NOBODY = "nobody"
"""Chosen in place of a model: none is asked."""
MOST_CHOSEN = 50_000
"""Of the transactions that a search finds at most so many are meant, the newest."""
_LARGEST = 10**9
_MARKS = str.maketrans(dict.fromkeys(".,'’"))


@dataclass(frozen=True, slots=True)
class OrderForm:
    """An order as it was chosen."""

    typed: Typed
    order: Order
    """Good only where there are no errors."""


async def order_form(visitor: Visitor, kind: RunKind, given: FormData | QueryParams) -> OrderForm:
    """What was sent. Raises Problem for a search that is none."""
    typed = Typed({name: value for name, value in given.items() if isinstance(value, str)})
    wanted = typed.text("wanted")
    order = Order(
        kind=kind,
        transactions=await _chosen(visitor, typed.text("search")),
        limit=typed.read("limit", limit_reader(visitor.formats), None),
        wanted=wanted if wanted not in ("", NOBODY) else None,
        free_only=wanted == NOBODY,
        suggest_only=typed.text("mode") == "suggest",
        again=bool(typed.text("again")),
        cap=typed.read("cap", dollars_reader(visitor.formats), None),
    )
    return OrderForm(typed, order)


async def _chosen(visitor: Visitor, query: str) -> tuple[int, ...] | None:
    """The transactions that a search of the list finds, newest first; None for no search."""
    if not query:
        return None
    search = Search.read(parse_qsl(query), visitor.formats, datetime.date.today())
    if search.errors:
        raise Problem(422, "invalid", " ".join(search.errors.values()))
    return await _found(visitor.ledger, search.wanted)


async def _found(ledger: Ledger, wanted: TransactionFilter) -> tuple[int, ...]:
    row = transactions.c
    async with ledger.store.reading() as connection:
        query = select(row.id).where(*await narrowed(connection, ledger, wanted))
        if not wanted.include_transfers:
            query = query.where(row.transfer_id.is_(None))
        newest = query.order_by(row.date.desc(), row.id.desc()).limit(MOST_CHOSEN)
        return tuple(await connection.scalars(newest))


def limit_reader(formats: Formats, most: int = _LARGEST) -> Callable[[str], int | None]:
    """Reads a number from 1 to `most`, or nothing."""

    def read(text: str) -> int | None:
        if not text:
            return None
        bare = "".join(text.translate(_MARKS).split())
        if not (bare.isascii() and bare.isdecimal() and 0 < int(bare[:12]) <= most):
            example = formats.number(min(most, 1000))
            raise ValueError(
                f"Type a number above zero, at most {formats.number(most)}, such as {example}, or nothing."
            )
        return int(bare)

    return read


def dollars_reader(formats: Formats) -> Callable[[str], Decimal | None]:
    """Reads US dollars above zero, or nothing."""

    def read(text: str) -> Decimal | None:
        if not text:
            return None
        try:
            amount = decimal_amount(formats.typed_amount(text, "USD"), "USD")
        except Unreadable as error:
            example = formats.money(Money(50, "USD"))
            raise ValueError(f"“{text[:60]}” is no amount of US dollars. Type it as {example}.") from error
        if not 0 < amount <= _LARGEST:
            raise ValueError("A limit in money has to be above zero. Leave it empty for none.")
        return amount

    return read

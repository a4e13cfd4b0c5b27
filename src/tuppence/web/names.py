"""What the pages of categories, merchants and tags have in common: periods, figures, forms, and what is said."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Path, Query, Request
from fastapi.responses import Response

from tuppence.ledger.category_figures import MonthFigure
from tuppence.ledger.days import Days
from tuppence.ledger.edits import Edited, UnknownEdit, edit_of
from tuppence.ledger.transaction_filter import TransactionFilter
from tuppence.ledger.transactions import Transaction, list_transactions
from tuppence.money import Money
from tuppence.web.account_forms import Typed
from tuppence.web.problems import told
from tuppence.web.report_periods import PeriodName, named_period
from tuppence.web.transaction_filing import Done, done, undo_address
from tuppence.web.visitor import Visitor

LATEST = 8
"""So many transactions are shown on the page of a category or a merchant."""
LONGEST_NAME = 120

NameId = Annotated[int, Path(ge=1, lt=1 << 63)]
Said = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Shown:
    """The period whose figures a page shows."""

    name: PeriodName
    days: Days

    def transactions(self, **asked: Any) -> str:
        """The address of the transactions of this period for which `asked` is true."""
        days = {"since": self.days.since, "until": self.days.until}
        query = {**asked, **{name: day.isoformat() for name, day in days.items() if day is not None}}
        return f"/transactions?{urlencode(query)}" if query else "/transactions"


async def shown_period(visitor: Visitor, name: PeriodName) -> Shown:
    """The period of that name, as of today."""
    if name == "all":
        return Shown(name, Days())
    return Shown(name, (await named_period(visitor.ledger, name, datetime.date.today())).days)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """What came and went in one month, in one currency."""

    month: datetime.date
    """Its first day."""
    is_first: bool
    """Whether the line above is of another month."""
    money_in: Money
    money_out: Money
    """Negative."""
    count: int
    href: str
    """Where its transactions are."""


def month_lines(figures: Iterable[MonthFigure], asked: str, identity: int) -> list[MonthLine]:
    """The figures for people. asked: the part of an address that names `identity`, as "category"."""
    lines: list[MonthLine] = []
    for one in figures:
        month = datetime.date(one.month // 100, one.month % 100, 1)
        until = (month + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
        query = urlencode({asked: identity, "since": month.isoformat(), "until": until.isoformat()})
        lines.append(
            MonthLine(
                month,
                is_first=not lines or lines[-1].month != month,
                money_in=Money(one.money_in, one.currency),
                money_out=Money(one.money_out, one.currency),
                count=one.count,
                href=f"/transactions?{query}",
            )
        )
    return lines


async def latest(visitor: Visitor, wanted: TransactionFilter) -> tuple[Transaction, ...]:
    """The latest transactions that are `wanted`."""
    return (await list_transactions(visitor.ledger, wanted, limit=LATEST)).rows


# ------------------------------------------------------------------------------------------------------------- forms


def name_typed(typed: Typed) -> str:
    """The name in a form; good only when there are no errors."""
    return typed.read("name", lambda text: checked_name(text), "")


def checked_name(text: str) -> str:
    """The name without needless space. Raises ValueError for one that is empty or too long."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("Type a name.")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters. Shorten it.")
    return name


def id_typed(text: str) -> int | None:
    """The id that was chosen; None when nothing was. Raises ValueError for what is none."""
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 18:
        return int(text)
    raise ValueError("Choose one of the list.")


# ------------------------------------------------------------------------------------------------------ what was done


async def answered(request: Request, visitor: Visitor, came_of_it: Edited, *, gone: str = "", to: str = "") -> Response:
    """The answer to a form that did what it should: the page says so, and offers to undo it.

    gone: the page of what is no more. Whoever looks at it is led to `to`, where the same is said.
    """
    if gone and urlsplit(request.headers.get("HX-Current-URL", "")).path == gone:
        return Response(headers={"HX-Redirect": f"{to}?said={came_of_it.edit_id or ''}"})
    say = await done(visitor, came_of_it)
    return told(Response(headers={"HX-Reswap": "none"}), say.text, undo=say.undo)


async def said_before(visitor: Visitor, edit_id: str) -> Done | None:
    """What to say about an edit that led to this page; None when there is none in force."""
    if not edit_id:
        return None
    try:
        edit = await edit_of(visitor.ledger, edit_id)
    except UnknownEdit:
        return None
    return None if edit.undone_at is not None else Done(f"{edit.summary}.", undo_address(edit.id))

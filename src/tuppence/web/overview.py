"""The overview: where the household stands, how it came there, and what needs attention."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.ledger.categories import list_categories
from tuppence.ledger.reports import BalanceSheet, Period, balance_sheet, balance_sheets, income_statement, span_of
from tuppence.ledger.transactions import Transaction, transactions_by_id
from tuppence.ledger.transfer_marks import NoTransfer, mark_no_transfer, mark_transfer
from tuppence.web.account_lines import account_lines
from tuppence.web.attention import matters, recent_possible_transfers
from tuppence.web.overview_figures import cash_flow_charts, net_worth_charts, positions_of, spending_of
from tuppence.web.pages import page
from tuppence.web.problems import Problem, missing, told
from tuppence.web.report_periods import PERIODS, Named, named_period, points_of
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/overview")
SHOWN = 8
"""So many categories of the spending are shown before the others are folded away."""
SIDE_BY_SIDE = 2
"""So many currencies are shown before the others are folded away."""
LISTED = 50
"""So many possible transfers are listed at once."""


@dataclass(frozen=True, slots=True)
class Possible:
    """Money that went out of an account, and where it may have come in."""

    out: Transaction
    candidates: tuple[Transaction, ...]


@router.get("")
async def show_overview(request: Request, visitor: Visiting, period: Named = "last-12-months") -> Response:
    """The page; what takes longer is fetched by it."""
    today = datetime.date.today()
    sheet = await balance_sheet(visitor.ledger, today)
    if not sheet.lines and await span_of(visitor.ledger) is None:
        return page(request, "overview/empty.html")
    values = {**await _figures(visitor, sheet), "lines": account_lines(sheet), "period": period, "periods": PERIODS}
    return page(request, "overview/overview.html", **values)


@router.get("/figures")
async def show_figures(request: Request, visitor: Visiting) -> Response:
    """The figures at the top."""
    sheet = await balance_sheet(visitor.ledger, datetime.date.today())
    return page(request, "overview/figures.html", **await _figures(visitor, sheet))


@router.get("/accounts")
async def show_accounts(request: Request, visitor: Visiting) -> Response:
    """The accounts with their balances."""
    sheet = await balance_sheet(visitor.ledger, datetime.date.today())
    return page(request, "overview/accounts.html", lines=account_lines(sheet))


@router.get("/attention")
async def show_attention(request: Request, visitor: Visiting, parts: Served) -> Response:
    """What needs attention."""
    return page(request, "overview/attention.html", matters=await matters(visitor, parts, datetime.date.today()))


@router.get("/net-worth")
async def show_net_worth(request: Request, visitor: Visiting, period: Named = "last-12-months") -> Response:
    """Net worth over the period."""
    today = datetime.date.today()
    days = points_of(await named_period(visitor.ledger, period, today), today)
    charts = net_worth_charts(await balance_sheets(visitor.ledger, days), visitor.formats)
    return page(request, "overview/net_worth.html", charts=charts, period=period, side_by_side=SIDE_BY_SIDE)


@router.get("/flow")
async def show_flow(request: Request, visitor: Visiting, period: Named = "last-12-months") -> Response:
    """Income and spending of the period, by month and by category."""
    days = await named_period(visitor.ledger, period, datetime.date.today())
    report = await income_statement(visitor.ledger, days)
    categories = await list_categories(visitor.ledger)
    statements = sorted(report.statements, key=lambda one: one.currency != visitor.formats.currency)
    return page(
        request,
        "overview/flow.html",
        charts=cash_flow_charts(report, visitor.formats),
        spending=[
            spending_of(one, categories, days) for one in statements if one.spending_lines or one.uncategorized_out
        ],
        coverage=report.coverage,
        days=days,
        period=period,
        shown=SHOWN,
        side_by_side=SIDE_BY_SIDE,
    )


@router.get("/transfers")
async def show_transfers(request: Request, visitor: Visiting) -> Response:
    """What could be transfers between own accounts, to be decided."""
    return page(request, "overview/transfers.html", **await _possible(visitor))


@router.get("/transfers/list")
async def list_transfers(request: Request, visitor: Visiting) -> Response:
    """The same without the page around it."""
    return page(request, "overview/transfer_list.html", **await _possible(visitor))


@router.post("/transfers/{out}/none")
async def decide_none(request: Request, visitor: Visiting, out: int) -> Response:
    """It is no transfer."""
    try:
        done = await mark_no_transfer(visitor.ledger, out, visitor.by)
    except (LookupError, OverflowError) as error:
        raise missing("transaction") from error
    return await _decided(request, visitor, "Marked as no transfer.", done.edit_id)


@router.post("/transfers/{out}/{other}")
async def decide_transfer(request: Request, visitor: Visiting, out: int, other: int) -> Response:
    """The two are the sides of one."""
    try:
        done = await mark_transfer(visitor.ledger, out, other, visitor.by)
    except (LookupError, OverflowError) as error:
        raise missing("transaction") from error
    except NoTransfer as error:
        raise Problem(409, "no_transfer", str(error)) from error
    return await _decided(request, visitor, "Marked as a transfer.", done.edit_id)


async def _decided(request: Request, visitor: Visitor, text: str, edit_id: str | None) -> Response:
    response = page(request, "overview/transfer_list.html", **await _possible(visitor))
    return told(response, text, undo=None if edit_id is None else f"/edits/{edit_id}/undo")


async def _possible(visitor: Visitor) -> dict[str, Any]:
    """The latest ones first."""
    candidates: dict[int, list[int]] = {}
    recent = await recent_possible_transfers(visitor, datetime.date.today())
    for out, other in recent.pairs:
        candidates.setdefault(out, []).append(other)
    latest = sorted(candidates, reverse=True)
    listed = {out: candidates[out] for out in latest[:LISTED]}
    rows = await transactions_by_id(visitor.ledger, {*listed, *chain.from_iterable(listed.values())})
    found = [
        Possible(rows[out], tuple(rows[other] for other in others if other in rows))
        for out, others in listed.items()
        if out in rows
    ]
    return {"possible": found, "missing": len(latest) - len(listed), "since": recent.since}


async def _figures(visitor: Visitor, sheet: BalanceSheet) -> dict[str, Any]:
    """What is owned, and this month so far beside the same days of the month before."""
    so_far = Period(sheet.as_of.replace(day=1), sheet.as_of)
    before = so_far.before()
    now = await income_statement(visitor.ledger, so_far)
    then = await income_statement(visitor.ledger, before)
    return {
        "positions": positions_of(sheet, now, then, visitor.formats.currency),
        "so_far": so_far,
        "before": before,
        "unknown": len(sheet.unknown),
    }

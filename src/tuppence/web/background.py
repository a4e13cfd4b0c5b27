"""Filing in the background: what could be begun and what it would cost, what is under way, what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from tuppence.access.users import list_members
from tuppence.enrichment.preferences import preferences
from tuppence.enrichment.runs import Order, Run, RunKind, RunRefused, UnknownRun, list_runs, run_of, running_run
from tuppence.ledger.undoing import Undone
from tuppence.store.tables import now
from tuppence.web import run_words
from tuppence.web.account_forms import Typed
from tuppence.web.edits import undone_text
from tuppence.web.names import Said, said_before
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem, missing, told
from tuppence.web.provider_lines import models_offered, usual_of
from tuppence.web.run_filed import filed_by
from tuppence.web.run_forms import NOBODY, order_form
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/background")
PAGE = 20
KINDS: tuple[RunKind, ...] = ("categorize", "merchants")
_FRESH = datetime.timedelta(hours=1)
"""So long after an import its page says what came of it by itself."""

RunId = Annotated[str, Path(max_length=64)]
Before = Annotated[str | None, Query(max_length=64)]
Chosen = Annotated[str, Query(alias="search", max_length=4000)]


# ----------------------------------------------------------------------------------------------------- the page itself


@router.get("")
async def show_background(
    request: Request, visitor: Visiting, parts: Served, search: Chosen = "", who: str = "", said: Said = ""
) -> Response:
    """What can be begun, what is under way, and what there was.

    search: of the transactions' list, when it is about those alone. who: "free" when no model is to be asked.
    """
    typed = Typed({"search": search, "wanted": NOBODY if who == "free" else ""})
    panels = [{"kind": kind, **await _panel(visitor, parts, kind, typed)} for kind in KINDS]
    history = await _history(visitor, None)
    say = await said_before(visitor, said)
    return page(request, "background/background.html", panels=panels, said=say, searched=bool(search), **history)


@router.get("/order")
async def show_order(
    request: Request, visitor: Visiting, parts: Served, kind: RunKind = "categorize", search: Chosen = ""
) -> Response:
    """The form for one kind; the run of it that is under way when there is one."""
    return page(
        request, "background/panel.html", kind=kind, **await _panel(visitor, parts, kind, Typed({"search": search}))
    )


@router.get("/quote")
async def show_quote(request: Request, visitor: Visiting, parts: Served, kind: RunKind = "categorize") -> Response:
    """What would be done as the form is filled in, and what it would cost."""
    form = await order_form(visitor, kind, request.query_params)
    values: dict[str, Any] = {"kind": kind, "errors": form.typed.errors, "quote": None, "words": run_words}
    if not form.typed.errors:
        values["quote"] = await parts.background.quote(visitor.ledger, form.order)
        values["wanted"] = await preferences(visitor.ledger)
    return page(request, "background/quote.html", **values)


@router.get("/history")
async def show_history(request: Request, visitor: Visiting, before: Before = None) -> Response:
    """Runs before another one."""
    return page(request, "background/history.html", **await _history(visitor, before))


@router.get("/now")
async def show_now(request: Request, visitor: Visiting) -> Response:
    """What is under way, or came of the latest import, in a few lines for other pages."""
    under_way = [run for kind in KINDS if (run := await running_run(visitor.ledger, kind)) is not None]
    latest = await list_runs(visitor.ledger, limit=1)
    over = [run for run in latest if run.cause == "import" and run.ended_at and run.created_at > now() - _FRESH]
    return page(request, "background/now.html", runs=under_way or over, words=run_words)


# -------------------------------------------------------------------------------------------------------------- a run


@router.post("/runs")
async def start(request: Request, visitor: Visiting, parts: Served) -> Response:
    """Begin a run."""
    sent = await request.form()
    kind = next((one for one in KINDS if one == sent.get("kind")), None)
    if kind is None:
        raise Problem(422, "invalid", "Say what is to be found: categories or merchants.")
    form = await order_form(visitor, kind, sent)
    if form.typed.errors:
        raise Problem(422, "invalid", " ".join(form.typed.errors.values()))
    run = await begun(visitor, parts, form.order)
    return page(request, "background/panel.html", kind=kind, **await _run_values(visitor, run), panel=True)


@router.get("/runs/{run_id}")
async def show_run(request: Request, visitor: Visiting, run_id: RunId) -> Response:
    """One run."""
    values = await _run_values(visitor, await run_named(visitor, run_id))
    return page(request, "background/one.html", filed=await filed_by(visitor.ledger, run_id), **values)


@router.get("/runs/{run_id}/state")
async def show_state(request: Request, visitor: Visiting, run_id: RunId, shown: str = "") -> Response:
    """How far it is. shown: the state that the page shows; figures elsewhere are fetched anew when it is another."""
    run = await run_named(visitor, run_id)
    response = page(request, "background/run.html", **await _run_values(visitor, run))
    if shown == "running" and run.state != "running":
        return told(response, f"{run_words.KINDS[run.kind]}: {run_words.STATES[run.state].lower()}.")
    return response


@router.post("/runs/{run_id}/cancel")
async def cancel(request: Request, visitor: Visiting, parts: Served, run_id: RunId) -> Response:
    """Let it end."""
    run = await cancelled(visitor, parts, run_id)
    return told(page(request, "background/run.html", **await _run_values(visitor, run)), "Cancelled.")


@router.post("/runs/{run_id}/undo")
async def undo(request: Request, visitor: Visiting, parts: Served, run_id: RunId) -> Response:
    """Take back all that it filed and suggested."""
    text = undone_text(await undone(visitor, parts, run_id))
    run = await run_named(visitor, run_id)
    return told(page(request, "background/run.html", **await _run_values(visitor, run)), text)


# -------------------------------------------------------------------------- what the pages and the programs both can do


async def begun(visitor: Visitor, parts: Parts, order: Order) -> Run:
    """A run of this order, which goes on in the background. Raises Problem when it cannot begin."""
    try:
        return await parts.background.start(visitor.ledger, order, user_id=visitor.user.id)
    except RunRefused as error:
        raise Problem(409, "refused", str(error)) from error


async def run_named(visitor: Visitor, run_id: str) -> Run:
    """The visitor's run of this id. Raises Problem when there is none."""
    try:
        return await run_of(visitor.ledger, run_id)
    except UnknownRun as error:
        raise missing("run") from error


async def cancelled(visitor: Visitor, parts: Parts, run_id: str) -> Run:
    """The run, which asks nothing more. Raises Problem when it has ended."""
    run = await run_named(visitor, run_id)
    if run.state != "running":
        raise Problem(409, "ended", "It has ended already. What it filed can be undone.")
    await parts.background.cancel(visitor.ledger, run_id)
    return await run_named(visitor, run_id)


async def undone(visitor: Visitor, parts: Parts, run_id: str) -> Undone:
    """What came of taking a run back. Raises Problem when it was taken back before."""
    run = await run_named(visitor, run_id)
    if run.undone_at is not None:
        raise Problem(409, "already_undone", "This run has been undone already.")
    return await parts.background.undo(visitor.ledger, run_id)


async def runs_listed(visitor: Visitor, limit: int, before: str | None) -> tuple[list[Run], str | None]:
    """Some runs, newest first, and what to send as `before` for those that follow. Raises Problem."""
    try:
        found = await list_runs(visitor.ledger, limit=limit + 1, before=before)
    except UnknownRun as error:
        raise missing("run") from error
    return found[:limit], found[limit - 1].id if len(found) > limit else None


# ------------------------------------------------------------------------------------------------- what pages show


async def _panel(visitor: Visitor, parts: Parts, kind: RunKind, typed: Typed) -> dict[str, Any]:
    """The run of the kind that is under way, or else what its form needs."""
    if (run := await running_run(visitor.ledger, kind)) is not None:
        return {**await _run_values(visitor, run), "panel": True}
    offered = await models_offered(visitor, parts)
    by_title: dict[str, list[tuple[str, str]]] = {}
    for one in offered:
        by_title.setdefault(one.title, []).append((one.wanted, one.model))
    return {
        "run": None,
        "typed": typed,
        "offered": by_title,
        "usual": usual_of(offered),
        "nobody": NOBODY,
        "wanted": await preferences(visitor.ledger),
        "words": run_words,
    }


async def _run_values(visitor: Visitor, run: Run) -> dict[str, Any]:
    return {"run": run, "who": (await _who(visitor, [run]))[run.id], "words": run_words}


async def _history(visitor: Visitor, before: str | None) -> dict[str, Any]:
    found, more = await runs_listed(visitor, PAGE, before)
    return {"past": found, "whose": await _who(visitor, found), "more": more, "before": before, "words": run_words}


async def _who(visitor: Visitor, runs: Iterable[Run]) -> dict[str, str]:
    """Who began each run, by its id."""
    names = {member.id: member.name for member in await list_members(visitor.ledger)}
    return {run.id: _begun_by(run, names) for run in runs}


def _begun_by(run: Run, names: dict[int, str]) -> str:
    if run.cause == "import":
        return "After an import"
    return "At the command line" if run.user_id is None else names.get(run.user_id, "A former member")

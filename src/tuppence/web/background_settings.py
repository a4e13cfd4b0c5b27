"""Settings: what is filed by itself, after what, how fast providers are asked for it, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.enrichment.preferences import AfterImport, Mode, Pace, Preferences, preferences, set_preferences
from tuppence.llm import PRESETS
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import told
from tuppence.web.provider_lines import models_offered
from tuppence.web.run_forms import dollars_reader, limit_reader
from tuppence.web.visitor import Owning, Served, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings/background")

SOURCES: Mapping[str, tuple[str, str]] = {
    "rule": ("Your rules", "They are certain: you wrote them."),
    "memory": ("What you did before", "You filed the same wording alike, at least twice."),
    "classifier": ("Likeness", "It reads like much that you filed under one category."),
    "model": ("A model", "What it is not sure of is left, or suggested."),
}
"""What each is called, and what it rests on."""
MODES: Mapping[Mode, str] = {"file": "File at once", "suggest": "Only suggest"}
AFTER: Mapping[AfterImport, str] = {
    "nothing": "Nothing",
    "free": "File what costs nothing",
    "model": "File what costs nothing, and ask a model about the rest",
}
_MOST_AT_ONCE, _MOST_PER_MINUTE = 100, 100_000


@router.get("")
async def show_background(request: Request, visitor: Owning, parts: Served) -> Response:
    """The form."""
    typed = Typed(_values(await preferences(visitor.ledger), visitor.formats, await _asked(visitor, parts)))
    return page(request, "background/settings.html", **await _form(visitor, parts, typed))


@router.post("")
async def save_background(request: Request, visitor: Owning, parts: Served) -> Response:
    """Keep what was entered, all of it or nothing."""
    typed = Typed.of(await request.form())
    wanted = _read(typed, visitor.formats, await preferences(visitor.ledger), await _asked(visitor, parts))
    if typed.errors:
        return page(request, "background/settings_form.html", status=422, **await _form(visitor, parts, typed))
    await set_preferences(visitor.ledger, wanted)
    return told(page(request, "background/settings_form.html", **await _form(visitor, parts, typed)), "Saved.")


async def _asked(visitor: Visitor, parts: Parts) -> list[str]:
    """The providers whose pace can be set: those that can be asked, and those of which something was said."""
    offered = [one.provider for one in await models_offered(visitor, parts)]
    said = (await preferences(visitor.ledger)).paces
    return [name for name in PRESETS if name in offered or name in said]


async def _form(visitor: Visitor, parts: Parts, typed: Typed) -> dict[str, Any]:
    names = await _asked(visitor, parts)
    usual = Preferences()
    return {
        "typed": typed,
        "sources": SOURCES,
        "modes": MODES,
        "after": AFTER,
        "providers": [(name, PRESETS[name].title, usual.pace(name)) for name in names],
    }


def _values(wanted: Preferences, formats: Formats, names: list[str]) -> dict[str, str]:
    """What stands in the form before anything is typed."""
    values = {
        "rule": wanted.rule,
        "memory": wanted.memory,
        "classifier": wanted.classifier,
        "model": wanted.model,
        "after_import": wanted.after_import,
        "merchants": "yes" if wanted.merchants_after_import else "",
        "run_cap": _dollars_text(wanted.run_cap, formats),
        "month_cap": _dollars_text(wanted.month_cap, formats),
    }
    for name in names:
        if (pace := wanted.paces.get(name)) is not None:
            values[f"at_once-{name}"] = str(pace.at_once)
            values[f"per_minute-{name}"] = "" if pace.per_minute is None else formats.number(pace.per_minute)
    return values


def _read(typed: Typed, formats: Formats, before: Preferences, names: list[str]) -> Preferences:
    """What was entered; good only when there are no errors."""
    paces = {name: pace for name, pace in before.paces.items() if name not in names}
    for name in names:
        if (pace := _pace(typed, formats, name)) is not None:
            paces[name] = pace
    return Preferences(
        rule=typed.read("rule", _mode, "file"),
        memory=typed.read("memory", _mode, "file"),
        classifier=typed.read("classifier", _mode, "file"),
        model=typed.read("model", _mode, "file"),
        after_import=typed.read("after_import", _after_import, "free"),
        merchants_after_import=bool(typed.text("merchants")),
        run_cap=typed.read("run_cap", dollars_reader(formats), None),
        month_cap=typed.read("month_cap", dollars_reader(formats), None),
        paces=paces,
    )


def _pace(typed: Typed, formats: Formats, name: str) -> Pace | None:
    """What was entered of a provider; None when nothing was: the usual pace."""
    at_once = typed.read(f"at_once-{name}", limit_reader(formats, most=_MOST_AT_ONCE), None)
    per_minute = typed.read(f"per_minute-{name}", limit_reader(formats, most=_MOST_PER_MINUTE), None)
    if at_once is None and per_minute is None:
        return None
    return Pace(at_once or Preferences().pace(name).at_once, per_minute)


def _mode(text: str) -> Mode:
    for known in MODES:
        if text == known:
            return known
    raise ValueError("Choose one of the list.")


def _after_import(text: str) -> AfterImport:
    for known in AFTER:
        if text == known:
            return known
    raise ValueError("Choose one of the list.")


def _dollars_text(cap: Decimal | None, formats: Formats) -> str:
    """As it can be typed again."""
    return "" if cap is None else formats.number(cap)

"""What a household wants filed in the background."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from pydantic import Field, field_validator

from tuppence.enrichment.preferences import AfterImport, Mode, Pace, Preferences, preferences, set_preferences
from tuppence.llm import PRESETS
from tuppence.web.api.runs import Dollars, Model, dollars, dollars_above_zero
from tuppence.web.problems import Problem
from tuppence.web.visitor import Owning, Visiting

router = APIRouter(prefix="/api/background", tags=["runs"])


class AskingPace(Model):
    """How fast a provider is asked in the background."""

    at_once: Annotated[int, Field(ge=1, le=100)]
    per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Null: as many as there are."""


class BackgroundPreferences(Model):
    """What the household wants done in the background."""

    rule: Mode
    memory: Mode
    classifier: Mode
    model: Mode
    after_import: AfterImport
    merchants_after_import: bool
    run_cap: str | None
    """US dollars; null: no limit."""
    month_cap: str | None
    """The same for all runs of a calendar month (UTC)."""
    paces: dict[str, AskingPace]
    """By provider, where it is not the usual one."""


class ChangedPreferences(Model):
    """What to change; what is left out stays as it is."""

    rule: Mode | None = None
    memory: Mode | None = None
    classifier: Mode | None = None
    model: Mode | None = None
    after_import: AfterImport | None = None
    merchants_after_import: bool | None = None
    run_cap: Dollars | None = None
    """Null: no limit; so with `month_cap`."""
    month_cap: Dollars | None = None
    paces: dict[str, AskingPace] | None = None
    """All of them: a provider that is not named has the usual one."""

    _above_zero = field_validator("run_cap", "month_cap")(dollars_above_zero)


@router.get("")
async def get_preferences(visitor: Visiting) -> BackgroundPreferences:
    """What is filed at once, what follows an import, and the limits."""
    return _preferences(await preferences(visitor.ledger))


@router.patch("")
async def patch_preferences(visitor: Owning, change: ChangedPreferences) -> BackgroundPreferences:
    """Change it. Only for the household's owner."""
    sent = change.model_dump(exclude_unset=True)
    caps = ("run_cap", "month_cap")
    wanted: dict[str, Any] = {name: value for name, value in sent.items() if value is not None and name not in caps}
    wanted |= {name: None if sent[name] is None else Decimal(sent[name]) for name in caps if name in sent}
    if "paces" in wanted:
        if unknown := [name for name in wanted["paces"] if name not in PRESETS]:
            raise Problem(422, "invalid", f"There is no provider “{unknown[0][:100]}”.")
        wanted["paces"] = {name: Pace(**pace) for name, pace in wanted["paces"].items()}
    changed = msgspec.structs.replace(await preferences(visitor.ledger), **wanted)
    await set_preferences(visitor.ledger, changed)
    return _preferences(changed)


def _preferences(of: Preferences) -> BackgroundPreferences:
    return BackgroundPreferences(
        rule=of.rule,
        memory=of.memory,
        classifier=of.classifier,
        model=of.model,
        after_import=of.after_import,
        merchants_after_import=of.merchants_after_import,
        run_cap=dollars(of.run_cap),
        month_cap=dollars(of.month_cap),
        paces={name: AskingPace(at_once=pace.at_once, per_minute=pace.per_minute) for name, pace in of.paces.items()},
    )

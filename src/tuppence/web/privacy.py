"""Settings: who is shown stand-ins instead of the household's own values, and what a text would leave as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.assistant.provider_privacy import ShownTo, shown_to_providers
from tuppence.privacy import (
    MOST_PAYEES,
    PrivacySettings,
    ProviderPrivacy,
    checked_names,
    household_values,
    payees_of,
    privacy_settings,
    pseudonyms_of,
    set_privacy_settings,
)
from tuppence.web.account_forms import Typed
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import told
from tuppence.web.visitor import Owning, Served, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings/privacy")

LONGEST_TRIAL = 4_000
"""Characters."""


@router.get("")
async def show_privacy(request: Request, visitor: Owning, parts: Served) -> Response:
    """The switches, and a box to try."""
    typed = Typed(
        _values(await privacy_settings(visitor.ledger), await shown_to_providers(visitor.ledger, parts.settings))
    )
    return page(request, "privacy/privacy.html", trial=None, **await _form(visitor, parts, typed))


@router.post("")
async def save_privacy(request: Request, visitor: Owning, parts: Served) -> Response:
    """Keep what was entered, all of it or nothing."""
    typed = Typed.of(await request.form())
    shown = await shown_to_providers(visitor.ledger, parts.settings)
    nobody: list[str] = []
    names = typed.read("names", lambda text: checked_names(text.splitlines()), nobody)
    if typed.errors:
        return page(request, "privacy/form.html", status=422, **await _form(visitor, parts, typed))
    await set_privacy_settings(visitor.ledger, PrivacySettings(_said(typed, shown), names))
    response = page(request, "privacy/form.html", **await _form(visitor, parts, typed))
    return told(response, "Saved. It holds for whatever is asked from now on.", changed=False)


@router.post("/trial")
async def try_text(request: Request, visitor: Owning) -> Response:
    """What a text would leave as."""
    typed = Typed.of(await request.form())
    text = typed.text("text")[:LONGEST_TRIAL]
    concealment = (await pseudonyms_of(visitor.ledger, payees=bool(typed.text("payees")))).concealment([text])
    leaves = concealment.text(text)
    originals = concealment.originals()
    trial = {"leaves": leaves, "meant": [(one, originals.restored(one)) for one in originals.stand_ins]}
    return page(request, "privacy/trial.html", trial=trial if text else None)


async def _form(visitor: Visitor, parts: Parts, typed: Typed) -> dict[str, Any]:
    shown = await shown_to_providers(visitor.ledger, parts.settings)
    return {
        "typed": typed,
        "set_up": [one for one in shown if one.is_set_up],
        "others": [one for one in shown if not one.is_set_up],
        "known": await _known(visitor),
    }


async def _known(visitor: Visitor) -> Mapping[str, int]:
    """How many values there are of each kind."""
    values = await household_values(visitor.ledger, payees=False)
    every = await payees_of(visitor.ledger)
    return {
        "names": len(values.names),
        "accounts": len(values.accounts),
        "numbers": len(values.numbers),
        "payees": min(every, MOST_PAYEES),
        "all_payees": every,
    }


def _values(said: PrivacySettings, shown: Sequence[ShownTo]) -> dict[str, str]:
    """What stands in the form before anything is typed."""
    values = {"names": "\n".join(said.names)}
    for one in shown:
        values[f"on-{one.preset.name}"] = "yes" if one.privacy.on else ""
        values[f"payees-{one.preset.name}"] = "yes" if one.privacy.payees else ""
    return values


def _said(typed: Typed, shown: Sequence[ShownTo]) -> dict[str, ProviderPrivacy]:
    """What was entered that is not the usual anyway."""
    wanted = {
        one.preset.name: ProviderPrivacy(
            on=bool(typed.text(f"on-{one.preset.name}")), payees=bool(typed.text(f"payees-{one.preset.name}"))
        )
        for one in shown
    }
    return {one.preset.name: wanted[one.preset.name] for one in shown if wanted[one.preset.name] != one.usual}

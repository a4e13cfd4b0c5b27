"""Settings: the household's name and formats, and where its data is. The other tabs have modules of their own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tuppence.ledger.household import (
    currency_code,
    household_of,
    language_tag,
    set_currency,
    set_language,
    set_name,
)
from tuppence.ledger.names import shown_name
from tuppence.money import Money, exponent
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats
from tuppence.web.known_formats import currencies, languages
from tuppence.web.pages import page
from tuppence.web.problems import told
from tuppence.web.visitor import Owning, Served, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings")

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Example:
    """How figures look in a language and a currency."""

    formats: Formats
    spent: Money
    earned: Money
    day: datetime.date
    count: int = 1234567


@router.get("")
async def show_settings() -> Response:
    """The first tab."""
    return RedirectResponse("/settings/you", 303)


@router.get("/household")
async def show_household(request: Request, visitor: Owning) -> Response:
    """The household's name, currency and formats."""
    household = await household_of(visitor.ledger)
    typed = Typed({"name": household.name, "currency": household.currency or "", "language": household.language})
    return page(request, "settings/household.html", **_household(visitor, typed))


@router.get("/household/example")
async def show_example(request: Request, visitor: Owning, currency: str = "", language: str = "") -> Response:
    """How figures would look."""
    return page(request, "settings/example.html", example=_example(visitor, currency, language))


@router.post("/household")
async def save_household(request: Request, visitor: Owning) -> Response:
    """Keep what was entered, all of it or nothing."""
    typed = Typed.of(await request.form())
    name = typed.read("name", household_name, "")
    language = typed.read("language", language_tag, "")
    currency = None
    if typed.text("currency") or visitor.formats.currency is not None:
        currency = typed.read("currency", currency_code, "")
    if typed.errors:
        return page(request, "settings/household_form.html", status=422, **_household(visitor, typed))
    await set_name(visitor.ledger, name)
    await set_language(visitor.ledger, language)
    if currency is not None:
        await set_currency(visitor.ledger, currency)
    kept = Typed({"name": name, "currency": currency or "", "language": language})
    return told(page(request, "settings/household_form.html", **_household(visitor, kept)), "Saved.")


@router.get("/data")
async def show_data(request: Request, visitor: Visiting, parts: Served) -> Response:
    """How to back up, where the data lives, and what can be taken along."""
    return page(request, "settings/data.html", home=str(parts.settings.home.absolute()))


def _household(visitor: Visitor, typed: Typed) -> dict[str, Any]:
    return {
        "typed": typed,
        "example": _example(visitor, typed.text("currency"), typed.text("language")),
        "currencies": currencies(),
        "languages": languages(),
    }


def _example(visitor: Visitor, currency: str, language: str) -> Example:
    """What cannot be used is left as it is."""
    try:
        shown_currency = currency_code(currency)
    except ValueError:
        shown_currency = visitor.formats.currency or "USD"
    try:
        shown_language = language_tag(language)
    except ValueError:
        shown_language = visitor.formats.language
    one = 10 ** exponent(shown_currency)
    spent, earned = Money(-123450 * one // 100, shown_currency), Money(2500 * one, shown_currency)
    return Example(Formats(shown_language, shown_currency), spent, earned, datetime.date.today())


def household_name(text: str) -> str:
    """Raises ValueError."""
    name = shown_name(text, "a household")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"The name may have at most {LONGEST_NAME} characters, all of them visible.")
    return name

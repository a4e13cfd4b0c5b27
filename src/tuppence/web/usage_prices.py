"""Usage: what models cost the household, where that is not the published price."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from babel.numbers import get_decimal_symbol
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tuppence.llm import PRESETS
from tuppence.store.tables import now
from tuppence.usage import (
    OwnPrice,
    Priced,
    checked_price,
    checked_priced,
    own_prices,
    remove_own_price,
    set_own_price,
)
from tuppence.web.account_forms import Typed
from tuppence.web.formats import Formats
from tuppence.web.pages import page
from tuppence.web.problems import missing, told
from tuppence.web.visitor import Owning, Visitor

router = APIRouter(include_in_schema=False, prefix="/usage/prices")

KINDS = {
    "input": "Input, not cached",
    "output": "Output",
    "cache_read": "Read from the cache",
    "cache_write": "Written to the cache",
}
"""What is priced, by the names of the fields."""


@router.get("")
async def show_prices(request: Request, visitor: Owning) -> Response:
    """The prices, and a form for one more."""
    return page(request, "usage/prices.html", **await _prices(visitor, Typed({})))


@router.post("")
async def set_price(request: Request, visitor: Owning) -> Response:
    """Have what was entered hold from now on."""
    typed = Typed.of(await request.form())
    entered = _entered(typed, visitor.formats)
    if entered is None:
        return page(request, "usage/price_list.html", status=422, **await _prices(visitor, typed))
    priced, price = entered
    await set_own_price(visitor.ledger, priced, price)
    response = page(request, "usage/price_list.html", **await _prices(visitor, Typed({})))
    return told(response, f"{priced.model} costs this from now on.", changed=False)


@router.delete("")
async def remove_price(
    request: Request, visitor: Owning, provider: Annotated[str, Query()] = "", model: Annotated[str, Query()] = ""
) -> Response:
    """Let the published price hold again."""
    if not await remove_own_price(visitor.ledger, Priced(provider, model)):
        raise missing("price")
    response = page(request, "usage/price_list.html", **await _prices(visitor, Typed({})))
    return told(response, "Removed. The published price holds from now on.", changed=False)


def _entered(typed: Typed, formats: Formats) -> tuple[Priced, OwnPrice] | None:
    """The model and its price; None, with the errors in `typed`, when it cannot be used."""
    prices = {kind: typed.read(kind, lambda text: _price(text, formats), None) for kind in KINDS}
    priced = typed.read("model", lambda text: checked_priced(typed.text("provider"), text), None)
    given = {kind: price for kind, price in prices.items() if price is not None}
    for kind in ("input", "output"):
        if kind not in given:
            typed.errors.setdefault(kind, "Type what a million tokens cost; 0 when they cost nothing.")
    if typed.errors or priced is None:
        return None
    return priced, OwnPrice(**given, since=now().date())


def _price(text: str, formats: Formats) -> Decimal | None:
    """A price in the household's notation; None for nothing."""
    bare = text.replace("$", "").strip()
    return checked_price(bare.replace(get_decimal_symbol(formats.locale), ".")) if bare else None


async def _prices(visitor: Visitor, typed: Typed) -> dict[str, Any]:
    symbol = get_decimal_symbol(visitor.formats.locale)
    return {
        "typed": typed,
        "kinds": KINDS,
        "providers": [(name, preset.title) for name, preset in PRESETS.items()],
        "titles": {name: preset.title for name, preset in PRESETS.items()},
        "prices": await own_prices(visitor.ledger),
        "price_text": lambda price: "unknown" if price is None else f"{price:f}".replace(".", symbol),
    }

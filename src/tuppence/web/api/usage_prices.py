"""What models cost the household, where that is not the published price."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

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
from tuppence.web.problems import Problem, missing
from tuppence.web.visitor import Owning, Visiting

router = APIRouter(prefix="/api/usage/prices", tags=["usage"])

Amount = Annotated[str, Field(pattern=r"^\d{1,7}(\.\d{1,6})?$")]
"""US dollars per million tokens, such as "2.50"."""


class NewPrice(BaseModel):
    """What a model costs from now on, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    provider: str
    """As registered, such as "anthropic"."""
    model: str
    input: Amount
    """Of input that is not cached."""
    output: Amount
    """Reasoning included."""
    cache_read: Amount | None = None
    """Null: what requests that read from the cache cost is unknown. So it is with `cache_write`."""
    cache_write: Amount | None = None


class Price(NewPrice):
    """A price that was set."""

    since: datetime.date
    """The day (UTC) on which it was set."""


class Prices(BaseModel):
    """The prices that were set; for any other model the published one holds."""

    prices: list[Price]


@router.get("")
async def list_prices(visitor: Visiting) -> Prices:
    """The household's own prices."""
    return Prices(prices=[_price(priced, one) for priced, one in (await own_prices(visitor.ledger)).items()])


@router.put("")
async def set_price(visitor: Owning, body: NewPrice) -> Price:
    """Have a price hold from now on; requests that are recorded keep theirs. Only for owners."""
    try:
        priced = checked_priced(body.provider, body.model)
        price = OwnPrice(
            input=checked_price(body.input),
            output=checked_price(body.output),
            cache_read=None if body.cache_read is None else checked_price(body.cache_read),
            cache_write=None if body.cache_write is None else checked_price(body.cache_write),
            since=now().date(),
        )
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    await set_own_price(visitor.ledger, priced, price)
    return _price(priced, price)


@router.delete("", status_code=204)
async def remove_price(visitor: Owning, provider: Annotated[str, Query()], model: Annotated[str, Query()]) -> Response:
    """Let the published price of a model hold again. Only for owners."""
    if not await remove_own_price(visitor.ledger, Priced(provider, model)):
        raise missing("price")
    return Response(status_code=204)


def _price(priced: Priced, one: OwnPrice) -> Price:
    return Price(
        provider=priced.provider,
        model=priced.model,
        input=_text(one.input) or "",
        output=_text(one.output) or "",
        cache_read=_text(one.cache_read),
        cache_write=_text(one.cache_write),
        since=one.since,
    )


def _text(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"

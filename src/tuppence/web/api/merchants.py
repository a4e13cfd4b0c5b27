"""Merchants."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from msgspec import UNSET
from pydantic import BaseModel, Field, StringConstraints

from tuppence.ledger.days import Days
from tuppence.ledger.merchant_figures import MerchantOrder, MerchantUse, merchant_uses
from tuppence.ledger.merchant_merging import MOST, merge_all_merchants
from tuppence.ledger.merchants import Merchant, MerchantChange, change_merchant, delete_merchant, host_name
from tuppence.web.api.amounts import Amount
from tuppence.web.api.named import Id, Into, Moved, Name
from tuppence.web.merchants import merchant_of, new_merchant
from tuppence.web.names import NameId
from tuppence.web.transaction_filing import refused
from tuppence.web.visitor import Visiting

router = APIRouter(prefix="/api/merchants", tags=["merchants"])

Website = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class ListedMerchant(BaseModel):
    """A merchant."""

    id: int
    name: str
    website: str | None = Field(examples=["shop.example"])
    """Its host name without www; null when it is not known."""


class Total(BaseModel):
    """What came from and went to a merchant in one currency, transfers left out."""

    currency: str
    money_in: Amount
    money_out: Amount
    """Negative."""
    transactions: int


class UsedMerchant(ListedMerchant):
    """A merchant, and how much the household had to do with it."""

    transactions: int
    totals: list[Total]


class Merchants(BaseModel):
    """A part of the list of merchants."""

    merchants: list[UsedMerchant]
    found: int
    """How many there are in all."""


class AddedMerchant(BaseModel):
    """A merchant to be added."""

    name: Name
    website: Website | None = None


class ChangedMerchant(BaseModel):
    """What to change of a merchant; what is left out stays as it is."""

    name: Name | None = None
    website: Website | None = None
    """An address or a host name; null, or nothing, for none."""


class Changed(BaseModel):
    """What came of a change."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`); null when everything was so already."""
    merchant: ListedMerchant


class Several(Into):
    """Merchants that are one."""

    merchants: Annotated[list[Id], Field(min_length=1, max_length=MOST)]


@router.get("")
async def get_merchants(
    visitor: Visiting,
    q: Annotated[str, Query(max_length=100, description="Words of the name or the website.")] = "",
    order: MerchantOrder = "use",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> Merchants:
    """Merchants with their figures of all time, the most used first or by name."""
    found = await merchant_uses(visitor.ledger, Days(), q, order=order, limit=limit, offset=offset)
    return Merchants(merchants=[_used(one) for one in found.uses], found=found.found)


@router.post("", status_code=201)
async def add_merchant(visitor: Visiting, new: AddedMerchant) -> ListedMerchant:
    """Add a merchant."""
    with refused():
        website = host_name(new.website) if new.website else None
        return _listed(await new_merchant(visitor, new.name, website))


@router.post("/merge")
async def merge_merchants(visitor: Visiting, wanted: Several) -> Moved:
    """Make several merchants one, which is undone at once."""
    with refused():
        return Moved.by(await merge_all_merchants(visitor.ledger, wanted.merchants, wanted.into, visitor.by))


@router.get("/{merchant_id}")
async def get_merchant(visitor: Visiting, merchant_id: NameId) -> ListedMerchant:
    """One merchant."""
    return _listed(await merchant_of(visitor, merchant_id))


@router.patch("/{merchant_id}")
async def patch_merchant(visitor: Visiting, merchant_id: NameId, change: ChangedMerchant) -> Changed:
    """Rename a merchant, or say its website."""
    sent = change.model_dump(exclude_unset=True)
    wanted: dict[str, Any] = {
        name: UNSET if value is None and name != "website" else value for name, value in sent.items()
    }
    with refused():
        done = await change_merchant(visitor.ledger, merchant_id, MerchantChange(**wanted), visitor.by)
    return Changed(edit=done.edit_id, merchant=_listed(await merchant_of(visitor, merchant_id)))


@router.post("/{merchant_id}/merge")
async def merge_merchant(visitor: Visiting, merchant_id: NameId, other: Into) -> Moved:
    """Make a merchant part of another: its transactions go there, and its website where that one has none."""
    with refused():
        return Moved.by(await merge_all_merchants(visitor.ledger, [merchant_id], other.into, visitor.by))


@router.delete("/{merchant_id}")
async def remove_merchant(visitor: Visiting, merchant_id: NameId) -> Moved:
    """Delete a merchant; its transactions have none any more."""
    with refused():
        return Moved.by(await delete_merchant(visitor.ledger, merchant_id, visitor.by))


def _listed(one: Merchant) -> ListedMerchant:
    return ListedMerchant(id=one.id, name=one.name, website=one.website)


def _used(one: MerchantUse) -> UsedMerchant:
    totals = [
        Total(
            currency=each.currency,
            money_in=Amount.in_minor(each.money_in, each.currency),
            money_out=Amount.in_minor(each.money_out, each.currency),
            transactions=each.count,
        )
        for each in one.sums
    ]
    listed = one.merchant
    return UsedMerchant(id=listed.id, name=listed.name, website=listed.website, transactions=one.count, totals=totals)

"""The household, and who asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

from tuppence.access.api_keys import Scope
from tuppence.access.users import Role
from tuppence.ledger.household import (
    currency_code,
    household_of,
    language_tag,
    set_currency,
    set_language,
    set_name,
)
from tuppence.web.problems import Problem
from tuppence.web.settings import household_name
from tuppence.web.visitor import Owning, Visiting, Visitor

router = APIRouter(prefix="/api", tags=["household"])

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class HouseholdFormats(BaseModel):
    """A household, and how it reads its figures."""

    name: str
    currency: str | None
    """ISO 4217; null while nobody has said."""
    language: str
    """Of formats, as in "en" or "de-AT"."""


class HouseholdChange(BaseModel):
    """What changes; what is left out stays."""

    name: Text | None = None
    currency: Text | None = None
    language: Text | None = None


class You(BaseModel):
    """Who asks."""

    id: int
    name: str
    role: Role
    scope: Scope
    """What the key that was sent may do; "write" for a person in a browser."""


@router.get("/household")
async def show_household(visitor: Visiting) -> HouseholdFormats:
    """Your household."""
    return await _household(visitor)


@router.patch("/household")
async def change_household(change: HouseholdChange, visitor: Owning) -> HouseholdFormats:
    """Change its name, currency or language: all that is sent, or nothing. Only for its owner."""
    try:
        name = None if change.name is None else household_name(change.name)
        currency = None if change.currency is None else currency_code(change.currency)
        language = None if change.language is None else language_tag(change.language)
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    if name is not None:
        await set_name(visitor.ledger, name)
    if currency is not None:
        await set_currency(visitor.ledger, currency)
    if language is not None:
        await set_language(visitor.ledger, language)
    return await _household(visitor)


@router.get("/you")
async def show_you(visitor: Visiting) -> You:
    """Who you are, as far as this request tells."""
    user = visitor.user
    return You(id=user.id, name=user.name, role=user.role, scope="write" if visitor.may_write else "read")


async def _household(visitor: Visitor) -> HouseholdFormats:
    household = await household_of(visitor.ledger)
    return HouseholdFormats(name=household.name, currency=household.currency, language=household.language)

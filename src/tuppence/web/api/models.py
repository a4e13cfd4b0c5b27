"""The models that can be asked."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from tuppence.access.addresses import AddressRefused
from tuppence.access.secrets import KeyFileUnusable
from tuppence.assistant.provider_choice import NobodyToAsk
from tuppence.llm.answerer import Answerer
from tuppence.llm.registry import NoAddress, UnknownProvider
from tuppence.llm.roster import NothingFits
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(prefix="/api/models", tags=["models"])

_NOBODY = (NobodyToAsk, NothingFits, UnknownProvider, NoAddress, AddressRefused, KeyFileUnusable)


class OfferedModel(BaseModel):
    """A model that can be asked."""

    model: str
    """What to send as `model`: "provider/model"."""
    name: str
    provider: str
    """The provider's name as people know it."""
    is_default: bool
    """Whether it is asked when no model is sent."""


class Models(BaseModel):
    """All of them."""

    models: list[OfferedModel]


@router.get("")
async def list_models(visitor: Visiting, parts: Served) -> Models:
    """The models that can be asked, by provider; lists that a provider has not sent yet are there the next time."""
    offered = await parts.providers.choices(visitor.ledger)
    return Models(
        models=[
            OfferedModel(model=one.wanted, name=one.model, provider=one.title, is_default=one.is_default)
            for one in offered
        ]
    )


async def answerers_of(visitor: Visitor, parts: Parts, wanted: str | None) -> list[Answerer]:
    """Who answers a visitor's question. wanted: "provider/model"; None: the usual one. Raises Problem."""
    try:
        return await parts.providers.answerers(visitor.ledger, wanted)
    except _NOBODY as error:
        raise Problem(409, "nobody_to_ask", str(error)) from error

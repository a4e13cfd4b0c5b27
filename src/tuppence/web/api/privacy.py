"""Who is shown stand-ins instead of the household's own values."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tuppence.assistant.provider_privacy import ShownTo, shown_to_providers
from tuppence.privacy import ProviderPrivacy, checked_names, privacy_settings, pseudonyms_of, set_privacy_settings
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem
from tuppence.web.visitor import Owning, Served, Visitor

router = APIRouter(prefix="/api/privacy", tags=["privacy"])


class ShownProvider(BaseModel):
    """A registered provider, and what it is shown."""

    name: str
    host: str | None
    """Where it is asked; null: it has no address yet."""
    set_up: bool
    hosted: bool
    """False: a server of the household's own, at home."""
    on: bool
    """Whether it gets stand-ins."""
    payees: bool
    """Whether for payees as well; means nothing while it is not on."""
    usual: bool
    """Whether that holds because nobody said anything."""


class Privacy(BaseModel):
    """What leaves as it is, and what does not."""

    providers: list[ShownProvider]
    names: list[str]
    """Of people, beside those of the household's members."""


class ChangedProvider(BaseModel):
    """What to change of a provider; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    on: bool | None = None
    payees: bool | None = None


class ChangedPrivacy(BaseModel):
    """What to change; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    providers: dict[str, ChangedProvider | None] = {}
    """By registered name. Null: the usual holds again."""
    names: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1000)] | None = None
    """All of them."""


class Trial(BaseModel):
    """A text, to see what it would leave as. Nothing is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[str, Field(max_length=20_000)]
    payees: bool = False
    """As where payees are hidden."""


class Tried(BaseModel):
    """What a text would leave as."""

    leaves: str
    stand_ins: dict[str, str]
    """What each stands for."""


@router.get("")
async def get_privacy(visitor: Owning, parts: Served) -> Privacy:
    """What each provider is shown. Only for the household's owner."""
    return await _privacy(visitor, parts)


@router.patch("")
async def patch_privacy(visitor: Owning, parts: Served, change: ChangedPrivacy) -> Privacy:
    """Change it, for whatever is asked from now on. Only for the household's owner."""
    before = await privacy_settings(visitor.ledger)
    holding = {one.preset.name: one.privacy for one in await shown_to_providers(visitor.ledger, parts.settings)}
    providers = dict(before.providers)
    try:
        for name, changed in change.providers.items():
            if changed is None:
                providers.pop(name, None)
            else:
                providers[name] = _changed(holding.get(name, ProviderPrivacy(on=True)), changed)
        names = before.names if change.names is None else checked_names(change.names)
        await set_privacy_settings(visitor.ledger, msgspec.structs.replace(before, providers=providers, names=names))
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    return await _privacy(visitor, parts)


@router.post("/trial")
async def try_text(visitor: Owning, trial: Trial) -> Tried:
    """Say what a text would leave as. Only for the household's owner."""
    concealment = (await pseudonyms_of(visitor.ledger, payees=trial.payees)).concealment([trial.text])
    leaves, originals = concealment.text(trial.text), concealment.originals()
    return Tried(leaves=leaves, stand_ins={one: originals.restored(one) for one in originals.stand_ins})


def _changed(before: ProviderPrivacy, change: ChangedProvider) -> ProviderPrivacy:
    return ProviderPrivacy(
        on=before.on if change.on is None else change.on,
        payees=before.payees if change.payees is None else change.payees,
    )


async def _privacy(visitor: Visitor, parts: Parts) -> Privacy:
    shown = await shown_to_providers(visitor.ledger, parts.settings)
    names = (await privacy_settings(visitor.ledger)).names
    return Privacy(providers=[_provider(one) for one in shown], names=list(names))


def _provider(one: ShownTo) -> ShownProvider:
    return ShownProvider(
        name=one.preset.name,
        host=one.host,
        set_up=one.is_set_up,
        hosted=one.is_hosted,
        on=one.privacy.on,
        payees=one.privacy.payees,
        usual=one.said is None,
    )

"""Providers: which can be asked, set up and checked. Their keys go in, and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tuppence.access.addresses import AddressRefused
from tuppence.assistant.provider_settings import UNCHANGED, KeyNeededAgain, UnusableKey, forget_provider
from tuppence.llm.doctor import Status
from tuppence.web.problems import Problem, missing
from tuppence.web.provider_lines import (
    ProviderLine,
    Standing,
    check_name,
    keep_provider,
    provider_line,
    provider_lines,
)
from tuppence.web.provider_tests import ProviderTest
from tuppence.web.visitor import Owning, Served

router = APIRouter(prefix="/api/providers", tags=["providers"])


class ProviderEntered(BaseModel):
    """What the household entered about a provider."""

    enabled: bool
    has_key: bool
    base_url: str | None
    """Null: the environment's address, or else the provider's own."""
    model: str | None
    """Null: the provider's default."""
    updated_at: datetime


class ProviderSetUp(BaseModel):
    """A provider as the household has it."""

    name: str
    title: str
    needs_key: bool
    address: str | None
    """Where it is asked when no address was entered."""
    default_model: str | None
    standing: Standing
    """ready: entered here; environment: set up there; off: switched off; obstacle: cannot be asked; none: nothing."""
    obstacle: str | None
    """Why it cannot be asked."""
    entered: ProviderEntered | None
    """Null: nothing."""
    models: list[str]
    """That are known to be offered."""


class ProvidersSetUp(BaseModel):
    """Every registered provider, those that are set up first."""

    providers: list[ProviderSetUp]


class ProviderEntry(BaseModel):
    """What to keep of a provider, in place of what there was."""

    key: str | None = Field(None, max_length=2000)
    """Left out: the one that is kept stays, as long as the address does; null: none."""
    base_url: str | None = Field(None, max_length=500)
    """As the official SDK of its wire takes it."""
    model: str | None = Field(None, max_length=200)
    enabled: bool = True


class TestFinding(BaseModel):
    """What was found."""

    check: str
    status: Status
    found: str
    advice: str | None


class TestState(BaseModel):
    """How far the check of a provider is."""

    running: bool
    usable: bool | None
    """Whether the model can be used; null while that is not known."""
    model: str | None
    host: str | None
    findings: list[TestFinding]
    """So far."""
    obstacle: str | None
    """Why it could not be checked."""


Name = Annotated[str, Field(max_length=64)]


@router.get("")
async def list_providers(visitor: Owning, parts: Served) -> ProvidersSetUp:
    """Every registered provider. Only for the household's owner."""
    lines = await provider_lines(visitor, parts, parts.provider_tests)
    return ProvidersSetUp(providers=[_set_up(line) for line in lines])


@router.put("/{name}")
async def enter_provider(name: Name, entry: ProviderEntry, visitor: Owning, parts: Served) -> ProviderSetUp:
    """Set a provider up. 409 `key_needed_again`: the address changed, and the key was not sent with it."""
    check_name(name)
    tests = parts.provider_tests
    key = (entry.key or None) if "key" in entry.model_fields_set else UNCHANGED
    try:
        await keep_provider(
            visitor, parts, tests, name, key=key, base_url=entry.base_url, model=entry.model, enabled=entry.enabled
        )
    except KeyNeededAgain as error:
        raise Problem(409, "key_needed_again", str(error)) from error
    except UnusableKey as error:
        raise Problem(422, "unusable_key", str(error)) from error
    except AddressRefused as error:
        raise Problem(422, "address_refused", str(error)) from error
    return _set_up(await provider_line(visitor, parts, tests, name))


@router.delete("/{name}", status_code=204)
async def remove_provider(name: Name, visitor: Owning, parts: Served) -> Response:
    """Forget what was entered about a provider, its key too."""
    check_name(name)
    await forget_provider(visitor.ledger, name)
    await parts.provider_tests.forget(visitor.ledger, name)
    return Response(status_code=204)


@router.post("/{name}/test", status_code=202)
async def begin_test(name: Name, visitor: Owning, parts: Served) -> TestState:
    """Check a provider as it is saved, by about ten small requests; read how far that is by GET."""
    check_name(name)
    return _state(parts.provider_tests.start(visitor.ledger, name))


@router.get("/{name}/test")
async def show_test(name: Name, visitor: Owning, parts: Served) -> TestState:
    """The check that runs, or the last one since the provider was set up."""
    check_name(name)
    test = parts.provider_tests.latest(visitor.ledger, name)
    if test is None:
        raise missing("check")
    return _state(test)


def _set_up(line: ProviderLine) -> ProviderSetUp:
    saved, preset = line.saved, line.preset
    entered = None
    if saved is not None:
        entered = ProviderEntered(
            enabled=saved.enabled,
            has_key=saved.has_key,
            base_url=saved.base_url,
            model=saved.model,
            updated_at=saved.updated_at,
        )
    return ProviderSetUp(
        name=preset.name,
        title=preset.title,
        needs_key=preset.needs_key,
        address=line.address,
        default_model=preset.default_model,
        standing=line.standing,
        obstacle=line.state.obstacle,
        entered=entered,
        models=list(line.models),
    )


def _state(test: ProviderTest) -> TestState:
    diagnosis = test.diagnosis
    return TestState(
        running=not test.is_over,
        usable=None if diagnosis is None else diagnosis.usable,
        model=None if diagnosis is None else diagnosis.model,
        host=None if diagnosis is None else diagnosis.host,
        findings=[
            TestFinding(check=one.check, status=one.status, found=one.found, advice=one.advice) for one in test.findings
        ],
        obstacle=test.obstacle if test.is_over else None,
    )

"""The settings of providers: who can be asked, with whose key, at which address, and who is asked by default."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.access.addresses import AddressRefused
from tuppence.assistant.household_providers import USUAL_MODEL
from tuppence.assistant.provider_settings import UNCHANGED, KeyNeededAgain, UnusableKey, forget_provider
from tuppence.assistant.providers import NobodyToAsk, NothingFits
from tuppence.ledger.household_settings import setting
from tuppence.llm import UnknownProvider
from tuppence.web.account_forms import Typed
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem, told
from tuppence.web.provider_lines import (
    ProviderLine,
    check_name,
    keep_provider,
    key_file_needed,
    models_offered,
    provider_line,
    provider_lines,
    usual_of,
)
from tuppence.web.provider_tests import CHECKS, ProviderTest
from tuppence.web.visitor import Owning, Served, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings/providers")


@router.get("")
async def show_providers(request: Request, visitor: Owning, parts: Served) -> Response:
    """Every provider."""
    lines = await provider_lines(visitor, parts, parts.provider_tests)
    ready = [line for line in lines if line.standing != "none"]
    others = [line for line in lines if line.standing == "none"]
    values = {"ready": ready, "others": others, "checks": CHECKS, **await _usual(visitor, parts)}
    return page(request, "settings/providers.html", **values)


@router.get("/usual")
async def show_usual(request: Request, visitor: Owning, parts: Served) -> Response:
    """Who is asked when nobody chooses."""
    return page(request, "settings/usual.html", **await _usual(visitor, parts))


@router.post("/usual")
async def choose_usual(request: Request, visitor: Owning, parts: Served) -> Response:
    """Choose who is asked when nobody is named."""
    wanted = Typed.of(await request.form()).text("wanted")
    try:
        with key_file_needed():
            await parts.providers.choose(visitor.ledger, wanted or None)
    except (NobodyToAsk, NothingFits, UnknownProvider) as error:
        raise Problem(409, "nobody_to_ask", str(error)) from error
    response = page(request, "settings/usual.html", **await _usual(visitor, parts))
    return told(response, "Saved.", changed=False)


@router.post("/{name}")
async def save(request: Request, visitor: Owning, parts: Served, name: str) -> Response:
    """Keep what was entered about a provider."""
    check_name(name)
    typed = Typed.of(await request.form())
    key = typed.text("key")
    try:
        await keep_provider(
            visitor,
            parts,
            parts.provider_tests,
            name,
            key=key or (None if typed.text("forget_key") else UNCHANGED),
            base_url=typed.text("base_url"),
            model=typed.text("model"),
            enabled=bool(typed.text("enabled")),
        )
    except (KeyNeededAgain, UnusableKey) as error:
        return await _card(request, visitor, parts, name, typed, key=str(error))
    except AddressRefused as error:
        return await _card(request, visitor, parts, name, typed, base_url=str(error))
    return _changed(await _card(request, visitor, parts, name), "Saved.")


@router.delete("/{name}")
async def remove(request: Request, visitor: Owning, parts: Served, name: str) -> Response:
    """Forget what was entered about a provider."""
    check_name(name)
    await forget_provider(visitor.ledger, name)
    await parts.provider_tests.forget(visitor.ledger, name)
    response = await _card(request, visitor, parts, name)
    return _changed(response, "Removed, and its key with it.")


@router.post("/{name}/test")
async def begin_test(request: Request, visitor: Owning, parts: Served, name: str) -> Response:
    """Check the provider as it is saved."""
    check_name(name)
    return _test_page(request, name, parts.provider_tests.start(visitor.ledger, name))


@router.get("/{name}/test")
async def show_test(request: Request, visitor: Owning, parts: Served, name: str) -> Response:
    """How far the check is, and what it found."""
    check_name(name)
    return _test_page(request, name, parts.provider_tests.latest(visitor.ledger, name))


def _test_page(request: Request, name: str, test: ProviderTest | None) -> Response:
    response = page(request, "settings/provider_test.html", name=name, test=test, checks=CHECKS)
    return _with_event(response) if test is not None and test.is_over else response


async def _card(
    request: Request, visitor: Visitor, parts: Parts, name: str, typed: Typed | None = None, **errors: str
) -> Response:
    """The provider's card, open; with what was typed where it could not be kept."""
    line = await provider_line(visitor, parts, parts.provider_tests, name)
    values = {"line": line, "typed": typed or _saved(line), "opened": True, "checks": CHECKS}
    if typed is not None:
        typed.errors.update(errors)
    return page(request, "settings/provider.html", status=422 if errors else 200, **values)


def _saved(line: ProviderLine) -> Typed:
    """The form as it is when it is opened."""
    saved = line.saved
    if saved is None:
        return Typed({"enabled": "on"})
    enabled = "on" if saved.enabled else ""
    return Typed({"base_url": saved.base_url or "", "model": saved.model or "", "enabled": enabled})


async def _usual(visitor: Visitor, parts: Parts) -> dict[str, Any]:
    offered = await models_offered(visitor, parts)
    chosen = await setting(visitor.ledger, USUAL_MODEL, str, "")
    by_title: dict[str, list[tuple[str, str]]] = {}
    for one in offered:
        by_title.setdefault(one.title, []).append((one.wanted, one.model))
    return {"offered": by_title, "chosen": chosen, "usual": usual_of(offered), "saved": _saved}


def _changed(response: Response, text: str) -> Response:
    """The response, after which the page says `text` and asks anew who can be chosen."""
    return _with_event(told(response, text, changed=False))


def _with_event(response: Response) -> Response:
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events["providers-changed"] = {"target": "body"}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response

"""A person's own settings: name, password, where they are signed in, and the keys of their programs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuppence.access.api_keys import NewApiKey, Scope, create_api_key, list_api_keys, revoke_api_key
from tuppence.access.attempts import TooManyAttempts
from tuppence.access.passwords import PasswordUnfit
from tuppence.access.sessions import end_all_sessions, end_session, list_sessions
from tuppence.access.users import NameUnfit, WrongPassword, change_password, find_member, rename_member
from tuppence.ledger.names import NameTaken
from tuppence.web.account_forms import Typed
from tuppence.web.browser_names import browser_name
from tuppence.web.door import address_of, drop_session
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import missing, told
from tuppence.web.visitor import Served, Visiting, Visitor

router = APIRouter(include_in_schema=False, prefix="/settings/you")


@router.get("")
async def show_you(request: Request, visitor: Visiting, parts: Served) -> Response:
    """The person's own settings."""
    values = {**await _sessions(visitor, parts), **await _keys(visitor, parts)}
    return page(request, "settings/you.html", typed=Typed({"name": visitor.user.name}), user=visitor.user, **values)


@router.post("/name")
async def change_name(request: Request, visitor: Visiting) -> Response:
    """Sign in under another name from now on."""
    typed = Typed.of(await request.form())
    try:
        user = await rename_member(visitor.ledger, visitor.user.id, typed.text("name"))
    except (NameUnfit, NameTaken) as error:
        typed.errors["name"] = str(error)
        return page(request, "settings/name.html", status=422, typed=typed)
    response = page(request, "settings/name.html", typed=Typed({"name": user.name}))
    return told(response, f"From now on you sign in as {user.name}.", changed=False)


@router.post("/password")
async def set_password(request: Request, visitor: Visiting, parts: Served) -> Response:
    """Change the password; every other session ends."""
    typed = Typed(dict.fromkeys(("current", "new", "again"), ""))
    form = Typed.of(await request.form()).values
    current, new = form.get("current", ""), form.get("new", "")
    if new != form.get("again", ""):
        typed.errors["again"] = "The two new passwords differ. Type the same one twice."
    else:
        await _try_password(request, visitor, parts, typed, current, new)
    user = await find_member(visitor.ledger, visitor.user.id)
    if typed.errors:
        return page(request, "settings/password.html", status=422, typed=typed, user=user)
    response = page(request, "settings/password.html", typed=typed, user=user)
    return told(response, "Your password is changed. You are signed out everywhere else.", changed=False)


@router.get("/sessions")
async def show_sessions(request: Request, visitor: Visiting, parts: Served) -> Response:
    """Where the person is signed in."""
    return page(request, "settings/sessions.html", **await _sessions(visitor, parts))


@router.delete("/sessions")
async def end_others(request: Request, visitor: Visiting, parts: Served) -> Response:
    """Sign out everywhere but here."""
    ended = await end_all_sessions(parts.store, visitor.user, keep=visitor.session_id)
    response = page(request, "settings/sessions.html", **await _sessions(visitor, parts))
    return told(response, f"Signed out in {ended} other {'place' if ended == 1 else 'places'}.", changed=False)


@router.delete("/sessions/{session_id}")
async def end_one(request: Request, visitor: Visiting, parts: Served, session_id: str) -> Response:
    """Sign out in one place."""
    if not await end_session(parts.store, visitor.user, session_id):
        raise missing("session")
    if session_id == visitor.session_id:
        response = Response(headers={"HX-Redirect": "/sign-in"})
        drop_session(response)
        return response
    response = page(request, "settings/sessions.html", **await _sessions(visitor, parts))
    return told(response, "Signed out there.", changed=False)


@router.post("/keys")
async def add_key(request: Request, visitor: Visiting, parts: Served) -> Response:
    """Make a key for a program; it is shown this once."""
    typed = Typed.of(await request.form())
    scope: Scope = "write" if typed.text("scope") == "write" else "read"
    try:
        new = await create_api_key(parts.store, visitor.user, typed.text("name"), scope)
    except ValueError as error:
        typed.errors["name"] = str(error)
        return page(request, "settings/keys.html", status=422, **await _keys(visitor, parts, typed_key=typed))
    return page(request, "settings/keys.html", status=201, **await _keys(visitor, parts, new))


@router.delete("/keys/{key_id}")
async def revoke(request: Request, visitor: Visiting, parts: Served, key_id: str) -> Response:
    """End a key."""
    if not await revoke_api_key(parts.store, visitor.user, key_id):
        raise missing("key")
    response = page(request, "settings/keys.html", **await _keys(visitor, parts))
    return told(response, "Revoked. Programs that use it are locked out.", changed=False)


async def _try_password(request: Request, visitor: Visitor, parts: Parts, typed: Typed, current: str, new: str) -> None:
    """Change the password, or say in `typed` why not. Guesses at the present one count as attempts to sign in."""
    name, address = visitor.user.name, address_of(request)
    try:
        await parts.attempts.count_sign_in(name, address)
        await change_password(
            parts.store, parts.passwords, visitor.user, current=current or None, new=new, keep=visitor.session_id
        )
    except PasswordUnfit as error:
        typed.errors["new"] = str(error)
    except (WrongPassword, TooManyAttempts) as error:
        typed.errors["current" if visitor.user.has_password else "new"] = str(error)
        return
    await parts.attempts.forgive_sign_in(name, address)


async def _sessions(visitor: Visitor, parts: Parts) -> dict[str, Any]:
    sessions = await list_sessions(parts.store, visitor.user)
    sessions.sort(key=lambda session: session.id != visitor.session_id)
    return {"sessions": sessions, "here": visitor.session_id, "browser_name": browser_name}


async def _keys(
    visitor: Visitor, parts: Parts, new: NewApiKey | None = None, typed_key: Typed | None = None
) -> dict[str, Any]:
    keys = await list_api_keys(parts.store, visitor.user)
    return {"keys": keys, "new_key": new, "typed_key": typed_key or Typed({"scope": "read"})}

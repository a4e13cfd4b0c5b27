"""Finds out who makes a request: by the session's cookie, or by the API key of a program."""

from __future__ import annotations

from functools import partial

from fastapi import Request
from fastapi.responses import Response

from tuppence.access.api_keys import ApiKey, api_key_of
from tuppence.access.csrf import csrf_ok, csrf_token
from tuppence.access.sessions import LIFETIME, Session, session_of
from tuppence.ledger.household import Ledger, household_of
from tuppence.web.formats import Formats
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem
from tuppence.web.visitor import Visitor

COOKIE = "tuppence_session"


async def visitor_at(request: Request) -> Visitor | None:
    """Who makes the request; None when nobody has signed in. Raises Problem for a key that there is not."""
    parts: Parts = request.app.state.parts
    if (key := await _key_of(request, parts)) is not None:
        return await _visitor(parts, key)
    token = request.cookies.get(COOKIE)
    session = await session_of(parts.store, token) if token else None
    return None if session is None else await _visitor(parts, session)


def address_of(request: Request) -> str:
    """The address that the request came from, for counting attempts; empty when the server does not know it."""
    return request.client.host if request.client else ""


def keep_session(request: Request, response: Response, token: str) -> None:
    """Have the browser keep the session's token: out of reach of scripts, and away from other sites' requests."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.scope["scheme"] == "https",
    )


def drop_session(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE)


async def _key_of(request: Request, parts: Parts) -> ApiKey | None:
    """The API key that was sent; None when there was none. Raises Problem when it is not known."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not request.scope["path"].startswith("/api/"):
        return None
    address = address_of(request)
    await parts.attempts.check_guesses(address)
    key = await api_key_of(parts.store, token.strip())
    if key is None:
        await parts.attempts.count_guess(address)
        raise Problem(401, "unknown_key", "There is no such key, or it was revoked. Make one in the settings.")
    return key


async def _visitor(parts: Parts, found: Session | ApiKey) -> Visitor:
    ledger = Ledger(parts.store, found.user.household_id)
    in_browser = isinstance(found, Session)
    household = found.household if isinstance(found, Session) else await household_of(ledger)
    return Visitor(
        user=found.user,
        ledger=ledger,
        formats=Formats(household.language, household.currency),
        session_id=found.id if in_browser else None,
        key_id=None if in_browser else found.id,
        may_write=True if isinstance(found, Session) else found.may_write,
        csrf=csrf_token(parts.keyfile, found) if isinstance(found, Session) else None,
        csrf_ok=partial(csrf_ok, parts.keyfile, found) if isinstance(found, Session) else lambda _: False,
    )

"""Signing in and out, and one-time links: the only pages for somebody who has not entered yet."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tuppence.access.entrances import SignInRefused, join, sign_in, sign_in_by_link
from tuppence.access.links import Link, LinkUnusable, link_of
from tuppence.access.passwords import PasswordUnfit
from tuppence.access.sessions import SignedIn, end_all_sessions, end_session
from tuppence.access.users import NameUnfit
from tuppence.ledger.household import Ledger, household_of
from tuppence.ledger.names import NameTaken
from tuppence.web.door import address_of, drop_session, keep_session
from tuppence.web.pages import page
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem
from tuppence.web.visitor import Served, Visiting

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]


@router.get("/")
async def home() -> Response:
    """The first place to be."""
    return RedirectResponse("/chat", 303)


@router.get("/sign-in")
async def show_sign_in(request: Request, then: str = "/") -> Response:
    """The form to sign in with."""
    if request.state.visitor is not None:
        return RedirectResponse(_local(then), 303)
    return page(request, "access/sign_in.html", then=_local(then), name="", error=None)


@router.post("/sign-in")
async def do_sign_in(
    request: Request, parts: Served, name: Field = "", password: Field = "", then: Field = "/"
) -> Response:
    """Sign in, and go on to where the person was going."""
    browser = request.headers.get("user-agent", "")
    try:
        signed_in = await sign_in(
            parts.store, parts.passwords, parts.attempts, name, password, address=address_of(request), browser=browser
        )
    except SignInRefused as error:
        values = {"then": _local(then), "name": name, "error": str(error)}
        return page(request, "access/sign_in.html", status=422, **values)
    return _entered(request, signed_in, _local(then))


@router.post("/sign-out")
async def do_sign_out(request: Request, parts: Served, visitor: Visiting, everywhere: Field = "") -> Response:
    """Sign out here, or wherever the person is signed in."""
    if everywhere:
        await end_all_sessions(parts.store, visitor.user)
    elif visitor.session_id is not None:
        await end_session(parts.store, visitor.user, visitor.session_id)
    response = Response(headers={"HX-Redirect": "/sign-in"})
    drop_session(response)
    return response


@router.get("/enter/{secret}")
async def show_link(request: Request, parts: Served, secret: str) -> Response:
    """What a one-time link is for. Looking does not use it: programs open addresses before people do."""
    link = await _link(request, parts, secret)
    if link.purpose == "sign_in":
        return page(request, "access/enter.html", secret=secret)
    return await _join_page(request, parts, link, secret)


@router.post("/enter/{secret}")
async def use_link(
    request: Request, parts: Served, secret: str, name: Field = "", password: Field = "", again: Field = ""
) -> Response:
    """Sign in by the link, or join the household that it invites to."""
    link = await _link(request, parts, secret)
    browser = request.headers.get("user-agent", "")
    try:
        if link.purpose == "sign_in":
            return _entered(request, await sign_in_by_link(parts.store, secret, browser=browser), "/")
        if password != again:
            raise PasswordUnfit("The two passwords differ. Type the same one twice.")
        joined = await join(parts.store, parts.passwords, secret, name, password, browser=browser)
    except LinkUnusable as error:
        raise _unusable(error) from error
    except (NameUnfit, NameTaken, PasswordUnfit) as error:
        return await _join_page(request, parts, link, secret, name=name, error=error)
    return _entered(request, joined, "/")


async def _link(request: Request, parts: Parts, secret: str) -> Link:
    address = address_of(request)
    await parts.attempts.check_guesses(address)
    link = await link_of(parts.store, secret)
    if link is None:
        await parts.attempts.count_guess(address)
        raise _unusable(LinkUnusable())
    return link


def _unusable(error: LinkUnusable) -> Problem:
    return Problem(404, "link_unusable", f"{error} `tuppence link` prints one where Tuppence runs.")


async def _join_page(
    request: Request, parts: Parts, link: Link, secret: str, name: str = "", error: Exception | None = None
) -> Response:
    household = await household_of(Ledger(parts.store, link.household_id))
    return page(
        request,
        "access/join.html",
        status=200 if error is None else 422,
        secret=secret,
        household=household.name,
        owner=link.role == "owner",
        name=name,
        error=None if error is None else str(error),
        error_in="password" if isinstance(error, PasswordUnfit) else "name",
    )


def _entered(request: Request, signed_in: SignedIn, then: str) -> Response:
    response = RedirectResponse(then, 303)
    keep_session(request, response, signed_in.token)
    return response


def _local(target: str) -> str:
    """`target` if it is a path of this server, else the front door: nobody is sent elsewhere by a link to us."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if local and "\\" not in target else "/"

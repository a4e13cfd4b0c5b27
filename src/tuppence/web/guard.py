"""Who may enter: one place before every route. What is not open to all needs a session or a key; writes need more."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuppence.access.attempts import TooManyAttempts
from tuppence.store import StoreBusy
from tuppence.web.problems import Problem, answer_to, problem_of

if TYPE_CHECKING:
    from tuppence.web.visitor import Visitor

OPEN = frozenset({"/sign-in", "/health"})
OPEN_BELOW = ("/static/", "/enter/")
"""Where somebody who has not signed in may go; everything else is closed, whoever adds it."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?", re.ASCII)
"""What a Host header may say."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

FindVisitor = Callable[[Request], Awaitable["Visitor | None"]]
"""Who makes a request; None when nobody has signed in. Raises Problem for a key that is no good."""


class Guard:
    """The outermost layer of the app: hosts, headers, sign-in, scopes, and where writes come from."""

    def __init__(self, app: ASGIApp, find_visitor: FindVisitor, hosts: frozenset[str]) -> None:
        """hosts: names by which the server may be addressed, in lower case and without a port; empty: by any.

        Addresses in figures always pass: what has to be kept out are foreign names that were made to lead here.
        """
        self._app, self._find_visitor, self._hosts = app, find_visitor, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)

        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            refusal = await self._refusal(request)
            await (refusal or self._app)(scope, receive, send_with_headers)
        except Exception as error:
            if not begun:
                request.state.visitor = None
                await answer_to(request, problem_of(error))(scope, receive, send_with_headers)
            raise

    async def _refusal(self, request: Request) -> Response | None:
        """Why the request goes no further, told to whoever made it; None when it may pass."""
        try:
            self._check_host(request)
            request.state.visitor = visitor = await self._find_visitor(request)
            path = request.scope["path"]
            is_open = path in OPEN or path.startswith(OPEN_BELOW)
            if request.method not in SAFE:
                _check_write(request, visitor, is_open=is_open)
            if visitor is None and not is_open:
                return _to_sign_in(request)
        except (Problem, TooManyAttempts, StoreBusy) as error:
            return answer_to(request, problem_of(error))
        return None

    def _check_host(self, request: Request) -> None:
        given = request.headers.get("host", "")
        parts = _HOST.fullmatch(given)
        if parts is None:
            raise Problem(400, "unknown_host", "The request does not say by which name it means this server.")
        host = parts["name"].strip("[]").rstrip(".").lower()
        if self._hosts and host not in self._hosts and not _is_address(host):
            text = f"This server does not answer to the name {host[:100]!r}. Add it to TUPPENCE_HOSTS if it should."
            raise Problem(400, "unknown_host", text)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _check_write(request: Request, visitor: Visitor | None, *, is_open: bool) -> None:
    """Raises Problem unless the write comes from one of our own pages, or from a key that may write."""
    if visitor is not None and visitor.key_id is not None:
        if not visitor.may_write:
            raise Problem(403, "read_only", "This key may only read. Use one with write scope.")
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "foreign_origin", "This request came from another site.")
    origin = request.headers.get("origin")
    if origin is not None and origin.lower().partition("://")[2] != request.headers.get("host", "").lower():
        raise Problem(403, "foreign_origin", "This request came from another site.")
    if is_open or visitor is None:
        return
    if not visitor.csrf_ok(request.headers.get("x-csrf-token", "")):
        raise Problem(403, "csrf", "The page is too old for this. Reload it, then try again.")


def _to_sign_in(request: Request) -> Response:
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    if path.startswith("/api/"):
        return answer_to(request, Problem(401, "signed_out", "Sign in, or send a key as `Authorization: Bearer KEY`."))
    if request.headers.get("HX-Request"):
        return Response(status_code=200, headers={"HX-Redirect": "/sign-in"})
    if request.method not in SAFE:
        return answer_to(request, Problem(401, "signed_out", "Sign in first."))
    target = path + (f"?{query}" if query else "")
    return RedirectResponse("/sign-in" + (f"?then={quote(target)}" if target != "/" else ""), 303)

"""What can go wrong with a request, told to whoever asked: as JSON, as a message on the page, or as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from tuppence.access.attempts import TooManyAttempts
from tuppence.access.users import LastOwner, UserUnknown
from tuppence.assistant.reader import UnknownChat, UnknownTurn
from tuppence.assistant.turns import ChatBusy
from tuppence.ledger.names import NameTaken, NameUnknown
from tuppence.store import StoreBusy
from tuppence.web.pages import page

_TITLES = {401: "Sign in first", 403: "Not allowed", 404: "There is nothing here", 503: "Tuppence is busy"}


class Problem(Exception):
    """A request that cannot be served."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """status: of HTTP. code: for programs. message: what happened and what to do. more: further JSON members."""
        super().__init__(message)
        self.headers = dict(headers or {})
        self.status, self.code, self.message, self.more = status, code, message, more


def missing(noun: str) -> Problem:
    """There is no such thing in this household."""
    return Problem(404, "not_found", f"There is no such {noun}. It may have been deleted.")


def told(response: Response, text: str, *, undo: str | None = None, changed: bool = True) -> Response:
    """The response, after which the page says `text`.

    undo: the address to which a POST takes the change back. changed: the ledger's figures on the page are fetched anew.
    """
    events: dict[str, Any] = {"told": {"target": "body", "text": text, "undo": undo}}
    if changed:
        events["ledger-changed"] = {"target": "body"}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def answer_to(request: Request, problem: Problem) -> Response:
    """The problem in the form that the request can show."""
    headers = problem.headers
    if "seconds" in problem.more:
        headers = {**headers, "Retry-After": str(problem.more["seconds"])}
    if request.scope["path"].startswith("/api/") or "application/json" in request.headers.get("accept", ""):
        body = {"code": problem.code, "message": problem.message, **problem.more}
        return JSONResponse(body, problem.status, headers)
    if request.headers.get("HX-Request"):
        shown = {"problem": {"target": "body", "text": problem.message}}
        return Response(
            status_code=problem.status, headers={**headers, "HX-Reswap": "none", "HX-Trigger": json.dumps(shown)}
        )
    title = _TITLES.get(problem.status, "That did not work")
    shown_page = page(request, "problem.html", status=problem.status, title=title, message=problem.message)
    shown_page.headers.update(headers)
    return shown_page


def install(app: FastAPI) -> None:
    """Have every failure that a person can do something about answered by `answer_to`."""

    async def handler(request: Request, error: Exception) -> Response:
        return answer_to(request, problem_of(error))

    for kind in (*_EXPECTED, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handler)


_EXPECTED = (
    Problem,
    UnknownChat,
    UnknownTurn,
    ChatBusy,
    NameUnknown,
    NameTaken,
    TooManyAttempts,
    LastOwner,
    UserUnknown,
    StoreBusy,
)


def problem_of(error: Exception) -> Problem:
    """What to tell of a failure; of one that nobody expected, that it was a mistake of ours."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return _http(error)
        case UnknownChat():
            return missing("chat")
        case UnknownTurn():
            return missing("answer")
        case ChatBusy():
            return Problem(409, "chat_busy", str(error), turn=error.turn_id)
        case NameUnknown() | UserUnknown():
            return Problem(404, "not_found", str(error))
        case NameTaken():
            return Problem(409, "name_taken", str(error))
        case LastOwner():
            return Problem(409, "last_owner", str(error))
        case TooManyAttempts():
            return Problem(429, "too_many_attempts", str(error), seconds=error.seconds)
        case StoreBusy():
            return Problem(503, "busy", str(error))
    text = "Something went wrong inside Tuppence; its log says what. Try again, and report it if it happens again."
    return Problem(500, "internal_error", text)


def _invalid(error: RequestValidationError) -> Problem:
    """Names what is wrong with which field, without repeating what was sent."""
    fields = [{"field": ".".join(map(str, one["loc"][1:])), "message": one["msg"]} for one in error.errors()]
    listed = "; ".join(f"{one['field']}: {one['message']}" for one in fields)
    return Problem(422, "invalid", f"That cannot be used as it is: {listed}.", fields=fields)


def _http(error: HTTPException) -> Problem:
    if error.status_code == 404:
        return Problem(404, "not_found", "There is no page at this address.")
    return Problem(error.status_code, "refused", f"{error.detail}.".replace("..", "."), headers=error.headers)

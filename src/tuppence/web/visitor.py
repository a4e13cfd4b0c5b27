"""Who makes a request, and what that lets them reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tuppence.access.users import User
from tuppence.assistant.reader import Reader
from tuppence.ledger.edits import By
from tuppence.ledger.household import Ledger
from tuppence.web.formats import Formats
from tuppence.web.parts import Parts
from tuppence.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person, or a program with that person's key. All that they reach hangs on `ledger` and `reader`."""

    user: User
    ledger: Ledger
    """Of the household of the user: whoever holds it sees that household's rows and no others."""
    formats: Formats
    session_id: str | None
    """None for a program."""
    key_id: str | None
    """Of the API key; None for a person in a browser."""
    may_write: bool
    csrf: str | None
    """What the browser has to send along with every write."""
    csrf_ok: Callable[[str], bool]

    @property
    def reader(self) -> Reader:
        """Whose chats are seen."""
        return Reader(self.user.id, owner=self.is_owner)

    @property
    def by(self) -> By:
        """Who is named in the journal of edits."""
        return By(self.user.id)

    @property
    def is_owner(self) -> bool:
        """Whether the user decides for the household: its members, providers, backups."""
        return self.user.role == "owner"


def visitor_of(request: Request) -> Visitor:
    """Who makes the request. The guard lets nobody else through to routes that ask this."""
    visitor = request.state.visitor
    if visitor is None:
        raise Problem(401, "signed_out", "Sign in first.")
    assert isinstance(visitor, Visitor)
    return visitor


def owner_of(request: Request) -> Visitor:
    """The same where only the household's owner may enter."""
    visitor = visitor_of(request)
    if not visitor.is_owner:
        raise Problem(403, "owner_only", "Only the owner of the household can do this.")
    return visitor


def parts_of(request: Request) -> Parts:
    """The parts of the process."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


Visiting = Annotated[Visitor, Depends(visitor_of)]
Owning = Annotated[Visitor, Depends(owner_of)]
Served = Annotated[Parts, Depends(parts_of)]

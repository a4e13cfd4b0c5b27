"""Who reads, and which chats exist for them. Every query over chats has `readable` in its WHERE."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, and_, or_

from tuppence.ledger.household import Ledger
from tuppence.store.tables import chats


class UnknownChat(LookupError):
    """There is no such chat. `tuppence chat --list` shows those there are."""


class UnknownTurn(LookupError):
    """There is no such turn."""


class Reader(msgspec.Struct, frozen=True):
    """Somebody who reads and writes chats."""

    user_id: int | None
    """None: whoever sits at the command line."""
    owner: bool = False
    """Whether it is the household's owner."""


COMMAND_LINE = Reader(None)


def readable(ledger: Ledger, reader: Reader) -> ColumnElement[bool]:
    """True for the chats of this household that `reader` may read: their own.

    Chats begun at the command line have no author: the command line reads them, and the household's owner.
    """
    author = chats.c.author_id
    theirs = author.is_(None) if reader.user_id is None else author == reader.user_id
    if reader.owner:
        theirs = or_(theirs, author.is_(None))
    return and_(chats.c.household_id == ledger.household, theirs)

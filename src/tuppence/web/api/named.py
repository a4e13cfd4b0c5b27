"""What the API's categories, merchants and tags have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from tuppence.ledger.edits import Edited
from tuppence.web.names import LONGEST_NAME

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Id = Annotated[int, Field(ge=1, lt=1 << 63)]


class Into(BaseModel):
    """What something becomes part of."""

    into: Id
    """The id of the one that stays."""


class Moved(BaseModel):
    """What came of merging or deleting."""

    edit: str | None
    """By which it can be undone (`POST /api/edits/{id}/undo`)."""
    transactions: int
    """How many are different now."""

    @classmethod
    def by(cls, done: Edited) -> Moved:
        """The same of an edit."""
        return cls(edit=done.edit_id, transactions=done.rows)

"""What a form says about how transactions are filed, and the edit that it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType
from starlette.datastructures import FormData

from tuppence.ledger.edits import Edited, edit_of
from tuppence.ledger.filing import Meant, TransactionChange, file_transactions
from tuppence.ledger.merchants import merchant_named
from tuppence.ledger.names import NameTaken, NameUnknown
from tuppence.web.problems import Problem, missing
from tuppence.web.visitor import Visitor

NONE = "none"
NEW = "new:"


@dataclass(frozen=True, slots=True)
class Filing:
    """How transactions are to be filed."""

    change: TransactionChange
    new_merchant: str | None = None
    """The name of a merchant to put on them, who is made when there is none of that name."""

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing to change."""
        return self.new_merchant is None and self.change == TransactionChange()


def filing_of(form: FormData) -> Filing:
    """What was chosen in a form; what it leaves out stays as it is.

    Its fields: category and merchant (an id, "none", for merchants "new:" and a name; empty says nothing), notes (empty
    takes them away), add_tag (several with commas between them) and remove_tag. Raises Problem for what cannot be.
    """
    merchant = str(form.get("merchant", ""))
    new_merchant = merchant.removeprefix(NEW).strip() if merchant.startswith(NEW) else None
    change = TransactionChange(
        category=_chosen(str(form.get("category", "")), "category"),
        merchant=UNSET if new_merchant is not None else _chosen(merchant, "merchant"),
        notes=str(form["notes"]) if "notes" in form else UNSET,
        add_tags=_names(",".join(map(str, form.getlist("add_tag"))).split(",")),
        remove_tags=_names(map(str, form.getlist("remove_tag"))),
    )
    return Filing(change, new_merchant)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in given if name.strip())


def _chosen(value: str, noun: str) -> int | UnsetType | None:
    if not value:
        return UNSET
    if value == NONE:
        return None
    if value.isascii() and value.isdecimal() and len(value) <= 18:
        return int(value)
    raise missing(noun)


async def file_as(visitor: Visitor, meant: Meant, wanted: Filing) -> Edited:
    """File the transactions that are meant. Raises Problem when one of the ids is none of ours."""
    with refused():
        change = wanted.change
        if wanted.new_merchant is not None:
            merchant = await merchant_named(visitor.ledger, wanted.new_merchant, by=visitor.by)
            change = msgspec.structs.replace(change, merchant=merchant.id)
        return await file_transactions(visitor.ledger, meant, change, visitor.by)


@dataclass(frozen=True, slots=True)
class Done:
    """What to say after an edit."""

    text: str
    undo: str | None
    """The address to which a POST takes it back; None when nothing changed."""


async def done(visitor: Visitor, came_of_it: Edited) -> Done:
    """What an edit came to, in the words of the journal."""
    if came_of_it.edit_id is None:
        return Done("Nothing changed: it was so already.", None)
    return Done(f"{(await edit_of(visitor.ledger, came_of_it.edit_id)).summary}.", undo_address(came_of_it.edit_id))


def undo_address(edit_id: str) -> str:
    """Where a POST takes an edit back."""
    return f"/edits/{edit_id}/undo"


@contextmanager
def refused() -> Iterator[None]:
    """Tell whoever asked what the ledger refuses: 404 for what it does not have, 422 for what cannot be."""
    try:
        yield
    except (NameUnknown, NameTaken):
        raise
    except LookupError as error:
        raise Problem(404, "not_found", f"{error} It may have been deleted.") from error
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error

"""A person decides what was suggested. Each decision is an edit: what was filed and the queue are undone together."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import and_, select

from tuppence.enrichment.suggestion_list import (
    ALL,
    Narrowing,
    Suggestion,
    SuggestionGroup,
    SuggestionPage,
    count_suggestions,
    groups_on,
    list_suggestions,
    waiting_among,
)
from tuppence.enrichment.suggestions import tags_in
from tuppence.ledger.bulk_edits import NOTHING, edit_in_slices
from tuppence.ledger.edits import PERSON, By, Edited, Editing
from tuppence.ledger.filing import TransactionChange, counted, file_in
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import merchant_in
from tuppence.ledger.names import name_key
from tuppence.ledger.transfer_marks import counterparts, movement_of, pair_anew
from tuppence.store.bulk import is_among
from tuppence.store.tables import now, suggestions, transactions, transfers

__all__ = [
    "ALL",
    "Narrowing",
    "NeedsOtherSide",
    "Suggestion",
    "SuggestionGroup",
    "SuggestionPage",
    "UnknownSuggestion",
    "accept",
    "accept_as",
    "accept_group",
    "count_suggestions",
    "list_suggestions",
    "reject",
]


class UnknownSuggestion(LookupError):
    """The household has no such suggestion."""

    def __init__(self, identity: int) -> None:
        super().__init__(f"There is no suggestion {identity}.")


class NeedsOtherSide(ValueError):
    """It is not clear which transaction is the other side of a transfer."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing, or more than one transaction, could be the other side of this transfer. Open the transaction "
            "itself to say which one it is, or reject the suggestion."
        )


async def accept(ledger: Ledger, ids: Sequence[int], by: By = PERSON) -> Edited:
    """File the transactions as these suggestions say, as if the person had; counted are those that are different now.

    A merchant, or a tag, that does not exist yet is made. Suggestions that wait no more are passed over. Raises
    UnknownSuggestion; NeedsOtherSide, and changes nothing, when one is a transfer and its other side is not clear;
    ValueError when it is not a person who decides.
    """
    _check(by)
    await _check_known(ledger, ids)
    pairs = await _pairs(ledger, ids)
    if None in pairs.values():
        raise NeedsOtherSide
    return await _accept(ledger, ids, pairs, by)


async def accept_group(ledger: Ledger, suggestion_id: int, by: By = PERSON, narrowing: Narrowing = ALL) -> Edited:
    """Accept a suggestion and all of its group, see `list_suggestions`; with `narrowing` only those that it means.

    Transfers whose other side is not clear are left. Raises as `accept` does, NeedsOtherSide for the one named.
    """
    _check(by)
    ids = await _group_of(ledger, suggestion_id, narrowing)
    pairs = await _pairs(ledger, ids)
    if pairs.get(suggestion_id, ()) is None:
        raise NeedsOtherSide
    return await _accept(ledger, [each for each in ids if pairs.get(each, ()) is not None], pairs, by)


async def accept_as(ledger: Ledger, ids: Sequence[int], change: TransactionChange, by: By = PERSON) -> Edited:
    """File the transactions of these suggestions otherwise: as the person says; counted are those different now.

    Suggestions about something of which `change` says something else are rejected; those about other things still
    wait. Suggestions that wait no more are passed over. Raises UnknownSuggestion; LookupError when the household lacks
    an id of `change`; ValueError when it is not a person who decides.
    """

    async def carry_out(edit: Editing, some: Sequence[int]) -> int:
        rows = await waiting_among(edit.connection, ledger, some)
        count = await file_in(edit, [row.transaction_id for row in rows], change)
        for row in rows:
            if (said := _said_by(change, row)) is not None:
                await _decide(edit, [row.id], "accepted" if said else "rejected")
        return count

    def summary(different: int) -> str:
        return f"Filed {counted(different, 'transaction')} otherwise than suggested"

    return await _decided(ledger, ids, by, summary, carry_out)


async def reject(ledger: Ledger, ids: Sequence[int], by: By = PERSON) -> Edited:
    """Say no: the same is not suggested again for the same transaction. Counted are the suggestions.

    Those that are decided already are passed over. Raises UnknownSuggestion; ValueError when it is not a person who
    decides.
    """

    async def carry_out(edit: Editing, some: Sequence[int]) -> int:
        return await _decide(edit, some, "rejected")

    return await _decided(ledger, ids, by, lambda count: f"Rejected {counted(count, 'suggestion')}", carry_out)


def _check(by: By) -> None:
    if not by.is_person:
        raise ValueError("Only a person decides what was suggested.")


async def _check_known(ledger: Ledger, ids: Collection[int]) -> None:
    async with ledger.store.reading() as connection:
        these = is_among(connection.dialect.name, [suggestions.c.id], [[each] for each in ids])
        known = select(suggestions.c.id).where(suggestions.c.household_id == ledger.household, these)
        there = set(await connection.scalars(known))
    for identity in ids:
        if identity not in there:
            raise UnknownSuggestion(identity)


async def _group_of(ledger: Ledger, suggestion_id: int, narrowing: Narrowing) -> Sequence[int]:
    """The ids of the suggestions that are decided together with this one; none when it waits no more."""
    await _check_known(ledger, [suggestion_id])
    async with ledger.store.reading() as connection:
        groups = await groups_on(connection, ledger, narrowing)
    together = ([member.id for member in group.members] for group in groups)
    return next((ids for ids in together if suggestion_id in ids), ())


# --------------------------------------------------------------------------------------------------------- deciding

_Carried = Callable[[Editing, Sequence[int]], Awaitable[int]]


async def _decided(
    ledger: Ledger, ids: Iterable[int], by: By, summary: Callable[[int], str], carry_out: _Carried
) -> Edited:
    """One edit over all of the suggestions, of which `carry_out` decides some and returns what counts."""
    _check(by)
    meant = sorted(set(ids))
    await _check_known(ledger, meant)
    total = 0

    async def carry_out_some(edit: Editing, some: Sequence[int]) -> int:
        nonlocal total
        total += (count := await carry_out(edit, some))
        edit.summary = summary(total)
        return count

    return await edit_in_slices(ledger, by, summary(0), meant, carry_out_some) if meant else NOTHING


async def _decide(edit: Editing, ids: Iterable[int], state: Literal["accepted", "rejected"]) -> int:
    """Close those of these suggestions that are open; return how many were."""
    these = is_among(edit.connection.dialect.name, [suggestions.c.id], [[each] for each in ids])
    values = {"state": state, "user_id": edit.by.user_id, "decided_at": now()}
    return await edit.update(suggestions, and_(these, suggestions.c.state == "open"), values)


async def _accept(ledger: Ledger, ids: Sequence[int], pairs: Mapping[int, "_Pair | None"], by: By) -> Edited:
    accepted = 0

    async def carry_out(edit: Editing, some: Sequence[int]) -> int:
        nonlocal accepted
        rows = await waiting_among(edit.connection, ledger, some)
        different = await _file(edit, [row for row in rows if row.kind != "transfer"])
        wanted = {row.id: pairs.get(row.id) for row in rows if row.kind == "transfer"}
        made = {pair: await _mark(edit, pair) for pair in dict.fromkeys(wanted.values()) if pair is not None}
        done = [row.id for row in rows if row.id not in wanted or made.get(wanted[row.id] or (0, 0))]
        accepted += await _decide(edit, done, "accepted")
        return different + sum(made.values())

    return await _decided(ledger, ids, by, lambda _: f"Accepted {counted(accepted, 'suggestion')}", carry_out)


async def _file(edit: Editing, rows: Iterable[Any]) -> int:
    """File transactions as suggested; return how many are different now."""
    of: dict[int, TransactionChange] = {}
    made: dict[tuple[str, str | None], int] = {}
    for row in rows:
        merchant, new = row.merchant_id, (row.merchant_name, row.merchant_website)
        if row.merchant_name is not None:
            merchant = made[new] = made.get(new) or (await merchant_in(edit, *new)).id
        earlier = of.get(row.transaction_id, TransactionChange())
        of[row.transaction_id] = _with(earlier, row, merchant)
    alike: dict[TransactionChange, list[int]] = {}
    for identity, change in of.items():
        alike.setdefault(change, []).append(identity)
    return sum([await file_in(edit, ids, change) for change, ids in alike.items()])


def _with(change: TransactionChange, row: Any, merchant: int | None) -> TransactionChange:
    match row.kind:
        case "category":
            return msgspec.structs.replace(change, category=row.category_id)
        case "merchant":
            return msgspec.structs.replace(change, merchant=merchant)
    return msgspec.structs.replace(change, add_tags=tags_in(row.tags))


def _said_by(change: TransactionChange, row: Any) -> bool | None:
    """Whether `change` says the same as the suggestion; None when it says nothing of it."""
    match row.kind:
        case "category":
            return None if change.category is UNSET else change.category == row.category_id
        case "merchant":
            return None if change.merchant is UNSET else change.merchant == row.merchant_id
        case "tags":
            added = {name_key(name) for name in change.add_tags}
            meant = {name_key(name) for name in tags_in(row.tags)}
            return meant <= added if change.add_tags or change.remove_tags else None
    return None if change.category is UNSET else False


# -------------------------------------------------------------------------------------------------------- transfers

_Pair = tuple[int, int]
"""The ids of the two sides, the lower one first."""


async def _pairs(ledger: Ledger, ids: Collection[int]) -> dict[int, _Pair | None]:
    """For each of the suggestions that is a transfer its two sides; None where the other one is not clear."""
    async with ledger.store.reading() as connection:
        rows = await waiting_among(connection, ledger, ids)
    found: dict[int, _Pair | None] = {}
    for row in rows:
        if row.kind == "transfer":
            others = [each.id for each in await counterparts(ledger, row.transaction_id) if each.transfer_id is None]
            one, other = row.transaction_id, others[0] if len(others) == 1 else None
            found[row.id] = None if other is None else (min(one, other), max(one, other))
    return found


async def _mark(edit: Editing, pair: _Pair) -> int:
    """Make the two one transfer, if both are still free; return how many transactions are different now."""
    sides = [await movement_of(edit, identity) for identity in pair]
    row = transactions.c
    these = and_(row.id.in_(pair), row.transfer_id.is_(None), row.transfer_source.is_distinct_from("person"))
    free = select(row.id).where(row.household_id == edit.ledger.household, these)
    if len((await edit.connection.scalars(free)).all()) < len(sides):
        return 0
    made = await edit.insert(transfers, {"source": "person"})
    count = await edit.update(transactions, these, {"transfer_id": made, "transfer_source": "person"})
    await pair_anew(edit, [side.date for side in sides])
    return count

"""What is suggested for transactions, and how it comes into the review queue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Table, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.entries import Standing, standings
from tuppence.enrichment.proposals import FreeSource, Proposal
from tuppence.enrichment.rules import Decided
from tuppence.ledger.household import Ledger
from tuppence.ledger.merchants import host_name
from tuppence.ledger.names import name_key, shown_name
from tuppence.store.bulk import insert_rows, is_among
from tuppence.store.tables import categories, merchants, now, suggestions

SuggestionSource = FreeSource | Literal["model"]
"""Who may suggest something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """One thing that somebody would say of one transaction."""

    transaction_id: int
    kind: Decided
    category_id: int | None = None
    """Of the kind "category"."""
    merchant_id: int | None = None
    """Of the kind "merchant", where the household has it already."""
    merchant_name: str | None = None
    """Of the kind "merchant", where there is no id: it is made when a person accepts."""
    website: str | None = None
    """Of the merchant of that name; None when unknown. What is no website counts as unknown."""
    tags: tuple[str, ...] = ()
    """Of the kind "tags": names to add."""
    source: SuggestionSource
    confidence: int | None
    """Percent; None when whoever suggests it did not say."""
    reason: str
    """For people."""


def suggested(each: Proposal) -> Suggested:
    """What a proposal suggests."""
    return Suggested(
        transaction_id=each.transaction_id,
        kind=each.kind,
        category_id=each.category_id,
        merchant_id=each.merchant_id,
        tags=each.tags,
        source=each.source,
        confidence=each.confidence,
        reason=each.reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where suggestions come from: a run in the background, or a call within a chat."""

    run_id: str | None = None
    turn_id: str | None = None
    round: int | None = None
    call_id: str | None = None


async def suggest(connection: AsyncConnection, ledger: Ledger, new: Sequence[Suggested], origin: Origin) -> int:
    """Put into the review queue what is worth a person's look; return how many transactions have a new suggestion.

    Part of the caller's writing transaction. Left out is what is so already, what a person has decided, what was
    rejected before, what the household does not have (transactions, categories, merchants), a category for a transfer,
    and what this very call of a chat suggested before. One that is open and says something else is replaced; one that
    says the same stays. Of two in `new` that answer the same question the later one counts.
    """
    wanted = {(each.transaction_id, each.kind): each for each in new}
    ids = sorted({identity for identity, _ in wanted})
    known = await _known(connection, ledger)
    earlier = await _earlier(connection, ledger, ids, known)
    standing = await standings(connection, ledger, ids)
    found = [
        fresh
        for question, each in wanted.items()
        if each.transaction_id in standing
        and (fresh := _fresh(each, standing[each.transaction_id], known, earlier.get(question, _NOTHING), origin))
    ]
    await _put_aside(connection, ledger, [one for each in found for one in earlier.get(_question(each), _NOTHING)])
    await insert_rows(connection, suggestions, [_row(ledger, each, origin) for each in found])
    return len({each.transaction_id for each in found})


_Question = tuple[int, Decided]
"""The id of a transaction, and what is to be said of it."""
_Answer = int | str | frozenset[str] | None
"""An id, or how names are compared: what two suggestions have in common that say the same."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the household has."""

    categories: frozenset[int]
    merchants: Mapping[str, int]
    """The ids by their names, as they are compared."""
    merchant_ids: frozenset[int]

    def merchant(self, identity: int | None, name: str | None) -> int | str | None:
        """The id; of a merchant that is not there yet its name, as it is compared."""
        if identity is not None or name is None:
            return identity
        return self.merchants.get(name_key(name), name_key(name))


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A suggestion that answers the same question."""

    id: int
    state: str
    answer: _Answer
    origin: Origin


_NOTHING: Sequence[_Earlier] = ()


def _question(each: Suggested) -> _Question:
    return each.transaction_id, each.kind


def _fresh(
    each: Suggested, standing: Standing, known: _Known, earlier: Sequence[_Earlier], origin: Origin
) -> Suggested | None:
    """What of the suggestion is worth a person's look; None when nothing is."""
    if origin.call_id is not None and any(one.origin == origin for one in earlier):
        return None
    if each.kind == "merchant":
        each = _named(each, known)
    rejected = [one.answer for one in earlier if one.state == "rejected"]
    if each.kind == "tags":
        each = _untagged(each, standing, rejected)
    answer = _answer(each, known)
    is_open = any(one.state == "open" and one.answer == answer for one in earlier)
    return None if is_open or answer in rejected or not _may_be_said(each, standing, known) else each


def _named(each: Suggested, known: _Known) -> Suggested:
    """The suggestion of a merchant by its id where the household has it, or else by a name that can be kept."""
    if each.merchant_id is not None or not name_key(each.merchant_name or ""):
        return replace(each, merchant_name=None, website=None)
    name = shown_name(each.merchant_name or "", "a merchant")
    if (identity := known.merchants.get(name_key(name))) is not None:
        return replace(each, merchant_id=identity, merchant_name=None, website=None)
    return replace(each, merchant_name=name, website=_website(each.website))


def _website(text: str | None) -> str | None:
    try:
        return None if text is None else host_name(text)
    except ValueError:
        return None


def _untagged(each: Suggested, standing: Standing, rejected: Iterable[_Answer]) -> Suggested:
    """The suggestion without tags that are there already, or that were rejected before."""
    unwanted = standing.tags.union(*(answer for answer in rejected if isinstance(answer, frozenset)))
    named = {name_key(name): shown_name(name, "a tag") for name in each.tags if name_key(name)}
    return replace(each, tags=tuple(name for key, name in named.items() if key not in unwanted))


def _may_be_said(each: Suggested, standing: Standing, known: _Known) -> bool:
    """Whether it is not so already, no person has decided, and the household has what it is about."""
    match each.kind:
        case "category":
            is_free = not standing.category_is_locked and not standing.is_transfer
            return is_free and each.category_id in known.categories and each.category_id != standing.category_id
        case "merchant":
            if standing.merchant_is_locked:
                return False
            if each.merchant_id is None:
                return each.merchant_name is not None
            return each.merchant_id != standing.merchant_id and each.merchant_id in known.merchant_ids
        case "tags":
            return bool(each.tags)
    return not standing.is_transfer and not standing.transfer_is_locked


def _answer(each: Suggested, known: _Known) -> _Answer:
    match each.kind:
        case "category":
            return each.category_id
        case "merchant":
            return known.merchant(each.merchant_id, each.merchant_name)
        case "tags":
            return frozenset(map(name_key, each.tags))
    return None


async def _known(connection: AsyncConnection, ledger: Ledger) -> _Known:
    def of(table: Table, *columns: ColumnElement[Any]) -> Any:
        return select(*columns).where(table.c.household_id == ledger.household)

    known = await connection.scalars(of(categories, categories.c.id))
    named = await connection.execute(of(merchants, merchants.c.name_key, merchants.c.id))
    by_name = {row.name_key: row.id for row in named}
    return _Known(frozenset(known), by_name, frozenset(by_name.values()))


async def _earlier(
    connection: AsyncConnection, ledger: Ledger, ids: Sequence[int], known: _Known
) -> dict[_Question, list[_Earlier]]:
    """What was suggested for these transactions before."""
    these = is_among(connection.dialect.name, [suggestions.c.transaction_id], [[each] for each in ids])
    found: dict[_Question, list[_Earlier]] = {}
    for row in await connection.execute(
        select(suggestions).where(suggestions.c.household_id == ledger.household, these)
    ):
        said = Suggested(
            transaction_id=row.transaction_id,
            kind=row.kind,
            category_id=row.category_id,
            merchant_id=row.merchant_id,
            merchant_name=row.merchant_name,
            tags=tags_in(row.tags),
            source=row.source,
            confidence=row.confidence,
            reason=row.reason,
        )
        origin = Origin(run_id=row.run_id, turn_id=row.turn_id, round=row.round, call_id=row.call_id)
        found.setdefault(_question(said), []).append(_Earlier(row.id, row.state, _answer(said, known), origin))
    return found


async def _put_aside(connection: AsyncConnection, ledger: Ledger, earlier: Sequence[_Earlier]) -> None:
    """Make room for a newer suggestion, as one of a question is open at most.

    A decision on an earlier one stays, and is remembered, but has no time any more: so it is not as its edit left it,
    and undoing that edit does not open it again beside the newer one.
    """
    moment, mine = now(), suggestions.c.household_id == ledger.household
    for states, values in (
        (("open",), {"state": "replaced", "decided_at": moment}),
        (("accepted", "rejected"), {"decided_at": None}),
    ):
        these = [[one.id] for one in earlier if one.state in states]
        if these:
            meant = and_(mine, is_among(connection.dialect.name, [suggestions.c.id], these))
            await connection.execute(update(suggestions).where(meant).values(values))


def _row(ledger: Ledger, each: Suggested, origin: Origin) -> dict[str, Any]:
    return {
        "household_id": ledger.household,
        "transaction_id": each.transaction_id,
        "kind": each.kind,
        "category_id": each.category_id if each.kind == "category" else None,
        "merchant_id": each.merchant_id,
        "merchant_name": each.merchant_name,
        "merchant_website": each.website,
        "tags": msgspec.json.encode(each.tags).decode() if each.tags else None,
        "source": each.source,
        "confidence": each.confidence,
        "reason": each.reason,
        "run_id": origin.run_id,
        "turn_id": origin.turn_id,
        "round": origin.round,
        "call_id": origin.call_id,
        "state": "open",
        "created_at": now(),
    }


def tags_in(text: str | None) -> tuple[str, ...]:
    """The names of tags as a row of the table keeps them."""
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])

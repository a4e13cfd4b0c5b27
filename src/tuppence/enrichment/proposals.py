"""What is proposed for transactions before any model is asked: by people's rules, their memory, a classifier."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.classifier import Guess
from tuppence.enrichment.conditions import told
from tuppence.enrichment.entries import Entry, Filing, Kind, Standing, entries_of, filings, standings
from tuppence.enrichment.habits import Habit, Habits
from tuppence.enrichment.memory import Recollection, Way
from tuppence.enrichment.rules import Decided, Rule, combined, fitting, rules_on
from tuppence.ledger.bulk_edits import edit_in_slices
from tuppence.ledger.edits import By, Edited, Editing
from tuppence.ledger.filing import TransactionChange, counted, file_in
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.store.tables import accounts, categories, merchants

FreeSource = Literal["rule", "memory", "classifier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One thing to say of one transaction."""

    transaction_id: int
    kind: Decided
    category_id: int | None = None
    """Of the kind "category"."""
    merchant_id: int | None = None
    """Of the kind "merchant"."""
    tags: tuple[str, ...] = ()
    """Of the kind "tags": names to add."""
    source: FreeSource
    confidence: int
    """In percent, rounded down: how often such a proposal is right. What a person's rule says is certain: 100."""
    reason: str
    """For people: "You filed 3 of 3 “rewe” under Groceries"."""


async def proposals(ledger: Ledger, ids: Collection[int] | None = None) -> list[Proposal]:
    """What is proposed for the transactions of these ids, or for all: of each kind by the first source that knows.

    A rule is heard wherever no person has decided; memory and classifier only where nothing is filed yet. What is so
    already is not proposed. Ids that the household does not have are passed over. Nothing is kept between two calls:
    what people said a moment ago has taught already.
    """
    async with ledger.store.reading() as connection:
        asked = _Asked(
            entries=await entries_of(connection, ledger, ids),
            standings=await standings(connection, ledger, ids),
            rules=await rules_on(connection, ledger),
            taught={kind: await filings(connection, ledger, kind) for kind in _KINDS},
            names=await _names(connection, ledger),
        )
    return await to_thread.run_sync(_proposed, asked)


async def carry_out(ledger: Ledger, chosen: Sequence[Proposal], source: FreeSource) -> Edited:
    """File the transactions as those of `chosen` say that are of this source: one edit, which can be undone as a whole.

    Counted are the transactions that are different now. What a person set in the meantime stays. Proposed transfers are
    left: only a person says what is one. Raises LookupError, and changes nothing, when something proposed is gone.
    """
    of: dict[int, TransactionChange] = {}
    for each in chosen:
        if each.source == source and each.kind != "transfer":
            of[each.transaction_id] = _with(of.get(each.transaction_id, TransactionChange()), each)
    different = 0

    async def file(edit: Editing, some: Sequence[int]) -> int:
        nonlocal different
        alike: dict[TransactionChange, list[int]] = {}
        for identity in some:
            alike.setdefault(of[identity], []).append(identity)
        count = sum([await file_in(edit, ids, change) for change, ids in alike.items()])
        different += count
        edit.summary = f"Filed {counted(different, 'transaction')} by {_BY[source]}"
        return count

    return await edit_in_slices(ledger, By(source=source), "Filed no transactions", sorted(of), file)


_KINDS: tuple[Kind, ...] = get_args(Kind)
_BY: Mapping[FreeSource, str] = {"rule": "your rules", "memory": "what you did before", "classifier": "likeness"}


def _with(change: TransactionChange, proposal: Proposal) -> TransactionChange:
    match proposal.kind:
        case "category":
            return msgspec.structs.replace(change, category=proposal.category_id)
        case "merchant":
            return msgspec.structs.replace(change, merchant=proposal.merchant_id)
    return msgspec.structs.replace(change, add_tags=proposal.tags)


# ------------------------------------------------------------------------------------------------------- proposing


@dataclass(frozen=True, slots=True)
class _Names:
    """By id."""

    categories: Mapping[int, str]
    merchants: Mapping[int, str]
    accounts: Mapping[int, str]

    def of(self, kind: Kind, identity: int) -> str:
        return (self.categories if kind == "category" else self.merchants)[identity]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Everything that proposals are made from."""

    entries: Sequence[Entry]
    standings: Mapping[int, Standing]
    rules: Sequence[Rule]
    taught: Mapping[Kind, Sequence[Filing]]
    names: _Names


def _proposed(asked: _Asked) -> list[Proposal]:
    habits = {kind: Habits(filed) for kind, filed in asked.taught.items()}
    found: list[Proposal] = []
    for entry in asked.entries:
        standing = asked.standings[entry.id]
        deciding = combined(fitting(asked.rules, entry))
        found += _by_rules(entry, standing, deciding, asked.names)
        for kind in _KINDS:
            is_no_matter = kind == "category" and (standing.is_transfer or "transfer" in deciding)
            if standing.is_open(kind) and not is_no_matter and kind not in deciding:
                habit = habits[kind].habit(entry)
                if habit is not None and habit.label is not None:
                    found.append(_by_habit(entry, kind, habit, habit.label, asked.names))
    return found


def _by_rules(entry: Entry, standing: Standing, deciding: Mapping[Decided, Rule], names: _Names) -> Iterator[Proposal]:
    """What the rules say of the transaction that is not so already, and that no person decided."""
    for kind, rule in deciding.items():
        said = rule.outcome
        tags = tuple(name for name in said.tags if name_key(name) not in standing.tags) if kind == "tags" else ()
        is_new = {
            "category": not standing.category_is_locked
            and not standing.is_transfer
            and standing.category_id != said.category,
            "merchant": not standing.merchant_is_locked and standing.merchant_id != said.merchant,
            "tags": bool(tags),
            "transfer": not standing.is_transfer and not standing.transfer_is_locked,
        }
        if is_new[kind]:
            yield Proposal(
                transaction_id=entry.id,
                kind=kind,
                category_id=said.category if kind == "category" else None,
                merchant_id=said.merchant if kind == "merchant" else None,
                tags=tags,
                source="rule",
                confidence=100,
                reason=f"Your rule {rule.place}: {told(rule.conditions, names.accounts)}",
            )


def _by_habit(entry: Entry, kind: Kind, habit: Habit, label: int, names: _Names) -> Proposal:
    name = names.of(kind, label)
    known = habit.known_by
    reason = _remembered(known, name) if isinstance(known, Recollection) else _guessed(known, name)
    return Proposal(
        transaction_id=entry.id,
        kind=kind,
        category_id=label if kind == "category" else None,
        merchant_id=label if kind == "merchant" else None,
        source=habit.source,
        confidence=int(100 * habit.likelihood),
        reason=reason,
    )


_BESIDES: Mapping[Way, str] = {
    "words": "",
    "payee": "",
    "amount": " of the same amount",
    "account": " on the same account",
    "since": " since you changed that",
    "until": " until you changed that",
}


def _remembered(known: Recollection, name: str) -> str:
    return f"You filed {known.same:,} of {known.of:,} “{known.words}”{_BESIDES[known.way]} under {name}"


def _guessed(known: Guess, name: str) -> str:
    return f"Like what you filed under {name}: “{known.because}”"


async def _names(connection: AsyncConnection, ledger: Ledger) -> _Names:
    found = []
    for table in (categories, merchants, accounts):
        query = select(table.c.id, table.c.name).where(table.c.household_id == ledger.household)
        found.append({row.id: row.name for row in await connection.execute(query)})
    return _Names(*found)

"""What a rule would do to the transactions that are there, before it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from anyio import to_thread
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.enrichment.conditions import Conditions, fits
from tuppence.enrichment.entries import Entry, Standing, standings
from tuppence.enrichment.rules import Decided, Outcome, Rule, combined, fitting, list_rules
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.tables import transactions

LOOKED_AT = 20_000
"""So many transactions are looked at, the latest."""
EXAMPLES = 6
_MOST_ASKED = 1_000_000
"""So many times a rule is asked about a transaction at most."""

Fate = Literal["changed", "same", "kept", "earlier"]
"""What becomes of a transaction: filed anew, so already, otherwise by a person, decided by an earlier rule."""


@dataclass(frozen=True, slots=True)
class Example:
    """A transaction that fits."""

    transaction: Transaction
    fate: Fate | None
    """None when the rule says nothing yet."""


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would do."""

    fitting: int
    fates: Mapping[Fate, int]
    """How many of those that fit; empty when the rule says nothing yet."""
    examples: tuple[Example, ...]
    """The latest that fit, those first that would be filed anew."""
    looked_at: int | None
    """So many of the latest transactions were looked at; None: all."""
    judged: int | None = None
    """`fates` are those of so many of the latest that fit; None: of all."""


async def rule_preview(ledger: Ledger, conditions: Conditions, outcome: Outcome, rule_id: int | None) -> RulePreview:
    """What a rule would do in place of the one of this id; None: as a new one, the last to be asked.

    Raises ValueError for conditions that cannot be (PatternUnclear for a pattern).
    """
    known = await list_rules(ledger)
    place = next((one.place for one in known if one.id == rule_id), len(known) + 1)
    asked = [one for one in known if one.place < place] + [Rule(rule_id or 0, place, True, conditions, outcome)]
    most = _MOST_ASKED // len(asked)
    async with ledger.store.reading() as connection:
        entries, is_all = await _latest(connection, ledger, conditions)
        found = await to_thread.run_sync(_fitting, conditions, entries)
        now = await standings(connection, ledger, [one.id for one in found[:most]]) if found else {}
    fates: dict[int, Fate] = {}
    if outcome != Outcome():
        fates = await to_thread.run_sync(_fates, found[:most], now, asked)
    shown = sorted(found, key=lambda one: fates.get(one.id) != "changed")[:EXAMPLES]
    return RulePreview(
        fitting=len(found),
        fates=Counter(fates.values()),
        examples=tuple([Example(await transaction(ledger, one.id), fates.get(one.id)) for one in shown]),
        looked_at=None if is_all else LOOKED_AT,
        judged=most if fates and len(found) > most else None,
    )


async def _latest(connection: AsyncConnection, ledger: Ledger, conditions: Conditions) -> tuple[list[Entry], bool]:
    """The latest transactions on the accounts that are asked about, and whether these are all."""
    row = transactions.c
    columns: list[Any] = [
        row.id,
        row.account_id,
        row.date,
        row.amount,
        row.currency,
        row.description,
        row.payee,
        row.memo,
    ]
    query = select(*columns).where(visible(ledger)).order_by(row.date.desc(), row.id.desc()).limit(LOOKED_AT + 1)
    if conditions.accounts:
        query = query.where(row.account_id.in_(conditions.accounts))
    found = (await connection.execute(query)).all()
    return await to_thread.run_sync(_entries, found[:LOOKED_AT]), len(found) <= LOOKED_AT


def _entries(rows: Sequence[Row[Any]]) -> list[Entry]:
    """Without descriptors, which rules do not ask for."""
    return [
        Entry(
            row.id,
            row.account_id,
            row.date,
            Money(row.amount, row.currency),
            (),
            tuple({name_key(text) for text in (row.description, row.payee, row.memo) if text}),
            "",
            "",
        )
        for row in rows
    ]


def _fitting(conditions: Conditions, entries: Sequence[Entry]) -> list[Entry]:
    return [one for one in entries if fits(conditions, one)]


def _fates(found: Sequence[Entry], now: Mapping[int, Standing], rules: Sequence[Rule]) -> dict[int, Fate]:
    """By transaction. rules: the one that is asked about, and before it those that are asked earlier."""
    return {entry.id: _fate(rules[-1], combined(fitting(rules, entry)), now[entry.id]) for entry in found}


def _fate(asked: Rule, deciding: Mapping[Decided, Rule], now: Standing) -> Fate:
    """The most that becomes of a transaction."""
    own = [_fate_of(kind, asked.outcome, now) for kind, rule in deciding.items() if rule is asked]
    order: tuple[Fate, ...] = ("changed", "kept", "same")
    return next((fate for fate in order if fate in own), "earlier")


def _fate_of(kind: Decided, said: Outcome, now: Standing) -> Fate:
    match kind:
        case "category":
            is_so = now.category_id == said.category and not now.is_transfer
            is_kept = now.category_is_locked or now.is_transfer
        case "merchant":
            is_so, is_kept = now.merchant_id == said.merchant, now.merchant_is_locked
        case "transfer":
            is_so, is_kept = now.is_transfer, now.transfer_is_locked
        case "tags":
            is_so, is_kept = all(name_key(name) in now.tags for name in said.tags), False
    return "same" if is_so else "kept" if is_kept else "changed"

"""What importing one account of a file would do, with some of its rows to look at."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from tuppence.ledger.accounts import Account, NewAccount
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import ImportCounts, planned_rows
from tuppence.ledger.imports import ImportedAccount, ImportedRow
from tuppence.ledger.imports.matching import Decision, text_of
from tuppence.ledger.transactions import Transaction, transaction
from tuppence.money import Money

SHOWN = 5
"""Rows of each kind."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of the file as it would be kept."""

    date: datetime.date
    amount: Money
    description: str
    pending: bool
    line: int
    """Of the file."""
    before: Transaction | None = None
    """What it takes the place of; None for one that takes nobody's place."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing one account of a file would do."""

    counts: ImportCounts
    new: tuple[PreviewRow, ...]
    """This and the two below: the first SHOWN of them."""
    same: tuple[PreviewRow, ...]
    changed: tuple[PreviewRow, ...]
    first_date: datetime.date | None
    """This and the last one: None without rows that have a date."""
    last_date: datetime.date | None


@dataclass(slots=True)
class _Tally:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "same", "changed"), 0))
    shown: dict[str, list[Decision]] = field(default_factory=lambda: {"new": [], "same": [], "changed": []})
    first: datetime.date | None = None
    last: datetime.date | None = None

    def add(self, decision: Decision) -> None:
        self.counts[decision.verdict] += 1
        if len(self.shown[decision.verdict]) < SHOWN:
            self.shown[decision.verdict].append(decision)
        day = decision.row.date
        self.first = day if self.first is None or day < self.first else self.first
        self.last = day if self.last is None or day > self.last else self.last


async def preview_import(
    ledger: Ledger,
    target: Account | NewAccount,
    imported: ImportedAccount,
    progress: Callable[[int], None] | None = None,
) -> Preview:
    """What importing `imported` into `target` would do. progress: told how many rows were compared so far.

    Raises RowRefused.
    """
    tally = _Tally()
    async for decisions in planned_rows(ledger, target, imported):
        for decision in decisions:
            tally.add(decision)
        if progress is not None:
            progress(sum(tally.counts.values()))
    undated = len(imported.transactions) - sum(tally.counts.values())
    changed = [await _changed(ledger, decision) for decision in tally.shown["changed"]]
    return Preview(
        ImportCounts(**tally.counts, undated=undated),
        tuple(_row(decision) for decision in tally.shown["new"]),
        tuple(_row(decision) for decision in tally.shown["same"]),
        tuple(changed),
        tally.first,
        tally.last,
    )


async def _changed(ledger: Ledger, decision: Decision) -> PreviewRow:
    assert decision.stored is not None
    try:
        return _row(decision, await transaction(ledger, decision.stored))
    except LookupError:  # it has gone since
        return _row(decision)


def _row(decision: Decision, before: Transaction | None = None) -> PreviewRow:
    row = decision.row
    amount = Money(row.amount, row.currency)
    return PreviewRow(row.date, amount, text_of(row.row), row.row.pending, row.row.line, before)


def first_rows(imported: ImportedAccount) -> tuple[ImportedRow, ...]:
    """The first SHOWN rows as the file has them. Reads the file from its beginning: not for the event loop."""
    return tuple(islice(iter(imported.transactions), SHOWN))

"""What memory and classifier say of filed transactions without any model: some teach, the others are asked about."""

import zlib
from collections.abc import Hashable, Mapping, Sequence
from typing import get_args

from anyio import to_thread

from tuppence.enrichment.backtest import Tally, compared, halves, months
from tuppence.enrichment.entries import Filing, Kind, entry, filings
from tuppence.enrichment.evaluation_files import CategoryFile, MerchantFile
from tuppence.enrichment.evaluation_scores import is_same_merchant
from tuppence.enrichment.tasks import Question
from tuppence.ledger.household import Ledger

HALVES, MONTHS = "halves", "month by month"
"""The protocols: see `backtest.halves` and `backtest.months`."""

Tallies = Mapping[tuple[str, str], Tally]
"""By what was asked about and by protocol."""


async def of_household(ledger: Ledger) -> Tallies:
    """Of what people themselves filed, by either protocol."""
    async with ledger.store.reading() as connection:
        found = {kind: await filings(connection, ledger, kind) for kind in get_args(Kind)}
    return await to_thread.run_sync(_tallies, found, abandon_on_cancel=True)


def _tallies(found: Mapping[Kind, Sequence[Filing]]) -> Tallies:
    return {
        (kind, protocol): compared(split(filed))
        for kind, filed in found.items()
        for protocol, split in ((HALVES, halves), (MONTHS, months))
    }


def of_categories(file: CategoryFile) -> Tallies:
    """Of the labelled transactions of a file, one half teaching the other."""
    filed = [_filing(each.question, each.expected) for each in file.samples]
    accepted = {each.question.id: each.accepted for each in file.samples}
    tally = compared(halves(filed), lambda filing, label: label in accepted[filing.entry.id])
    return {("category", HALVES): tally}


def of_merchants(file: MerchantFile) -> Tallies:
    """The same for merchants."""
    labels: dict[Hashable, int] = {}
    names: dict[int, str] = {}
    filed = []
    for each in file.samples:
        name = each.accepted[0]
        label = None if name is None else labels.setdefault(name, len(labels) + 1)
        if name is not None and label is not None:
            names[label] = name
        filed.append(_filing(each.question, label))
    accepted = {each.question.id: each.accepted for each in file.samples}

    def accepts(filing: Filing, label: int) -> bool:
        return any(is_same_merchant(names[label], name) for name in accepted[filing.entry.id])

    return {("merchant", HALVES): compared(halves(filed), accepts)}


def _filing(question: Question, label: int | None) -> Filing:
    asked = entry(
        question.id,
        question.amount,
        question.description,
        payee=question.payee,
        memo=question.memo,
        account_id=zlib.crc32(question.account.encode()),
        date=question.date,
    )
    return Filing(asked, label)

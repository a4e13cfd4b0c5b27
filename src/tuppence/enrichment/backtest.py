"""How well a household's own filing foretells itself: `python -m tuppence.enrichment.backtest FOLDER`.

Some of what people filed is hidden, the rest teaches memory and classifier, and what they would say of the hidden ones
is compared with what the people said. No model is asked, and nothing is changed.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from tuppence.enrichment.entries import Filing, Kind, filings
from tuppence.enrichment.habits import Habits
from tuppence.enrichment.memory import SURE
from tuppence.ledger.household import open_ledger
from tuppence.store import Store

SOURCES = ("memory", "classifier")
FIRST_MONTHS = 3
"""So many months teach before the first one is asked about."""

Accepts = Callable[[Filing, int], bool]
"""Whether a label is right for a transaction."""
Split = tuple[Sequence[Filing], Sequence[Filing]]
"""What teaches, and what is asked about."""


class Tally(msgspec.Struct):
    """What came of asking."""

    asked: int = 0
    filed: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    """By source, how often it said something."""
    right: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    """How often that was what the people had said."""

    def add(self, other: "Tally") -> None:
        """Count what came of another asking as well."""
        self.asked += other.asked
        for source in SOURCES:
            self.filed[source] += other.filed[source]
            self.right[source] += other.right[source]

    def coverage(self, *sources: str) -> float | None:
        """The share of transactions that were filed by these sources, or all; None when nothing was asked."""
        return sum(self.filed[source] for source in sources or SOURCES) / self.asked if self.asked else None

    def precision(self, *sources: str) -> float | None:
        """The share of those that were right; None when nothing was filed."""
        filed = sum(self.filed[source] for source in sources or SOURCES)
        return sum(self.right[source] for source in sources or SOURCES) / filed if filed else None


def as_said(filing: Filing, label: int) -> bool:
    """Whether the label is the one that the people chose."""
    return filing.label == label


def compared(splits: Iterable[Split], accepts: Accepts = as_said, sure: float = SURE) -> Tally:
    """What comes of teaching with the first and asking about the second part of each split.

    A transaction of which people said that there is nothing to file it under counts as asked; to say something of it is
    wrong.
    """
    tally = Tally()
    for taught, hidden in splits:
        habits = Habits(taught, sure)
        tally.asked += len(hidden)
        for filing in hidden:
            habit = habits.habit(filing.entry)
            if habit is not None and habit.label is not None:
                tally.filed[habit.source] += 1
                tally.right[habit.source] += accepts(filing, habit.label)
    return tally


def halves(filed: Sequence[Filing], seeds: Iterable[int] = range(5)) -> Iterator[Split]:
    """One half by chance teaches and the other is asked about; once for each seed."""
    for seed in seeds:
        mixed = list(filed)
        random.Random(seed).shuffle(mixed)
        yield mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def months(filed: Sequence[Filing]) -> Iterator[Split]:
    """Each month is asked about by all that came before it, as it happens in life; what has no date is left out."""
    by_month: dict[tuple[int, int], list[Filing]] = {}
    for filing in filed:
        if (date := filing.entry.date) is not None:
            by_month.setdefault((date.year, date.month), []).append(filing)
    before: list[Filing] = []
    for number, month in enumerate(sorted(by_month)):
        if number >= FIRST_MONTHS:
            yield list(before), by_month[month]
        before += by_month[month]


def table(tallies: Iterable[tuple[str, Tally]]) -> str:
    """The tallies as a table for people."""
    lines = [f"{'':28}{'asked':>8}  {'memory':>16}  {'classifier':>16}  {'together':>16}"]
    for name, tally in tallies:
        cells = [f"{_share(tally.coverage(*each))} {_share(tally.precision(*each))}" for each in (*_EACH, ())]
        lines.append(f"{name:28}{tally.asked:>8,}  " + "  ".join(f"{cell:>16}" for cell in cells))
    return "\n".join([*lines, "(of those asked, how many were filed, and how many of these rightly)"])


_EACH = tuple((source,) for source in SOURCES)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"


async def _tallies(home: Path) -> list[tuple[str, Tally]]:
    async with await Store.open(home) as store:
        ledger = await open_ledger(store)
        async with store.reading() as connection:
            found = {kind: await filings(connection, ledger, kind) for kind in get_args(Kind)}
    return [
        (f"{kind}, {how}", compared(split(filed)))
        for kind, filed in found.items()
        for how, split in (("halves", halves), ("month by month", months))
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask the household in the data folder, and print what came of it. arguments: None for those of the process."""
    parser = argparse.ArgumentParser(prog="tuppence.enrichment.backtest", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("home", type=Path, metavar="FOLDER", help="where the data lives")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args(arguments)
    tallies = asyncio.run(_tallies(options.home))
    sys.stdout.write(msgspec.json.encode(dict(tallies)).decode() if options.json else table(tallies))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

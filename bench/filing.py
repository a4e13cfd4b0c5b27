"""How much memory and classifier file by themselves, and how rightly: `python bench/filing.py [FILE.yml] [--json]`.

Without a file: invented households (tests/enrichment/invented_households.py), five seeds of each kind, asked about a
random half of their history and month by month. With one: its labelled transactions, taught with one half and asked
about the other, five seeds. Such a file has `context.categories` (each a `name`) and `samples`, each with an `input`
(`description`, `amount`, `classification` income or expense; `date`, `payee`, `account` if there are any) and what is
`expected` (`category_name`, or null where nothing should be said, and `acceptable_alternatives`). docs/enrichment.md
has the protocol and what came out. Exits with 1 when less than 97% of what was filed is right.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from enrichment.invented_households import GERMAN, LANGUAGES, STYLES, Style, history

from tuppence.enrichment.backtest import Tally, compared, halves, months, table
from tuppence.enrichment.entries import Filing, entry
from tuppence.enrichment.habits import Habits
from tuppence.money import Money, minor_units

SEEDS = range(5)
AT_LEAST = 0.97


def invented() -> list[tuple[str, Tally]]:
    """Of every kind of household, in every language."""
    found = []
    for name, style in STYLES.items():
        by_halves, by_months = Tally(), Tally()
        for seed in SEEDS:
            for language in LANGUAGES:
                filed = history(language, style, seed)
                by_halves.add(compared(halves(filed, [seed])))
                by_months.add(compared(months(filed)))
        found += [(f"{name}, halves", by_halves), (f"{name}, month by month", by_months)]
    return found


def labelled(path: Path) -> list[tuple[str, Tally]]:
    """Of the transactions in a file."""
    import yaml

    data = yaml.safe_load(path.read_text())
    labels = {each["name"]: number for number, each in enumerate(data["context"]["categories"], 1)}
    filed, also = [], {}
    for number, sample in enumerate(data["samples"]):
        filed.append(_filing(number, sample, labels))
        others = sample["expected"].get("acceptable_alternatives") or ()
        also[number] = {labels[name] for name in others if name in labels}
    tally = compared(
        halves(filed, SEEDS), lambda filing, label: label == filing.label or label in also[filing.entry.id]
    )
    return [(f"{path.name}, halves"[:28], tally)]


def _filing(number: int, sample: dict[str, Any], labels: dict[str, int]) -> Filing:
    given = sample["input"]
    size = abs(Decimal(str(given["amount"])))
    sign = 1 if given.get("classification") == "income" else -1
    date = given.get("date")
    what = entry(
        number,
        Money(minor_units(sign * size, "USD"), "USD"),
        given["description"],
        payee=given.get("payee"),
        account_id=zlib.crc32(str(given.get("account", "")).encode()),
        date=datetime.date.fromisoformat(str(date)) if date else None,
    )
    expected = sample["expected"]["category_name"]
    return Filing(what, None if expected is None else labels[expected])


def speed() -> str:
    """How long 10,000 transactions of one household take."""
    filed = history(GERMAN, Style(rows=10_000, regulars=600), 1)
    texts = [filing.entry.texts for filing in filed]
    start = time.perf_counter()
    for number, (description, *_) in enumerate(texts):
        entry(number, Money(-100, "EUR"), description + " ")
    read = time.perf_counter()
    habits = Habits(filed)
    taught = time.perf_counter()
    for filing in filed:
        habits.habit(filing.entry)
    asked = time.perf_counter()
    spans = f"descriptors {read - start:.2f} s, taught {taught - read:.2f} s, asked {asked - taught:.2f} s"
    return f"10,000 transactions: {spans}"


def main() -> int:
    """Print what came out; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="labelled transactions in YAML")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    tallies = labelled(options.file) if options.file else invented()
    if options.json:
        print(msgspec.json.encode(dict(tallies)).decode())
    else:
        print(table(tallies))
        print(speed())
    whole = Tally()
    for _, tally in tallies:
        whole.add(tally)
    precision = whole.precision()
    return 0 if precision is None or precision >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main())

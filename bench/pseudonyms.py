"""What stand-ins cost: `python bench/pseudonyms.py`.

Answers are cut into pieces as models cut them. The pass over a piece in which nothing is replaced is bounded; beside it
stands what the least pass costs (a call that joins and returns the piece), taken in turns within a round, since a
machine drifts. Prints the figures and exits with 1 when a bound is missed.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import msgspec

from tuppence.llm import ChatRequest, FunctionResult, OutputTextChunk, UserMessage
from tuppence.privacy import HouseholdValues, Pseudonyms, Restorer, RestoringReader

SECRET = bytes(range(32))
ROUNDS, REPEATS = 9, 5
BOUND = 3.0
"""µs for a piece in which nothing is replaced."""
ANSWER = (
    "You spent 412.30 EUR on groceries in March 2026, which is 38.10 EUR less than in February. The largest purchase "
    "was on 14 March, and a part of the account's activity is open: **two** card payments - please ask again in May. "
)
HOUSEHOLD = HouseholdValues(
    names=["Anna Kowalska", "Anna", "Kowalska", "Ben O'Brien", "Ben", "O'Brien", "The Kowalskis"],
    accounts=["Joint account", "Holiday money", "Visa"],
    numbers=["DE89370400440532013000", "12-34-56 12345678"],
)


class Least:
    """The least that a pass over pieces can do."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        return text


def microseconds(run: Callable[[], object], many: int) -> float:
    """CPU for each of `many`, the least of some repeats."""
    least = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        run()
        least = min(least, time.process_time() - began)
    return least / many * 1e6


def fed(feed: Callable[[str], object], pieces: Sequence[str]) -> Callable[[], None]:
    def run() -> None:
        for piece in pieces:
            feed(piece)

    return run


def costs_of_pieces() -> bool:
    """Print what pieces cost; whether the bound is kept."""
    pseudonyms = Pseudonyms(SECRET, HOUSEHOLD)
    concealment = pseudonyms.concealment([])
    names = [concealment.text(f"Person{number}@example.org") for number in range(300)]
    names += [concealment.text(name) for name in (*HOUSEHOLD.names, *HOUSEHOLD.accounts)]
    originals = concealment.originals()
    plain = [f" {word}" for word in ANSWER.split() * 100]
    mixed = list(plain)
    mixed[::10] = [f" {random.Random(at).choice(names)}" for at in range(len(mixed[::10]))]
    chunks = [OutputTextChunk(piece) for piece in plain]
    reader = RestoringReader(originals)
    figures: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for title, run in {
            "the least pass": fed(Least().feed, plain),
            "words, nothing replaced": fed(Restorer(originals).feed, plain),
            "a reader of chunks, nothing replaced": lambda: [reader.chunks_of(chunk) for chunk in chunks],
            "every tenth word a stand-in": fed(Restorer(originals).feed, mixed),
            "single characters, nothing replaced": fed(Restorer(originals).feed, "".join(plain)[: len(plain)]),
        }.items():
            figures.setdefault(title, []).append(microseconds(run, len(plain)))
    least = figures["the least pass"]
    print(f"{'µs of CPU for a piece':44}{'median':>8}{'x least':>9}")
    for title, found in figures.items():
        ratio = statistics.median(one / other for one, other in zip(found, least, strict=True))
        print(f"{title:44}{statistics.median(found):8.2f}{ratio:9.1f}")
    bounded = [title for title in figures if title.endswith("nothing replaced")]
    missed = [title for title in bounded if statistics.median(figures[title]) > BOUND]
    print(f"\nbound: {BOUND} µs where nothing is replaced: {'MISSED by ' + ', '.join(missed) if missed else 'kept'}")
    return not missed


def costs_of_requests() -> None:
    """Print what it takes to conceal the request of a long chat, the first time and in the next round."""
    print(f"\n{'ms of CPU for a request':52}{'kB':>5}{'to make':>9}{'first':>8}{'next':>8}{'first, µs/kB':>14}")
    for about, whom, every in (
        ("every row about somebody", "ANNA KOWALSKA MIETE", 1),
        ("one in 20 rows about somebody", "ANNA KOWALSKA MIETE", 20),
        ("every row about another payee", "Shop{} Market {}", 1),
    ):
        results = [FunctionResult(str(at), transactions(at, whom, every)) for at in range(20)]
        request = ChatRequest("a-model", [UserMessage("What did Anna pay?"), *results])
        size = sum(len(one.output) for one in results) / 1000
        for title, payees in (("no payees", 0), ("5,000 payees", 5000)):
            found: list[tuple[float, float, float]] = []
            for _ in range(REPEATS):
                began = time.process_time()
                pseudonyms = Pseudonyms(SECRET, with_payees(payees))
                made = time.process_time()
                pseudonyms.concealed(request)
                first = time.process_time()
                pseudonyms.concealed(request)
                found.append((made - began, first - made, time.process_time() - first))
            made, first, following = (min(column) * 1e3 for column in zip(*found, strict=True))
            print(
                f"{f'{about}, {title}':52}{size:5.0f}{made:9.1f}{first:8.1f}{following:8.1f}{first / size * 1000:14.0f}"
            )


def transactions(result: int, whom: str, every: int) -> str:
    """What a function finds: 200 transactions, as a model reads them; each `every`-th is about somebody."""
    abouts = [whom.format(*[at + 200 * result] * 2) if at % every == 0 else "MARKT" for at in range(200)]
    rows = [
        {
            "id": at,
            "date": "2026-03-14",
            "amount": "-12.50",
            "description": f"SEPA {about} {result} {at}",
            "account": "Joint account",
        }
        for at, about in enumerate(abouts)
    ]
    return msgspec.json.encode({"transactions": rows}).decode()


def with_payees(many: int) -> HouseholdValues:
    """The household, when it also hides so many payees."""
    payees = [f"Shop{number} Market {number}" for number in range(many)]
    return HouseholdValues(HOUSEHOLD.names, HOUSEHOLD.accounts, HOUSEHOLD.numbers, payees)


if __name__ == "__main__":
    kept = costs_of_pieces()
    costs_of_requests()
    sys.exit(0 if kept else 1)

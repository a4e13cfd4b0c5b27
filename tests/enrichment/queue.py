"""What the tests of the review queue share: a few transactions, and suggestions short to write."""

from dataclasses import dataclass
from typing import Any

from ledger.statements import bring_in, row, rows_of, statement
from sqlalchemy import select

from tuppence.enrichment.suggestions import Origin, Suggested, suggest
from tuppence.ledger.categories import find_category
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import Transaction
from tuppence.store.tables import suggestions

WORDS = ("ORLIK MARKT #{}", "Kartenzahlung VELANA {}")
RUN = Origin(run_id="r" * 32)


@dataclass
class Books:
    """A ledger with its transactions by whom they are about, oldest first."""

    ledger: Ledger
    orlik: list[int]
    velana: list[int]
    groceries: int
    clothing: int


async def books_of(ledger: Ledger) -> Books:
    """Four days, on each of which somebody was at Orlik's and at Velana's."""
    rows = [
        row(f"03-{day:02}", f"-{day}.{number}5", words.format(4000 + day))
        for day in range(1, 5)
        for number, words in enumerate(WORDS)
    ]
    await bring_in(ledger, statement(*rows))
    there = await rows_of(ledger)
    orlik, velana = ([each.id for each in there if word in each.description] for word in ("ORLIK", "VELANA"))
    groceries, clothing = [(await find_category(ledger, name)).id for name in ("Groceries", "Clothing")]
    return Books(ledger, orlik, velana, groceries, clothing)


def category(transaction: int, identity: int, **rest: Any) -> Suggested:
    """That the transaction is of this category."""
    return _said(transaction, kind="category", category_id=identity, **rest)


def merchant(transaction: int, name: str | None, **rest: Any) -> Suggested:
    """That the transaction is with the merchant of this name."""
    return _said(transaction, kind="merchant", merchant_name=name, **rest)


def tagged(transaction: int, *names: str) -> Suggested:
    """That the transaction has these tags."""
    return _said(transaction, kind="tags", tags=names)


def transfer(transaction: int) -> Suggested:
    """That the transaction is a move between own accounts."""
    return _said(transaction, kind="transfer", source="rule")


def _said(transaction: int, **rest: Any) -> Suggested:
    return Suggested(
        **{"transaction_id": transaction, "source": "model", "confidence": 80, "reason": "Because.", **rest}
    )


async def suggested(ledger: Ledger, *new: Suggested, origin: Origin = RUN) -> int:
    """Put them into the queue; how many transactions have a new suggestion."""
    async with ledger.store.writing() as connection:
        return await suggest(connection, ledger, new, origin)


async def states(ledger: Ledger) -> list[str]:
    """Of all suggestions there ever were, in order."""
    async with ledger.store.reading() as connection:
        return list(await connection.scalars(select(suggestions.c.state).order_by(suggestions.c.id)))


async def by_id(ledger: Ledger) -> dict[int, Transaction]:
    """All transactions."""
    return {each.id: each for each in await rows_of(ledger)}

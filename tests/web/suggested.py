"""A household in whose review queue something waits."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from tuppence.enrichment.suggestions import Origin, Suggested, suggest
from tuppence.ledger.accounts import NewAccount, create_account
from tuppence.ledger.categories import create_category
from tuppence.ledger.hand_entered import NewTransaction, add_transaction
from tuppence.ledger.household import Ledger
from tuppence.ledger.transactions import transaction

DAY = datetime.date(2026, 3, 14)


@dataclass(frozen=True)
class Queue:
    """What waits: three alike for a bakery, a merchant for a kiosk, tags for a ferry."""

    bakery: list[int]
    """The transactions, for which a category is suggested from memory."""
    kiosk: int
    """For which a model suggests a merchant that is not there yet."""
    ferry: int
    """For which a rule suggests two tags."""
    bread: int
    """The category that is suggested."""
    hats: int
    """Another one."""


async def queue(ledger: Ledger) -> Queue:
    """Fill the queue of a household that has nothing yet."""
    account = await create_account(ledger, NewAccount("Purse", "EUR"))
    bread, hats = [await create_category(ledger, name) for name in ("Bread", "Hats")]
    words = ("BAKERY ROW", "BAKERY ROW", "BAKERY ROW", "<b>Kiosk</b> & Co", "Ferry to Kiel")
    made = [
        (await add_transaction(ledger, NewTransaction(account.id, DAY, -100 * number, text))).id
        for number, text in enumerate(words, start=1)
    ]
    *bakery, kiosk, ferry = made
    await suggested(
        ledger,
        *(category(one, bread.id, "You filed 3 of 3 so") for one in bakery),
        Suggested(
            transaction_id=kiosk,
            kind="merchant",
            merchant_name="The <i>Kiosk</i>",
            website="kiosk.example",
            source="model",
            confidence=None,
            reason="<script>alert(1)</script>",
        ),
        Suggested(
            transaction_id=ferry,
            kind="tags",
            tags=("sea", "trip"),
            source="rule",
            confidence=100,
            reason="Your rule “ferries”",
        ),
    )
    return Queue(bakery, kiosk, ferry, bread.id, hats.id)


def category(transaction_id: int, category_id: int, reason: str = "As before") -> Suggested:
    """A category from memory."""
    return Suggested(
        transaction_id=transaction_id,
        kind="category",
        category_id=category_id,
        source="memory",
        confidence=93,
        reason=reason,
    )


async def suggested(ledger: Ledger, *new: Suggested) -> int:
    """Put these into the queue; how many transactions have a new one."""
    async with ledger.store.writing() as connection:
        return await suggest(connection, ledger, new, Origin())


async def filed(ledger: Ledger, transaction_id: int) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Category, merchant and tags of a transaction."""
    one = await transaction(ledger, transaction_id)
    return one.category, one.merchant, one.tags

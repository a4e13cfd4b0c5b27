"""The businesses a household deals with."""

from dataclasses import dataclass

from sqlalchemy import case, func, insert, select

from tuppence.ledger.household import Ledger
from tuppence.ledger.names import name_key, the_one_named
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.tables import merchants, transactions


@dataclass(frozen=True, slots=True)
class Merchant:
    """One business."""

    id: int
    name: str
    website: str | None
    """Its host name without www; None when unknown."""


@dataclass(frozen=True, slots=True)
class MerchantTotal:
    """What a household paid to and got from a merchant in one currency, transfers left out."""

    merchant: Merchant
    money_in: Money
    money_out: Money
    """Negative, as in a bank statement."""
    transactions: int


async def list_merchants(ledger: Ledger) -> list[Merchant]:
    """All merchants of the household by name."""
    table = merchants.c
    query = select(table.id, table.name, table.website).where(table.household_id == ledger.household)
    async with ledger.store.reading() as connection:
        return [Merchant(*row) for row in await connection.execute(query.order_by(table.name_key))]


async def find_merchant(ledger: Ledger, name: str) -> Merchant:
    """The merchant called `name` (case does not matter). Raises NameUnknown, which lists what could have been meant."""
    return the_one_named(name, await list_merchants(ledger), "merchant")


async def merchant_named(ledger: Ledger, name: str, website: str | None = None) -> Merchant:
    """The merchant of exactly this name (case does not matter), made when there is none. Raises ValueError when empty.

    `website` is kept only where none was known.
    """
    if not name_key(name):
        raise ValueError("A merchant needs a name.")
    table = merchants.c
    known = select(table.id, table.name, table.website).where(
        table.household_id == ledger.household, table.name_key == name_key(name)
    )
    async with ledger.store.writing() as connection:
        if (row := (await connection.execute(known)).one_or_none()) is None:
            values = {"name": " ".join(name.split()), "name_key": name_key(name), "website": website}
            await connection.execute(insert(merchants).values(household_id=ledger.household, **values))
        elif row.website is None and website is not None:
            await connection.execute(
                merchants.update()
                .where(table.household_id == ledger.household, table.id == row.id)
                .values(website=website)
            )
        return Merchant(*(await connection.execute(known)).one())


async def merchant_totals(ledger: Ledger, limit: int | None = None) -> list[MerchantTotal]:
    """What went to and came from each merchant, most used first; one entry a currency, `limit` entries at most."""
    money, table = transactions.c.amount, merchants.c
    query = (
        select(
            table.id,
            table.name,
            table.website,
            transactions.c.currency,
            func.sum(case((money > 0, money), else_=0)).label("money_in"),
            func.sum(case((money < 0, money), else_=0)).label("money_out"),
            func.count().label("transactions"),
        )
        .join_from(
            transactions,
            merchants,
            (table.household_id == transactions.c.household_id) & (table.id == transactions.c.merchant_id),
        )
        .where(visible(ledger), transactions.c.transfer_id.is_(None))
        .group_by(table.id, table.name, table.website, transactions.c.currency)
        .order_by(func.count().desc(), table.name, transactions.c.currency)
        .limit(limit)
    )
    async with ledger.store.reading() as connection:
        return [
            MerchantTotal(
                Merchant(row.id, row.name, row.website),
                Money(int(row.money_in), row.currency),
                Money(int(row.money_out), row.currency),
                row.transactions,
            )
            for row in await connection.execute(query)
        ]

"""Transactions: found by what is known of them, with totals and with what the answer covers."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter, conditions
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.tables import accounts, categories, merchants, tags, transaction_tags, transactions

Order = Literal["newest", "oldest", "largest", "smallest"]
"""By date, or by the amount without its sign."""
Source = Literal["person", "rule", "memory", "classifier", "model", "import"]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of money on one account."""

    id: int
    date: datetime.date
    """Of booking."""
    amount: Money
    """Negative is money out."""
    description: str
    """The bank's words."""
    payee: str | None
    memo: str | None
    notes: str | None
    """The person's words."""
    pending: bool
    account_id: int
    account: str
    category_id: int | None
    category: str | None
    category_source: Source | None
    """Who filed it; what a "person" decided (no category included) nothing else overwrites."""
    merchant_id: int | None
    merchant: str | None
    merchant_source: Source | None
    transfer_id: int | None
    """The same on both sides of a transfer between own accounts; None when it is none."""
    original: Money | None
    """In the currency in which it was paid, where the file says so."""
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Money in and money out of one currency, transfers between own accounts left out."""

    money_in: Money
    money_out: Money
    """Negative."""

    @property
    def net(self) -> Money:
        """What came in less what went out."""
        return self.money_in + self.money_out


@dataclass(frozen=True, slots=True)
class Coverage:
    """What figures rest on, so that nobody takes them for more than they are."""

    first: datetime.date | None
    """The earliest and the latest day with a row; None when there is no row."""
    last: datetime.date | None
    accounts: tuple[str, ...]
    """Names of the accounts that have rows among these, in alphabetical order."""
    rows: int
    """How many there are in all, transfers included."""
    pending: int
    uncategorized: int
    """Without a category, not counting transfers."""
    transfers: int
    """How many of the rows are sides of transfers between own accounts, which no total counts."""


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """Some of the transactions that were asked for, and figures over all of them."""

    rows: tuple[Transaction, ...]
    total: int
    """How many there are to list, on all pages together."""
    missing: int
    """How many come after the last one of this page."""
    totals: tuple[CurrencyTotal, ...]
    """Over all rows, not only those of this page; by currency code."""
    coverage: Coverage


async def find_transactions(
    ledger: Ledger,
    wanted: TransactionFilter = EVERYTHING,
    *,
    order: Order = "newest",
    limit: int = 50,
    offset: int = 0,
) -> TransactionPage:
    """The transactions that `wanted` means: `limit` of them in `order`, after leaving out the first `offset`."""
    async with ledger.store.reading() as connection:
        meant = conditions(ledger, wanted, connection.dialect.name)
        totals, coverage = await _figures(connection, ledger, meant)
        listed = meant if wanted.include_transfers else [*meant, transactions.c.transfer_id.is_(None)]
        page = _rows().where(*listed).order_by(*_ORDERS[order]).limit(limit).offset(offset)
        rows = await _transactions(connection, ledger, page)
    total = coverage.rows if wanted.include_transfers else coverage.rows - coverage.transfers
    return TransactionPage(rows, total, max(0, total - offset - len(rows)), totals, coverage)


async def transaction(ledger: Ledger, identity: int) -> Transaction:
    """The transaction with this id. Raises LookupError when the household has none."""
    query = _rows().where(visible(ledger), transactions.c.id == identity)
    async with ledger.store.reading() as connection:
        found = await _transactions(connection, ledger, query)
    if not found:
        raise LookupError(f"There is no transaction {identity}.")
    return found[0]


_size = func.abs(transactions.c.amount)
_ORDERS: dict[Order, tuple[Any, ...]] = {
    "newest": (transactions.c.date.desc(), transactions.c.id.desc()),
    "oldest": (transactions.c.date, transactions.c.id),
    "largest": (_size.desc(), transactions.c.id.desc()),
    "smallest": (_size, transactions.c.id),
}


def _rows() -> Select[Any]:
    """Every column a Transaction is made of but its tags."""
    rows = transactions.c
    joined = transactions.join(accounts, _same_household(accounts, rows.account_id))
    joined = joined.outerjoin(categories, _same_household(categories, rows.category_id))
    joined = joined.outerjoin(merchants, _same_household(merchants, rows.merchant_id))
    names = (accounts.c.name.label("account"), categories.c.name.label("category"), merchants.c.name.label("merchant"))
    return select(transactions, *names).select_from(joined)


def _same_household(table: Any, reference: Any) -> Any:
    return and_(table.c.household_id == transactions.c.household_id, table.c.id == reference)


async def _transactions(connection: AsyncConnection, ledger: Ledger, query: Select[Any]) -> tuple[Transaction, ...]:
    rows = (await connection.execute(query)).all()
    tags_of = await _tags(connection, ledger, [row.id for row in rows])
    return tuple(_transaction(row, tags_of.get(row.id, ())) for row in rows)


def _transaction(row: Row[Any], tagged: tuple[str, ...]) -> Transaction:
    original = row.original_amount is not None and row.original_currency is not None
    return Transaction(
        id=row.id,
        date=row.date,
        amount=Money(row.amount, row.currency),
        description=row.description,
        payee=row.payee,
        memo=row.memo,
        notes=row.notes,
        pending=row.pending,
        account_id=row.account_id,
        account=row.account,
        category_id=row.category_id,
        category=row.category,
        category_source=row.category_source,
        merchant_id=row.merchant_id,
        merchant=row.merchant,
        merchant_source=row.merchant_source,
        transfer_id=row.transfer_id,
        original=Money(row.original_amount, row.original_currency) if original else None,
        tags=tagged,
    )


async def _tags(connection: AsyncConnection, ledger: Ledger, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(transaction_tags.c.transaction_id, tags.c.name)
        .join(
            tags, and_(tags.c.household_id == transaction_tags.c.household_id, tags.c.id == transaction_tags.c.tag_id)
        )
        .where(transaction_tags.c.household_id == ledger.household, transaction_tags.c.transaction_id.in_(ids))
        .order_by(tags.c.name_key)
    )
    found: dict[int, tuple[str, ...]] = {}
    for identity, name in await connection.execute(query):
        found[identity] = (*found.get(identity, ()), name)
    return found


async def _figures(
    connection: AsyncConnection, ledger: Ledger, meant: Sequence[Any]
) -> tuple[tuple[CurrencyTotal, ...], Coverage]:
    """Totals and coverage over all rows for which `meant` is true."""
    rows = transactions.c
    counted = rows.transfer_id.is_(None)
    query = (
        select(
            rows.account_id,
            rows.currency,
            func.sum(case((counted & (rows.amount > 0), rows.amount), else_=0)).label("money_in"),
            func.sum(case((counted & (rows.amount < 0), rows.amount), else_=0)).label("money_out"),
            func.count().label("rows"),
            func.sum(case((rows.pending, 1), else_=0)).label("pending"),
            func.sum(case((counted & rows.category_id.is_(None), 1), else_=0)).label("uncategorized"),
            func.count(rows.transfer_id).label("transfers"),
            func.min(rows.date).label("first"),
            func.max(rows.date).label("last"),
        )
        .where(*meant)
        .group_by(rows.account_id, rows.currency)
    )
    groups = (await connection.execute(query)).all()
    totals = tuple(
        CurrencyTotal(
            Money(sum(int(group.money_in) for group in groups if group.currency == currency), currency),
            Money(sum(int(group.money_out) for group in groups if group.currency == currency), currency),
        )
        for currency in sorted({group.currency for group in groups})
    )
    names = select(accounts.c.name).where(
        accounts.c.household_id == ledger.household, accounts.c.id.in_({group.account_id for group in groups})
    )
    return totals, Coverage(
        first=min((group.first for group in groups), default=None),
        last=max((group.last for group in groups), default=None),
        accounts=tuple(sorted((await connection.scalars(names)).all())),
        rows=sum(group.rows for group in groups),
        pending=sum(group.pending for group in groups),
        uncategorized=sum(group.uncategorized for group in groups),
        transfers=sum(group.transfers for group in groups),
    )

"""Transactions: found by what is known of them, with totals and with what the answer covers."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.transaction_figures import Coverage, CurrencyTotal, figures_on
from tuppence.ledger.transaction_filter import EVERYTHING, TransactionFilter, Walk, glanced, narrowed
from tuppence.ledger.visibility import visible
from tuppence.money import Money
from tuppence.store.tables import accounts, categories, merchants, tags, transaction_tags, transactions

__all__ = [
    "Coverage",
    "CurrencyTotal",
    "Order",
    "Place",
    "Source",
    "Transaction",
    "TransactionList",
    "TransactionPage",
    "find_transactions",
    "list_transactions",
    "transaction",
    "transactions_by_id",
]

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


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list of transactions: right after one of its rows, wherever that comes to be in the list."""

    key: datetime.date | int
    """That row's date, or in a list by size its amount in minor units without the sign."""
    id: int

    def __str__(self) -> str:
        """As it is written into an address: "2026-03-01.17" or "12999.17"."""
        return f"{self.key}.{self.id}"

    @classmethod
    def parse(cls, text: str, order: Order) -> "Place":
        """The place that `str` wrote, in a list of this order. Raises ValueError when it is none."""
        key, _, identity = text.partition(".")
        number = int(identity)
        by_date = _BY[order][0] == "date"
        place = cls(datetime.date.fromisoformat(key) if by_date else int(key), number)
        if str(place) != text or not 0 <= number < 1 << 63 or (isinstance(place.key, int) and place.key >= 1 << 63):
            raise ValueError(f"“{text}” is no place in a list of transactions.")
        return place


@dataclass(frozen=True, slots=True)
class TransactionList:
    """Some of the transactions that were asked for."""

    rows: tuple[Transaction, ...]
    next: Place | None
    """Where those begin that come next; None when these are the last."""


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
        rows = await _listed(connection, ledger, wanted, order, limit, offset=offset)
        totals, coverage = await figures_on(connection, ledger, wanted)
    total = coverage.rows if wanted.include_transfers else coverage.rows - coverage.transfers
    return TransactionPage(rows, total, max(0, total - offset - len(rows)), totals, coverage)


async def list_transactions(
    ledger: Ledger,
    wanted: TransactionFilter = EVERYTHING,
    *,
    order: Order = "newest",
    limit: int = 50,
    after: Place | None = None,
) -> TransactionList:
    """The first `limit` of them in `order`, or those that come `after` a place in the list of this order.

    However long the list is, any part of it takes the same time; figures over all of it are `transaction_figures`.
    """
    async with ledger.store.reading() as connection:
        rows = await _listed(connection, ledger, wanted, order, limit + 1, after=after)
    shown = rows[:limit]
    return TransactionList(shown, _place(shown[-1], order) if len(rows) > limit > 0 else None)


async def transaction(ledger: Ledger, identity: int) -> Transaction:
    """The transaction with this id. Raises LookupError when the household has none."""
    query = _rows().where(visible(ledger), transactions.c.id == identity)
    async with ledger.store.reading() as connection:
        found = await _transactions(connection, ledger, query)
    if not found:
        raise LookupError(f"There is no transaction {identity}.")
    return found[0]


async def transactions_by_id(ledger: Ledger, ids: Collection[int]) -> dict[int, Transaction]:
    """The household's transactions of these ids, by id; an id that it does not have is left out."""
    query = _rows().where(visible(ledger), transactions.c.id.in_(ids))
    async with ledger.store.reading() as connection:
        return {row.id: row for row in await _transactions(connection, ledger, query)}


_size = func.abs(transactions.c.amount)
_BY: dict[Order, tuple[Walk, ColumnElement[Any], bool]] = {
    "newest": ("date", transactions.c.date, True),
    "oldest": ("date", transactions.c.date, False),
    "largest": ("size", _size, True),
    "smallest": ("size", _size, False),
}
"""What each order goes by, and whether it goes down."""


async def _listed(
    connection: AsyncConnection,
    ledger: Ledger,
    wanted: TransactionFilter,
    order: Order,
    limit: int,
    *,
    offset: int = 0,
    after: Place | None = None,
) -> tuple[Transaction, ...]:
    walk, key, down = _BY[order]
    in_order = (key.desc(), transactions.c.id.desc()) if down else (key, transactions.c.id)
    besides = [] if after is None else [*_beyond(after, key, down)]
    if not wanted.include_transfers:
        besides.append(transactions.c.transfer_id.is_(None))
    page: Select[tuple[int]] | Sequence[int] | None = None
    if not offset:
        page = await glanced(connection, ledger, wanted, walk, in_order, besides, limit)
    if page is None:
        meant = await narrowed(connection, ledger, wanted, walk)
        page = select(transactions.c.id).where(*meant, *besides).order_by(*in_order).limit(limit).offset(offset)
    return await _transactions(connection, ledger, _rows().where(transactions.c.id.in_(page)).order_by(*in_order))


def _beyond(place: Place, key: ColumnElement[Any], down: bool) -> tuple[ColumnElement[bool], ...]:
    """What is true of the rows after `place`; the first part alone leads an index there."""
    identity = transactions.c.id
    if down:
        return key <= place.key, (key < place.key) | (identity < place.id)
    return key >= place.key, (key > place.key) | (identity > place.id)


def _place(row: Transaction, order: Order) -> Place:
    return Place(row.date if _BY[order][0] == "date" else abs(row.amount.minor), row.id)


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

"""What may be asked of the transactions, and what that is in SQL."""

import datetime
from collections.abc import Collection, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.days import Days
from tuppence.ledger.household import Ledger
from tuppence.ledger.text_search import has_unindexed_words, ids_with_text, matches_text, reads_as
from tuppence.ledger.visibility import unindexed, visible
from tuppence.money import CURRENCIES_BY_DECIMALS
from tuppence.store.tables import categories, category_months, imports, transaction_tags, transactions


class TransactionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which transactions are meant: those that fit every field that is set. Nothing set means all."""

    text: str = ""
    """Words, each of which must occur; see ledger/text_search.py."""
    accounts: tuple[int, ...] = ()
    """Ids; any of them. So with the other tuples."""
    categories: tuple[int, ...] = ()
    """Ids; what is filed under their sub-categories is meant as well."""
    merchants: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    imported: str | None = None
    """The token of the import that they came with."""
    since: datetime.date | None = None
    """This day included."""
    until: datetime.date | None = None
    """This day included."""
    minimum: Decimal | None = None
    """Of the amount without its sign, in whole units of the row's currency."""
    maximum: Decimal | None = None
    direction: Literal["in", "out"] | None = None
    currency: str | None = None
    pending: bool | None = None
    """True: only pending ones; False: only booked ones."""
    uncategorized: bool = False
    """True: only those without a category that are no transfers between own accounts."""
    include_transfers: bool = True
    """False: transfers between own accounts are not listed. Totals leave them out in any case."""


EVERYTHING = TransactionFilter()
DECIMALS = 2  # of the currencies that are not among CURRENCIES_BY_DECIMALS
ALL_DECIMALS = (*CURRENCIES_BY_DECIMALS, DECIMALS)
Walk = Literal["date", "size", "merchant"]
"""The index that gives the rows: in order of date or size, or those of some merchants."""
FEW = 5_000  # rows that are fetched and sorted sooner than an index of a million is walked
FETCHED_AT_ONCE, WALKED_AT_ONCE = 50_000, 120_000  # rows that are added up before anybody notices, by id or in an index

GLANCE = 2_000  # rows that are read in hope of a page of them


def conditions(
    ledger: Ledger,
    wanted: TransactionFilter,
    dialect: str,
    walk: Walk | None = "date",
    decimals: Collection[int] = ALL_DECIMALS,
) -> list[ColumnElement[bool]]:
    """What is true of every transaction that `wanted` means, transfers included. `dialect` names the database.

    SQLite is kept from choosing an index by these, but for the one of `walk`: it knows nothing of how many rows fit,
    and the index in whose order rows are listed answers all of it. Where few rows fit, `narrowed` finds them.
    `decimals`: those of the household's currencies.
    """
    row = _Row(dialect, () if walk is None else ("household_id", "merchant_id" if walk == "merchant" else walk))
    size = func.abs(transactions.c.amount) if walk == "size" else func.abs(row["amount"])
    asked = [
        *Days(wanted.since, wanted.until).within(row["date"]),
        matches_text(ledger, wanted.text, dialect),
        row["account_id"].in_(wanted.accounts) if wanted.accounts else None,
        row["category_id"].in_(below(ledger, wanted.categories)) if wanted.categories else None,
        row["merchant_id"].in_(wanted.merchants) if wanted.merchants else None,
        row["id"].in_(_tagged(ledger, wanted.tags)) if wanted.tags else None,
        row["import_id"] == _import(ledger, wanted.imported) if wanted.imported else None,
        *_sizes(wanted, size, decimals),
        _at_least(size, wanted.minimum) if wanted.minimum is not None and len(decimals) > 1 else None,
        _at_most(size, wanted.maximum) if wanted.maximum is not None and len(decimals) > 1 else None,
        {"in": row["amount"] > 0, "out": row["amount"] < 0, None: None}[wanted.direction],
        row["currency"] == wanted.currency if wanted.currency else None,
        row["pending"].is_(wanted.pending) if wanted.pending is not None else None,
        row["category_id"].is_(None) & row["transfer_id"].is_(None) if wanted.uncategorized else None,
        visible(ledger, row["household_id"]),
    ]
    return [condition for condition in asked if condition is not None]


async def narrowed(
    connection: AsyncConnection,
    ledger: Ledger,
    wanted: TransactionFilter,
    walk: Walk = "date",
    *,
    few: int | None = None,
) -> list[ColumnElement[bool]]:
    """The same, and where to find all of them among `few` rows at most, if one part of it is true of so few.

    few: None: FEW, and of one import more, as its rows lie side by side.
    """
    if few is None:
        few = FETCHED_AT_ONCE if wanted.imported else FEW
    dialect = connection.dialect.name
    decimals = await _decimals_in_use(connection, ledger, wanted)
    anywhere = conditions(ledger, wanted, dialect, None, decimals)
    if (smallest := await _smallest(connection, _sets(ledger, wanted, dialect, decimals), few)) is not None:
        return [transactions.c.id.in_(smallest), *anywhere]
    if has_unindexed_words(wanted.text, dialect):
        return anywhere  # all rows have to be read, best as they lie
    return conditions(ledger, wanted, dialect, walk, decimals)


async def at_once(
    connection: AsyncConnection, ledger: Ledger, wanted: TransactionFilter, walk: Walk
) -> list[ColumnElement[bool]] | None:
    """The same where only so many rows have to be read that nobody has to wait for it; None where they are more."""
    dialect = connection.dialect.name
    decimals = await _decimals_in_use(connection, ledger, wanted)
    smallest = await _smallest(connection, _sets(ledger, wanted, dialect, decimals), FETCHED_AT_ONCE)
    if smallest is not None:
        return [transactions.c.id.in_(smallest), *conditions(ledger, wanted, dialect, None, decimals)]
    walked = _walked(ledger, wanted, walk, decimals)
    most = FETCHED_AT_ONCE if wanted.text.strip() else WALKED_AT_ONCE  # words stand in no index that is walked
    if await _smallest(connection, [walked], most) is None:
        return None
    return conditions(ledger, wanted, dialect, walk, decimals)


async def _smallest(
    connection: AsyncConnection, sets: Sequence[Select[tuple[int]]], most: int
) -> Select[tuple[int]] | None:
    """The one of `sets` that has the fewest rows; None if that are more than `most`, or there are no sets."""
    if not sets:
        return None
    sizes = [select(func.count()).select_from(one.limit(most + 1).subquery()).scalar_subquery() for one in sets]
    counts = (await connection.execute(select(*sizes))).one()
    smallest = min(range(len(sets)), key=lambda number: counts[number])
    return sets[smallest] if counts[smallest] <= most else None


def _walked(ledger: Ledger, wanted: TransactionFilter, walk: Walk, decimals: Collection[int]) -> Select[tuple[int]]:
    """What is walked of the index."""
    row = transactions.c
    mine = select(row.id).where(row.household_id == ledger.household)
    if walk == "merchant":
        return mine.where(row.merchant_id.in_(wanted.merchants))
    if walk == "size":
        return mine.where(*_sizes(wanted, func.abs(row.amount), decimals))
    return mine.where(*Days(wanted.since, wanted.until).within(row.date))


async def glanced(
    connection: AsyncConnection,
    ledger: Ledger,
    wanted: TransactionFilter,
    walk: Walk,
    in_order: Sequence[ColumnElement[Any]],
    beyond: Sequence[ColumnElement[bool]],
    limit: int,
) -> Sequence[int] | None:
    """The ids of the first `limit` rows that hold the words of `wanted`, if they are among the first few that may.

    Words that very many rows hold are found sooner so than by asking for all of those rows. None when a glance does
    not suffice, or there are no words.
    """
    dialect = connection.dialect.name
    if (reads := reads_as(ledger, wanted.text, dialect)) is None or not wanted.text.isascii():
        return None  # SQLite's LIKE knows upper and lower case of ASCII letters only, the index of all
    decimals = await _decimals_in_use(connection, ledger, wanted)
    others = conditions(ledger, msgspec.structs.replace(wanted, text=""), dialect, walk, decimals)
    first = select(transactions.c.id).where(*others, *beyond).order_by(*in_order).limit(GLANCE)
    query = select(transactions.c.id).where(transactions.c.id.in_(first), reads).order_by(*in_order).limit(limit)
    found = (await connection.scalars(query)).all()
    return found if len(found) == limit else None


async def _decimals_in_use(connection: AsyncConnection, ledger: Ledger, wanted: TransactionFilter) -> Collection[int]:
    """How many decimals the currencies of the household's transactions have, if `wanted` asks for amounts."""
    if wanted.minimum is None and wanted.maximum is None:
        return ALL_DECIMALS
    row = category_months.c
    mine = select(row.currency).where(row.household_id == ledger.household)
    odd = [code for currencies in CURRENCIES_BY_DECIMALS.values() for code in currencies.split()]
    asked = {decimals: row.currency.in_(codes.split()) for decimals, codes in CURRENCIES_BY_DECIMALS.items()}
    asked[DECIMALS] = row.currency.not_in(odd)
    found = (await connection.execute(select(*(mine.where(one).exists() for one in asked.values())))).one()
    return [decimals for decimals, is_used in zip(asked, found, strict=True) if is_used] or [DECIMALS]


def _sets(
    ledger: Ledger, wanted: TransactionFilter, dialect: str, decimals: Collection[int]
) -> list[Select[tuple[int]]]:
    """Ids of transactions, found by an index: all that are wanted are in each of these."""
    row = transactions.c
    mine = select(row.id).where(row.household_id == ledger.household)
    found = [
        ids_with_text(ledger, wanted.text, dialect),
        mine.where(row.account_id.in_(wanted.accounts)) if wanted.accounts else None,
        mine.where(row.category_id.in_(below(ledger, wanted.categories))) if wanted.categories else None,
        mine.where(row.merchant_id.in_(wanted.merchants)) if wanted.merchants else None,
        _tagged(ledger, wanted.tags) if wanted.tags else None,
        mine.where(row.import_id == _import(ledger, wanted.imported)) if wanted.imported else None,
        mine.where(*Days(wanted.since, wanted.until).within(row.date)) if wanted.since or wanted.until else None,
        mine.where(row.category_id.is_(None)) if wanted.uncategorized else None,
        mine.where(*sizes) if (sizes := [*_sizes(wanted, func.abs(row.amount), decimals)]) else None,
    ]
    return [one for one in found if one is not None]


class _Row:
    """The columns of a transaction; but for some, SQLite is to use no index for them."""

    def __init__(self, dialect: str, indexed: Collection[str]) -> None:
        self._dialect = dialect
        self._indexed = indexed

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        column = transactions.c[name]
        return unindexed(column) if self._dialect == "sqlite" and name not in self._indexed else column


def below(ledger: Ledger, ids: tuple[int, ...]) -> Select[tuple[int]]:
    """The ids of these categories and of all their sub-categories."""
    chosen = (
        select(categories.c.id)
        .where(categories.c.household_id == ledger.household, categories.c.id.in_(ids))
        .cte(recursive=True)
    )
    below = select(categories.c.id).where(
        categories.c.household_id == ledger.household, categories.c.parent_id == chosen.c.id
    )
    return select(chosen.union(below).c.id)


def _tagged(ledger: Ledger, ids: tuple[int, ...]) -> Select[tuple[int]]:
    return select(transaction_tags.c.transaction_id).where(
        transaction_tags.c.household_id == ledger.household, transaction_tags.c.tag_id.in_(ids)
    )


def _import(ledger: Ledger, token: str) -> ScalarSelect[int]:
    return (
        select(imports.c.id).where(imports.c.household_id == ledger.household, imports.c.token == token)
    ).scalar_subquery()


def _sizes(
    wanted: TransactionFilter, size: ColumnElement[int], decimals: Collection[int]
) -> Iterator[ColumnElement[bool]]:
    """Between which sizes all amounts are that are wanted, in whichever currency of so many decimals."""
    if wanted.minimum is not None:
        yield size >= _scaled(wanted.minimum, min(decimals), ROUND_CEILING)
    if wanted.maximum is not None:
        yield size <= _scaled(wanted.maximum, max(decimals), ROUND_FLOOR)


def _scaled(amount: Decimal, decimals: int, rounding: str) -> int:
    """`amount` in minor units of a currency with so many decimals; what is finer than these is rounded away."""
    return int(amount.scaleb(decimals).to_integral_value(rounding))


def _at_least(size: ColumnElement[int], amount: Decimal) -> ColumnElement[bool]:
    return size >= _minor(amount, ROUND_CEILING)


def _at_most(size: ColumnElement[int], amount: Decimal) -> ColumnElement[bool]:
    return size <= _minor(amount, ROUND_FLOOR)


def _minor(amount: Decimal, rounding: str) -> ColumnElement[int]:
    """`amount` in minor units of each row's own currency."""
    by_currency = (
        (transactions.c.currency.in_(currencies.split()), _scaled(amount, decimals, rounding))
        for decimals, currencies in CURRENCIES_BY_DECIMALS.items()
    )
    return case(*by_currency, else_=_scaled(amount, DECIMALS, rounding))

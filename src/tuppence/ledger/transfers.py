"""Transfers between a household's own accounts: two rows that are one movement, neither income nor spending.

Two rows are a pair when their amounts are opposite, in one currency, on two own accounts, at most four days apart, and
when each is the only candidate of the other. Anything less is listed as possible and left to a person.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible
from tuppence.store.tables import transactions, transfers

DAYS_APART = 4
CANDIDATES_NAMED = 5
"""Of more possible counterparts than this of one row, only so many are listed."""


class Movement(NamedTuple):
    """A transaction, as far as it matters here."""

    id: int
    account: int
    date: datetime.date
    amount: int
    """Minor units of `currency`, not zero."""
    currency: str


Pair = tuple[int, int]
"""The ids of the row that money went out by and of the one that it came in by."""


@dataclass(frozen=True, slots=True)
class PairedTransfers:
    """What `pair_transfers` found. No row is in both."""

    pairs: tuple[Pair, ...]
    possible: tuple[Pair, ...]
    """Opposite amounts that could belong together, but one of them could belong to another one as well."""


def pair_transfers(movements: Iterable[Movement]) -> PairedTransfers:
    """Find the pairs among `movements`, in ascending order. Takes time in proportion to their number, nearly."""
    pairs: list[Pair] = []
    possible: list[Pair] = []
    for outs, ins in _opposites(movements):
        days_in, days_out = _days_by_account(ins), _days_by_account(outs)
        sole: dict[int, int] = {}  # a row that came in -> the only row that it can come from
        for row in ins:
            candidates = _candidates(row, days_out, limit=2)
            if len(candidates) == 1:
                sole[row.id] = candidates[0]
        for row in outs:
            candidates = _candidates(row, days_in, limit=CANDIDATES_NAMED)
            if len(candidates) == 1 and sole.get(candidates[0]) == row.id:
                pairs.append((row.id, candidates[0]))
            else:
                possible += ((row.id, candidate) for candidate in candidates)
    return PairedTransfers(tuple(sorted(pairs)), tuple(sorted(possible)))


def _opposites(movements: Iterable[Movement]) -> Iterator[tuple[list[Movement], list[Movement]]]:
    """The rows that went out and those that came in, for each size of amount and currency that has both."""
    buckets: dict[tuple[str, int], tuple[list[Movement], list[Movement]]] = {}
    for movement in movements:
        outs, ins = buckets.setdefault((movement.currency, abs(movement.amount)), ([], []))
        (outs if movement.amount < 0 else ins).append(movement)
    return ((outs, ins) for outs, ins in buckets.values() if outs and ins)


_Days = dict[int, tuple[list[int], list[int]]]


def _days_by_account(rows: list[Movement]) -> _Days:
    """For each account the days of its rows (as ordinals), in order, beside their ids."""
    by_account: _Days = {}
    for day, identity, account in sorted((row.date.toordinal(), row.id, row.account) for row in rows):
        days, ids = by_account.setdefault(account, ([], []))
        days.append(day)
        ids.append(identity)
    return by_account


def _candidates(row: Movement, others: _Days, limit: int) -> list[int]:
    """The ids of rows on other accounts near enough in time, at most `limit`."""
    day = row.date.toordinal()
    found: list[int] = []
    for account, (days, ids) in others.items():
        if account != row.account:
            first = bisect_left(days, day - DAYS_APART)
            last = bisect_right(days, day + DAYS_APART, first)
            found += ids[first : min(last, first + limit - len(found))]
            if len(found) == limit:
                break
    return found


def shifted(day: datetime.date, days: int) -> datetime.date:
    """The day so many days later, or the first or last one that the calendar has."""
    return datetime.date.fromordinal(min(max(day.toordinal() + days, 1), datetime.date.max.toordinal()))


async def possible_transfers(
    ledger: Ledger, since: datetime.date | None = None, until: datetime.date | None = None
) -> tuple[Pair, ...]:
    """Pairs between these two days, both included, that could be transfers, for a person to decide."""
    async with ledger.store.reading() as connection:
        movements = await _movements(connection, ledger, since or datetime.date.min, until or datetime.date.max)
    return pair_transfers(movements).possible


async def refresh_transfers(
    connection: AsyncConnection, ledger: Ledger, first: datetime.date, last: datetime.date
) -> int:
    """Pair anew what rows dated `first` to `last`, that came or went, can have changed; return how many pairs are new.

    What a person decided stays. To be called within the transaction in which the rows come or go.
    """
    # Rows up to four days away may have other candidates now. Those are up to eight days away, and their own
    # candidates, on which it depends whether they are a pair, up to twelve.
    movements = await _movements(connection, ledger, shifted(first, -3 * DAYS_APART), shifted(last, 3 * DAYS_APART))
    first, last = shifted(first, -DAYS_APART), shifted(last, DAYS_APART)
    near = {row.id for row in movements if first <= row.date <= last}
    wanted = {pair for pair in pair_transfers(movements).pairs if not near.isdisjoint(pair)}
    present = await _automatic_pairs(connection, ledger, first, last)
    await _dissolve(connection, ledger, [transfer for transfer, pair in present.items() if pair not in wanted])
    new = sorted(wanted.difference(present.values()))
    await _store(connection, ledger, new)
    return len(new)


async def _movements(
    connection: AsyncConnection, ledger: Ledger, first: datetime.date, last: datetime.date
) -> list[Movement]:
    """The rows of these days that may have a counterpart: their amount went out of one account and into another."""
    rows = transactions.c
    size = func.abs(rows.amount)
    by_a_person = select(transfers.c.id).where(
        transfers.c.household_id == ledger.household, transfers.c.source == "person"
    )
    free = and_(
        visible(ledger),
        rows.date.between(first, last),
        or_(rows.transfer_id.is_(None), rows.transfer_id.not_in(by_a_person)),
    )
    both_ways = (
        select(rows.currency, size.label("size"))
        .where(free, rows.amount != 0)
        .group_by(rows.currency, size)
        .having(
            func.min(rows.amount) < 0, func.max(rows.amount) > 0, func.min(rows.account_id) != func.max(rows.account_id)
        )
        .subquery()
    )
    query = (
        select(rows.id, rows.account_id, rows.date, rows.amount, rows.currency)
        .join(both_ways, and_(both_ways.c.currency == rows.currency, both_ways.c.size == size))
        .where(free)
    )
    return [Movement(*row) for row in await connection.execute(query)]


async def _automatic_pairs(
    connection: AsyncConnection, ledger: Ledger, first: datetime.date, last: datetime.date
) -> dict[int, tuple[int, ...]]:
    """The rows of each transfer found by pairing that has a side in these days, the one money went out by first.

    Rows that nobody sees any more are among them, as what they were paired with has to be let go.
    """
    rows = transactions.c
    touched = (
        select(rows.transfer_id)
        .join(transfers, and_(transfers.c.household_id == rows.household_id, transfers.c.id == rows.transfer_id))
        .where(rows.household_id == ledger.household, rows.date.between(first, last), transfers.c.source == "pairing")
    )
    query = (
        select(rows.transfer_id, rows.id)
        .where(rows.household_id == ledger.household, rows.transfer_id.in_(touched))
        .order_by(rows.transfer_id, rows.amount)
    )
    found: dict[int, tuple[int, ...]] = {}
    for transfer, row in await connection.execute(query):
        found[transfer] = (*found.get(transfer, ()), row)
    return found


async def _dissolve(connection: AsyncConnection, ledger: Ledger, ids: Sequence[int]) -> None:
    if not ids:
        return
    mine = transactions.c.household_id == ledger.household, transactions.c.transfer_id == bindparam("transfer")
    sides = update(transactions).where(*mine).values(transfer_id=None)
    whole = delete(transfers).where(
        transfers.c.household_id == ledger.household, transfers.c.id == bindparam("transfer")
    )
    for statement in (sides, whole):
        await connection.execute(statement, [{"transfer": identity} for identity in ids])


async def _store(connection: AsyncConnection, ledger: Ledger, pairs: Sequence[Pair]) -> None:
    if not pairs:
        return
    values = {"household_id": ledger.household, "source": "pairing"}
    made = await connection.scalars(insert(transfers).returning(transfers.c.id), [values] * len(pairs))
    rows = update(transactions).where(
        transactions.c.household_id == ledger.household, transactions.c.id == bindparam("row")
    )
    await connection.execute(
        rows.values(transfer_id=bindparam("transfer")),
        [{"row": row, "transfer": transfer} for pair, transfer in zip(pairs, made.all(), strict=True) for row in pair],
    )

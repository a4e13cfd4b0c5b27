"""Transfers between a household's own accounts: two rows that are one movement, neither income nor spending.

Two rows are a pair when their amounts are opposite, in one currency, on two own accounts, at most four days apart, and
when each is the only candidate of the other. Anything less is listed as possible and left to a person.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from anyio import to_thread
from sqlalchemy import ColumnElement, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tuppence.ledger.household import Ledger
from tuppence.ledger.visibility import visible
from tuppence.store.bulk import execute_rows, insert_rows
from tuppence.store.tables import movement_revisions, transactions, transfers

DAYS_APART = 4
CANDIDATES_NAMED = 5
"""Of more possible counterparts than this of one row, only so many are listed."""
LATEST = 10_000
"""So many transactions are looked at when it has to be quick."""
AT_ONCE = 4000
"""So many values are handed to one statement."""

Value = TypeVar("Value")


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


def stretches(days: Iterable[datetime.date]) -> Iterator[tuple[datetime.date, datetime.date]]:
    """The first and the last of neighbouring days, where what is done about them would look at the same rows."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None:
            first = last = day
        elif (day - last).days > 6 * DAYS_APART:
            yield first, last
            first = last = day
        else:
            last = day
    if first is not None and last is not None:
        yield first, last


@dataclass(frozen=True, slots=True)
class PossibleTransfers:
    """What could be transfers among the latest transactions."""

    pairs: tuple[Pair, ...]
    since: datetime.date
    """The first day that was looked at."""


async def possible_transfers(ledger: Ledger, since: datetime.date, most: int = LATEST) -> PossibleTransfers:
    """Pairs from the day `since` on that could be transfers, for a person to decide.

    most: where there are more transactions than this, only so many of the latest are looked at, and the rest of a day.
    """
    days = select(transactions.c.date).where(visible(ledger), transactions.c.date >= since)
    async with ledger.store.reading() as connection:
        earliest = await connection.scalar(days.order_by(transactions.c.date.desc()).offset(most).limit(1))
        first = earliest or since
        movements = await _movements(connection, ledger, first, datetime.date.max)
    return PossibleTransfers((await to_thread.run_sync(pair_transfers, movements)).possible, first)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What is about to be seen, once some running imports are done."""

    imports: frozenset[int] = frozenset()
    """Whose rows will be."""
    moved: tuple[Movement, ...] = ()
    """Rows that exist already, as they will be."""


NOTHING = Arrivals()


@dataclass(frozen=True, slots=True)
class TransferChanges:
    """What pairing changes, as found at one moment; good for as long as the revision is the same."""

    revision: int
    dissolved: tuple[int, ...]
    """Ids of transfers that are none any more."""
    pairs: tuple[Pair, ...]
    """New ones."""


async def movements_revision(connection: AsyncConnection, ledger: Ledger) -> int:
    """A number that changes whenever anything does that pairing depends on, whoever changes it."""
    of_household = movement_revisions.c.household_id == ledger.household
    return await connection.scalar(select(movement_revisions.c.revision).where(of_household)) or 0


async def refresh_transfers(
    connection: AsyncConnection, ledger: Ledger, first: datetime.date, last: datetime.date
) -> int:
    """Pair anew what rows dated `first` to `last`, that came or went, can have changed; return how many pairs are new.

    What a person decided stays. To be called within the transaction in which the rows come or go.
    """
    return await change_transfers(connection, ledger, await transfer_changes(connection, ledger, first, last))


async def transfer_changes(
    connection: AsyncConnection,
    ledger: Ledger,
    first: datetime.date,
    last: datetime.date,
    arrivals: Arrivals = NOTHING,
) -> TransferChanges:
    """What has to change because rows dated `first` to `last` come or go, those of `arrivals` among them.

    Changes nothing, so that the long part of the work can be done before the write lock is taken.
    """
    revision = await movements_revision(connection, ledger)  # first: what changes after it is noticed
    # Rows up to four days away may have other candidates now. Those are up to eight days away, and their own
    # candidates, on which it depends whether they are a pair, up to twelve.
    widely = shifted(first, -3 * DAYS_APART), shifted(last, 3 * DAYS_APART)
    movements = await _movements(connection, ledger, *widely, arrivals)
    first, last = shifted(first, -DAYS_APART), shifted(last, DAYS_APART)
    near = {row.id for row in movements if first <= row.date <= last}
    found = await to_thread.run_sync(pair_transfers, movements)
    wanted = {pair for pair in found.pairs if not near.isdisjoint(pair)}
    present = await _automatic_pairs(connection, ledger, first, last)
    dissolved = tuple(transfer for transfer, pair in present.items() if pair not in wanted)
    return TransferChanges(revision, dissolved, tuple(sorted(wanted.difference(present.values()))))


async def change_transfers(connection: AsyncConnection, ledger: Ledger, changes: TransferChanges) -> int:
    """Carry out what `transfer_changes` found, and return how many pairs are new."""
    await _dissolve(connection, ledger, changes.dissolved)
    await _store(connection, ledger, changes.pairs)
    return len(changes.pairs)


async def _movements(
    connection: AsyncConnection,
    ledger: Ledger,
    first: datetime.date,
    last: datetime.date,
    arrivals: Arrivals = NOTHING,
) -> list[Movement]:
    """The rows of these days that may have a counterpart: their amount went out of one account and into another."""
    rows = transactions.c
    size = func.abs(rows.amount)
    free = and_(_free(ledger, arrivals), rows.date.between(first, last))
    # What a person said of a row is in no index; so it is only asked of rows whose amount went both ways.
    both_ways = (
        select(rows.currency, size.label("size"))
        .where(_seen(ledger, arrivals), rows.date.between(first, last), rows.amount != 0)
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
    found = [Movement(*row) for row in await connection.execute(query)]
    if not arrivals.moved:
        return found
    return await _with_moved(connection, free, found, arrivals.moved)


async def _with_moved(
    connection: AsyncConnection, free: ColumnElement[bool], found: list[Movement], moved: Sequence[Movement]
) -> list[Movement]:
    """The movements with those of `moved` as they will be, and with whatever may be a counterpart of these."""
    rows = transactions.c
    by_id = {row.id: row for row in found}
    for some in parts(moved):
        like = func.abs(rows.amount).in_({abs(row.amount) for row in some} - {0})
        query = select(rows.id, rows.account_id, rows.date, rows.amount, rows.currency).where(free, like)
        by_id |= {row.id: Movement(*row) for row in await connection.execute(query)}
    for row in moved:
        by_id.pop(row.id, None)
        if row.amount:
            by_id[row.id] = row
    return list(by_id.values())


def parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """As many at a time as a statement takes."""
    return (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))


def _free(ledger: Ledger, arrivals: Arrivals) -> ColumnElement[bool]:
    """True for rows that are seen, or will be, and of which no person has said what they belong to."""
    rows = transactions.c
    by_a_person = select(transfers.c.id).where(
        transfers.c.household_id == ledger.household, transfers.c.source == "person"
    )
    return and_(
        _seen(ledger, arrivals),
        rows.transfer_source.is_distinct_from("person"),
        or_(rows.transfer_id.is_(None), rows.transfer_id.not_in(by_a_person)),
    )


def _seen(ledger: Ledger, arrivals: Arrivals) -> ColumnElement[bool]:
    """True for rows that are seen, or will be."""
    rows = transactions.c
    seen = or_(visible(ledger), rows.import_id.in_(arrivals.imports)) if arrivals.imports else visible(ledger)
    return and_(rows.household_id == ledger.household, seen)


async def free_movements(connection: AsyncConnection, ledger: Ledger, ids: Sequence[int]) -> list[Movement]:
    """These rows, but for those of which a person has said what they belong to."""
    rows = transactions.c
    found: list[Movement] = []
    for some in parts(ids):
        query = select(rows.id, rows.account_id, rows.date, rows.amount, rows.currency)
        found += [
            Movement(*row) for row in await connection.execute(query.where(_free(ledger, NOTHING), rows.id.in_(some)))
        ]
    return found


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
    mine = transactions.c.household_id == ledger.household, transactions.c.transfer_id == bindparam("transfer")
    sides = update(transactions).where(*mine).values(transfer_id=None)
    whole = delete(transfers).where(
        transfers.c.household_id == ledger.household, transfers.c.id == bindparam("transfer")
    )
    for statement in (sides, whole):
        await execute_rows(connection, statement, [{"transfer": identity} for identity in ids])


async def _store(connection: AsyncConnection, ledger: Ledger, pairs: Sequence[Pair]) -> None:
    if not pairs:
        return
    mine = transfers.c.household_id == ledger.household
    before = await connection.scalar(select(func.max(transfers.c.id)).where(mine)) or 0
    await insert_rows(connection, transfers, [{"household_id": ledger.household, "source": "pairing"}] * len(pairs))
    made = await connection.scalars(select(transfers.c.id).where(mine, transfers.c.id > before))
    rows = update(transactions).where(
        transactions.c.household_id == ledger.household, transactions.c.id == bindparam("row")
    )
    await execute_rows(
        connection,
        rows.values(transfer_id=bindparam("transfer")),
        [{"row": row, "transfer": transfer} for pair, transfer in zip(pairs, made.all(), strict=True) for row in pair],
    )

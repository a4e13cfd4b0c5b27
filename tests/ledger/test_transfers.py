"""Only rows that can belong to nothing else are a transfer; the answer does not depend on what came first."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.statements import CHECKING, SAVINGS, bank_file, bring_in, imported, row, rows_of, statement
from tuppence.ledger.accounts import NewAccount
from tuppence.ledger.household import Ledger
from tuppence.ledger.importing import undo_import
from tuppence.ledger.transfers import DAYS_APART, Movement, Pair, pair_transfers, possible_transfers

START = datetime.date(2026, 3, 1)


def movement(identity: int, account: int, days: int, amount: int, currency: str = "EUR") -> Movement:
    return Movement(identity, account, START + datetime.timedelta(days), amount, currency)


@pytest.mark.parametrize(
    ("movements", "pairs", "possible"),
    [
        ([movement(1, 1, 0, -5), movement(2, 2, 4, 5)], [(1, 2)], []),
        ([movement(1, 1, 4, -5), movement(2, 2, 0, 5)], [(1, 2)], []),
        ([movement(1, 1, 0, -5), movement(2, 2, 5, 5)], [], []),
        ([movement(1, 1, 0, -5), movement(2, 1, 0, 5)], [], []),
        ([movement(1, 1, 0, -5), movement(2, 2, 0, 5, "USD")], [], []),
        ([movement(1, 1, 0, -5), movement(2, 2, 0, 6)], [], []),
        ([movement(1, 1, 0, -5), movement(2, 2, 0, 5), movement(3, 3, 1, 5)], [], [(1, 2), (1, 3)]),
        ([movement(1, 1, 0, -5), movement(2, 2, 0, 5), movement(3, 3, 1, -5)], [], [(1, 2), (3, 2)]),
        # 1 can only go to 2, but 2 can come from 3 as well.
        ([movement(1, 1, 0, -5), movement(2, 2, 4, 5), movement(3, 1, 8, -5)], [], [(1, 2), (3, 2)]),
        ([movement(1, 1, 0, -5), movement(2, 2, 4, 5), movement(3, 1, 9, -5)], [(1, 2)], []),
    ],
)
def test_a_pair_is_the_only_candidate_on_both_sides(
    movements: list[Movement], pairs: list[Pair], possible: list[Pair]
) -> None:
    found = pair_transfers(movements)
    assert (list(found.pairs), list(found.possible)) == (pairs, possible)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.integers(0, 12), st.sampled_from([-2, -1, 1, 2]), st.sampled_from(["EUR", "USD"])
        ),
        max_size=12,
    )
)
def test_the_same_as_by_definition(rows: list[tuple[int, int, int, str]]) -> None:
    movements = [movement(number, *rest) for number, rest in enumerate(rows)]

    def candidates(one: Movement) -> list[int]:
        return [
            other.id
            for other in movements
            if other.amount == -one.amount
            and other.currency == one.currency
            and other.account != one.account
            and abs((other.date - one.date).days) <= DAYS_APART
        ]

    by_definition = {
        (one.id, other)
        for one in movements
        for other in candidates(one)
        if one.amount < 0 and candidates(one) == [other] and candidates(movements[other]) == [one.id]
    }
    found = pair_transfers(movements)
    assert set(found.pairs) == by_definition
    assert not set(found.possible) & by_definition


def test_many_equal_amounts_take_little_time() -> None:
    """Comparing each with each would be 2,500 million comparisons, and take an hour."""
    movements = [movement(number, number % 4, number % 7, 5 if number % 2 else -5) for number in range(100_000)]
    assert pair_transfers(movements).pairs == ()


pytestmark = pytest.mark.anyio


async def transfers(ledger: Ledger) -> list[tuple[str, ...]]:
    """The words of both sides of each transfer."""
    sides: dict[int, list[str]] = {}
    for each in await rows_of(ledger):
        if each.transfer_id is not None:
            sides.setdefault(each.transfer_id, []).append(each.description)
    return sorted(tuple(sorted(words)) for words in sides.values())


async def possible(ledger: Ledger) -> tuple[Pair, ...]:
    """What a person may decide, of all times."""
    return (await possible_transfers(ledger, datetime.date.min)).pairs


OUT, IN = row("03-10", "-50", "out"), row("03-12", "50", "in")


async def test_a_rival_that_comes_later_dissolves_a_pair_and_its_going_restores_it(ledger: Ledger) -> None:
    await bring_in(ledger, bank_file(imported([OUT]), imported([IN])), CHECKING, SAVINGS)
    assert await transfers(ledger) == [("in", "out")]
    rival = await bring_in(ledger, statement(row("03-16", "-50", "rival")), NewAccount("Cash", "EUR"))
    assert await transfers(ledger) == []
    assert len(await possible(ledger)) == 2
    await undo_import(ledger, rival.accounts[0].token)
    assert await transfers(ledger) == [("in", "out")]
    assert await possible(ledger) == ()


async def test_a_chain_of_rivals_is_followed_as_far_as_it_matters(ledger: Ledger) -> None:
    """Each row is four days from the next: what is a pair at one end depends on the other end."""
    await bring_in(ledger, statement(row("03-02", "-50", "a")))
    await bring_in(ledger, statement(row("03-06", "50", "b")), SAVINGS)
    assert await transfers(ledger) == [("a", "b")]
    await bring_in(ledger, statement(row("03-14", "-50", "d")))
    assert await transfers(ledger) == [("a", "b")]
    between = await bring_in(ledger, statement(row("03-10", "50", "c")), SAVINGS)
    assert await transfers(ledger) == [("a", "b"), ("c", "d")]
    await bring_in(ledger, statement(row("03-10", "-50", "e")), NewAccount("Cash", "EUR"))
    assert await transfers(ledger) == []
    await undo_import(ledger, between.accounts[0].token)
    assert await transfers(ledger) == []
    assert await possible(ledger) == ((1, 2), (5, 2))


async def test_of_very_many_transactions_the_latest_are_looked_at(ledger: Ledger) -> None:
    await bring_in(ledger, statement(row("03-01", "-50"), row("03-20", "-70"), row("03-20", "-80")))
    await bring_in(ledger, statement(row("03-02", "50"), row("03-21", "70"), row("03-22", "80")), SAVINGS)
    cash = NewAccount("Cash", "EUR")
    await bring_in(ledger, statement(row("03-03", "50"), row("03-21", "70"), row("03-22", "80")), cash)
    everything = await possible_transfers(ledger, datetime.date.min)
    assert (len(everything.pairs), everything.since) == (6, datetime.date.min)
    latest = await possible_transfers(ledger, datetime.date(2026, 3, 2), most=6)
    assert (len(latest.pairs), latest.since) == (4, datetime.date(2026, 3, 3))
    assert (await possible_transfers(ledger, datetime.date(2026, 3, 21))).pairs == ()


async def test_when_one_side_is_undone_the_other_is_free_again(ledger: Ledger) -> None:
    await bring_in(ledger, statement(OUT))
    token = (await bring_in(ledger, statement(IN), SAVINGS)).accounts[0].token
    assert await transfers(ledger) == [("in", "out")]
    await undo_import(ledger, token)
    assert [each.transfer_id for each in await rows_of(ledger)] == [None]


async def test_days_at_the_ends_of_the_calendar(ledger: Ledger) -> None:
    ends = [row(datetime.date.min, "-5", "first"), row(datetime.date.max, "-6", "last")]
    starts = [row(datetime.date.min, "5", "first"), row(datetime.date.max, "6", "last")]
    await bring_in(ledger, bank_file(imported(ends), imported(starts)), CHECKING, SAVINGS)
    assert await transfers(ledger) == [("first", "first"), ("last", "last")]

"""How many attempts are heard, of whom, and what the others are told."""

from collections.abc import Awaitable

import pytest

from tuppence.access.attempts import AttemptLimits, Attempts, TooManyAttempts

pytestmark = pytest.mark.anyio

HERE, THERE = "192.0.2.7", "198.51.100.1"


async def heard(attempt: Awaitable[None]) -> bool:
    try:
        await attempt
    except TooManyAttempts:
        return False
    return True


async def test_one_name_from_one_address() -> None:
    attempts = Attempts(AttemptLimits(pair=2))
    assert [await heard(attempts.count_sign_in("Anna", HERE)) for _ in range(4)] == [True, True, False, False]
    assert not await heard(attempts.count_sign_in(" ANNA ", HERE))
    assert await heard(attempts.count_sign_in("Anna", THERE))
    assert await heard(attempts.count_sign_in("Ben", HERE))


async def test_many_names_from_one_address() -> None:
    attempts = Attempts(AttemptLimits(address=3))
    assert [await heard(attempts.count_sign_in(f"name {n}", HERE)) for n in range(5)] == [True] * 3 + [False] * 2
    assert await heard(attempts.count_sign_in("name 0", THERE))


async def test_one_name_from_many_addresses() -> None:
    attempts = Attempts(AttemptLimits(name=3))
    assert [await heard(attempts.count_sign_in("Anna", f"192.0.2.{n}")) for n in range(5)] == [True] * 3 + [False] * 2
    assert await heard(attempts.count_sign_in("Ben", HERE))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),  # one /64
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("unix", "unix", True),
        ("unix", "", False),
    ],
)
async def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    attempts = Attempts(AttemptLimits(address=1))
    await attempts.count_sign_in("Anna", one)
    assert await heard(attempts.count_sign_in("Ben", other)) is not same


async def test_success_forgives_nothing_that_was_tried_on_others() -> None:
    attempts = Attempts(AttemptLimits(pair=2, address=5))
    for name in ("Anna", "Anna", "Ben"):
        await attempts.count_sign_in(name, HERE)
    for _ in range(9):
        await attempts.count_sign_in("Mallory", HERE)
        await attempts.forgive_sign_in("Mallory", HERE)
    assert not await heard(attempts.count_sign_in("Anna", HERE))  # the fourth
    assert await heard(attempts.count_sign_in("Carla", HERE))
    assert not await heard(attempts.count_sign_in("Dora", HERE))


async def test_success_forgives_what_came_before_of_the_same_name_from_there() -> None:
    attempts = Attempts(AttemptLimits(pair=2))
    for _ in range(3):
        await attempts.count_sign_in("Anna", HERE)  # wrong
        await attempts.count_sign_in("Anna", HERE)  # right
        await attempts.forgive_sign_in("Anna", HERE)


async def test_guesses_of_links_and_keys() -> None:
    attempts = Attempts(AttemptLimits(guesses=2))
    for _ in range(2):
        await attempts.check_guesses(HERE)
        await attempts.count_guess(HERE)
    assert not await heard(attempts.check_guesses(HERE))
    assert await heard(attempts.check_guesses(THERE))
    assert await heard(attempts.count_sign_in("Anna", HERE))
    for _ in range(10):
        await attempts.check_guesses(THERE)  # looking does not count


async def test_who_is_refused_is_told_when_to_come_back() -> None:
    attempts = Attempts(AttemptLimits(pair=0, guesses=0))
    with pytest.raises(TooManyAttempts, match=r"Try again in \d+ minutes\.$") as refused:
        await attempts.count_sign_in("Anna", HERE)
    assert 1 <= refused.value.seconds <= 15 * 60
    assert "Anna" not in str(refused.value)
    assert str(TooManyAttempts(40)) == "Too many attempts. Try again in 40 seconds."


@pytest.mark.parametrize("name", ["", "\ud800", "a/b", "x" * 100_000])
async def test_any_name_can_be_tried(name: str) -> None:
    attempts = Attempts(AttemptLimits(pair=1))
    assert [await heard(attempts.count_sign_in(name, HERE)) for _ in range(2)] == [True, False]

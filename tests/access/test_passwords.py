"""Which passwords will do, and that only the right one fits."""

import pytest
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from tuppence.access.passwords import LONGEST, Passwords, PasswordUnfit, check_password

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "password", ["four words in a row", "Zürich ist schön", "x7#kQ2!mPz", "annabel lee, 1849", "日本語でも大丈夫です"]
)
def test_a_good_one_will_do(password: str) -> None:
    check_password(password, "Anna")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 10"),
        ("123456789", "at least 10"),
        ("a" * 20, "repeats"),
        ("abababababab", "repeats"),
        ("Maximilian", "your name"),
        (" maximilian  ", "your name"),
        ("maximilian123", "your name"),
        ("MaximilianMaximilian", "your name"),
        ("xyzxyzuvw1" * 101, f"at most {LONGEST}"),
    ],
)
def test_a_bad_one_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(PasswordUnfit, match=why) as refused:
        check_password(password, "Maximilian")
    assert not password or password not in str(refused.value)


async def test_only_the_right_one_fits(passwords: Passwords) -> None:
    stored = await passwords.hashed("four words in a row")
    assert await passwords.fits("four words in a row", stored)
    assert not await passwords.fits("four words in a ro", stored)
    assert not await passwords.fits("Four words in a row", stored)
    assert not await passwords.fits("", stored)
    assert "four words" not in stored
    assert stored != await passwords.hashed("four words in a row")


async def test_nothing_fits_where_there_is_no_password(passwords: Passwords) -> None:
    assert not await passwords.fits("four words in a row", None)
    assert not await passwords.fits("nobody's", None)  # not even what nobody's is compared with


async def test_one_can_be_typed_on_any_keyboard(passwords: Passwords) -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert await passwords.fits(decomposed, await passwords.hashed(composed))


@pytest.mark.parametrize("password", ["half of a pair \ud800", "nul \0 within", "x" * 100_000])
async def test_any_text_can_be_tried(passwords: Passwords, password: str) -> None:
    assert not await passwords.fits(password, await passwords.hashed("four words in a row"))


async def test_what_comes_after_the_longest_counts_too(passwords: Passwords) -> None:
    longest = "long" * (LONGEST // 4)
    stored = await passwords.hashed(longest)
    assert await passwords.fits(longest, stored)
    assert not await passwords.fits(longest + "er", stored)


async def test_hashes_are_as_is_recommended_today_and_others_are_outdated(passwords: Passwords) -> None:
    cheap = await passwords.hashed("four words in a row")
    today = Passwords()
    stored = await today.hashed("four words in a row")
    memory, passes = RFC_9106_LOW_MEMORY.memory_cost, RFC_9106_LOW_MEMORY.time_cost
    assert stored.startswith(f"$argon2id$v=19$m={memory},t={passes},p=")
    assert await today.fits("four words in a row", cheap)
    assert today.is_outdated(cheap)
    assert not today.is_outdated(stored)
    assert not Passwords(CHEAPEST).is_outdated(cheap)

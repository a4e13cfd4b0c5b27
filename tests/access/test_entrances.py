"""The three ways in: who gets through, who does not, and what they are told."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from tuppence.access.attempts import AttemptLimits, Attempts, TooManyAttempts
from tuppence.access.entrances import SignInRefused, join, sign_in, sign_in_by_link
from tuppence.access.links import LinkUnusable, join_link, link_of, sign_in_link
from tuppence.access.passwords import Passwords, PasswordUnfit
from tuppence.access.sessions import list_sessions, session_of
from tuppence.access.users import NameUnfit, User, list_members, remove_member, set_password
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken
from tuppence.store import Store
from tuppence.store.tables import users

from .people import ADDRESS, ANNAS_PASSWORD, BENS_PASSWORD, enter, later

pytestmark = pytest.mark.anyio


# ------------------------------------------------------------------------------------------------ name and password


@pytest.mark.parametrize("name", ["Anna", "anna", "  ANNA ", "Ａnna"])
async def test_the_right_password_opens_a_session(store: Store, passwords: Passwords, anna: User, name: str) -> None:
    entered = await enter(store, passwords, name, ANNAS_PASSWORD)
    assert entered.user == anna
    session = await session_of(store, entered.token)
    assert session is not None
    assert session.user == anna


async def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    store: Store, passwords: Passwords, anna: User
) -> None:
    said = set()
    for name, password in [
        ("Anna", "wrong"),
        ("Nobody", "wrong"),
        ("Nobody", ANNAS_PASSWORD),
        ("", ""),
        ("\ud800", ""),
    ]:
        with pytest.raises(SignInRefused) as refused:
            await enter(store, passwords, name, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert len(await list_sessions(store, anna)) == 1  # that of joining


async def test_who_has_no_password_comes_in_by_none(store: Store, passwords: Passwords, ledger: Ledger) -> None:
    link = await join_link(ledger)
    await join(store, passwords, link.secret, "Carla", None)
    for password in ("", "None", "nobody's"):
        with pytest.raises(SignInRefused):
            await enter(store, passwords, "Carla", password)


async def test_too_many_attempts_are_refused_whatever_the_password(
    store: Store, passwords: Passwords, anna: User
) -> None:
    attempts = Attempts(AttemptLimits(pair=2))
    for name in ("Anna", "Nobody"):
        for _ in range(2):
            with pytest.raises(SignInRefused):
                await sign_in(store, passwords, attempts, name, "wrong", address=ADDRESS)
        with pytest.raises(TooManyAttempts):
            await sign_in(store, passwords, attempts, name, ANNAS_PASSWORD, address=ADDRESS)
    await sign_in(store, passwords, attempts, "Anna", ANNAS_PASSWORD, address="198.51.100.1")


async def test_attempts_at_the_same_time_are_counted_before_they_are_judged(
    store: Store, passwords: Passwords, anna: User
) -> None:
    attempts = Attempts(AttemptLimits(pair=3))
    tries = [sign_in(store, passwords, attempts, "Anna", f"guess {n}", address=ADDRESS) for n in range(10)]
    kinds = [type(outcome) for outcome in await asyncio.gather(*tries, return_exceptions=True)]
    assert (kinds.count(SignInRefused), kinds.count(TooManyAttempts)) == (3, 7)


async def test_who_signs_in_often_is_not_limited(store: Store, passwords: Passwords, anna: User) -> None:
    attempts = Attempts(AttemptLimits(pair=2, address=2, name=2))
    for _ in range(5):
        await sign_in(store, passwords, attempts, "Anna", ANNAS_PASSWORD, address=ADDRESS)


async def test_an_outdated_hash_is_made_anew(store: Store, passwords: Passwords, anna: User) -> None:
    query = select(users.c.password).where(users.c.id == anna.id)
    await enter(store, Passwords(), "Anna", ANNAS_PASSWORD)
    async with store.reading() as connection:
        renewed = await connection.scalar(query)
    assert renewed is not None
    assert not Passwords().is_outdated(renewed)
    await enter(store, Passwords(), "Anna", ANNAS_PASSWORD)


async def test_a_password_that_is_changed_while_it_is_compared_opens_nothing(
    store: Store, passwords: Passwords, anna: User
) -> None:
    class Slow(Passwords):
        async def fits(self, password: str, stored: str | None) -> bool:
            fits = await super().fits(password, stored)
            await set_password(store, passwords, anna, "quite another password")
            return fits

    with pytest.raises(SignInRefused):
        await enter(store, Slow(), "Anna", ANNAS_PASSWORD)
    assert await list_sessions(store, anna) == []


# ------------------------------------------------------------------------------------------------------- invitations


async def test_who_joins_has_the_links_role_and_a_session(store: Store, passwords: Passwords, ledger: Ledger) -> None:
    link = await join_link(ledger, "member")
    joined = await join(store, passwords, link.secret, "  Ben   Miller ", BENS_PASSWORD, browser="Firefox")
    assert joined.user == User(joined.user.id, ledger.household, "Ben Miller", "member", has_password=True)
    session = await session_of(store, joined.token)
    assert session is not None
    assert (session.user, session.browser) == (joined.user, "Firefox")


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [
        ("anna", BENS_PASSWORD, NameTaken),
        ("", BENS_PASSWORD, NameUnfit),
        ("Be\u200bn", BENS_PASSWORD, NameUnfit),
        ("\ud800", BENS_PASSWORD, NameUnfit),
        ("b" * 101, BENS_PASSWORD, NameUnfit),
        ("Ben", "short", PasswordUnfit),
    ],
)
async def test_a_mistake_does_not_use_up_the_link(
    store: Store,
    passwords: Passwords,
    ledger: Ledger,
    anna: User,
    name: str,
    password: str,
    error: type[Exception],
) -> None:
    link = await join_link(ledger)
    with pytest.raises(error):
        await join(store, passwords, link.secret, name, password)
    assert await list_members(ledger) == [anna]
    assert (await join(store, passwords, link.secret, "Ben", BENS_PASSWORD)).user.name == "Ben"


async def test_a_link_is_used_once(store: Store, passwords: Passwords, ledger: Ledger) -> None:
    link = await join_link(ledger)
    await join(store, passwords, link.secret, "Ben", BENS_PASSWORD)
    assert await link_of(store, link.secret) is None
    with pytest.raises(LinkUnusable):
        await join(store, passwords, link.secret, "Carla", BENS_PASSWORD)


async def test_of_many_who_join_by_one_link_at_the_same_time_one_does(
    store: Store, passwords: Passwords, ledger: Ledger, tmp_path: Path
) -> None:
    link = await join_link(ledger)
    async with await Store.open(tmp_path) as other:  # as another process would have it
        joining = [
            join(either, passwords, link.secret, f"Guest {number}", BENS_PASSWORD)
            for number, either in enumerate([store, other] * 4)
        ]
        outcomes = await asyncio.gather(*joining, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, LinkUnusable)]
    assert len(refused) == len(outcomes) - 1
    assert len(await list_members(ledger)) == 1


# ------------------------------------------------------------------------------------------------------ sign-in links


async def test_a_sign_in_link_lets_its_user_in_once(store: Store, ledger: Ledger, ben: User) -> None:
    link = await sign_in_link(ledger, ben.id)
    entered = await sign_in_by_link(store, link.secret, browser="Safari")
    assert entered.user == ben
    assert await session_of(store, entered.token) is not None
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, link.secret)


async def test_of_many_who_use_a_sign_in_link_at_the_same_time_one_comes_in(
    store: Store, ledger: Ledger, ben: User, tmp_path: Path
) -> None:
    link = await sign_in_link(ledger, ben.id)
    before = len(await list_sessions(store, ben))
    async with await Store.open(tmp_path) as other:
        entering = [sign_in_by_link(either, link.secret) for either in [store, other] * 5]
        outcomes = await asyncio.gather(*entering, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, LinkUnusable)]
    assert len(refused) == len(outcomes) - 1
    assert len(await list_sessions(store, ben)) == before + 1


async def test_links_expire(store: Store, passwords: Passwords, ledger: Ledger, ben: User) -> None:
    invitation, way_in = await join_link(ledger), await sign_in_link(ledger, ben.id)
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, way_in.secret, moment=later(minutes=61))
    await sign_in_by_link(store, way_in.secret, moment=later(minutes=59))
    with pytest.raises(LinkUnusable):
        await join(store, passwords, invitation.secret, "Carla", BENS_PASSWORD, moment=later(days=7.01))
    await join(store, passwords, invitation.secret, "Carla", BENS_PASSWORD, moment=later(days=6.99))


async def test_a_link_serves_its_own_purpose_only(
    store: Store, passwords: Passwords, ledger: Ledger, ben: User
) -> None:
    invitation, way_in = await join_link(ledger), await sign_in_link(ledger, ben.id)
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, invitation.secret)
    with pytest.raises(LinkUnusable):
        await join(store, passwords, way_in.secret, "Carla", BENS_PASSWORD)
    assert await link_of(store, invitation.secret) == invitation.link
    assert await link_of(store, way_in.secret) == way_in.link


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "x" * 10_000])
async def test_no_other_secret_opens_anything(
    store: Store, passwords: Passwords, ledger: Ledger, ben: User, secret: str
) -> None:
    await join_link(ledger)
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, secret)
    with pytest.raises(LinkUnusable):
        await join(store, passwords, secret, "Carla", BENS_PASSWORD)


async def test_the_link_of_somebody_who_was_removed_is_dead(store: Store, ledger: Ledger, ben: User) -> None:
    link = await sign_in_link(ledger, ben.id)
    await remove_member(ledger, ben.id)
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, link.secret)

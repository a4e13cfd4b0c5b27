"""The people of a household: their names, roles and passwords, and what ends when they leave."""

import asyncio

import pytest

from tuppence.access.api_keys import api_key_of, create_api_key
from tuppence.access.entrances import SignInRefused, join, sign_in_by_link
from tuppence.access.links import LinkUnusable, join_link, list_links, sign_in_link
from tuppence.access.passwords import Passwords, PasswordUnfit
from tuppence.access.sessions import list_sessions, open_session, session_of
from tuppence.access.tokens import token_hash
from tuppence.access.users import (
    LastOwner,
    NameUnfit,
    User,
    UserUnknown,
    WrongPassword,
    change_password,
    find_member,
    list_members,
    remove_member,
    rename_member,
    set_password,
    set_role,
)
from tuppence.ledger.household import Ledger
from tuppence.ledger.names import NameTaken
from tuppence.store import Store

from .people import ANNAS_PASSWORD, BENS_PASSWORD, enter

pytestmark = pytest.mark.anyio

NEW = "a password nobody knows"


async def test_a_household_knows_its_own_people_only(ledger: Ledger, others: Ledger, anna: User, ben: User) -> None:
    assert await list_members(ledger) == [anna, ben]
    assert await list_members(others) == []
    assert await find_member(ledger, ben.id) == ben
    with pytest.raises(UserUnknown):
        await find_member(others, ben.id)


async def test_another_household_changes_nobody(
    store: Store, ledger: Ledger, others: Ledger, passwords: Passwords, anna: User, ben: User
) -> None:
    with pytest.raises(UserUnknown):
        await rename_member(others, ben.id, "Mallory")
    with pytest.raises(UserUnknown):
        await set_role(others, ben.id, "owner")
    with pytest.raises(UserUnknown):
        await set_role(others, anna.id, "member")
    with pytest.raises(UserUnknown):
        await remove_member(others, ben.id)
    stranger = User(ben.id, others.household, "Ben", "owner", has_password=True)
    with pytest.raises(UserUnknown):
        await set_password(store, passwords, stranger, NEW)
    assert await list_members(ledger) == [anna, ben]
    await enter(store, passwords, "Ben", BENS_PASSWORD)


# ------------------------------------------------------------------------------------------------------------- names


async def test_names_are_unique_over_all_households(
    store: Store, passwords: Passwords, ledger: Ledger, others: Ledger, anna: User, ben: User
) -> None:
    link = await join_link(others)
    for name in ("Anna", "ANNA", " anna "):
        with pytest.raises(NameTaken):
            await join(store, passwords, link.secret, name, BENS_PASSWORD)
        with pytest.raises(NameTaken):
            await rename_member(ledger, ben.id, name)
    assert (await rename_member(ledger, ben.id, "BEN")).name == "BEN"  # one's own name in another spelling


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\u202eb", "a\0b"])
async def test_a_name_can_be_seen_and_is_not_too_long(ledger: Ledger, anna: User, name: str) -> None:
    with pytest.raises(NameUnfit):
        await rename_member(ledger, anna.id, name)


async def test_who_is_renamed_signs_in_by_the_new_name(
    store: Store, passwords: Passwords, ledger: Ledger, anna: User
) -> None:
    await rename_member(ledger, anna.id, "Anna Maria")
    await enter(store, passwords, "anna maria", ANNAS_PASSWORD)
    with pytest.raises(SignInRefused):
        await enter(store, passwords, "Anna", ANNAS_PASSWORD)


# ------------------------------------------------------------------------------------------------------------- roles


async def test_a_household_keeps_an_owner(ledger: Ledger, anna: User, ben: User) -> None:
    with pytest.raises(LastOwner, match="Make another member an owner first"):
        await remove_member(ledger, anna.id)
    with pytest.raises(LastOwner):
        await set_role(ledger, anna.id, "member")
    assert (await set_role(ledger, ben.id, "owner")).is_owner
    assert not (await set_role(ledger, anna.id, "member")).is_owner
    await remove_member(ledger, anna.id)
    with pytest.raises(LastOwner):
        await remove_member(ledger, ben.id)


async def test_the_owner_of_another_household_does_not_count(
    store: Store, passwords: Passwords, ledger: Ledger, others: Ledger, anna: User
) -> None:
    link = await join_link(others, "owner")
    await join(store, passwords, link.secret, "Olga", BENS_PASSWORD)
    with pytest.raises(LastOwner):
        await remove_member(ledger, anna.id)


async def test_two_owners_who_leave_at_the_same_time_do_not_both(ledger: Ledger, anna: User, ben: User) -> None:
    await set_role(ledger, ben.id, "owner")
    leaving = [remove_member(ledger, user.id) for user in (anna, ben)]
    outcomes = await asyncio.gather(*leaving, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(LastOwner) == 1
    assert len(await list_members(ledger)) == 1


async def test_whoever_is_removed_is_out_at_once(
    store: Store, passwords: Passwords, ledger: Ledger, anna: User, ben: User
) -> None:
    session, key = await open_session(store, ben), await create_api_key(store, ben, "script")
    annas = await open_session(store, anna), await create_api_key(store, anna, "script")
    await remove_member(ledger, ben.id)
    assert await session_of(store, session) is None
    assert await api_key_of(store, key.token) is None
    with pytest.raises(SignInRefused):
        await enter(store, passwords, "Ben", BENS_PASSWORD)
    with pytest.raises(UserUnknown):
        await remove_member(ledger, ben.id)
    assert await session_of(store, annas[0]) is not None
    assert await api_key_of(store, annas[1].token) is not None


async def test_nobody_inherits_from_whoever_was_removed(
    store: Store, passwords: Passwords, ledger: Ledger, ben: User
) -> None:
    await remove_member(ledger, ben.id)
    link = await join_link(ledger)
    assert (await join(store, passwords, link.secret, "Ben", BENS_PASSWORD)).user.id > ben.id


# --------------------------------------------------------------------------------------------------------- passwords


async def test_a_new_password_ends_the_other_sessions_and_the_open_links(
    store: Store, passwords: Passwords, ledger: Ledger, anna: User, ben: User
) -> None:
    here, there = await open_session(store, ben), await open_session(store, ben)
    of_anna, key = await open_session(store, anna), await create_api_key(store, ben, "script")
    link, invitation = await sign_in_link(ledger, ben.id), await join_link(ledger)
    await change_password(store, passwords, ben, current=BENS_PASSWORD, new=NEW, keep=token_hash(here))
    assert [session.id for session in await list_sessions(store, ben)] == [token_hash(here)]
    assert await session_of(store, there) is None
    assert await session_of(store, of_anna) is not None
    assert await api_key_of(store, key.token) is not None
    with pytest.raises(LinkUnusable):
        await sign_in_by_link(store, link.secret)
    assert await list_links(ledger) == [invitation.link]
    await enter(store, passwords, "Ben", NEW)
    with pytest.raises(SignInRefused):
        await enter(store, passwords, "Ben", BENS_PASSWORD)


@pytest.mark.parametrize("current", [None, "", "wrong", NEW, ANNAS_PASSWORD])
async def test_only_who_knows_the_password_changes_it(
    store: Store, passwords: Passwords, ben: User, current: str | None
) -> None:
    session = await open_session(store, ben)
    with pytest.raises(WrongPassword):
        await change_password(store, passwords, ben, current=current, new=NEW)
    assert await session_of(store, session) is not None
    await enter(store, passwords, "Ben", BENS_PASSWORD)


async def test_a_password_that_will_not_do_changes_nothing(store: Store, passwords: Passwords, ben: User) -> None:
    with pytest.raises(PasswordUnfit):
        await change_password(store, passwords, ben, current=BENS_PASSWORD, new="short")
    await enter(store, passwords, "Ben", BENS_PASSWORD)


async def test_who_has_none_sets_one(store: Store, passwords: Passwords, ledger: Ledger) -> None:
    link = await join_link(ledger)
    carla = (await join(store, passwords, link.secret, "Carla", None)).user
    assert not carla.has_password
    await change_password(store, passwords, carla, current=None, new=NEW)
    assert (await enter(store, passwords, "Carla", NEW)).user.has_password


async def test_who_lost_theirs_sets_another_after_a_link(
    store: Store, passwords: Passwords, ledger: Ledger, ben: User
) -> None:
    entered = await sign_in_by_link(store, (await sign_in_link(ledger, ben.id)).secret)
    await set_password(store, passwords, ben, NEW, keep=token_hash(entered.token))
    assert await session_of(store, entered.token) is not None
    await enter(store, passwords, "Ben", NEW)


async def test_who_was_removed_sets_no_password(store: Store, passwords: Passwords, ledger: Ledger, ben: User) -> None:
    await remove_member(ledger, ben.id)
    with pytest.raises(UserUnknown):
        await set_password(store, passwords, ben, NEW)
